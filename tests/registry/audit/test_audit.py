"""What the audit says of keys, erasure, what waits and what it could not check; and how it says it."""

from __future__ import annotations

import ast
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from domain.errors import Refused
from keys import datakeys
from keys.errors import KeysError
from registry.audit import report
from registry.audit import rows as rows_module
from registry.audit.report import CODES
from registry.ledger import log
from tests.docs.pages import code, page, rows, sections
from tests.registry.audit.test_two_readings import appended, put
from tests.registry.people import founded, hired, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Site
    from tests.registry.audit.conftest import Audits
    from tests.registry.ledger.conftest import Ledger


def test_an_untouched_registry(audits: Audits) -> None:
    audited = audits.audited(audits.old, audits.new)
    size = log.head(audits.conn).size
    assert (audited.ok, audited.size, audited.outside, audited.uncovered) == (True, size, size, 0)
    sealed = audits.one("SELECT count(*) FROM event WHERE sealed IS NOT NULL")[0]
    assert audited.opened == sealed > 200
    assert audited.unchecked == ["2 sealed parts that were erased, on record: only their hashes are left"]


def test_what_waits_is_listed_in_order_and_is_no_difference(audits: Audits) -> None:
    key, stream = datakeys.new_key(), uuid4()
    put(audits, stream, key)
    for version in (1, 2, 3):
        committed = {"fact": {"key_commitment": datakeys.commitment(key)}}
        appended(audits, stream, version, "worker.registered", committed, None)
    audited = audits.audited(audits.new)
    assert audited.ok
    assert [each.partition(" ")[0] for each in audited.waiting] == [f"{stream}:{version}" for version in (1, 2, 3)]
    assert "3 facts that are recorded and not sequenced" in audited.unchecked[-1]
    audits.alter("DELETE FROM event WHERE stream = %s AND version = 2", stream)
    assert [code for code, _ in audits.found(audits.new)] == ["event-missing", "version-missing"]


def test_without_the_vault_it_says_so(audits: Audits) -> None:
    audits.vault.execute("DELETE FROM data_key")
    audited = audits.audited(audits.new, with_vault=False)
    assert (audited.ok, audited.opened) == (True, 0)
    assert audited.unchecked == ["keys and sealed parts: the vault was not opened"]


def test_keys_are_there_or_destroyed_on_record(audits: Audits) -> None:
    (stream,) = audits.one(
        "SELECT stream FROM event WHERE topic = 'worker.registered' AND stream <> %s LIMIT 1", audits.erased
    )
    held = audits.vault.execute(
        "DELETE FROM data_key WHERE stream = %s RETURNING kek, wrapped, batch", (stream,)
    ).fetchone()
    assert audits.found() == [("key-missing", str(stream))]
    audits.vault.execute("INSERT INTO data_key VALUES (%s, %s, %s, %s)", (stream, *(held or ())))
    assert audits.found() == []

    assert audits.erased
    put(audits, audits.erased, datakeys.new_key())
    codes = [("commitment-differs", str(audits.erased)), ("key-left", str(audits.erased))]
    assert audits.found() == codes


def test_sealed_parts_are_there_or_gone_on_record(audits: Audits) -> None:
    (stream,) = audits.one("SELECT stream FROM event WHERE version = 2 AND sealed IS NOT NULL LIMIT 1")
    audits.alter("UPDATE event SET sealed = NULL WHERE stream = %s AND version = 2", stream)
    assert audits.found() == [("sealed-missing", f"{stream}:2")]
    audits.alter("UPDATE event SET sealed = 'x', sealed_hash = NULL WHERE stream = %s AND version = 2", stream)
    assert sorted(audits.found()) == [("event-differs", f"{stream}:2"), ("sealed-altered", f"{stream}:2")]
    audits.alter("UPDATE event SET sealed = 'x' WHERE stream = %s AND version = 1", audits.erased)
    assert {("sealed-left", f"{audits.erased}:1"), ("sealed-altered", f"{audits.erased}:1")} <= set(audits.found())


def test_a_clear_part_without_end_is_named_and_ends_no_audit(audits: Audits) -> None:
    (stream,) = audits.one("SELECT stream FROM event WHERE version = 1 AND stream <> %s LIMIT 1", audits.erased)
    audits.alter("UPDATE event SET clear = repeat('[', 100000)::bytea WHERE stream = %s AND version = 1", stream)
    assert sorted(audits.found()) == [("commitment-missing", f"{stream}:1"), ("event-differs", f"{stream}:1")]


def test_all_are_counted_and_some_are_named(audits: Audits) -> None:
    audits.alter("UPDATE event SET salt = substr(sha256(salt), 1, 16)")
    audited = audits.audited(audits.new, most=20)
    assert len(audited.findings.kept) == 20
    assert audited.findings.counts == {"event-differs": audited.size}
    assert audited.as_json()["found"] == audited.size


@pytest.mark.parametrize("what", ["checkpoint", "witnessed"])
@pytest.mark.parametrize("content", [b"\xff", b"kets.example/ledger\n3\n", b""])
def test_a_stored_checkpoint_that_is_none(audits: Audits, what: str, content: bytes) -> None:
    (audits.path / what).write_bytes(content)
    about = {"checkpoint": "published checkpoint", "witnessed": "witnessed checkpoint"}[what]
    assert audits.found(audits.new) == [("checkpoint-malformed", about)]


def test_what_comes_from_outside_is_opened_first(audits: Audits, tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"^note-"):
        audits.audited(audits.new.replace("\n284\n", "\n285\n"))
    with pytest.raises(Refused, match=r"^ledger-empty"):
        audits.audited(tiles=tmp_path)


def test_memory_does_not_grow_with_the_log(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times the facts, and not half as much again. Fewer rows at a time than usual: fewer facts will do."""
    monkeypatch.setattr(rows_module, "FETCH", 20)
    peaks = []
    for count in (1_000, 4_000):
        ledger.add(count)
        ledger.sequence(500)
        tracemalloc.start()
        assert ledger.audited() == []
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks


def test_every_code_is_documented_and_used() -> None:
    table = rows(sections(page("how-to/audit.md"))["The codes"])
    assert [code(row[0]) for row in table] == sorted(CODES)
    assert report.__file__
    used = {
        node.value
        for path in Path(report.__file__).parent.glob("*.py")
        if path.name != "report.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CODES) <= used


def test_the_command(site: Site, kets: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    load(site, *founded(), hired(1), hired(2))
    status, said = kets("audit")
    assert (status, said["ok"], said["size"], said["uncovered"]) == (0, True, 0, 6)
    key = kets("ledger", "key")[1]["key"]
    stream = said["waiting"][0][:36]
    site.vault().execute("DELETE FROM data_key WHERE stream = %s", (stream,))
    status, said = kets("audit", "--report", "report.json")
    assert (status, said["findings"][0]["code"], said["findings"][0]["about"]) == (1, "key-missing", stream)
    assert '"key-missing"' in Path("report.json").read_text()
    assert kets("audit", "--without-vault", "--key", key)[0] == 0
    assert kets("audit", "--key", "x")[1]["code"] == "verifier-key"
