"""Whose stream it is: what amending a registration may change, and that a lost card never comes back by itself."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from domain import facts as f
from domain.event import Fact
from tests.domain.given import (
    FILLED,
    a,
    corrected,
    given,
    refused,
    registered,
    verified,
    voided,
    when,
)

HERSELF: f.PersonDetails = FILLED[f.WorkerRegistered]["personal"]
OTHER_NAME = replace(HERSELF, name="Dewi Lestari")
OTHER_BIRTH = replace(HERSELF, birth_date=date(1999, 4, 2))
OTHER_NIK = replace(HERSELF, nik="3275064104990002")


@pytest.mark.parametrize("personal", [OTHER_NAME, OTHER_BIRTH], ids=["name", "birth date"])
def test_before_it_is_verified_a_registration_may_be_corrected(personal: f.PersonDetails) -> None:
    history = given(registered())
    when(history, corrected(1, registered(personal=personal)))
    assert history.state().details == personal


@pytest.mark.parametrize(
    "fact",
    [
        corrected(1, registered(personal=OTHER_NAME)),
        corrected(1, registered(personal=OTHER_BIRTH)),
        corrected(1, registered(sex="M")),
    ],
    ids=["name", "birth date", "sex"],
)
def test_nobody_verified_is_renamed_by_a_correction(fact: Fact) -> None:
    history = given(registered(), verified())
    with refused("identity-verified"):
        when(history, fact)
    assert history.state().details == HERSELF


def test_what_does_not_say_who_somebody_is_may_be_corrected_after_verification() -> None:
    history = given(registered(), verified())
    when(history, corrected(1, registered(education="sakernas:2024/10")))
    assert history.state().education == "sakernas:2024/10"


def test_a_correction_made_before_is_not_undone_after_verification() -> None:
    history = given(registered(), corrected(1, registered(personal=OTHER_NAME)), verified("2026-02-01"))
    with refused("identity-verified"):
        when(history, voided(2))


def test_no_correction_moves_a_stream_to_another_number() -> None:
    history = given(registered())
    with refused("identifier-differs"):
        when(history, corrected(1, registered(personal=OTHER_NIK)))


def test_an_officer_corrects_the_identity_of_somebody_verified() -> None:
    history = given(registered(), verified(), a(f.IdentityCorrected, grade="minor", personal=OTHER_NAME))
    assert history.state().details == OTHER_NAME
    assert history.state().identity == "verified"


def test_superseding_a_suspended_card_leaves_it_suspended() -> None:
    card = (registered(), verified(), a(f.CardIssued, "2024-01-01"), a(f.CardSuspended, "2024-01-02"))
    history = given(*card, a(f.CardSuperseded, "2024-01-03"))
    assert history.state().cards["K-1"].state == "suspended"
    assert history.state().live_card is None
    when(history, a(f.CardReinstated, "2024-01-04"))
    assert history.state().cards["K-1"].state == "superseded"
