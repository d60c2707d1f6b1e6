"""Makes the vectors: `python -m tests.vectors.make [DIR]`. Keys are made for it and thrown away."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from card.messages import OUTCOME_OF
from card.projection import to_jwt
from tests.vectors import backs, forged, honest, live, statuses
from tests.vectors.folders import FOLDERS
from tests.vectors.vector import Issuer, Vector

HERE = Path(__file__).parent
TRUST, STATUS = "trust", "status/*.cwt"
KINDS = (honest.all_of, statuses.all_of, forged.all_of, live.all_of, backs.all_of)


def make(folder: Path) -> None:
    """Write every vector and trust folder into `folder`; those of an earlier run are taken away."""
    issuer = Issuer()
    for old in folder.iterdir():
        if (old / "case.json").exists() or old.name == TRUST:
            shutil.rmtree(old)
    for name, build in {**FOLDERS, **statuses.FOLDERS}.items():
        build(issuer, folder / TRUST / name)
    for path in (folder / TRUST).glob(f"*/{STATUS}"):
        path.with_suffix(".cwt.hex").write_text(path.read_bytes().hex())
        path.unlink()
    for name, vector in (each for kind in KINDS for each in kind(issuer)):
        _write(folder / name, vector)


def unpacked(folder: Path) -> Path:
    """The folders of a verifier made of those that `make` wrote: status lists as the bytes that they are."""
    for path in (folder / TRUST).glob(f"*/{STATUS}.hex"):
        path.with_suffix("").write_bytes(bytes.fromhex(path.read_text()))
        path.unlink()
    return folder


def _write(folder: Path, vector: Vector) -> None:
    folder.mkdir()  # FileExistsError for a name given twice
    if isinstance(vector.data, bytes):
        (folder / "card.cbor.hex").write_text(vector.data.hex())
    else:
        name = "card.jwt" if vector.data.startswith("ey") else "card.txt"
        (folder / name).write_text(vector.data, encoding="utf-8", newline="")
    if vector.back is not None:
        (folder / "back.txt").write_text(vector.back, encoding="utf-8", newline="")
    expected: dict[str, Any] = {"outcome": OUTCOME_OF[vector.code], "code": vector.code}
    if vector.claims is not None:
        expected["claims"] = to_jwt(vector.claims)
    case: dict[str, Any] = {"about": vector.about, "trust": vector.trust, "now": vector.now}
    if vector.nonce is not None:
        case["nonce"] = vector.nonce.hex()
    case["expected"] = expected
    text = json.dumps(case, ensure_ascii=False, indent=2)
    (folder / "case.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
