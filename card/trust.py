"""The trust list: whose signatures count, signed by a root the verifier holds (docs/card-profile.md section 6)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from card.errors import VerificationError
from keys import es256, jws
from keys.encoding import b64url, unb64url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from keys.es256 import PublicJwk
    from keys.signer import Signer

TYP = "kets-trust+jwt"
DAY = 86_400
MAX_AGE = 30 * DAY
KEY_LIFETIME = 5 * 366 * DAY  # two years of signing and the life of the last card, with room
CARD_LIFETIME = 2 * 366 * DAY  # the longest that the registry gives a card
CLOCK_SKEW = 300
MAX_TOKEN = 4 * 2**20


def titles_digest(titles: Mapping[str, Mapping[str, str]]) -> str:
    """Base64url SHA-256 of the table of titles, in its one form."""
    return digest(titles_json(titles))


def digest(content: bytes) -> str:
    """Base64url SHA-256 of titles.json as it is kept."""
    return b64url(hashlib.sha256(content).digest())


def titles_json(titles: Mapping[str, Mapping[str, str]]) -> bytes:
    """The table {code: {"id": title, "en": title}} in its one form: sorted, UTF-8, no spaces."""
    return json.dumps(titles, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Listed(Protocol):
    """What is listed of a document signer."""

    @property
    def kid(self) -> bytes: ...
    @property
    def public_jwk(self) -> PublicJwk: ...
    @property
    def shard(self) -> int | None: ...
    @property
    def not_before(self) -> int: ...


def build_trust_list(
    *,
    root: Signer,
    next_root: PublicJwk,
    signers: Iterable[Listed],
    issued_at: int,
    version: int,
    status_uri: str,
    titles_digest: str,
    max_age: int = MAX_AGE,
    key_lifetime: int = KEY_LIFETIME,
    revoked: Mapping[bytes, int] | None = None,
    ended: Mapping[bytes, int] | None = None,
) -> str:
    """The signed list. `status_uri` has `{shard}` in it; all times in Unix seconds.

    `revoked` maps a kid to when it was; `ended` to when another signer took over, after which this one stays listed
    until the last card that it can have signed expires.
    """
    revoked_at, until = revoked or {}, ended or {}
    keys = [
        _entry(signer, status_uri, key_lifetime, revoked_at.get(signer.kid), until.get(signer.kid))
        for signer in signers
    ]
    payload = {
        "version": version,
        "iat": issued_at,
        "exp": issued_at + min(max_age, MAX_AGE),
        "next_root": next_root,
        "titles_sha256": titles_digest,
        "keys": [entry for entry in keys if entry["exp"] >= issued_at],
    }
    return root.jwt(payload, {"typ": TYP})


def _entry(
    signer: Listed, status_uri: str, lifetime: int, revoked_at: int | None, until: int | None = None
) -> dict[str, Any]:
    listed_until = signer.not_before + lifetime
    entry = {
        "kid": b64url(signer.kid),
        "jwk": signer.public_jwk,
        "shard": signer.shard,
        "nbf": signer.not_before,
        "exp": listed_until if until is None else min(listed_until, until + CARD_LIFETIME),
        "status_uri": status_uri.replace("{shard}", str(signer.shard)),
    }
    if until is not None:
        entry["signs_until"] = until
    return entry if revoked_at is None else {**entry, "revoked_at": revoked_at}


@dataclass(frozen=True, kw_only=True)
class TrustedKey:
    """A document signer: signs cards and the status list of one shard, listed until `expires_at`.

    `signs_until`: when another took over, None while it signs. Its cards go on; a status list of a later date is not
    its own to sign.
    """

    kid: bytes
    public_key: EllipticCurvePublicKey
    shard: int
    expires_at: int
    revoked_at: int | None
    status_uri: str
    signs_until: int | None = None

    def may_list(self, issued_at: int) -> bool:
        """Whether a status list of this time counts when this key has signed it."""
        began_to_rest = self.signs_until
        return self.revoked_at is None and (began_to_rest is None or issued_at <= began_to_rest + CLOCK_SKEW)


@dataclass(frozen=True, kw_only=True)
class TrustList:
    """A trust list that was verified: made by `TrustList.verify` alone."""

    version: int
    issued_at: int
    expires_at: int
    keys: Mapping[bytes, TrustedKey]
    root: PublicJwk
    next_root: PublicJwk
    titles_digest: str

    @classmethod
    def verify(cls, token: str, *, roots: Iterable[PublicJwk], now: int, oldest: int = 0) -> TrustList:
        """Read a signed list, offline.

        1. It is a compact JWS of type kets-trust+jwt within bounds, else "trust-malformed".
        2. It is signed, ES256, by one of `roots`: the pinned one, or the next one that a list of it named;
           else "trust-signature".
        3. Its version is not below `oldest`, the highest seen, else "trust-rollback".
        4. It was not issued in the future, else "clock-behind" (5 minutes granted).
        Its age is judged with the card, because a known revocation counts whatever the age.
        """
        try:
            unverified = jws.parse(token[: MAX_TOKEN + 1])
        except ValueError as error:
            raise VerificationError("trust-malformed", str(error)) from error
        if len(token) > MAX_TOKEN or unverified.typ != TYP:
            raise VerificationError("trust-malformed", f"got type {unverified.typ!r}, expected {TYP!r}")
        trusted = _list_of(unverified, roots)
        if trusted.version < oldest:
            raise VerificationError("trust-rollback", f"got version {trusted.version}, expected {oldest} or later")
        if trusted.issued_at > now + CLOCK_SKEW:
            raise VerificationError("clock-behind", f"got a list of {trusted.issued_at}, now is {now}")
        return trusted

    @property
    def accepted_roots(self) -> tuple[PublicJwk, PublicJwk]:
        """Whose lists count from now on; once the next root has signed, the one before no longer does."""
        return self.root, self.next_root


def _list_of(unverified: jws.Unverified, roots: Iterable[PublicJwk]) -> TrustList:
    try:
        root = next((jwk for jwk in roots if es256.key_id(jwk) == unverified.kid), None)
        payload = unverified.verified(es256.public_key(root)) if root else None
        if root is None or payload is None:
            raise VerificationError("trust-signature", f"got a list signed by {b64url(unverified.kid)}")
        keys = [_key_of(entry) for entry in _array(payload["keys"])]
        es256.public_key(payload["next_root"])
        return TrustList(
            version=whole(payload["version"]),
            issued_at=whole(payload["iat"]),
            expires_at=min(whole(payload["exp"]), whole(payload["iat"]) + MAX_AGE),
            keys={key.kid: key for key in keys},
            root=root,
            next_root=payload["next_root"],
            titles_digest=_text(payload["titles_sha256"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise VerificationError("trust-malformed", f"got a list of another form: {error!r}") from error


def _key_of(entry: Mapping[str, Any]) -> TrustedKey:
    kid = unb64url(entry["kid"])
    if kid != es256.key_id(entry["jwk"]):
        raise ValueError(f"got kid {entry['kid']}, which is not that of its key")
    return TrustedKey(
        kid=kid,
        public_key=es256.public_key(entry["jwk"]),
        shard=whole(entry["shard"]),
        expires_at=whole(entry["exp"]),
        revoked_at=whole(entry["revoked_at"]) if "revoked_at" in entry else None,
        status_uri=_text(entry["status_uri"]),
        signs_until=whole(entry["signs_until"]) if "signs_until" in entry else None,
    )


def whole(value: object) -> int:
    """`value`, a whole number from 0 to 2^53 - 1: what every reader of JSON holds exactly. Raises: ValueError."""
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(f"got {value!r}, expected a whole number below 2^53")
    return value


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"got {value!r}, expected an array")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"got {value!r}, expected a text")
    return value
