"""What `card verify` says of a wallet's credential: the claims that its holder did not withhold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from card.claims import JAKARTA
from card.credential import ALWAYS_SHOWN
from card.credential_type import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from card.wallet import Verified

_LABELS = {claim.path: f"{claim.id} / {claim.en}" for claim in CLAIMS}


def facts(verified: Verified) -> list[str]:
    """A line for each claim that is shown."""
    claims = verified.claims
    rows = [("Penerbit / Issuer", claims["iss"])]
    rows += [(_LABELS.get((name,), name), _said(value)) for name, value in claims.items() if name not in ALWAYS_SHOWN]
    rows.append(("Berlaku s.d. / Valid until", f"{datetime.fromtimestamp(claims['exp'] - 1, tz=JAKARTA):%Y-%m-%d}"))
    return [f"{label + ':':42}{value}" for label, value in rows]


def _said(value: Any) -> str:
    """Nested claims in one line; what was withheld of them is not there."""
    if isinstance(value, bool):
        return "ya / yes" if value else "tidak / no"
    if isinstance(value, list):
        return "; ".join(map(_said, value))
    return ", ".join(_pairs(value)) if isinstance(value, dict) else str(value)


def _pairs(value: Mapping[str, Any]) -> list[str]:
    return [f"{name} {_said(one)}" for name, one in value.items()]
