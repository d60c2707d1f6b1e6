"""The folder a verifier keeps: all it needs to check cards without a network.

root.json              the pinned root, a public JWK
roots.json             statements that lead from an older root to the one that signs today; optional
trust-list.jwt         signers, signed by the root
status/N.cwt           status list of shard N
status/N.delta.jwt     what changed in it since; optional
titles.json            {code: {"id": title, "en": title}}, its digest in the trust list
seen.json              what was seen before, so that nothing older is taken; written where the folder allows
.next/                 an update that was decided and whose files are not all in their place yet: they come first

An export holds status/N.since-DAY.jwt besides: the deltas of each of the last days, for those who come to fetch.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from card import delta
from card.errors import CardError, VerificationError
from card.roots import chain_of, follow
from card.status import MAX_TOKEN, StatusList
from card.trust import TrustList, digest, titles_json
from keys import es256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from keys.es256 import PublicJwk

MAX_FILE = 4 * 2**20
NEXT = ".next"
ROOT, ROOTS, TRUST_LIST, TITLES = "root.json", "roots.json", "trust-list.jwt", "titles.json"


def status_file(shard: int) -> str:
    return f"status/{shard}.cwt"


def former_file(shard: int) -> str:
    """Where the list was when it was a JWT: no longer read, and taken away once there is one that is."""
    return f"status/{shard}.jwt"


def delta_file(shard: int) -> str:
    """The delta that a verifier holds."""
    return f"status/{shard}.delta.jwt"


def since_file(shard: int, day: date) -> str:
    """The delta that an export offers to those whose list is of `day`, UTC, or later."""
    return f"status/{shard}.since-{day.isoformat()}.jwt"


def export(
    folder: Path,
    *,
    root: PublicJwk,
    trust_list: str,
    statuses: Mapping[int, bytes],
    titles: Mapping[str, Mapping[str, str]],
    chain: Sequence[str] = (),
    deltas: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the folder: all of its files, or when that fails none.

    `deltas`: by the name of their file, as of `since_file`; those of an earlier export go. A folder that pins an
    earlier root, from which `chain` leads to `root`, keeps its pin.
    CardError("root-differs") when it pins another root: a pin is never changed behind its owner's back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {ROOTS: json.dumps(list(chain)).encode(), TITLES: titles_json(titles), TRUST_LIST: trust_list.encode()}
    files |= {status_file(shard): token for shard, token in statuses.items()}
    files |= {name: token.encode() for name, token in deltas.items()}
    if not (folder / ROOT).exists():
        files[ROOT] = json.dumps(root).encode()
    elif root not in follow([_pinned(folder)], chain):
        raise CardError("root-differs", f"got {folder}, which pins another root; use a new folder")
    replace(folder, files)
    for path in (folder / "status").glob("*.since-*.jwt"):
        if f"status/{path.name}" not in deltas:
            path.unlink()
    forget_former(folder, statuses)


def forget_former(folder: Path, shards: Iterable[int]) -> None:
    """Take away the former files of lists that have taken their place."""
    for shard in shards:
        (folder / former_file(shard)).unlink(missing_ok=True)


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put `files`, by name, in the place of those that are there: all of them at one moment, the renaming to `.next`.
    An empty one takes away what is there.

    A crash before it leaves the folder as it was; after it, whoever reads finds the new ones, and the next call of
    this moves them into place.
    """
    settle(folder)
    building = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
    try:
        building.chmod(0o755)
        for name, content in files.items():
            (building / name).parent.mkdir(exist_ok=True)
            _write(building / name, content, durably=True)
        building.rename(folder / NEXT)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    settle(folder)


def settle(folder: Path) -> None:
    """Move the files of an update that was decided into their place; nothing when there is none."""
    moving = folder / NEXT
    for path in sorted(moving.rglob("*")):
        if path.is_file():
            place = folder / path.relative_to(moving)
            place.parent.mkdir(exist_ok=True)
            if path.stat().st_size:
                path.replace(place)
            else:
                place.unlink(missing_ok=True)
    shutil.rmtree(moving, ignore_errors=True)


@dataclass(kw_only=True)
class TrustDir:
    """A folder that was loaded. `status` is the lookup that `card.verify.verify` wants; lists are read when asked."""

    folder: Path
    trust: TrustList
    titles: dict[str, dict[str, str]]
    now: int
    seen: dict[str, Any]
    _lists: dict[int, StatusList] = field(default_factory=dict)

    def status(self, shard: int) -> StatusList | None:
        """The verified list of `shard`, or None when there is none. VerificationError when it is refused."""
        if shard not in self._lists and (found := self._verified(shard)) is not None:
            self._lists[shard] = found
            self.seen["status"][str(shard)] = found.issued_at
            _remember(self.folder, self.seen)
        return self._lists.get(shard)

    def _verified(self, shard: int) -> StatusList | None:
        try:
            found = held_list(self.folder, shard, trust=self.trust, now=self.now)
        except VerificationError:
            later = load(self.folder, now=self.now)  # an update came in between: its lists go by its trust list
            if later.trust.version <= self.trust.version:
                raise
            return later.status(shard)
        oldest = self.seen["status"].get(str(shard), 0)
        if found is not None and found.issued_at < oldest:
            raise VerificationError("status-rollback", f"got a list of {found.issued_at}, expected {oldest} or later")
        return found

    def title(self, code: str, language: str) -> str:
        """The title of a code, or the code itself where it is unknown."""
        return self.titles.get(code, {}).get(language) or code


def load(folder: Path, *, now: int) -> TrustDir:
    """Read and verify the folder. VerificationError with an outcome of cannot-check when it may not be used."""
    try:
        return _loaded(folder, now)
    except VerificationError:
        return _loaded(folder, now)  # had an update come in between, its files go together now


def _loaded(folder: Path, now: int) -> TrustDir:
    seen = recall(folder)
    roots = follow(seen["roots"] or [seen["pinned"]], chain_of(optional(folder, ROOTS, MAX_FILE) or b"[]"))
    token = _read(folder, TRUST_LIST, MAX_FILE).decode(errors="replace").strip()
    trust = TrustList.verify(token, roots=roots, now=now, oldest=seen["version"])
    if digest(_read(folder, TITLES, MAX_FILE)) != trust.titles_digest:
        raise VerificationError("titles-altered")
    titles = _json(folder, TITLES)
    seen.update(version=trust.version, roots=list(trust.accepted_roots))
    _remember(folder, seen)
    return TrustDir(folder=folder, trust=trust, titles=titles, now=now, seen=seen)


def held_list(folder: Path, shard: int, *, trust: TrustList, now: int) -> StatusList | None:
    """The list of `shard` in the folder, brought up to date by the delta beside it; None when there is none.

    VerificationError("status-malformed") of a folder of before lists were CWT: it is to be updated.
    """
    token = optional(folder, status_file(shard), MAX_TOKEN, "status-malformed")
    if token is None:
        refuse_former(folder, status_file(shard))
        return None
    found = StatusList.verify(token, shard=shard, trust=trust, now=now)
    changes = optional(folder, delta_file(shard), delta.MAX_TOKEN, "status-malformed")
    try:
        return found if changes is None else delta.applied(text(changes), to=found, trust=trust, now=now)
    except VerificationError as error:
        if error.code == "status-rollback":  # of before the list that has replaced its own
            return found
        raise


def refuse_former(folder: Path, name: str) -> None:
    """VerificationError("status-malformed") where the list that should be at `name` is there as the JWT it once was."""
    former = f"{name.removesuffix('.cwt')}.jwt"
    if name.endswith(".cwt") and any((place / former).exists() for place in (folder / NEXT, folder)):
        got = f"got {former} of an earlier version, expected {name}"
        raise VerificationError("status-malformed", f"{got}: update this folder, or export it anew")


def recall(folder: Path) -> dict[str, Any]:
    """What was remembered under this pin; nothing when it is not there, as on a read-only folder, or not ours.

    VerificationError("trust-missing") without a pin, ("trust-malformed") when that is no key.
    """
    pinned = _pinned(folder)
    nothing: dict[str, Any] = {"pinned": pinned, "version": 0, "roots": [], "status": {}}
    try:
        seen = json.loads((folder / "seen.json").read_bytes())
        remembered = {name: type(value)(seen[name]) for name, value in nothing.items()}
        remembered["status"] = {shard: int(youngest) for shard, youngest in remembered["status"].items()}
        for root in remembered["roots"]:
            es256.public_key(root)
    except (OSError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return nothing
    return remembered if remembered["pinned"] == pinned else nothing


def _pinned(folder: Path) -> PublicJwk:
    pinned: PublicJwk = _json(folder, ROOT)
    try:
        es256.public_key(pinned)
    except ValueError as error:
        raise VerificationError("trust-malformed", f"got no key in {ROOT}: {error}") from error
    return pinned


def _remember(folder: Path, seen: dict[str, Any]) -> None:
    """Write down what was seen, and what another process saw meanwhile: nothing seen is forgotten."""
    also = recall(folder)
    if also["version"] > seen["version"]:
        seen.update(version=also["version"], roots=also["roots"])
    for shard, youngest in also["status"].items():
        seen["status"][shard] = max(youngest, seen["status"].get(shard, 0))
    with suppress(OSError):  # a folder that cannot be written still verifies; it only cannot notice a rollback
        _write(folder / "seen.json", json.dumps(seen).encode())


def _json(folder: Path, name: str) -> Any:
    try:
        value = json.loads(_read(folder, name, MAX_FILE))
    except (ValueError, RecursionError) as error:
        raise VerificationError("trust-malformed", f"got no JSON in {name}: {error}") from error
    if not isinstance(value, dict):
        raise VerificationError("trust-malformed", f"got no JSON object in {name}")
    return value


def text(token: bytes) -> str:
    """The token in a file."""
    return token.decode(errors="replace").strip()


def _read(folder: Path, name: str, limit: int) -> bytes:
    content = optional(folder, name, limit)
    if content is None:
        raise VerificationError("trust-missing", f"got no {name}")
    return content


def optional(folder: Path, name: str, limit: int, too_large: str = "trust-malformed") -> bytes | None:
    """The file of this name, or the one that is to take its place; None when there is none, or it is to go."""
    for place in (folder / NEXT / name, folder / name):
        try:
            with place.open("rb") as file:
                content = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise VerificationError("trust-missing", f"got no {name}: {error.strerror}") from error
        if len(content) > limit:
            raise VerificationError(too_large, f"got more than {limit} bytes in {name}")
        return None if place == folder / NEXT / name and not content else content
    return None


def _write(path: Path, content: bytes, *, durably: bool = False) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
