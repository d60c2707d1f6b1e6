"""Document signers of the status shards, one after another: each signs for a time, and stays listed long after.

    signer-00003.json signer-00003-2.json ...   pairs (keys/pairs.py); one signs from its `not_before` to the next one's
    revoked-signer-KID.json                     {"kid", "shard", "revoked", "reason"}; KID in hex; never taken back

No file is ever written again, but one: a signer that has not begun to sign may be withdrawn. So any process may look
at any time, and looks each time: what another process rotated or revoked counts from the next card on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from keys import files
from keys.encoding import unb64url
from keys.errors import KeysError
from keys.pairs import given, new_pair, public_of, signer_of
from keys.versions import Versions

if TYPE_CHECKING:
    from pathlib import Path

    from keys.es256 import PublicJwk
    from keys.signer import Signer
    from keys.token import Token

SHARDS = 65_536
WINDOW = 2 * 366 * 86_400
"""Seconds for which a signer signs at most; then the next one is made unasked."""
State: TypeAlias = Literal["signs", "next", "former", "revoked"]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What the world may know of a document signer. Times in Unix seconds.

    `signs_until`: when the next one took over; None while it signs. `revoked_at`: since when nothing of it counts.
    """

    kid: bytes
    public_jwk: PublicJwk
    shard: int
    not_before: int
    signs_until: int | None = None
    revoked_at: int | None = None
    reason: str | None = None

    def state(self, now: int) -> State:
        if self.revoked_at is not None:
            return "revoked"
        if self.not_before > now:
            return "next"
        return "signs" if self.signs_until is None or self.signs_until > now else "former"


class Signers:
    """All document signers of a keyring's folder. `in_token`: new ones are made in the token."""

    def __init__(self, folder: Path, token: Token | None, *, in_token: bool) -> None:
        self.folder, self.token, self.in_token = folder, token, in_token
        self._read: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}
        self._opened: dict[bytes, Signer] = {}

    def of(self, shard: int, now: int) -> Signer:
        """Who signs for the shard at `now`: the latest that has begun and is not revoked.

        Made at the first asking, when all there were are revoked, and when the last one's window has ended.
        Raises: KeysError("shard-range").
        """
        if not 0 <= shard < SHARDS:
            raise KeysError("shard-range", f"got shard {shard}, expected 0 to {SHARDS - 1}")
        while True:
            following = self._following(shard)  # first: whoever makes one after this look is in the way of ours
            content = self._signing(shard, now)
            if content is not None:
                break
            self._make(shard, following, now=now, starts=now)
        kid = unb64url(content["kid"])
        if kid not in self._opened:
            self._opened[kid] = signer_of(content, self.token)
        return self._opened[kid]

    def lives(self) -> list[Life]:
        """Every signer there was or will be, by shard and age."""
        return [life for shard in self.shards() for life in self._lives(shard)]

    def shards(self) -> list[int]:
        """The shards that have signers."""
        first = (path.stem.removeprefix("signer-") for path in self.folder.glob("signer-?????.json"))
        return sorted(int(number) for number in first)

    def add(self, shard: int, *, now: int, starts: int) -> dict[str, Any]:
        """Make the next signer of the shard, which signs from `starts` on; what its file says.

        Raises: KeysError("signer-unknown") for a shard that has none, ("signer-pending") while one that was made
        before has not begun.
        """
        if shard not in self.shards():
            raise KeysError("signer-unknown", f"got shard {shard}, which has no signer yet")
        if any(content["not_before"] > now for content in self._usable(shard)):
            raise KeysError("signer-pending", f"shard {shard} has a signer that has not begun; withdraw it first")
        return self._make(shard, self._following(shard), now=now, starts=starts)

    def withdraw(self, shard: int, *, now: int) -> bytes:
        """Destroy the signer that was made for later and has not begun; its kid. The one before goes on.

        Raises: KeysError("signer-not-pending").
        """
        versions = self._versions(shard)
        for number, content in enumerate(self._contents(shard), start=1):
            if content.get("not_before", 0) > now and "retired" not in content and not self._revocation(content):
                if "pkcs11" in content:
                    given(self.token).destroy(content["pkcs11"])
                versions.retire(number, now)
                return unb64url(content["kid"])
        raise KeysError("signer-not-pending", f"shard {shard} has no signer that is still to begin")

    def revoke(self, kid: bytes, *, reason: str, now: int) -> Life:
        """Write down that nothing of this signer counts any more; its life. Done again, the first date stays.

        Raises: KeysError("signer-unknown").
        """
        life = self.life(kid)
        said = {"kid": kid.hex(), "shard": life.shard, "revoked": now, "reason": reason}
        files.write_once(self.folder / f"revoked-signer-{kid.hex()}.json", said)
        return self.life(kid)

    def life(self, kid: bytes) -> Life:
        """Raises: KeysError("signer-unknown")."""
        for life in self.lives():
            if life.kid == kid:
                return life
        raise KeysError("signer-unknown", f"got {kid.hex()}, which no document signer is called")

    def changed_at(self, now: int) -> int:
        """When, until `now`, a signer was last made, withdrawn or revoked, or began; 0 when none ever was."""
        made = [moment for c in self.contents() for moment in (c["created"], c.get("retired", 0))]
        lives = [moment for life in self.lives() for moment in (life.not_before, life.revoked_at or 0)]
        return max((moment for moment in (*made, *lives) if moment <= now), default=0)

    def contents(self) -> list[dict[str, Any]]:
        """What every file says, withdrawn ones included."""
        return [content for shard in self.shards() for content in self._contents(shard)]

    def _following(self, shard: int) -> int:
        """The number that the next signer will have."""
        return len(self._contents(shard)) + 1

    def _make(self, shard: int, number: int, *, now: int, starts: int) -> dict[str, Any]:
        """Write the file of signer `number`, or find that another process was first: then its one is that signer."""
        path = self._versions(shard).path(number)
        token = given(self.token) if self.in_token else None
        made = new_pair("signer", shard=shard, created=now, not_before=starts, token=token)
        if not files.write_once(path, made) and token is not None:
            token.destroy(made["pkcs11"])
        return files.read(path)

    def _signing(self, shard: int, now: int) -> dict[str, Any] | None:
        """None when a signer has to be made."""
        usable = self._usable(shard)
        begun = [content for content in usable if content["not_before"] <= now]
        content = begun[-1] if begun else next(iter(usable), None)  # a clock before all of them: the first
        ended = content is not None and content is usable[-1] and content["not_before"] + WINDOW <= now
        return None if ended else content

    def _usable(self, shard: int) -> list[dict[str, Any]]:
        return [
            content
            for content in self._contents(shard)
            if "retired" not in content and self._revocation(content) is None
        ]

    def _lives(self, shard: int) -> list[Life]:
        lives: list[Life] = []
        until: int | None = None  # walking back from the latest: when the one after it, if it counts, took over
        for content in reversed(self._contents(shard)):
            if "retired" in content:
                continue
            life = self._life(content, until)
            until = life.not_before if life.revoked_at is None else until
            lives.insert(0, life)
        return lives

    def _life(self, content: dict[str, Any], until: int | None) -> Life:
        revoked = self._revocation(content) or {}
        return Life(
            kid=unb64url(content["kid"]),
            public_jwk=public_of(content),
            shard=content["shard"],
            not_before=content["not_before"],
            signs_until=until,
            revoked_at=revoked.get("revoked"),
            reason=revoked.get("reason"),
        )

    def _contents(self, shard: int) -> list[dict[str, Any]]:
        versions = self._versions(shard)
        found: list[dict[str, Any]] = []
        while (content := self._content(versions.path(len(found) + 1))) is not None:
            found.append(content)
        return found

    def _revocation(self, content: dict[str, Any]) -> dict[str, Any] | None:
        return self._content(self.folder / f"revoked-signer-{unb64url(content['kid']).hex()}.json")

    def _content(self, path: Path) -> dict[str, Any] | None:
        """The JSON of a file, read again when it changed; None when it is not there."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        mark = (stat.st_mtime_ns, stat.st_size)
        held = self._read.get(path)
        if held is None or held[0] != mark:
            content = files.read(path)
            content.setdefault("not_before", content.get("created", 0))
            held = self._read[path] = (mark, content)
        return held[1]

    def _versions(self, shard: int) -> Versions:
        return Versions(self.folder, f"signer-{shard:05}")
