"""What `card verify` says of a wallet's credential: the claims that its holder did not withhold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from card.claims import JAKARTA
from card.credential_type import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from card.wallet import Verified

_WIDTH = 48


def facts(verified: Verified) -> list[str]:
    """A line for each claim that is shown, in the order of the type, with who says so and until when."""
    claims = verified.claims
    rows = [("Penerbit / Issuer", claims["iss"])]
    for claim in CLAIMS:
        if claim.path[-1] is not None and (value := _at(claims, claim.path)) is not None:
            rows += [(f"{claim.id} / {claim.en}", said) for said in _said(value)]
    rows.append(("Berlaku s.d. / Valid until", f"{datetime.fromtimestamp(claims['exp'] - 1, tz=JAKARTA):%Y-%m-%d}"))
    return [f"{label + ':':{_WIDTH}}{value}" for label, value in rows]


def _at(claims: Mapping[str, Any], path: tuple[str | None, ...]) -> Any:
    """The claim at a path of names; None when it was withheld."""
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _said(value: Any) -> list[str]:
    """A claim in words, a line for each element of an array."""
    match value:
        case bool():
            return ["ya / yes" if value else "tidak / no"]
        case list():
            return [line for each in value for line in _said(each)]
        case {"number": number}:  # the card
            return [number]
        case {"name": name}:  # the employer
            return [f"{name} (NIB {value['nib']})" if "nib" in value else name]
        case {"code": code}:  # a certificate
            return [f"{code} ({value['standing']}{', ' + value['expires'] if 'expires' in value else ''})"]
    return [str(value)]
