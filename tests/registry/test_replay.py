"""A history told to whoever must trust it: what stands beside each fact, where it came in, how it is proved, drawn."""

from __future__ import annotations

import re
import string
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import facts as f
from domain.decide import History
from domain.errors import Refused
from domain.event import Actor, Event, Role
from domain.facts.work import Contract
from domain.rules.findings import findings
from domain.rules.profiles import PROFILES
from keys.cosignatures import Cosigner
from registry.ledger.leaf import leaf_hash
from registry.ledger.log import between
from registry.ledger.log import entry as entry_of
from registry.ledger.place import folder_of, signer_of
from registry.ledger.sequencer import Sequencer
from registry.replay import differences, laws, picture, words
from registry.replay.proofs import State, ledger_of, proofs
from registry.replay.sources import sources
from registry.replay.timeline import summary, timeline
from tests.conftest import opened
from tests.domain.strategies import careers
from tests.registry.ledger import naive
from tests.registry.ledger.test_ledger_cli import kets  # noqa: F401 - a fixture
from tests.registry.people import OFFICER, founded, hired, load, record, row, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Server, Site

WORKER = Actor(organisation="self", role=Role.WORKER, person="account-1")


def sequenced(site: Site) -> str:
    """The checkpoint after all that is recorded."""
    folder = folder_of(site.settings)
    with Sequencer(site.database_url, folder, signer_of(site.settings)) as sequencer:
        sequencer.catch_up()
    return str(folder.checkpoint())


def lived(site: Site) -> UUID:
    """Hired (2), paid more (3), that corrected (4) and corrected again (5), disputed (6), a statement (7); an education
    voided (8, 9)."""
    load(site, *founded(), hired(1))
    who = stream_of(site, 1)
    site.now += timedelta(days=30)
    load(site, row(1, "wage", ref="w-1", wage="7000000", effective_on="2026-03-01"))
    site.now += timedelta(days=30)
    for ref, wage in (("w-2", "8000000"), ("w-3", "9000000")):
        load(site, row(1, "correct", ref=ref, corrects="w-1", wage=wage, effective_on="2026-03-02"))
    dispute = f.DisputeOpened(effective_on=site.now.date(), dispute=UUID(int=7), about=3, cause="wage")
    statement = f.StatementAdded(effective_on=site.now.date(), about=3, personal=f.Note(text="I was paid less"))
    site.registry.record(who, lambda _: [dispute, statement], by=WORKER)
    record(site.registry, who, f.EducationRecorded(effective_on=date(2026, 1, 5), education="sakernas:2024/5"))
    record(site.registry, who, f.FactVoided(effective_on=date(2026, 4, 1), voids=8, cause="error"))
    return who


@pytest.fixture(scope="module")
def story(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, History]]:
    """A site with that life in it, to be read."""
    with opened(server, key_folder, tmp_path_factory.mktemp("replay")) as site:
        yield site, site.registry.history(lived(site))


@pytest.fixture
def history(story: tuple[Site, History]) -> History:
    """To add to in memory."""
    return History(story[1].stream, story[1].events)


def told(history: History, **axes: Any) -> dict[int, Any]:
    return {entry.version: entry for entry in timeline(history, **axes)}


def test_what_stands_beside_a_fact(history: History) -> None:
    found = told(history)
    assert (found[3].amended_by, found[3].amendments) == (5, [4, 5])
    assert [(d.opened, d.cause, d.resolved, d.outcome) for d in found[3].disputes] == [(6, "wage", None, None)]
    assert (found[3].disputed, found[3].statements) == (True, [7])
    assert (found[7].organisation, found[7].role, found[7].person) == ("self", "worker", "account-1")
    assert (found[8].amended_by, found[8].amendments, found[8].stands) == (9, [9], False)
    assert (found[2].amendments, found[2].disputes, found[2].statements) == ([], [], [])
    resolved = f.DisputeResolved(effective_on=date(2026, 5, 2), dispute=UUID(int=7), outcome="rejected")
    history.record(resolved, by=OFFICER, now=datetime(2026, 5, 2, 9, tzinfo=UTC))
    [dispute] = told(history)[3].disputes
    assert (dispute.resolved, dispute.outcome) == (10, "rejected")
    assert not told(history)[3].disputed
    before = told(history, known_at=datetime(2026, 4, 20, tzinfo=UTC))
    assert (before[3].amendments, before[3].disputes) == ([], [])


def test_where_each_fact_came_in(story: tuple[Site, History]) -> None:
    site, history = story
    found = sources(site.reading(), history.stream)
    assert {version: (source.ref, source.line, source.door) for version, source in found.items()} == {
        1: ("h-1", 3, "file"),
        2: ("h-1", 3, "file"),
        3: ("w-1", 1, "file"),
        4: ("w-2", 1, "file"),
        5: ("w-3", 1, "file"),
    }
    assert {source.submission for source in found.values()} == {event.submission for event in history.events[:5]}


def test_each_fact_is_proved_or_waits(site: Site) -> None:
    who = lived(site)
    assert {proof.state for proof in proofs(site.reading(), None, who).values()} == {"waiting"}
    assert ledger_of(site.settings) is None
    note = sequenced(site)
    record(site.registry, who, f.EducationRecorded(effective_on=date(2026, 1, 6), education="sakernas:2024/6"))
    found = proofs(site.reading(), ledger_of(site.settings), who)
    size = int(note.split("\n")[1])
    assert [proof.state for proof in found.values()] == ["proved"] * 9 + ["waiting"]
    assert {proof.size for proof in found.values()} == {size, None}
    conn = site.reading()
    leaves = [leaf_hash(entry) for entry in between(conn, 0, size)]
    assert b64decode(note.split("\n")[2]) == naive.root(leaves)
    for version, proof in found.items():
        if proof.index is not None:
            assert leaves[proof.index] == leaf_hash(entry_of(conn, who, version)[0])
    altered(site, who, note)


def altered(site: Site, who: UUID, note: str) -> None:
    """An altered row, tile or checkpoint shows beside its fact."""
    ledger = ledger_of(site.settings)
    conn = site.reading()
    conn.execute("UPDATE event SET clear = clear || ' ' WHERE stream = %s AND version = 3", (who,))
    states = {version: proof.state for version, proof in proofs(conn, ledger, who).items()}
    assert [version for version, state in states.items() if state != "proved"] == [3, 10]
    assert states[3] == "differs"
    conn.execute("UPDATE ledger_head SET checkpoint = replace(checkpoint, %s, %s)", (note.split("\n")[2], "A" * 44))
    assert {(p.state, p.why) for p in proofs(conn, ledger, who).values()} == {("unchecked", "note-signature")}
    conn.execute("UPDATE ledger_head SET checkpoint = %s", (note,))
    for tile in (folder_of(site.settings).path / "tile").rglob("*"):
        if tile.is_file():
            tile.unlink()
    assert {p.why for p in proofs(conn, ledger, who).values()} == {"tile-missing", None}, "one waits"


def test_who_cosigned_is_told_of_known_witnesses_alone(site: Site) -> None:
    who = lived(site)
    folder = folder_of(site.settings)
    cosigner, stranger = (Cosigner(f"{name}.example", Ed25519PrivateKey.generate()) for name in ("w", "stranger"))
    note = sequenced(site)
    lines = [each.cosign(note.partition("\n\n")[0] + "\n", 1_780_000_000) for each in (cosigner, stranger)]
    (folder.path / "witnessed").write_text(note + "".join(lines))
    assert {tuple(p.witnessed) for p in proofs(site.reading(), ledger_of(site.settings), who).values()} == {()}
    site.settings.witnesses = site.settings.home / "policy"
    site.settings.witnesses.write_text(f"witness w {cosigner.witness.key}\nquorum w\n")
    record(site.registry, who, f.EducationRecorded(effective_on=date(2026, 1, 6), education="sakernas:2024/6"))
    sequenced(site)
    found = proofs(site.reading(), ledger_of(site.settings), who)
    assert [found[version].witnessed for version in (1, 9, 10)] == [{"w": 1_780_000_000}] * 2 + [{}]
    assert found[10].size == found[9].size + 1  # type: ignore[operator]  # both proved


# -- differences ----------------------------------------------------------------------------------------------------
def test_what_was_learned_between_two_moments(history: History) -> None:
    first, last = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)
    found = differences.learned(history, first, last)
    assert [entry.version for entry in found.facts] == [3]
    job = f"employments.{history.events[1].fact.employment}"  # type: ignore[attr-defined]
    assert [(c.field, c.before, c.after, c.because) for c in found.changes] == [
        (f"{job}.wage.monthly", 5_600_000, 7_000_000, [3]),
        (f"{job}.wage_band", 5, 7, [3]),
    ]
    found = differences.learned(history, last, history.events[-1].recorded_at)
    moved = {c.field: (c.before, c.after, c.because) for c in found.changes}
    assert moved[f"{job}.wage.monthly"] == (7_000_000, 9_000_000, [4, 5])
    assert "education" not in moved, "recorded and voided: as it was"
    assert moved["statements.0.about"] == (None, 3, [7])


def test_what_took_effect_between_two_dates(history: History) -> None:
    found = differences.happened(history, date(2026, 2, 2), date(2026, 3, 31))
    assert [entry.version for entry in found.facts] == [3]
    assert {c.after for c in found.changes} == {9_000_000, 9}
    assert all(c.because == [3] for c in found.changes)
    then = differences.happened(
        history, date(2026, 2, 2), date(2026, 3, 31), known_at=datetime(2026, 4, 20, tzinfo=UTC)
    )
    assert {c.after for c in then.changes} == {7_000_000, 7}
    assert differences.happened(history, date(2026, 2, 1), date(2026, 2, 1)).changes == []


@pytest.mark.parametrize("axis", ["known", "effective"])
def test_differences_add_up_and_each_has_its_fact(history: History, axis: str) -> None:
    """Between any two moments: fields before and after are those of the records told at both ends."""
    if axis == "known":
        moments: list[Any] = sorted({e.recorded_at for e in history.events})
        moments = [moments[0] - timedelta(days=1), *moments]
    else:
        moments = [date(2026, 1, 1) + timedelta(days=20 * n) for n in range(8)]
    for n, first in enumerate(moments):
        for last in moments[n:]:
            if axis == "known":
                found = differences.learned(history, first, last)
                ends = ([e for e in history.events if e.recorded_at <= at] for at in (first, last))
                before, after = (flat(summary(History(history.stream, end))) if end else {} for end in ends)
            else:
                found = differences.happened(history, first, last)
                before, after = (flat(summary(history, on=day)) for day in (first, last))
            expected = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            assert {c.field for c in found.changes} == expected
            assert all((c.before, c.after) == (before.get(c.field), after.get(c.field)) for c in found.changes)
            versions = [entry.version for entry in found.facts]
            assert all(set(c.because) <= set(versions) and c.because for c in found.changes)


@given(history=careers(most=10), data=st.data())
@settings(deadline=None, max_examples=25)
def test_differences_of_any_history_are_those_of_its_records(history: History, data: st.DataObject) -> None:
    """And every law's column is what that law finds."""
    moments = sorted({e.recorded_at for e in history.events})
    first, last = sorted(data.draw(st.tuples(st.sampled_from(moments), st.sampled_from(moments))))
    changes = differences.learned(history, first, last).changes
    ends = [
        by_fields(History(history.stream, [e for e in history.events if e.recorded_at <= at])) for at in (first, last)
    ]
    assert {c.field: (c.before, c.after) for c in changes} == differing(*ends)
    days = sorted({e.fact.effective_on for e in history.events})
    since, until = sorted(data.draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
    changes = differences.happened(history, since, until).changes
    assert {c.field: (c.before, c.after) for c in changes} == differing(
        by_fields(history, on=since), by_fields(history, on=until)
    )
    state = history.state()
    rows = laws.side_by_side(state, on=date.max)
    for column in (laws.IN_FORCE, *PROFILES):
        told = [(row.since, row.employment, row.code, x.law, x.got) for row in rows for x in row.under[column]]
        found = findings(state, on=date.max, profile=None if column == laws.IN_FORCE else column)
        assert sorted(map(str, told)) == sorted(str((x.since, x.employment, x.code, x.law, x.got)) for x in found)


def by_fields(history: History, on: date | None = None) -> dict[str, Any]:
    found = summary(history, on=on)
    for finding in found.pop("findings"):
        name = f"{finding['employment']}.{finding['code']}.{finding['since']}"
        found.setdefault("findings", {})[name] = finding
    return flat(found)


def differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = before.keys() | after.keys()
    return {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """As differences name fields; written apart."""
    if isinstance(value, list | tuple | dict):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        found: dict[str, Any] = {}
        for name, inner in items:
            found |= flat(inner, f"{at}.{name}".strip("."))
        return found
    return {} if value is None else {at: value}


def test_a_span_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch, history: History) -> None:
    monkeypatch.setattr(differences, "MOST", 3)
    with pytest.raises(Refused, match=r"^span-too-long"):
        differences.learned(history, datetime(2020, 1, 1, tzinfo=UTC), history.events[-1].recorded_at)


# -- laws -----------------------------------------------------------------------------------------------------------
def career(*facts: f.Fact) -> History:
    stream = uuid4()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    events = [
        Event(originator_id=stream, originator_version=n, recorded_at=at, actor=OFFICER, fact=fact)
        for n, fact in enumerate(facts, 1)
    ]
    return History(stream, events)


def test_a_record_under_each_law() -> None:
    registered = f.WorkerRegistered(effective_on=date(2019, 1, 1), birth_year=1990, sex="F", key_commitment="x")
    work = f.Hired(
        effective_on=date(2022, 1, 1),
        employment=UUID(int=5),
        employer=UUID(int=9),
        establishment="E",
        industry="kbli:2020/10710",
        regency="kemendagri:2025/32.75",
        occupation="kbji:2014/7212",
        channel="direct",
        contract=Contract(kind="fixed-term", ends_on=date(2025, 12, 31)),
        wage_band=5,
    )
    worker = career(registered, work).state()
    [finding] = laws.side_by_side(worker, on=date(2026, 1, 1))
    assert list(finding.under) == ["in-force", "S002", "UU13/2003", "PP35/2021"]
    assert finding.code == "fixed-term-too-long"
    assert [len(judged) for judged in finding.under.values()] == [0, 1, 1, 0], "four years: lawful since 2021 alone"
    assert finding.under["S002"][0].limit == date(2023, 12, 31)
    assert laws.side_by_side(worker, on=date(2026, 1, 1), laws=["PP35/2021"]) == []
    with pytest.raises(Refused, match=r"^profile-unknown"):
        laws.side_by_side(worker, on=date(2026, 1, 1), laws=["UU1/1900"])


# -- the picture ----------------------------------------------------------------------------------------------------
SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def marks(svg: str) -> list[tuple[str, float, float]]:
    """What each mark says and where it stands."""
    found = []
    for group in parsed(svg).iter(f"{SVG}g"):
        title, shape = group.find(f"{SVG}title"), list(group)[1]
        assert title is not None
        assert group.get("role") == "img"
        assert title.text == group.get("aria-label")
        if shape.tag == f"{SVG}circle":
            x, y = float(shape.get("cx", "")), float(shape.get("cy", ""))
        elif shape.tag == f"{SVG}rect":
            x, y = float(shape.get("x", "")) + picture.SIZE, float(shape.get("y", "")) + picture.SIZE
        else:
            x, y = map(float, re.findall(r"-?[\d.]+", shape.get("d", ""))[:2])
            closed = shape.get("d", "").endswith("z")
            x, y = (x, y + picture.SIZE + 1) if closed else (x + picture.SIZE, y + picture.SIZE)
        found.append((str(title.text), x, y))
    return found


def test_a_picture_has_a_mark_for_each_fact_at_its_two_dates(history: History) -> None:
    entries = timeline(history)
    svg = picture.drawn(entries)
    found = marks(svg)
    assert len(found) == len(entries)
    for (said, x, y), entry in zip(found, entries, strict=True):
        assert said.startswith(f"Version {entry.version}, {entry.topic}: true on {entry.effective_on}")
        assert picture.LEFT <= x <= picture.WIDTH - picture.RIGHT
        assert picture.TOP <= y <= picture.HEIGHT - picture.BOTTOM
    days = {said: entry for (said, _, _), entry in zip(found, entries, strict=True)}
    across = sorted((days[said].recorded_at, x) for said, x, _ in found)
    upwards = sorted((days[said].effective_on, -y) for said, _, y in found)
    for places in (across, upwards):
        assert [place for _, place in places] == sorted(place for _, place in places), "later is further"
    states = {days[said].version: said.rpartition(", ")[2] for said, _, _ in found}
    assert states[1] == "in effect"
    assert (states[3], states[4], states[5]) == ("disputed", "corrected since", "correction or void")
    assert (states[8], states[9]) == ("voided since", "correction or void")


def test_a_picture_names_nobody_and_speaks_both_languages(history: History) -> None:
    pictures = {lang: picture.drawn(timeline(history), lang) for lang in ("en", "id")}
    for lang, svg in pictures.items():
        root = parsed(svg)
        assert (root.get("lang"), root.get("role")) == (lang, "group"), (
            "an img would hide its marks from a screen reader"
        )
        for name in str(root.get("aria-labelledby")).split():
            assert next(each.text for each in root if each.get("id") == name)
        for personal in (history.state().details.name, "3275", "9000000", "paid less", str(history.stream)):
            assert personal not in svg
    assert "berlaku pada" in pictures["id"]
    assert picture.WORDS["en"].keys() == picture.WORDS["id"].keys()
    empty = picture.drawn([], "id")
    assert parsed(empty).find(f"{SVG}desc").text == picture.WORDS["id"]["none"]  # type: ignore[union-attr]


def test_no_words_run_over_the_edge_or_each_other(history: History) -> None:
    """With letters of 0.62 em, which is more than sans-serif ones take on average."""
    for lang in picture.WORDS:
        boxes = []
        for text in parsed(picture.drawn(timeline(history), lang)).iter(f"{SVG}text"):
            size = float(text.get("font-size", "14"))
            width = 0.62 * size * len(str(text.text))
            shift = {"end": width, "middle": width / 2}.get(str(text.get("text-anchor")), 0)
            left, base = float(text.get("x", "")) - shift, float(text.get("y", ""))
            boxes.append((left, base - size, left + width, base))
        assert min(box[0] for box in boxes) >= 0
        assert max(box[2] for box in boxes) <= picture.WIDTH
        for n, one in enumerate(boxes):
            for other in boxes[n + 1 :]:
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert apart, (lang, one, other)


def test_colours_can_be_told_from_the_paper_and_shapes_without_colour() -> None:
    for colour in (picture.INK, picture.FAINT, *picture.COLOURS.values()):
        assert contrast(colour, picture.PAPER) >= 4.5, colour
    shapes = {kind: re.sub(r"#[0-9a-f]{6}", "#", picture._shape(kind, 50, 50)) for kind in picture.COLOURS}
    assert len(set(shapes.values())) == len(shapes)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


# -- the words ------------------------------------------------------------------------------------------------------
def test_both_languages_say_the_same_things_of_the_same_blanks() -> None:
    def blanks(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}

    english, indonesian = words.WORDS["en"], words.WORDS["id"]
    assert {what: blanks(text) for what, text in english.items()} == {
        what: blanks(text) for what, text in indonesian.items()
    }
    columns = [{name: len(each) for name, each in words.COLUMNS[lang].items()} for lang in ("en", "id")]
    assert columns[0] == columns[1]


@pytest.mark.parametrize("state", [*get_args(State), *get_args(get_type_hints(f.DisputeResolved)["outcome"])])
def test_every_state_of_a_proof_and_of_a_dispute_has_words(state: str) -> None:
    blanks = {"index": 1, "size": 1_000}
    assert words.said("en", state, **blanks) != words.said("id", state, **blanks) != ""


# -- the command ----------------------------------------------------------------------------------------------------
def test_the_command(site: Site, kets: Callable[..., tuple[int, dict[str, Any]]]) -> None:  # noqa: F811 - the fixture
    who = lived(site)
    sequenced(site)
    status, said = kets("replay", who, "--law", "all", "--svg", "both.svg", "--lang", "id")
    assert status == 0
    by_version = {fact["version"]: fact for fact in said["facts"]}
    assert by_version[3]["source"]["ref"] == "w-1"
    assert by_version[3]["proof"]["state"] == "proved"
    assert by_version[3]["disputes"][0]["opened"] == 6
    assert len(marks(Path("both.svg").read_text())) == 9
    status, said = kets("replay", who, "--from", "2026-03-20", "--to", "2026-04-20")
    assert [change["because"] for change in said["differences"]["changes"]] == [[3], [3]]
    status, said = kets("replay", who, "--from", "2026-02-02", "--to", "2026-03-31", "--axis", "effective")
    assert {change["after"] for change in said["differences"]["changes"]} == {9_000_000, 9}
    assert kets("replay", who, "--from", "2026-04-20", "--to", "2026-03-20")[1]["code"] == "span-backwards"
    assert kets("replay", who, "--law", "UU1/1900")[1]["code"] == "profile-unknown"
    site.registry.vault.destroy(who)
    facts = kets("replay", who)[1]["facts"]
    assert [fact["erased"] for fact in facts if fact["version"] == 1] == [True]
    assert {fact["proof"]["state"] for fact in facts} == {"proved"}, "of an erased person too"
