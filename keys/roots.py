"""The roots of trust, one after another: the last but one signs trust lists, the last is named in them as the next.

    root.json next-root.json root-3.json ...   pairs (keys/pairs.py); each but the first has
    named_by                                   a JWS by the one before it, typ kets-root+jwt: {"iat", "next_root"}

To rotate is to write one file, so a crash leaves either the old root or the new one. The statements `named_by` lead a
verifier that slept through rotations from the root it knows to the one that signs today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keys import files
from keys.errors import KeysError
from keys.pairs import given, new_pair, public_of, signer_of

if TYPE_CHECKING:
    from pathlib import Path

    from keys.signer import Signer
    from keys.token import Token

STEP = "kets-root+jwt"


class Roots:
    """All roots of a keyring's folder. Looks for a new one each time it is asked."""

    def __init__(self, folder: Path, token: Token | None) -> None:
        self.folder, self.token = folder, token
        self._contents: list[dict[str, Any]] = []
        self._signers: dict[int, Signer] = {}
        if len(self.contents()) < 2:
            raise KeysError("keys-missing", f"got no root and next root in {folder}; make keys with `kets keys init`")

    @property
    def current(self) -> Signer:
        """Signs trust lists."""
        return self._signer(len(self.contents()) - 1)

    @property
    def following(self) -> Signer:
        """Is named in them, and signs them after the next rotation."""
        return self._signer(len(self.contents()))

    def changed_at(self, now: int) -> int:
        """When, until `now`, a root was last made: then the one before it began to sign."""
        return max((content["created"] for content in self.contents() if content["created"] <= now), default=0)

    def rotate(self, *, now: int, in_token: bool) -> Signer:
        """The next root becomes the root, and a new next root is made; the root."""
        made = succeeding(self.following, now=now, token=given(self.token) if in_token else None)
        number = len(self.contents()) + 1
        if not files.write_once(_path(self.folder, number), made):
            raise KeysError("root-rotated", "somebody else has rotated the root at this very moment; look again")
        return self.current

    def chain(self) -> list[str]:
        """The statements that lead from the first root to the current one, the oldest first."""
        return [self._step(number) for number in range(2, len(self.contents()))]

    def contents(self) -> list[dict[str, Any]]:
        """What each root's file says, from the first on."""
        while (path := _path(self.folder, len(self._contents) + 1)).exists():
            self._contents.append(files.read(path))
        return self._contents

    def _step(self, number: int) -> str:
        """That the root before this one names it; a keyring made before there were such statements signs it now."""
        content = self.contents()[number - 1]
        said: str = content.get("named_by") or _named(self._signer(number - 1), content)
        return said

    def _signer(self, number: int) -> Signer:
        if number not in self._signers:
            self._signers[number] = signer_of(self.contents()[number - 1], self.token)
        return self._signers[number]


def first_two(*, now: int, token: Token | None) -> dict[str, dict[str, Any]]:
    """The files of a new keyring's root and next root, by name."""
    root = new_pair("root", shard=None, created=now, token=token)
    return {"root.json": root, "next-root.json": succeeding(signer_of(root, token), now=now, token=token)}


def succeeding(before: Signer, *, now: int, token: Token | None) -> dict[str, Any]:
    """The file of a new root that `before` names."""
    content = new_pair("root", shard=None, created=now, token=token)
    return {**content, "named_by": _named(before, content)}


def _named(before: Signer, content: dict[str, Any]) -> str:
    return before.jwt({"iat": content["created"], "next_root": public_of(content)}, {"typ": STEP})


def _path(folder: Path, number: int) -> Path:
    return folder / {1: "root.json", 2: "next-root.json"}.get(number, f"root-{number}.json")
