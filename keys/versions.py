"""A key that has versions, as files of the keyring's folder: USE.json, USE-2.json, ...

A version is made once and its number is never used again. One that is retired leaves a file that says so and holds
no key. Which versions are in use is not said here but in the vault (registry/live_keys.py).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from keys import files
from keys.errors import KeysError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Versions(NamedTuple):
    """All versions of the key for one `use`."""

    folder: Path
    use: str

    def path(self, number: int) -> Path:
        return self.folder / (f"{self.use}-{number}.json" if number > 1 else f"{self.use}.json")

    def contents(self) -> list[dict[str, Any]]:
        """What each version's file says, retired ones included, from the first on."""
        found: list[dict[str, Any]] = []
        while self.path(len(found) + 1).exists():
            found.append(files.read(self.path(len(found) + 1)))
        return found

    def content(self, number: int) -> dict[str, Any]:
        """Raises: KeysError("kek-missing", "index-key-missing") of one that is not here, or retired."""
        path = self.path(number)
        content = files.read(path) if path.exists() else {"retired": True}
        if "retired" in content:
            code = "kek-missing" if self.use == "kek" else "index-key-missing"
            raise KeysError(code, f"got no key of {path.name} in {self.folder}, which is still asked for")
        return content

    def add(self, make: Callable[[int], dict[str, Any]]) -> int:
        """Write down what `make` makes of the next number; the number. Of two at once each gets its own."""
        number = len(self.contents()) + 1
        while not files.write_once(self.path(number), make(number)):
            number += 1
        return number

    def retire(self, number: int, now: int) -> None:
        """Overwrite the file, in its own bytes, with one that holds no key; done again, it changes nothing."""
        path = self.path(number)
        content = files.read(path)
        if "retired" in content:
            return
        stays = [name for name in ("kid", "kets_use", "shard", "created") if name in content]
        said = json.dumps({name: content[name] for name in stays} | {"retired": now})
        with path.open("r+b") as file:
            file.write(said.encode().ljust(path.stat().st_size))  # one write, and no byte of the key is left
            file.flush()
            os.fsync(file.fileno())
