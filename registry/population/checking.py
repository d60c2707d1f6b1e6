"""Working papers checked with nothing but the ledger's verifier key: no database, no network. docs/audit-papers.md."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from keys.errors import KeysError
from registry.audit.bundle import LONGEST
from registry.audit.check import check as check_bundle
from registry.ledger import checkpoint
from registry.ledger.log import OURS, RESTARTED
from registry.population.findings import FIELDS
from registry.population.papers import FORMAT, MANIFEST, csv_rows
from registry.population.sample import DRAWS, SEEDS, indexes

if TYPE_CHECKING:
    from pathlib import Path

    from keys.notes import NoteVerifier
    from registry.ledger.checkpoint import Checkpoint
    from registry.ledger.leaf import Entry

MOST = 100_000
_PATH = re.compile(r"checkpoint|older|sample\.json|findings/[a-z-]{1,40}\.(?:json|csv)|bundles/[0-9a-f-]{36}\.json")


class Fact(NamedTuple):
    """A proved fact and its place in the ledger."""

    number: int
    entry: Entry


class Checked(NamedTuple):
    """What papers that hold say: so many listed facts, of which `waiting` have no proof yet, and drawn leaves of those
    `asked` for, by which `seed` (None without a sample): whoever named it looks whether it is theirs."""

    origin: str
    size: int
    histories: int
    listed: int
    waiting: int
    drawn: int
    asked: int
    seed: int | None
    sha256: str


def check(folder: Path, verifier: NoteVerifier, *, kept: str | None = None) -> Checked:
    """1. The manifest's form. 2. Every file there, none else, each with its length and SHA-256. 3. The checkpoint's
    signature, size and root. 4. Every bundle, under that checkpoint. 5. Every listed fact, as its bundle proves it,
    and the CSV as the JSON. 6. The draw made again.

    `kept`: a checkpoint of one's own, which every bundle must be under or continue; without a bundle nothing shows that
    another one is continued, so it must be the same.
    Raises: Refused: "papers-malformed", "papers-differ", "checkpoint-malformed"; KeysError about the checkpoint.
    """
    try:
        return _checked(folder, verifier, kept)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, csv.Error) as error:
        raise Refused("papers-malformed", file=str(folder), expected=FORMAT) from error


def _checked(folder: Path, verifier: NoteVerifier, kept: str | None) -> Checked:
    data = _bytes(folder, MANIFEST)
    manifest = _read(folder, MANIFEST, dict)
    _files(folder, manifest)
    note = _bytes(folder, "checkpoint").decode()
    signed = checkpoint.opened(note, verifier)
    said = manifest.get("format"), manifest.get("origin"), manifest.get("size"), manifest.get("root")
    _expect(said == (FORMAT, signed.origin, signed.size, signed.root.hex()), MANIFEST, "another checkpoint")
    facts = _bundles(folder, note, verifier, kept)
    if kept is not None and not facts:
        why = "no bundle shows that it continues the checkpoint that was kept; ask for papers with a sample"
        _expect(checkpoint.opened(kept, verifier) == signed, "checkpoint", why)
    listed = waiting = 0
    for query in manifest["queries"]:
        name = f"findings/{query['name']}"
        found = _read(folder, f"{name}.json", list)
        _expect(len(found) == query["listed"], name, "another number of facts")
        for each in found:
            _finding(each, query["name"], facts, f"{name}.json")
        _table(folder, f"{name}.csv", found)
        listed, waiting = listed + len(found), waiting + sum(each["index"] is None for each in found)
    there = (folder / "sample.json").exists()
    drawn, asked, seed = _sample(folder, signed, verifier, facts) if there else (0, 0, None)
    histories = len({event.rpartition(":")[0] for event in facts})
    sha256 = hashlib.sha256(data).hexdigest()
    return Checked(signed.origin, signed.size, histories, listed, waiting, drawn, asked, seed, sha256)


def _files(folder: Path, manifest: dict[str, Any]) -> None:
    """Exactly the files that the manifest names."""
    told = {file["path"]: (file["bytes"], file["sha256"]) for file in manifest["files"]}
    names = [query["name"] for query in manifest["queries"]]
    good = all(isinstance(path, str) and _PATH.fullmatch(path) for path in told) and "checkpoint" in told
    if not good or len(told) != len(manifest["files"]) or not 0 < len(told) <= MOST:
        raise Refused("papers-malformed", file=MANIFEST, expected=f"at most {MOST} paths of {FORMAT}, each once")
    wanted = {f"findings/{name}.{kind}" for name in names for kind in ("json", "csv")}
    _expect(wanted == {path for path in told if path.startswith("findings/")}, MANIFEST, "other findings than queries")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    if strange := sorted(there ^ {*told, MANIFEST}):
        raise Refused("papers-differ", file=strange[0], why="there and not in the manifest, or the reverse")
    for path, (length, digest) in told.items():
        data = _bytes(folder, path)
        _expect((len(data), hashlib.sha256(data).hexdigest()) == (length, digest), path, "other bytes")


def _bundles(folder: Path, note: str, verifier: NoteVerifier, kept: str | None) -> dict[str, Fact]:
    """Every fact of every bundle, by `stream:version`."""
    found: dict[str, Fact] = {}
    older = _bytes(folder, "older").decode() if (folder / "older").exists() else None
    for path in sorted(folder.glob("bundles/*.json")):
        name = str(path.relative_to(folder))
        data = _bytes(folder, name)
        try:
            checked = check_bundle(data, verifier, kept=kept)
        except (Refused, KeysError) as error:
            raise Refused("papers-differ", file=name, why=str(error)) from error
        bundle = json.loads(data)
        _expect(bundle["checkpoint"] == note, name, "under another checkpoint")
        _expect((bundle["older"] or {}).get("checkpoint") == older, name, "continues another checkpoint")
        _expect(bundle["data_key"] is None, name, "holds a data key")
        _expect(bundle["stream"] == path.stem, name, "another history")
        for fact, entry in zip(bundle["facts"], checked.facts, strict=True):
            found[entry.id] = Fact(fact["index"], entry)
    return found


def _finding(each: Any, query: str, facts: dict[str, Fact], file: str) -> None:
    """What is listed is what the bundle proves. A fact that waits is said without a proof."""
    if not isinstance(each, dict) or tuple(each) != FIELDS:
        raise Refused("papers-malformed", file=file, expected=", ".join(FIELDS))
    _expect(each["query"] == query, file, "another query")
    proved = facts.get(str(each["event"]))
    if each["index"] is None:
        _expect(proved is None, file, f"{each['event']} is proved and said to wait")
        return
    if proved is None:
        raise Refused("papers-differ", file=file, why=f"{each['event']} is in no bundle")
    clear = json.loads(proved.entry.clear)
    by = clear["actor"]
    said = [each[name] for name in ("index", "topic", "recorded_at", "organisation", "role", "person")]
    recorded = proved.entry.recorded_at.isoformat(timespec="microseconds")
    told = [proved.number, proved.entry.topic, recorded, by["organisation"], by["role"], by.get("person", "")]
    _expect(said == told, file, f"{each['event']} is told otherwise than it is proved")
    _expect(each["effective_on"] == _effective(proved.entry, facts), file, f"{each['event']}: another day")


def _effective(entry: Entry, facts: dict[str, Fact]) -> str:
    """The day that counts: of a correction that of the fact it carries, of a void that of the fact it is about."""
    fact = json.loads(entry.clear)["fact"]
    about = fact
    while fact["type"] == "fact.voided" and "type" in about and about["type"] in {"fact.voided", "fact.corrected"}:
        target = facts.get(f"{entry.stream}:{about.get('voids', about.get('corrects'))}")
        if target is None or target.entry.version >= entry.version:
            return str(fact["effective_on"])
        about = json.loads(target.entry.clear)["fact"]
    return str((about["fact"] if about["type"] == "fact.corrected" else about)["effective_on"])


def _table(folder: Path, name: str, found: list[Any]) -> None:
    """The CSV says what the JSON says."""
    rows = list(csv.reader(_bytes(folder, name).decode().splitlines(keepends=True), strict=True))
    _expect(rows == [list(FIELDS), *csv_rows(found)], name, "not what the JSON says")


def _sample(
    folder: Path, signed: Checkpoint, verifier: NoteVerifier, facts: dict[str, Fact]
) -> tuple[int, int, int | None]:
    """Draw again; how many were drawn and asked for, and the seed.

    Of workers, that a leaf was passed over because it is no registration is seen in the leaves alone.
    """
    name = "sample.json"
    said = _read(folder, name, dict)
    seed, size, root, asked, workers = (said[key] for key in ("seed", "size", "root", "asked", "workers"))
    if not (type(seed) is type(asked) is int and 0 <= seed < SEEDS and type(workers) is bool):
        raise Refused("papers-malformed", file=name, expected=FORMAT)
    drawn = [(each["index"], each["event"], each["topic"]) for each in said["drawn"]]
    older = folder / "older"
    under = checkpoint.opened(_bytes(folder, "older").decode(), verifier) if older.exists() else signed
    _expect((size, root) == (under.size, under.root.hex()), name, "drawn under another checkpoint")
    found = indexes(under.root, seed, under.size)
    _expect(len(drawn) <= asked, name, "more than were asked for")
    if not workers:
        expected = list(islice(found, asked))
        _expect([index for index, _, _ in drawn] == expected, name, "not what the seed draws")
    for index, event, topic in drawn:
        if workers:
            _expect(index in islice(found, DRAWS), name, f"leaf {index} is not drawn, or not in this order")
            _expect(topic == "worker.registered", name, f"{event} is no registration")
        proved = facts.get(event)
        same = proved is not None and (proved.number, proved.entry.topic) == (index, topic)
        _expect(same or _incident(under, index, event, topic), name, f"{event} is not proved at leaf {index}")
    return len(drawn), asked, seed


def _incident(under: Checkpoint, index: int, event: str, topic: str) -> bool:
    """Whether this is the first leaf of a ledger that was opened after a loss, which is no fact and in no history."""
    number = under.origin.rpartition("/")[2]
    return number.isdecimal() and (index, event, topic) == (0, f"{OURS}:{number}", RESTARTED)


def _read(folder: Path, name: str, kind: type) -> Any:
    try:
        found = json.loads(_bytes(folder, name).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused("papers-malformed", file=name, expected="JSON") from error
    if not isinstance(found, kind):
        raise Refused("papers-malformed", file=name, expected=FORMAT)
    return found


def _bytes(folder: Path, name: str) -> bytes:
    """At most as long as a bundle may be."""
    try:
        with (folder / name).open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise Refused("papers-malformed", file=name, expected="a file") from error
    if len(data) > LONGEST:
        raise Refused("papers-malformed", file=name, expected=f"at most {LONGEST} bytes")
    return data


def _expect(true: bool, file: str, why: str) -> None:
    if not true:
        raise Refused("papers-differ", file=file, why=why)
