"""What an auditor kept outside: checkpoints, a folder of tiles, proofs of single facts. All is opened before use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from registry.ledger import checkpoint, proof

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from keys.notes import NoteVerifier
    from registry.ledger.proof import Proved


class Anchor(NamedTuple):
    """A size with the root it must have, and who says so."""

    about: str
    size: int
    root: bytes


@dataclass
class Outside:
    """`anchors` by the most facts first; `tiles` holds the leaves of the first `tiled` facts; `proofs` by index."""

    anchors: list[Anchor] = field(default_factory=list)
    tiles: Path | None = None
    tiled: int = 0
    proofs: dict[int, Proved] = field(default_factory=dict)

    @property
    def covered(self) -> int:
        """How many facts the newest checkpoint from outside covers."""
        return max((anchor.size for anchor in self.anchors), default=0)


def opened(
    verifier: NoteVerifier, *, notes: Iterable[str] = (), proofs: Iterable[Any] = (), tiles: Path | None = None
) -> Outside:
    """Check signatures and proofs. Raises: Refused and KeysError as `checkpoint.opened` and `proof.check`;
    Refused("ledger-empty") for a folder without a checkpoint.
    """
    found = Outside(tiles=tiles)
    for number, note in enumerate(notes, 1):
        found.anchors.append(_anchor(f"checkpoint {number} from outside", note, verifier))
    if tiles is not None:
        if not (tiles / "checkpoint").is_file():
            raise Refused("ledger-empty", folder=str(tiles))
        kept = _anchor("checkpoint of the tiles from outside", text(tiles / "checkpoint"), verifier)
        found.anchors.append(kept)
        found.tiled = kept.size
    for each in proofs:
        proved = proof.check(each, verifier)
        found.proofs[proved.place] = proved
        signed = proved.checkpoint
        found.anchors.append(Anchor(f"checkpoint of the proof of {proved.entry.id}", signed.size, signed.root))
    found.anchors.sort(key=lambda anchor: -anchor.size)
    return found


def _anchor(about: str, note: str, verifier: NoteVerifier) -> Anchor:
    signed = checkpoint.opened(note, verifier)
    return Anchor(about, signed.size, signed.root)


def text(path: Path) -> str:
    """A note's text. Raises: Refused("checkpoint-malformed") when it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused("checkpoint-malformed", expected="UTF-8") from error
