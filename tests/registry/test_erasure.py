"""Erasure: nothing of the person is left in either database, all else is as it was, and a crash changes neither."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from card import trustdir
from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Role
from keys import es256, jws
from projections.cards import shards, statuses
from registry import cards, erasure, erasure_list
from registry.erasure import erase, replay
from registry.vault import new_stream
from tests.registry.people import DAY, founded, hired, load, nik, record, register, stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    import psycopg

    from registry.erasure import Certificate
    from tests.conftest import Site

ONE = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")
VERIFIED = f.IdentityVerified(effective_on=DAY, register="dukcapil")
PEOPLE, ERASED = range(1, 61), range(1, 21)


def listed(site: Site) -> Path:
    return site.settings.erasure_list


def erased(site: Site, worker: UUID, *, by: Actor = ONE, second: str = "officer-2") -> Certificate:
    return erase(
        site.registry,
        worker,
        ground="consent-withdrawn",
        by=by,
        second=second,
        erasures=listed(site),
        backup_days=30,
    )


def program(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], env=site.environment, capture_output=True, text=True, check=False, timeout=60
    )


def kets(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return program(site, "-m", "registry", *words)


def trust(site: Site, folder: Path) -> None:
    """What a verifier downloads now, by the site's clock."""
    site.runner.catch_up()
    conn = site.reading()
    trustdir.export(
        folder,
        root=site.keyring.root.public_jwk,
        trust_list=cards.trust_list(site.registry, issuer="https://kets.example", now=site.now),
        statuses={n: cards.status_token(site.registry, n, statuses(conn, n), now=site.now) for n in shards(conn)},
        titles=cards.titles(),
    )


def name(n: int) -> str:
    return f"Kenari{n:02} Zulkarnain"


def phone(n: int) -> str:
    return f"+62812777{n:05}"


def everything(conn: psycopg.Connection[Any]) -> Iterator[bytes]:
    """Every text and every byte string that a database holds."""
    tables = conn.execute(
        "SELECT format('%I.%I', table_schema, table_name), column_name FROM information_schema.columns"
        " WHERE table_schema IN ('public', 'read') AND data_type IN ('text', 'bytea', 'jsonb', 'json', 'ARRAY')"
    ).fetchall()
    assert len(tables) >= 4
    for table, column in tables:
        for (value,) in conn.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"):  # noqa: S608 - from the catalogue
            yield value if isinstance(value, bytes) else str(value).encode()


def shapes(word: str) -> list[bytes]:
    plain = word.encode()
    encoded = [base64.b64encode(b"x" * pad + plain)[4 if pad else 0 : -4] for pad in range(3)]
    return [plain, plain.hex().encode(), *encoded]


def numbers(site: Site, *, but: UUID) -> Any:
    """The read models, whole, except for the cards: the tables of cards, and the record of one who has a card."""
    site.runner.catch_up()
    conn = site.reading()
    tables = conn.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'read' AND table_type = 'BASE TABLE'"
        " AND table_name <> 'projection_position' AND table_name NOT LIKE 'card%' ORDER BY 1"
    ).fetchall()
    assert len(tables) >= 4
    rows = {t: conn.execute(f"SELECT * FROM read.{t}").fetchall() for (t,) in tables}  # noqa: S608 - from the catalogue
    rows["record"] = [row for row in rows["record"] if but not in row]
    return {table: sorted(map(repr, found)) for table, found in rows.items()}


def test_nothing_is_left_of_twenty_of_sixty(site: Site) -> None:
    load(site, *founded(), *(hired(n, name=name(n), phone=phone(n)) for n in PEOPLE))
    streams = {n: stream_of(site, n) for n in PEOPLE}
    record(site.registry, streams[1], VERIFIED)
    cards.issue(site.registry, streams[1], by=ONE)
    before = numbers(site, but=streams[1])
    facts = {n: site.registry.history(streams[n]).version for n in PEOPLE}
    certificates = [erased(site, streams[n]) for n in ERASED]
    site.registry.close()

    other = site.another()
    held = [*everything(site.reading()), *everything(site.vault()), listed(site).read_bytes()]
    held += [repr(certificate).encode() for certificate in certificates]
    whole = b"\n".join(held)
    tags = {tag for n in ERASED for tag in other.vault.tags(("nik", nik(n)), [1])}
    assert not tags & set(held)
    for n in ERASED:
        for word in (name(n), nik(n), phone(n)):
            assert not [shape for shape in shapes(word) if shape in whole]
    assert site.vault().execute("SELECT count(*) FROM data_key").fetchone() == (41,)
    sealed = "SELECT count(*) FROM event WHERE sealed IS NOT NULL AND stream = ANY(%s)"
    assert site.reading().execute(sealed, ([streams[n] for n in ERASED],)).fetchone() == (0,)
    assert site.reading().execute(sealed, ([streams[n] for n in PEOPLE],)).fetchone() == (80,)

    assert numbers(site, but=streams[1]) == before
    for each in ("record", "roster", "placements"):
        site.runner.rebuild(each)
    assert numbers(site, but=streams[1]) == before
    for n in PEOPLE:
        history, worker = other.worker(streams[n])
        assert worker.erased is (n in ERASED)
        assert isinstance(worker.details, f.PersonDetails) is (n not in ERASED)
        assert history.version == facts[n] + (0 if n not in ERASED else 2 if n == 1 else 1)
        assert worker.current is not None


@pytest.mark.parametrize("form", [str, lambda w: w.encode().hex(), lambda w: base64.b64encode(w.encode()).decode()])
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_the_search_finds_what_is_there(site: Site, before: str, form: Callable[[str], str]) -> None:
    """Else it would find nothing whatever was left."""
    stream = register(site.registry)
    site.vault().execute("INSERT INTO legal_hold VALUES (%s, %s)", (stream, form(f"{before}{name(1)} and more")))
    assert any(shape in value for shape in shapes(name(1)) for value in everything(site.vault()))


def test_the_card_of_somebody_erased_stops(site: Site, tmp_path: Path) -> None:
    stream = register(site.registry)
    record(site.registry, stream, VERIFIED)
    old, new = (cards.issue(site.registry, stream, by=ONE).text for _ in range(2))
    trust(site, tmp_path / "trust")
    at = ("--trust", str(tmp_path / "trust"), "--now", "2026-03-02T04:00:00Z", "--json")
    assert kets(site, "card", "verify", new, *at).returncode == 0
    erased(site, stream)
    assert {card.state for card in site.registry.worker(stream)[1].cards.values()} == {"revoked"}
    trust(site, tmp_path / "trust")
    for text in (old, new):
        said = kets(site, "card", "verify", text, *at)
        assert (said.returncode, "revoked" in said.stdout) == (1, True), said
    with pytest.raises(Refused, match="worker-erased"):
        cards.issue(site.registry, stream, by=ONE)


# -- who may, and what stands in the way ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("by", "second", "code"),
    [
        (ONE, "officer-1", "second-officer"),
        (Actor(organisation="kemnaker", role=Role.OFFICER), "officer-2", "second-officer"),
        (Actor(organisation="dukcapil", role=Role.IDENTITY_AUTHORITY, person="a"), "b", "no-mandate"),
    ],
)
def test_two_officers_or_nothing_happens(site: Site, by: Actor, second: str, code: str) -> None:
    stream = register(site.registry)
    with pytest.raises(Refused, match=code):
        erased(site, stream, by=by, second=second)
    _, worker = site.registry.worker(stream)
    assert (worker.erased, isinstance(worker.details, f.PersonDetails)) == (False, True)
    assert not listed(site).exists()


def test_under_legal_hold_nobody_is_erased(site: Site) -> None:
    stream = register(site.registry)
    site.registry.vault.hold(stream, "perkara 12", site.now.date())
    with pytest.raises(Refused, match="legal-hold"):
        erased(site, stream)
    site.registry.vault.hold(stream, "perkara 12", None)
    with pytest.raises(Refused, match="legal-hold"):
        erased(site, stream)
    assert site.registry.vault.release(stream)
    assert not site.registry.vault.release(stream)
    site.registry.vault.hold(stream, "perkara 11", DAY)  # a day gone by
    assert erased(site, stream).events == 1
    assert site.vault().execute("SELECT count(*) FROM legal_hold").fetchone() == (0,)


def test_nothing_more_is_recorded_of_them(site: Site) -> None:
    stream = register(site.registry)
    erased(site, stream)
    with pytest.raises(Refused, match="worker-erased"):
        record(site.registry, stream, VERIFIED)
    with pytest.raises(Refused, match="worker-unknown"):
        erased(site, new_stream())


# -- the certificate --------------------------------------------------------------------------------------------------
def test_the_certificate_says_what_stands_on_record_and_is_signed(site: Site) -> None:
    load(site, *founded(), hired(1))
    stream = stream_of(site, 1)
    commitment = site.registry.worker(stream)[1].key_commitment
    certificate = erased(site, stream)
    assert (certificate.worker, certificate.ground) == (str(stream), "consent-withdrawn")
    assert certificate.officers == ("officer-1", "officer-2")
    assert (certificate.events, certificate.key_commitment) == (2, commitment)
    assert certificate.keys_until == "2026-04-01"  # 30 days after 2 March
    token = jws.parse(certificate.jws)
    said = token.verified(es256.public_key(site.keyring.root.public_jwk))
    assert said is not None
    assert {**said, "officers": tuple(said["officers"]), "jws": certificate.jws} == certificate._asdict()
    assert token.typ == erasure.TYP


# -- crashes ----------------------------------------------------------------------------------------------------------
STEPS = ["registry.erasure_list.append", "registry.vault.Vault.destroy", "registry.erasure._remove_sealed"]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_before_any_step_is_completed_by_the_same_call(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    stream = register(site.registry)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, crash)
        with pytest.raises(KeyboardInterrupt):
            erased(site, stream)
    assert site.registry.worker(stream)[1].erased
    if step != STEPS[0]:
        assert replay(site.registry, listed(site)) == (step == STEPS[1])
        assert site.registry.vault.key(stream) is None
    again = erased(site, stream, by=Actor(organisation="kemnaker", role=Role.OFFICER, person="x"), second="y")
    assert again.officers == ("officer-1", "officer-2")
    assert site.registry.vault.key(stream) is None
    assert site.reading().execute("SELECT count(*) FROM event WHERE sealed IS NOT NULL").fetchone() == (0,)
    assert site.registry.history(stream).version == 2
    assert erasure_list.read(listed(site), site.keyring) == [stream]


KILLED = """
import os, signal, sys
from registry import erasure, erasure_list
from registry.cli import main
from registry.vault import Vault
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
steps = {"list": (erasure_list, "append"), "key": (Vault, "destroy"), "bytes": (erasure, "_remove_sealed")}
setattr(*steps[sys.argv.pop(1)], die)
sys.argv[0] = "kets"
main()
"""


@pytest.mark.parametrize("step", ["list", "key", "bytes"])
def test_killed_between_two_steps_and_run_again(site: Site, step: str) -> None:
    stream = register(site.registry)
    words = ("erase", str(stream), "--ground", "ordered", "--by", "a", "--second", "b", "--json")
    assert program(site, "-c", KILLED, step, *words).returncode == -signal.SIGKILL
    done = kets(site, *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["certificate"]["officers"] == ["a", "b"]
    assert site.vault().execute("SELECT count(*) FROM data_key").fetchone() == (0,)
    assert site.reading().execute("SELECT count(*) FROM event WHERE sealed IS NOT NULL").fetchone() == (0,)


# -- backups ----------------------------------------------------------------------------------------------------------
def test_a_restored_vault_does_not_bring_anybody_back(site: Site) -> None:
    load(site, *founded(), *(hired(n) for n in range(1, 6)))
    streams = [stream_of(site, n) for n in range(1, 6)]
    kept = {t: site.vault().execute(f"SELECT * FROM {t}").fetchall() for t in ("identity", "data_key")}  # noqa: S608 - our own tables
    for stream in streams[:2]:
        erased(site, stream)
    for table, rows in kept.items():
        for row in rows:
            query = f"INSERT INTO {table} VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"  # noqa: S608 - the same
            site.vault().execute(query, row)
    other = site.another()
    assert other.vault.find("nik", nik(1)) == streams[0], "the backup is back"
    assert replay(other, listed(site)) == 2
    assert [other.vault.find("nik", nik(n)) for n in range(1, 4)] == [None, None, streams[2]]
    assert [other.vault.key(stream) is None for stream in streams] == [True, True, False, False, False]
    assert replay(other, listed(site)) == 0


def test_opening_the_command_line_replays_the_list(site: Site) -> None:
    stream = register(site.registry)
    erasure_list.append(listed(site), site.keyring, stream, site.now)
    assert kets(site, "worker", "show", str(stream)).returncode == 0
    assert site.vault().execute("SELECT count(*) FROM data_key").fetchone() == (0,)


# -- the list ---------------------------------------------------------------------------------------------------------
def test_a_torn_line_does_not_count_and_is_cut_off(site: Site) -> None:
    one, two = (register(site.registry, n) for n in (1, 2))
    path = listed(site)
    assert erasure_list.read(path, site.keyring) == []
    erasure_list.append(path, site.keyring, one, site.now)
    whole = path.read_bytes()
    for torn in (b"x", whole[:-1], whole[:40]):
        path.write_bytes(whole + torn)
        assert erasure_list.read(path, site.keyring) == [one]
        erasure_list.append(path, site.keyring, two, site.now)
        assert erasure_list.read(path, site.keyring) == [one, two]
    path.write_bytes(whole[:-1])
    erasure_list.append(path, site.keyring, two, site.now)
    assert erasure_list.read(path, site.keyring) == [two]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("at", [0, 40, 60, 120])
def test_an_altered_line_is_refused(site: Site, at: int) -> None:
    stream = register(site.registry)
    erasure_list.append(listed(site), site.keyring, stream, site.now)
    content = bytearray(listed(site).read_bytes())
    content[at] ^= 1
    listed(site).write_bytes(content)
    with pytest.raises(Refused, match="erasure-list-altered"):
        replay(site.registry, listed(site))
    with pytest.raises(Refused, match="erasure-list-altered"):
        erasure_list.append(listed(site), site.keyring, stream, site.now)
    assert site.registry.vault.key(stream) is not None
