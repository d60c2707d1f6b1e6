"""The folder a verifier keeps: all it needs to check cards without a network.

root.json        the pinned root, a public JWK
roots.json       statements that lead from an older root to the one that signs today; optional
trust-list.jwt   signers, signed by the root
status/N.jwt     status list of shard N
titles.json      {code: {"id": title, "en": title}}, its digest in the trust list
seen.json        what was seen before, so that nothing older is taken; written where the folder allows
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from card.errors import CardError, VerificationError
from card.roots import chain_of, follow
from card.status import MAX_TOKEN, StatusList
from card.trust import TrustList, digest, titles_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keys.es256 import PublicJwk

MAX_FILE = 4 * 2**20


def export(
    folder: Path,
    *,
    root: PublicJwk,
    trust_list: str,
    statuses: Mapping[int, str],
    titles: Mapping[str, Mapping[str, str]],
    chain: Sequence[str] = (),
) -> None:
    """Write the folder, each file whole or as it was; the trust list last, since it names the titles.

    A folder that pins an earlier root, from which `chain` leads to `root`, keeps its pin.
    CardError("root-differs") when it pins another root: a pin is never changed behind its owner's back.
    """
    (folder / "status").mkdir(parents=True, exist_ok=True)
    if not (folder / "root.json").exists():
        _write(folder / "root.json", json.dumps(root).encode())
    elif root not in follow([_json(folder / "root.json")], chain):
        raise CardError("root-differs", f"got {folder}, which pins another root; use a new folder")
    _write(folder / "roots.json", json.dumps(list(chain)).encode())
    for shard, token in statuses.items():
        _write(folder / "status" / f"{shard}.jwt", token.encode())
    _write(folder / "titles.json", titles_json(titles))
    _write(folder / "trust-list.jwt", trust_list.encode())


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
        path = self.folder / "status" / f"{shard}.jwt"
        if shard not in self._lists and path.exists():
            token = _read(path, MAX_TOKEN, "status-malformed").decode(errors="replace").strip()
            youngest: dict[str, int] = self.seen["status"]
            oldest = youngest.get(str(shard), 0)
            self._lists[shard] = StatusList.verify(token, shard=shard, trust=self.trust, now=self.now, oldest=oldest)
            youngest[str(shard)] = self._lists[shard].issued_at
            _remember(self.folder, self.seen)
        return self._lists.get(shard)

    def title(self, code: str, language: str) -> str:
        """The title of a code, or the code itself where it is unknown."""
        return self.titles.get(code, {}).get(language) or code


def load(folder: Path, *, now: int) -> TrustDir:
    """Read and verify the folder. VerificationError with an outcome of cannot-check when it may not be used."""
    pinned = _json(folder / "root.json")
    seen = _seen(folder, pinned)
    roots = follow(seen["roots"] or [pinned], _chain(folder))
    token = _read(folder / "trust-list.jwt", MAX_FILE, "trust-malformed").decode(errors="replace").strip()
    trust = TrustList.verify(token, roots=roots, now=now, oldest=seen["version"])
    if digest(_read(folder / "titles.json", MAX_FILE, "trust-malformed")) != trust.titles_digest:
        raise VerificationError("titles-altered")
    titles = _json(folder / "titles.json")
    seen.update(version=trust.version, roots=list(trust.accepted_roots))
    _remember(folder, seen)
    return TrustDir(folder=folder, trust=trust, titles=titles, now=now, seen=seen)


def _chain(folder: Path) -> list[str]:
    path = folder / "roots.json"
    return chain_of(_read(path, MAX_FILE, "trust-malformed")) if path.exists() else []


def _seen(folder: Path, pinned: PublicJwk) -> dict[str, Any]:
    """What was remembered under this pin; nothing when it is not there, as on a read-only folder, or not ours."""
    nothing: dict[str, Any] = {"pinned": pinned, "version": 0, "roots": [], "status": {}}
    try:
        seen = json.loads((folder / "seen.json").read_bytes())
        remembered = {name: type(value)(seen[name]) for name, value in nothing.items()}
        remembered["status"] = {shard: int(youngest) for shard, youngest in remembered["status"].items()}
    except (OSError, LookupError, TypeError, ValueError):
        return nothing
    return remembered if remembered["pinned"] == pinned else nothing


def _remember(folder: Path, seen: dict[str, Any]) -> None:
    try:
        _write(folder / "seen.json", json.dumps(seen).encode())
    except OSError:
        return  # a folder that cannot be written still verifies; it only cannot notice a rollback


def _json(path: Path) -> Any:
    try:
        value = json.loads(_read(path, MAX_FILE, "trust-malformed"))
    except (ValueError, RecursionError) as error:
        raise VerificationError("trust-malformed", f"got no JSON in {path.name}: {error}") from error
    if not isinstance(value, dict):
        raise VerificationError("trust-malformed", f"got no JSON object in {path.name}")
    return value


def _read(path: Path, limit: int, too_large: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise VerificationError("trust-missing", f"got no {path.name}: {error.strerror}") from error
    if len(content) > limit:
        raise VerificationError(too_large, f"got more than {limit} bytes in {path.name}")
    return content


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
