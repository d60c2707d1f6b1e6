"""The worked examples of docs/architecture.md, replayed."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from domain.event import Actor, Fact, Role
from domain.history import as_of, effective
from projections.cards import STATUS
from registry.app import ATTEMPTS
from registry.cards import CONTRACT_GRACE, VALID_YEARS
from registry.sealing import SealedEvent
from registry.store import COLUMNS, SHARDS
from registry.vault import KEY_TTL, PENDING_FOR
from tests.docs.pages import code, page, rows, sections, tables

SECTIONS = sections(page("architecture.md"))
EXAMPLES = {name: tables(body) for name, body in SECTIONS.items() if name.startswith("Example: ")}
REPLAYED = [name for name in EXAMPLES if "refused" not in name]

EMPLOYER, EMPLOYMENT, ANOTHER = (UUID(int=n, version=4) for n in (1, 2, 3))
OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER)


def at(day: str, hour: time = time(12)) -> datetime:
    return datetime.combine(date.fromisoformat(day), hour, UTC)


def fact(said: str, on: date, history: History) -> Fact:
    """A fact as the tables of the page say it."""
    match said.replace(":", "").split():
        case ["registered"]:
            return f.WorkerRegistered(effective_on=on, birth_year=1990, sex="F", key_commitment="k")
        case ["hired", "as", occupation]:
            return hired(occupation, on, EMPLOYMENT if history.version < 2 else ANOTHER)
        case ["position", occupation]:
            return f.PositionChanged(effective_on=on, employment=EMPLOYMENT, occupation=f"kbji:2014/{occupation}")
        case ["ended", "resignation"]:
            return f.EmploymentEnded(effective_on=on, employment=EMPLOYMENT, cause="resignation")
        case ["voids", version]:
            return f.FactVoided(effective_on=on, voids=int(version), cause="error")
        case ["corrects", version, *what, "on", day]:
            first = History(history.stream, history.events[:1])
            inner = fact(" ".join(what), date.fromisoformat(day), first)
            return f.FactCorrected(effective_on=on, corrects=int(version), fact=inner)
        case _:
            raise AssertionError(said)


def hired(occupation: str, on: date, employment: UUID) -> Fact:
    return f.Hired(
        effective_on=on,
        employment=employment,
        employer=EMPLOYER,
        establishment="A",
        industry="kbli:2020/41011",
        regency="kemendagri:2025/32.75",
        occupation=f"kbji:2014/{occupation}",
        channel="direct",
        contract=f.Contract(kind="permanent"),
        wage_band=5,
    )


def recorded(example: str) -> History:
    history = History(UUID(int=9, version=4))
    for version, day, on, said in EXAMPLES[example][0]:
        history.record(fact(said, date.fromisoformat(on), history), by=OFFICER, now=at(day))
        assert history.version == int(version)
    return history


@pytest.mark.parametrize("example", REPLAYED)
def test_example(example: str) -> None:
    history = recorded(example)
    answers = []
    for day, on, *_ in EXAMPLES[example][1]:
        known_at, as_of_day = at(day, time.max), date.fromisoformat(on)
        standing = as_of(effective(history.events, known_at), as_of_day)
        job = history.state(known_at=known_at, on=as_of_day).current
        versions = ", ".join(str(event.originator_version) for event in standing)
        answers.append([day, on, versions, job.occupation.rpartition("/")[2] if job else "-"])
    assert answers == EXAMPLES[example][1]


REFUSING = "Example: what would break history is refused"


@pytest.mark.parametrize(("day", "on", "said", "answer"), EXAMPLES[REFUSING][1])
def test_what_would_break_history(day: str, on: str, said: str, answer: str) -> None:
    history = recorded(REFUSING)
    known = history.version
    attempt = fact(said, date.fromisoformat(on), history)
    if answer == "recorded":
        history.record(attempt, by=OFFICER, now=at(day))
        assert history.version == known + 1
    else:
        with pytest.raises(Refused) as refusal:
            history.record(attempt, by=OFFICER, now=at(day))
        assert refusal.value.code == answer
        assert history.version == known


@pytest.mark.parametrize("kind", ["a late fact", "a correction stands", "corrections of corrections", "voiding a void"])
def test_there_is_an_example_of_each_kind(kind: str) -> None:
    assert kind in " ".join(EXAMPLES)


def test_the_row_has_the_columns_told() -> None:
    told = [code(name) for row in rows(SECTIONS["The row and the leaf"]) for name in row[0].split(", ")]
    assert {*told} == {"shard", "position", *COLUMNS.split(", ")}
    assert {"submission", "salt", "sealed_hash", "sealed", "recorded_at"} <= set(SealedEvent.__dataclass_fields__)


def test_card_states_and_their_status() -> None:
    _, states = tables(SECTIONS["A card's life"])
    assert {name: int(status) for name, status, *_ in states} == STATUS


def test_figures_told() -> None:
    assert f"The log is {SHARDS} logical shards" in SECTIONS["Shards and positions"]
    assert f"{KEY_TTL:.0f} seconds" in SECTIONS["Sealing and the vault"]
    assert PENDING_FOR == 3600
    assert ATTEMPTS == 8
    assert (VALID_YEARS, CONTRACT_GRACE.days) == (2, 90)
