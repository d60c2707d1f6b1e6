"""Who may fetch tiles: a file with a line an auditor, NAME and the SHA-256 of a token. The token is nowhere kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from domain.errors import Refused
from keys.notes import check_name
from registry.ledger.files import replace

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 200


def admit(path: Path, name: str) -> str:
    """A new token of an auditor, in the place of the one before."""
    token = secrets.token_urlsafe(32)
    _write(path, _lines(path) | {check_name(name): _digest(token)})
    return token


def dismiss(path: Path, name: str) -> None:
    """The auditor's token counts no longer. Raises: Refused("auditor-unknown")."""
    lines = _lines(path)
    if name not in lines:
        raise Refused("auditor-unknown")
    _write(path, {each: digest for each, digest in lines.items() if each != name})


def named(path: Path, token: str | None) -> str:
    """Whose token it is; every line is compared, in the same time. Raises: Refused("auditor-unknown")."""
    given, found = _digest((token or "")[:LONGEST]), None
    for name, digest in _lines(path).items():
        if hmac.compare_digest(digest, given):
            found = name
    if found is None:
        raise Refused("auditor-unknown")
    return found


def _lines(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {name: digest for name, _, digest in (line.partition(" ") for line in lines if line)}


def _write(path: Path, lines: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, "".join(f"{name} {digest}\n" for name, digest in lines.items()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
