"""What stands out in a population: the queries agree with their definitions, find what is planted and nothing else."""

from __future__ import annotations

import csv
import random
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Event, Role
from registry.population.queries import territory as out_of
from registry.population.queries.backdated import BackDated
from registry.population.queries.mass import Mass
from registry.population.queries.overrides import Overrides
from registry.population.queries.self_approval import SelfApproval
from registry.population.queries.territory import OutOfTerritory
from registry.population.scope import Scope
from registry.population.search import search
from tests.conftest import opened
from tests.registry.population import naive
from tests.registry.population.lives import ACTORS, OFFICERS, Chance, hired, registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from domain.event import Fact
    from registry.population.queries import Query
    from tests.conftest import Server, Site

MANDATES = [
    {"organisation": "disnaker-jabar", "person": "", "region": "32.04", "from": "", "until": ""},
    {
        "organisation": "disnaker-jabar",
        "person": "jabar-1",
        "region": "32",
        "from": "2026-01-10",
        "until": "2026-01-20",
    },
    {"organisation": "kemnaker", "person": "officer-1", "region": "ID", "from": "", "until": "2026-01-15"},
    {"organisation": "kemnaker", "person": "officer-2", "region": "31", "from": "", "until": ""},
]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, out_of.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


@contextmanager
def moment(site: Site) -> Iterator[Any]:
    conn = site.reading()
    with conn.transaction():
        yield conn


def found(site: Site, query: Query, **scope: Any) -> naive.Listed:
    with moment(site) as conn:
        listed = search(conn, query, Scope(**scope))
    named = {(str(e.match.event.originator_id), e.match.event.originator_version, e.match.kind) for e in listed.found}
    assert len(named) == len(listed.found) == listed.total
    assert listed.unread == []
    return named


@pytest.fixture(scope="module")
def crowd(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Histories by chance: anything by anybody."""
    with opened(server, key_folder, tmp_path_factory.mktemp("crowd")) as site:
        chance = Chance(seed=7)
        site.registry.save(*(event for _ in range(60) for event in chance.stream(chance.chance.randrange(1, 16))))
        yield site


SCOPES: list[dict[str, Any]] = [
    {},
    {"organisation": "kemnaker"},
    {"organisation": "disnaker-jabar", "person": "jabar-1"},
    {"known_from": datetime(2026, 1, 9, tzinfo=UTC), "known_until": datetime(2026, 1, 16, tzinfo=UTC)},
    {"effective_from": date(2025, 11, 1), "effective_until": date(2025, 12, 20)},
    {"topic": "fact.corrected", "effective_until": date(2025, 12, 31)},
]


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: "+".join(scope) or "all")
def test_every_query_agrees_with_its_definition(crowd: Site, tmp_path: Path, scope: dict[str, Any]) -> None:
    streams = naive.read(crowd.reading())
    mandates = out_of.read(written(tmp_path / "mandates.csv", MANDATES))
    asked: list[tuple[Callable[[], Query], naive.Listed]] = [
        (lambda: BackDated(30), naive.backdated(streams, 30)),
        (lambda: BackDated(5), naive.backdated(streams, 5)),
        (SelfApproval, naive.self_approval(streams)),
        (Overrides, naive.overrides(streams)),
        (lambda: OutOfTerritory(mandates), naive.territory(streams, MANDATES)),
        (lambda: Mass(4, 1), naive.mass(streams, 4, 1, scope)),
        (lambda: Mass(6, 3), naive.mass(streams, 6, 3, scope)),
    ]
    rows = {(row.stream, row.version): row for row, _ in naive.everything(streams)}
    for make, expected in asked:
        query = make()
        wanted = {each for each in expected if naive.within(streams, rows[each[:2]], scope)}
        assert found(crowd, query, **scope) == wanted, query.name
        if not scope:
            assert len(wanted) > 10, f"{query.name} is not tried by these histories"


def test_a_list_is_cut_and_still_counted(crowd: Site) -> None:
    told: list[int] = []
    with moment(crowd) as conn:
        whole = search(conn, BackDated(5), Scope())
        short = search(conn, BackDated(5), Scope(), most=3, tell=told.append)
    assert (len(short.found), short.counts) == (3, whole.counts)
    assert short.found == whole.found[:3]
    assert told[-1] == sum(len(rows) for rows in naive.read(crowd.reading()).values())


# -- planted --------------------------------------------------------------------------------------------------------
AT = datetime(2026, 6, 1, 3, tzinfo=UTC)
ACME = Actor(organisation=str(UUID(int=0xACE)), role=Role.EMPLOYER)
DUKCAPIL = Actor(organisation="dukcapil", role=Role.IDENTITY_AUTHORITY)
JABAR = Actor(organisation="disnaker-jabar", role=Role.OFFICER, person="jabar-1")
KEMNAKER = OFFICERS[0]
TODAY = AT.date()
JOB = UUID(int=5)


def ordinary() -> list[tuple[Actor, Fact]]:
    """Nothing in it stands out."""
    return [
        (ACME, registered(TODAY)),
        (ACME, hired(TODAY - timedelta(days=30), JOB)),
        (DUKCAPIL, f.IdentityVerified(effective_on=TODAY, register="dukcapil")),
        (ACME, f.FactCorrected(effective_on=TODAY, corrects=2, fact=hired(TODAY - timedelta(days=29), JOB))),
        (JABAR, f.DisputeOpened(effective_on=TODAY, dispute=JOB, about=2, cause="dates")),
        (KEMNAKER, f.DisputeResolved(effective_on=TODAY, dispute=JOB, outcome="rejected")),
        (ACME, hired(date(2019, 1, 1), UUID(int=6), declared=True)),
    ]


PLANTED: dict[str, list[tuple[str, Actor, Fact]]] = {
    "backdated": [
        ("late", ACME, hired(TODAY - timedelta(days=31), UUID(int=7))),
        ("moved", ACME, f.FactCorrected(effective_on=TODAY, corrects=2, fact=hired(TODAY - timedelta(days=40), JOB))),
    ],
    "self-approval": [
        (
            "second-officer",
            KEMNAKER,
            f.KeyDestroyed(effective_on=TODAY, ground="consent-withdrawn", second="officer-1"),
        ),
        ("judged-own", ACME, f.DisputeResolved(effective_on=TODAY, dispute=JOB, outcome="rejected")),
        ("verified-own", ACME, f.IdentityVerified(effective_on=TODAY, register="dukcapil")),
    ],
    "overrides": [
        ("amended-another", KEMNAKER, f.FactVoided(effective_on=TODAY, voids=2, cause="error")),
        ("for-employer", KEMNAKER, f.WarningIssued(effective_on=TODAY, employment=JOB, level=1)),
    ],
    "territory": [
        (
            "outside",
            JABAR,
            f.WorkerRegistered(
                effective_on=TODAY, birth_year=1990, sex="F", key_commitment="x", residence="kemendagri:2025/31.71"
            ),
        )
    ],
}


def test_what_is_planted_is_found_and_nothing_else(site: Site, tmp_path: Path) -> None:
    chance, planted, all_events = random.Random(3), dict[str, naive.Listed](), list[Event]()
    acts = [(name, *each) for name, those in PLANTED.items() for each in those] + [("", "", ACME, None)] * 20
    chance.shuffle(acts)
    for number, (name, kind, by, fact) in enumerate(acts):
        told = [*ordinary(), *([(by, fact)] if fact else [])]
        events = lived([(who, moved(what, number)) for who, what in told], AT + timedelta(days=2 * number))
        all_events += events
        if fact:
            planted.setdefault(name, set()).add((str(events[0].originator_id), len(told), kind))
    of_ten, of_nine, of_another = (
        storm(AT - timedelta(days=before), count, by)
        for before, count, by in ((100, 10, KEMNAKER), (90, 9, KEMNAKER), (90, 9, JABAR))
    )
    site.registry.save(*all_events, *of_ten, *of_nine, *of_another)
    planted["mass"] = {(str(e.originator_id), 4, "mass") for e in of_ten if e.originator_version == 4}
    region = {**dict.fromkeys(out_of.COLUMNS, ""), "organisation": "disnaker-jabar", "region": "32"}
    mandates = out_of.read(written(tmp_path / "m.csv", [region]))
    after = {"known_from": AT - timedelta(days=1)}
    assert found(site, BackDated(30), **after) == planted["backdated"]
    assert found(site, SelfApproval(), **after) == planted["self-approval"]
    assert found(site, Overrides(), **after) == planted["overrides"]
    assert found(site, OutOfTerritory(mandates)) == planted["territory"]
    assert found(site, Mass(10, 1)) == planted["mass"]
    altered = "UPDATE event SET clear = %s WHERE stream = %s AND version = 4"
    for no_fact in (b"x", b"[" * 100_000):
        site.reading().execute(altered, (no_fact, of_ten[0].originator_id))
        with moment(site) as conn:
            listed = search(conn, Mass(9, 1), Scope(known_until=AT - timedelta(days=95)))
        told = (listed.total, listed.unread)
        assert told == (9, [f"{of_ten[0].originator_id}:4"]), "what is no fact is named, not passed"


def lived(told: list[tuple[Actor, Fact]], at: datetime) -> list[Event]:
    stream = uuid4()
    return [
        Event(originator_id=stream, originator_version=version, recorded_at=at, actor=by, fact=fact)
        for version, (by, fact) in enumerate(told, 1)
    ]


def storm(at: datetime, count: int, by: Actor) -> list[Event]:
    """So many corrections on one day, each in a history of its own."""
    correction = f.FactCorrected(effective_on=TODAY, corrects=2, fact=hired(TODAY, JOB))
    return [
        event for n in range(count) for event in lived([*ordinary()[:3], (by, correction)], at + timedelta(minutes=n))
    ]


def moved(fact: Any, number: int) -> Fact:
    """The same fact some days later."""
    inner = {"fact": moved(fact.fact, number)} if isinstance(fact, f.FactCorrected) else {}
    changed: Fact = replace(fact, effective_on=fact.effective_on + timedelta(days=2 * number), **inner)
    return changed


def test_a_file_that_is_no_list_of_mandates(tmp_path: Path) -> None:
    good = MANDATES[0]
    bad: list[Any] = [
        [{**good, "region": "99.99"}],
        [{**good, "from": "yesterday"}],
        [{**good, "organisation": ""}],
        [{**good, "region": ""}],
    ]
    for rows in bad:
        with pytest.raises(Refused, match=r"^mandates-malformed"):
            out_of.read(written(tmp_path / "bad.csv", rows))
    for text in ("organisation,region\nx,31\n", "", ",".join(out_of.COLUMNS) + "\nkemnaker,,31\n"):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(Refused, match=r"^mandates-malformed"):
            out_of.read(tmp_path / "bad.csv")
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match=r"^mandates-malformed"):
        out_of.read(tmp_path / "bad.csv")


def test_too_many_actors_are_refused(monkeypatch: pytest.MonkeyPatch, crowd: Site) -> None:
    from registry.population.queries import mass

    monkeypatch.setattr(mass, "MOST", 5)
    with moment(crowd) as conn, pytest.raises(Refused, match=r"^too-many-actors"):
        search(conn, Mass(), Scope())
    assert len(ACTORS) > 5
