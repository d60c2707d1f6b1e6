"""From the root that a verifier knows to the one that signs today (docs/card-profile.md section 6).

Each root names its successor in every trust list. A verifier that slept through rotations is led on by the chain: one
statement a rotation, typ kets-root+jwt, by which a root names the next.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from card.errors import VerificationError
from keys import es256, jws
from keys.encoding import b64url
from keys.roots import STEP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keys.es256 import PublicJwk

MAX_STEPS = 64
MAX_CHAIN = 64 * 1024


def follow(known: Iterable[PublicJwk], chain: Iterable[str]) -> list[PublicJwk]:
    """The roots that count: the known ones, and whom they lead to. Statements of roots that are not known are passed
    by: they are older than what is known, or lead nowhere.

    Raises: VerificationError: "trust-malformed" for what is no statement, "trust-signature" for a forged one.
    """
    roots = list(known)
    for step in chain:
        following = _named(step, {es256.key_id(jwk): jwk for jwk in roots})
        if following is not None and following not in roots:
            roots.append(following)
    return roots


def chain_of(content: bytes) -> list[str]:
    """The chain in a file or answer: a JSON array of at most 64 statements. VerificationError("trust-malformed")."""
    try:
        chain = json.loads(content.decode()) if len(content) <= MAX_CHAIN else None
    except (ValueError, RecursionError) as error:
        raise VerificationError("trust-malformed", f"got no JSON as chain of roots: {error}") from error
    if not isinstance(chain, list) or len(chain) > MAX_STEPS or not all(isinstance(step, str) for step in chain):
        raise VerificationError("trust-malformed", f"got no chain of roots of at most {MAX_STEPS} statements")
    return chain


def _named(step: str, roots: dict[bytes, PublicJwk]) -> PublicJwk | None:
    try:
        unverified = jws.parse(step)
        if (root := roots.get(unverified.kid)) is None:
            return None
        payload = unverified.verified(es256.public_key(root)) if unverified.typ == STEP else None
        if payload is None:
            raise VerificationError("trust-signature", f"got a statement that {b64url(unverified.kid)} did not sign")
        following: PublicJwk = payload["next_root"]
        es256.public_key(following)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise VerificationError("trust-malformed", f"got no statement about the next root: {error}") from error
    return following
