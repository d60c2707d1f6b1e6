"""A witness of the ledger in Python, which shares no Merkle code with it and trusts no tile but those of leaves.

It keeps the roots of the perfect subtrees of all leaves it has seen. For each new checkpoint it reads the leaves that
were added, goes on from what it has, and compares: so every root is that of the one log whose leaves it has seen.
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOOK = 0.002
WIDTH, HASH = 256, 32


class ForkError(Exception):
    """A checkpoint that does not continue those before."""


class Witness:
    """Of the log in `folder`, signed as `name` by the key `public` (32 bytes)."""

    def __init__(self, folder: Path, name: str, public: bytes) -> None:
        self.folder, self.name, self._key = folder, name, Ed25519PublicKey.from_public_bytes(public)
        self.size, self.transitions = 0, 0
        self._note = b""
        self._peaks: list[tuple[int, bytes]] = []

    def look(self) -> bool:
        """Whether there was a new checkpoint; it continues the last.

        Raises: ForkError, InvalidSignature, FileNotFoundError for a tile that is missing.
        """
        try:
            note = (self.folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            return False
        if note == self._note:
            return False
        size, root = self._opened(note)
        if size < self.size:
            raise ForkError(f"{self.size} leaves, and then {size}")
        for leaf in self._leaves(self.size, size):
            self._add(leaf)
        if self._root() != root:
            raise ForkError(f"another root of {size} leaves")
        self.transitions += size > self.size
        self.size, self._note = size, note
        return True

    def _opened(self, note: bytes) -> tuple[int, bytes]:
        text, _, signatures = note.partition(b"\n\n")
        text += b"\n"
        begin = f"— {self.name} ".encode()
        (ours,) = (line for line in signatures.splitlines() if line.startswith(begin))
        self._key.verify(base64.b64decode(ours[len(begin) :])[4:], text)
        origin, size, root = text.decode().splitlines()[:3]
        if origin != self.name:
            raise ForkError(f"of another log, {origin}")
        return int(size), base64.b64decode(root)

    def _leaves(self, first: int, end: int) -> list[bytes]:
        found = []
        for tile in range(first // WIDTH, -(-end // WIDTH)):
            width = min(WIDTH, end - tile * WIDTH)
            data = self._tile(tile, width)
            found += [data[at : at + HASH] for at in range(max(0, first - tile * WIDTH) * HASH, width * HASH, HASH)]
        return found

    def _tile(self, number: int, width: int) -> bytes:
        name = f"{number % 1000:03}"
        while number := number // 1000:
            name = f"x{number % 1000:03}/{name}"
        path = self.folder / "tile" / "0" / name
        if width < WIDTH:
            with suppress(FileNotFoundError):
                return (path.with_name(f"{path.name}.p") / str(width)).read_bytes()
        return path.read_bytes()[: width * HASH]

    def _add(self, leaf: bytes) -> None:
        height, peak = 0, leaf
        while self._peaks and self._peaks[-1][0] == height:
            height, peak = height + 1, sha256(b"\x01" + self._peaks.pop()[1] + peak).digest()
        self._peaks.append((height, peak))

    def _root(self) -> bytes:
        *rest, (_, root) = self._peaks
        for _, peak in reversed(rest):
            root = sha256(b"\x01" + peak + root).digest()
        return root


def watch(folder: str, name: str, public: bytes, stop: str, said: str) -> None:
    """Look until the file `stop` is there, then once more; what was seen is always in the file `said`."""
    witness, doubt, over = Witness(Path(folder), name, public), "", False
    while not (over or doubt):
        over = Path(stop).exists()
        try:
            seen = witness.look()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and ends the drill
            seen, doubt = True, f"{type(error).__name__}: {error}"
        if seen or over:
            new = Path(f"{said}.new")
            new.write_text(json.dumps({"transitions": witness.transitions, "size": witness.size, "doubt": doubt}))
            new.rename(said)
        time.sleep(LOOK)
