"""The card as SD-JWT VC (draft-ietf-oauth-sd-jwt-vc on RFC 9901), for wallets: docs/card-profile.md section 13.

Short-lived and bound to a wallet's key. What is valid and who says so always shows; every detail of the holder may be
withheld, and the number of digests at the top is the same for every card.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from card.claims import JAKARTA, CardClaims, StatusReference
from card.credential_type import AGES, integrity, type_of
from card.errors import CardError
from card.projection import from_jwt, status_name, to_jwt
from card.sdjwt import DECOY, HASH, HASH_NAME, Hidden, conceal, new_salt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from keys.es256 import PublicJwk
    from keys.signer import Signer

TYP = "dc+sd-jwt"
STATUS_PATH = "/v1/wallet/status/"
MAX_LIFETIME = 30 * 86_400
ALWAYS_SHOWN = frozenset({"iss", "vct", "vct#integrity", "iat", "exp", "status", "cnf"})
"""What a verifier needs to judge the credential; never in a disclosure."""


def status_uri(issuer: str, shard: int) -> str:
    """Where a wallet's verifier fetches the status list: by its address, since it has no trust list of ours."""
    return f"{issuer}{STATUS_PATH}{shard}"


def sign(
    claims: CardClaims,
    *,
    signer: Signer,
    issuer: str,
    issued_at: int,
    expires_at: int,
    holder: PublicJwk | None = None,
    salt: Callable[[], str] = new_salt,
) -> str:
    """The credential with all its disclosures, for the key `holder`; without one it is bound to nobody.

    `issuer` an https URL; times in Unix seconds. CardError("credential-lifetime") beyond 30 days or the card's expiry.
    """
    if not 0 < expires_at - issued_at <= MAX_LIFETIME or expires_at > claims.expires_at:
        got = f"{expires_at - issued_at} seconds until {expires_at}"
        raise CardError("credential-lifetime", f"got {got}, expected at most 30 days and not past {claims.expires_at}")
    tree = {
        "iss": issuer,
        "vct": type_of(issuer),
        "vct#integrity": integrity(issuer),
        "iat": issued_at,
        "exp": expires_at,
        "status": {"status_list": {"idx": claims.status.index, "uri": status_uri(issuer, claims.status.shard)}},
        **({} if holder is None else {"cnf": {"jwk": dict(holder)}}),
        **_details(to_jwt(claims), _day(issued_at)),
    }
    payload, disclosures = conceal(tree, salt)
    return "~".join([signer.jwt({**payload, HASH_NAME: HASH}, {"typ": TYP}), *disclosures, ""])


def claims_of(revealed: Mapping[str, Any]) -> CardClaims:
    """The card that a processed payload speaks of, when nothing was withheld. CardError("claims-malformed") else."""
    try:
        card, worker = revealed["card"], {"v": 1, "standing": revealed["standing"]}
        worker |= {name: revealed[name] for name in ("employer", "occupation") if name in revealed}
        shard = reference(revealed).shard
        entry = {"idx": revealed["status"]["status_list"]["idx"], "uri": status_name(shard)}
        jwt = {
            "jti": card["number"],
            "iat": card["issued_at"],
            "exp": card["expires_at"],
            **{name: revealed[name] for name in ("name", "birthdate", "gender")},
            "status": {"status_list": entry},
            "worker": {**worker, "certifications": revealed["certifications"]},
        }
        details = _plain(_details(jwt, _day(revealed["iat"])))
    except (LookupError, TypeError, ValueError) as error:
        raise CardError("claims-malformed", f"got claims withheld or of another form: {error!r}") from error
    if details != {name: value for name, value in revealed.items() if name not in ALWAYS_SHOWN}:
        raise CardError("claims-malformed", "got claims beside those of this profile, or that contradict each other")
    return from_jwt(jwt)


def reference(payload: Mapping[str, Any]) -> StatusReference:
    """Where the credential stands among the status lists; LookupError, TypeError or CardError when it does not say."""
    entry = payload["status"]["status_list"]
    issuer, path, shard = str(entry["uri"]).rpartition(STATUS_PATH)
    if (issuer, path) != (payload["iss"], STATUS_PATH) or not shard.isdecimal() or len(shard) > 5:
        raise CardError("claims-malformed", f"got status list {str(entry['uri'])[:100]!r}")
    return StatusReference(shard=int(shard), index=entry["idx"])


def _details(jwt: Mapping[str, Any], on: date) -> dict[str, Any]:
    """What the holder may withhold, each by itself, from the claims of the JWT twin."""
    worker = jwt["worker"]
    born = datetime.fromisoformat(jwt["birthdate"]).date()
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return {
        "card": Hidden({"number": jwt["jti"], "issued_at": jwt["iat"], "expires_at": jwt["exp"]}),
        "name": Hidden(jwt["name"]),
        "birthdate": Hidden(jwt["birthdate"]),
        "gender": Hidden(jwt["gender"]),
        "age_equal_or_over": {str(years): Hidden(age >= years) for years in AGES},
        "standing": Hidden(worker["standing"]),
        "employed": Hidden(worker["standing"] == "employed"),
        "employer": Hidden(worker["employer"]) if "employer" in worker else DECOY,
        "occupation": Hidden(worker["occupation"]) if "occupation" in worker else DECOY,
        "certifications": Hidden([Hidden(each) for each in worker["certifications"]]),
    }


def _plain(value: Any) -> Any:
    """The same with nothing hidden."""
    if isinstance(value, Hidden):
        return _plain(value.value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not DECOY}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment, tz=JAKARTA).date()
