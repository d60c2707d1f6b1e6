"""What a save means for the cards that are out, over careers as they could have been: nothing outlives its ground."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain import cards
from domain import facts as f
from domain.decide import History, today
from domain.errors import Refused
from domain.structure import no_card
from domain.worker import Card, Worker
from registry.card_changes import card_changes
from registry.card_view import card_view
from tests.domain.given import OFFICER, SYSTEM, a
from tests.domain.strategies import BEGINNING, WORKER_KINDS, actors, amendments, attempt, careers, one, work

NOW = BEGINNING + timedelta(days=60)
LATER = NOW + timedelta(hours=1)


def saved(history: History, fact: f.Fact) -> bool:
    """Record a fact and what follows for the cards, as a save does; False when it is refused."""
    known = history.version
    event = attempt(history, fact, OFFICER, LATER) or attempt(history, fact, SYSTEM, LATER)
    if event is None:
        return False
    for change in card_changes(history, known, LATER):
        history.record(change, by=SYSTEM, now=LATER)
    return True


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(careers(most=12), st.data())
def test_no_card_in_force_says_what_no_longer_holds(history: History, data: st.DataObject) -> None:
    state = history.state()
    assume(isinstance(state, Worker) and not state.erased and no_card(state) is None and state.live_card is None)
    expires_at = cards.expiry(state, NOW)
    assume(expires_at > NOW)
    day = today(NOW).isoformat()
    history.record(a(f.CardIssued, day, card="K-9", issued_at=NOW, expires_at=expires_at), by=SYSTEM, now=NOW)
    before, was = history.state(), card_view(history, LATER)
    how = data.draw(st.sampled_from([work(history), amendments(history), st.sampled_from(WORKER_KINDS).flatmap(one)]))
    fact = data.draw(how)
    assume(saved(history, fact))
    after, says = history.state(), card_view(history, LATER)
    held: Card = after.cards["K-9"]
    others = [card for card in after.cards.values() if card.state != "revoked"]
    if after.deceased_on is not None:
        assert not others
    elif after.identity != "verified":
        assert all(card.state == "suspended" for card in others)
    elif was != says:
        assert not (held.live and held.state == "valid")
    most = cards.bound(after)
    if held.state == "valid":
        assert was == says
        assert after.carried_on_by is None or before.carried_on_by is not None
        assert most is None or held.expires_at <= max(most, NOW + cards.CONTRACT_GRACE)


@settings(deadline=None, max_examples=60)
@given(careers(most=12), st.data())
def test_what_says_nothing_of_cards_changes_none(history: History, data: st.DataObject) -> None:
    """A wage, a warning, a workplace, a contact: whatever was in force stays in force."""
    before = history.state()
    kinds = (
        f.WageChanged,
        f.LocationChanged,
        f.WarningIssued,
        f.ContactVerified,
        f.SkillsDeclared,
        f.EducationRecorded,
    )
    fact = data.draw(st.sampled_from(kinds).flatmap(one))
    known = history.version
    try:
        history.record(fact, by=data.draw(actors(fact)), now=LATER)
    except Refused:
        return
    assert isinstance(before, Worker)
    assert list(card_changes(history, known, LATER)) == []
