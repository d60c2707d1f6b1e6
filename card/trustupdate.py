"""Newer lists into a verifier's folder: all of them or none, and nothing older, forged or of another root.

The steps are those of `update`. What was there before stays in use until the last one, and when any is refused.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from card import delta, trustdir
from card.errors import VerificationError
from card.roots import chain_of, follow
from card.status import MAX_TOKEN, StatusList
from card.trust import TrustList, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Source(Protocol):
    """Where newer lists are: names as in an export. `shards`: of which it may have lists, None when it cannot say."""

    def read(self, name: str, limit: int) -> bytes | None: ...
    def shards(self) -> Iterable[int] | None: ...


@dataclass(frozen=True)
class Folder:
    """An export, on a disk or a stick."""

    path: Path

    def read(self, name: str, limit: int) -> bytes | None:
        too_large = "status-malformed" if "/" in name else "trust-malformed"
        content = trustdir.optional(self.path, name, limit, too_large)
        if content is None:
            trustdir.refuse_former(self.path, name)
        return content

    def shards(self) -> list[int]:
        names = {path.stem for path in (self.path / "status").glob("*.?wt")}
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())


@dataclass
class Updated:
    """What an update brought. `version` and `issued_at` of the trust list; shards by what came for them."""

    version: int
    issued_at: int
    whole: list[int] = field(default_factory=list)
    by_delta: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    bytes_read: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.whole or self.by_delta)


def update(folder: Path, source: Source, *, now: int) -> Updated:
    """Take what `source` has that is newer into `folder`, which has a pinned root. `now` in Unix seconds.

    1. The chain of roots leads from the roots that count here, and the trust list is signed by one of those it
       reaches; it is not older than the one that was seen: "trust-signature", "trust-rollback", "clock-behind".
    2. The titles are those that the trust list names: "titles-altered".
    3. Of each shard, a delta since the day of the list that is held, else the whole list; verified by the new trust
       list, not older than what was seen: "status-signature", "status-rollback", "status-malformed".
    4. All files take the place of the old ones at one moment (`card.trustdir.replace`).

    Raises: VerificationError, and the folder is as it was.
    """
    taking = _Taking(folder, source, now)
    trust = taking.trust()
    done = Updated(version=trust.version, issued_at=trust.issued_at)
    offered = source.shards()
    for shard in sorted({key.shard for key in trust.keys.values()} if offered is None else set(offered)):
        taking.status(shard, trust, done)
    trustdir.replace(folder, taking.files)
    trustdir.forget_former(folder, done.whole)
    updated = trustdir.load(folder, now=now)
    for shard in (*done.whole, *done.by_delta):
        updated.status(shard)  # read again from the folder, and remembered
    done.bytes_read = taking.bytes_read
    return done


class _Taking:
    """One update, nothing of it in place yet."""

    def __init__(self, folder: Path, source: Source, now: int) -> None:
        self.folder, self.source, self.now = folder, source, now
        self.seen = trustdir.recall(folder)
        self.files: dict[str, bytes] = {}
        self.bytes_read = 0

    def trust(self) -> TrustList:
        chain = self._read(trustdir.ROOTS, trustdir.MAX_FILE) or b"[]"
        roots = follow(self.seen["roots"] or [self.seen["pinned"]], chain_of(chain))
        token = self._needed(trustdir.TRUST_LIST)
        trust = TrustList.verify(trustdir.text(token), roots=roots, now=self.now, oldest=self._highest(roots))
        titles = trustdir.optional(self.folder, trustdir.TITLES, trustdir.MAX_FILE)
        if titles is None or digest(titles) != trust.titles_digest:
            titles = self._needed(trustdir.TITLES)
            if digest(titles) != trust.titles_digest:
                raise VerificationError("titles-altered", "got titles that the new trust list does not name")
            self.files[trustdir.TITLES] = titles
        self.files |= {trustdir.TRUST_LIST: token, trustdir.ROOTS: chain}
        return trust

    def status(self, shard: int, trust: TrustList, done: Updated) -> None:
        oldest = self.seen["status"].get(str(shard), 0)
        base = self._held(shard, trust)
        if base is not None and self._changed(shard, base, trust, oldest, done):
            return
        name = trustdir.status_file(shard)
        if (token := self._read(name, MAX_TOKEN)) is None:
            return
        fresh = StatusList.verify(token, shard=shard, trust=trust, now=self.now, oldest=oldest)
        if base is not None and fresh.issued_at == base.issued_at:
            done.unchanged.append(shard)
            return
        self.files[name] = token
        self.files[trustdir.delta_file(shard)] = b""  # of the list before; its signer may be one that leaked
        done.whole.append(shard)

    def _changed(self, shard: int, base: StatusList, trust: TrustList, oldest: int, done: Updated) -> bool:
        """Whether a delta was taken; False when there is none that fits, and the whole list is to be fetched."""
        day = datetime.fromtimestamp(base.issued_at, UTC).date()
        token = self._read(trustdir.since_file(shard, day), delta.MAX_TOKEN)
        if token is None:
            return False
        try:
            fresh = delta.applied(trustdir.text(token), to=base, trust=trust, now=self.now)
        except VerificationError as error:
            if error.code == "status-gap":
                return False
            raise
        if fresh.issued_at < oldest:
            raise VerificationError("status-rollback", f"got a delta of {fresh.issued_at}, expected {oldest} or later")
        if fresh.issued_at == base.issued_at:
            done.unchanged.append(shard)
        else:
            self.files[trustdir.delta_file(shard)] = token
            done.by_delta.append(shard)
        return True

    def _held(self, shard: int, trust: TrustList) -> StatusList | None:
        """The whole list in the folder, without its delta; None when there is none that the new trust list is for."""
        token = trustdir.optional(self.folder, trustdir.status_file(shard), MAX_TOKEN, "status-malformed")
        if token is None:
            return None
        with suppress(VerificationError):
            return StatusList.verify(token, shard=shard, trust=trust, now=self.now)
        return None

    def _highest(self, roots: Iterable[dict[str, str]]) -> int:
        """The highest version seen, or held: a folder that could not be written remembers nothing."""
        held = trustdir.optional(self.folder, trustdir.TRUST_LIST, trustdir.MAX_FILE)
        highest: int = self.seen["version"]
        if held is not None:
            with suppress(VerificationError):
                highest = max(highest, TrustList.verify(trustdir.text(held), roots=roots, now=self.now).version)
        return highest

    def _needed(self, name: str) -> bytes:
        content = self._read(name, trustdir.MAX_FILE)
        if content is None:
            raise VerificationError("trust-missing", f"got no {name} where the newer lists are")
        return content

    def _read(self, name: str, limit: int) -> bytes | None:
        content = self.source.read(name, limit)
        self.bytes_read += len(content or b"")
        return content
