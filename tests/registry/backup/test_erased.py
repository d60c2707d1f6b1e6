"""Two hundred of a thousand are erased: every proof still holds, statistics are as they were, and they are nowhere."""

from __future__ import annotations

import base64
import mmap
import os
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from api import create_app
from domain import facts as f
from domain.event import Actor, Role
from registry.cli.site import Site
from registry.erasure import erase
from registry.intake import Intake
from registry.ledger import proof
from registry.ledger.place import folder_of, signer_of
from registry.settings import Settings
from tests.api.client import TestClient
from tests.api.story import HERE, send
from tests.registry.people import founded, hired, nik
from tests.registry.test_erasure import everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from tests.registry.backup.conftest import Operator
    from tests.registry.submissions.employer_files import Values

PEOPLE, GONE = (1_000, 200) if os.environ.get("KETS_FAULTS") == "all" else (150, 30)
OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER, person="officer-1")
NAMES = ("Zulkarnain", "Wiryateja", "Kusumaatmadja", "Prawiranegara", "Sastroamidjojo")


def canaries(n: int) -> tuple[str, str, str]:
    """Number, name and phone of the n-th."""
    return nik(n), f"Kenari{n:04} {NAMES[n % len(NAMES)]}", f"+62812777{n:05}"


def shapes(word: str) -> Iterator[bytes]:
    """How a word may stand in a file: plain, as hex of either case, as Base64 at any offset, in UTF-16."""
    plain = word.encode()
    yield from (plain, plain.hex().encode(), plain.hex().upper().encode(), word.encode("utf-16-le"))
    for pad in range(3):
        encoded = base64.b64encode(b"x" * pad + plain)[4 if pad else 0 : -4]
        yield from {encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))}


STEMS = [shape for stem in ("327501410190", "Kenari", "+62812777") for shape in shapes(stem)]
"""What all canaries begin with, those of people who stay too: nobody's may stand anywhere in the clear."""


def found(folder: Path) -> list[str]:
    """The files below `folder` that hold one of the stems."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.stat().st_size and _holds(path)]


def _holds(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(stem) >= 0 for stem in STEMS)


def statistics(site: Site) -> dict[str, list[str]]:
    site.runner.catch_up()
    with site.reading() as conn:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'read'"
        tables = [str(name) for (name,) in conn.execute(f"{query} AND table_name <> 'projection_position'")]
        assert {"placements", "roster", "record"} <= set(tables)
        return {t: sorted(map(repr, conn.execute(f"SELECT * FROM read.{t}"))) for t in tables}  # noqa: S608 - from the catalogue


def proofs(site: Site, streams: list[UUID]) -> list[dict[str, Any]]:
    draw = random.Random(11)
    with site.reading() as conn:
        return [proof.prove(conn, folder_of(Settings()), draw.choice(streams), draw.choice((1, 2))) for _ in range(200)]


def intake_of(site: Site) -> Intake:
    return Intake(Settings().intake_folder, site.registry.vault)


def sent(site: Site, *files: list[Values]) -> None:
    """Rows come by HTTP too, with a wage that is none, so that each is refused and kept as it came."""
    settings = Settings(DATABASE_URL=site.database_url, vault_url=site.vault_url)
    with TestClient(create_app(settings, registry=site.registry), base_url=HERE) as client:
        for rows in files:
            answer = send(client, [{**row, "ref": f"again-{row['ref']}", "wage": "x"} for row in rows], submitter=None)
            assert answer.json()["refused"] == {"integer-format": len(rows)}
    assert len(intake_of(site).listing()) == 2 * len(files)


def test_two_hundred_of_a_thousand(operator: Operator, tmp_path: Path) -> None:
    rows = []
    for n in range(1, PEOPLE + 1):
        number, name, phone = canaries(n)
        rows.append(hired(n, nik=number, name=name, phone=phone))
    with Site() as site:  # the operator's servers run all the while
        operator.load(*founded(), *rows)
        streams = [site.registry.vault.find("nik", nik(n)) for n in range(1, PEOPLE + 1)]
        everybody = [stream for stream in streams if stream]
        assert len(everybody) == PEOPLE
        gone, stay = everybody[:GONE], everybody[GONE:]
        before, shown = statistics(site), proofs(site, everybody)
        held = tmp_path / "checkpoint"
        held.write_text(folder_of(Settings()).checkpoint() or "", encoding="utf-8")
        sent(site, rows[GONE - 20 : GONE], rows[GONE : GONE + 20])
        operator.done("backup", operator.root)

        for stream in gone:
            erase(
                site.registry,
                stream,
                ground="consent-withdrawn",
                by=OFFICER,
                second="officer-2",
                erasures=operator.erasures,
                backup_days=30,
            )
        operator.sequence()

        # Of two uploads and their result files only those that name nobody who is gone are left.
        kept = intake_of(site)
        assert [one.kind for one in kept.listing()] == ["upload", "results"]
        kept.purge(datetime.now(UTC).date())  # sweeps bytes whose key is destroyed
        assert len(list(kept.folder.iterdir())) == 2

        # All proofs hold: those handed out before, new ones, and the whole log against a checkpoint from before.
        verifier = signer_of(Settings()).verifier
        for one in (*shown, *proofs(site, everybody)):
            proof.check(one, verifier)  # raises
        audited = operator.done("audit", "--checkpoint", held)
        assert audited["findings"] == []

        # Statistics are as they were, and so they are when they are made again.
        assert statistics(site) == before
        for name in ("record", "roster", "placements"):
            site.runner.rebuild(name)
        assert statistics(site) == before
        check_nowhere(operator, site, gone, stay)

    # A restored backup brings the sealed bytes back, and none of the keys, whatever moment it is of.
    operator.done("restore", operator.root, "--only", "vault", "--replace")
    with Site() as site:
        check_nowhere(operator, site, gone, stay)
    operator.done("backup", operator.root)
    operator.done("restore", operator.root, "--checkpoint", operator.root / "ledger" / "checkpoint", "--replace")
    with Site() as site:
        check_nowhere(operator, site, gone, stay)
        assert statistics(site) == before


def check_nowhere(operator: Operator, site: Site, gone: list[UUID], stay: list[UUID]) -> None:
    """Nothing of those who are gone can be read; those who stay can."""
    histories = site.registry.histories([*gone, *stay])
    states = {stream: history.state() for stream, history in histories.items()}
    assert all(states[stream].erased and not isinstance(states[stream].details, f.PersonDetails) for stream in gone)
    assert all(isinstance(states[stream].details, f.PersonDetails) for stream in stay)
    assert [site.registry.vault.find("nik", nik(n)) for n in range(1, GONE + 1)] == [None] * GONE

    tags = {tag for n in range(1, GONE + 1) for tag in site.registry.vault.tags(("nik", nik(n)), [1])}
    held: set[bytes] = set()
    for url in (site.database_url, site.vault_url):
        with psycopg.connect(url) as conn:
            held.update(everything(conn))
    assert len(held) > len(stay)
    assert not held & tags
    assert not [value for value in held if any(stem in value for stem in STEMS)]
    with psycopg.connect(site.vault_url) as conn:
        query = "SELECT count(*) FROM data_key WHERE stream = ANY(%s)"
        assert conn.execute(query, (gone,)).fetchone() == (0,)
        assert conn.execute(query, (stay,)).fetchone() == (len(stay),)
    for place in (operator.home, operator.root, operator.erasures.parent / "keys"):  # tiles, logs, data files, backups
        assert found(place) == []
    assert not _holds(operator.erasures)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """Else it would find nothing whatever was left."""
    for n, word in enumerate(canaries(7)):
        plain = word.encode()
        for m, form in enumerate(
            (plain, plain.hex().encode(), base64.b64encode(b"ab" + plain), word.encode("utf-16-le"))
        ):
            (tmp_path / f"{n}-{m}").write_bytes(b"before " + form + b" after")
    (tmp_path / "other").write_bytes(b"3275 Kena 62812")
    assert len(found(tmp_path)) == 12
