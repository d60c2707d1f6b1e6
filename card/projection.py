"""The claims as the maps of a CWT (integer keys) and of a JWT (names), and those of a JWT read again.

A JWT is read by its exact shape and then written again: unless that gives the same members, it is refused. So an
unknown one, a missing one, a float for an integer or `True` for 1 never passes. `card.payload` reads the CWT.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import cbor2

from card.claims import (
    CERTIFICATION_STANDINGS,
    STANDINGS,
    CardClaims,
    Certification,
    CertificationStanding,
    Sex,
    StatusReference,
)
from card.errors import CardError
from keys.encoding import b64url, unb64url

Claims: TypeAlias = Mapping[Any, Any]
PROFILE_VERSION = 1
EXP, IAT, CNF, IDENTITY, STATUS, WORKER = 4, 6, 8, 169, 65_535, -65_537

EPOCH_DAY = date(1970, 1, 1).toordinal()
_SEX_NUMBER: dict[Sex, int] = {"M": 1, "F": 2}
_SEX_WORD: dict[Sex, str] = {"M": "male", "F": "female"}
_WORD_SEX: dict[str, Sex] = {"male": "M", "female": "F"}
_STANDING_NUMBER = {word: number for number, word in enumerate(STANDINGS)}
_CERTIFICATION_NUMBER = {word: number for number, word in enumerate(CERTIFICATION_STANDINGS)}


def status_name(shard: int) -> str:
    """The name of a shard's status list: `kets:status:N`."""
    return f"kets:status:{shard}"


def to_cwt(claims: CardClaims) -> dict[int, Any]:
    """The CWT claims set, every map in the order of deterministic CBOR."""
    worker: dict[int, Any] = {0: PROFILE_VERSION, 1: _STANDING_NUMBER[claims.standing]}
    if claims.employer_name is not None:
        worker[2] = claims.employer_name
    if claims.employer_nib is not None:
        worker[3] = int(claims.employer_nib)
    if claims.occupation is not None:
        worker[4] = int(claims.occupation)
    worker[5] = [_certification_to_cwt(each) for each in claims.certifications]
    born = claims.birth_date.isoformat().replace("-", "")
    return {
        EXP: claims.expires_at,
        IAT: claims.issued_at,
        **({CNF: {3: claims.holder_key}} if claims.holder_key is not None else {}),
        IDENTITY: {1: claims.number, 4: claims.name, 8: born, 9: _SEX_NUMBER[claims.sex]},
        STATUS: _status(claims),
        WORKER: worker,
    }


def encode_cwt(claims: CardClaims) -> bytes:
    """The CWT claims set in deterministic CBOR."""
    return cbor2.dumps(to_cwt(claims))


def to_jwt(claims: CardClaims) -> dict[str, Any]:
    """The JWT claims set."""
    worker: dict[str, Any] = {"v": PROFILE_VERSION, "standing": claims.standing}
    if claims.employer_name is not None:
        worker["employer"] = _present(name=claims.employer_name, nib=claims.employer_nib)
    if claims.occupation is not None:
        worker["occupation"] = claims.occupation
    worker["certifications"] = [_certification_to_jwt(each) for each in claims.certifications]
    payload: dict[str, Any] = {
        "jti": claims.number,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
        "name": claims.name,
        "birthdate": claims.birth_date.isoformat(),
        "gender": _SEX_WORD[claims.sex],
        "status": _status(claims),
        "worker": worker,
    }
    if claims.holder_key is not None:
        payload["cnf"] = {"kid": b64url(claims.holder_key)}
    return payload


def from_jwt(payload: Claims) -> CardClaims:
    """The claims of a JWT claims set. CardError("claims-malformed") unless it is one of this profile."""
    try:
        claims = _claims_of_jwt(payload)
    except (CardError, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CardError("claims-malformed", f"got claims that this profile has not: {error!r}") from error
    if json.dumps(to_jwt(claims), sort_keys=True) != json.dumps(payload, sort_keys=True):
        raise CardError("claims-malformed", "got claims beside those of this profile, or in another form")
    return claims


def cbor(value: object) -> bytes:
    """Deterministic CBOR (RFC 8949 section 4.2)."""
    return cbor2.dumps(value, canonical=True)


def _claims_of_jwt(payload: Claims) -> CardClaims:
    worker = payload["worker"]
    employer = worker.get("employer", {})
    return CardClaims(
        number=payload["jti"],
        name=payload["name"],
        birth_date=date.fromisoformat(payload["birthdate"]),
        sex=_WORD_SEX[payload["gender"]],
        standing=worker["standing"],
        employer_name=employer.get("name"),
        employer_nib=employer.get("nib"),
        occupation=worker.get("occupation"),
        certifications=tuple(_certification_of_jwt(**each) for each in worker["certifications"]),
        issued_at=payload["iat"],
        expires_at=payload["exp"],
        holder_key=unb64url(payload["cnf"]["kid"]) if "cnf" in payload else None,
        status=_status_of(payload["status"]),
    )


def _status(claims: CardClaims) -> dict[str, Any]:
    return {"status_list": {"idx": claims.status.index, "uri": status_name(claims.status.shard)}}


def _status_of(status: Claims) -> StatusReference:
    entry = status["status_list"]
    return StatusReference(shard=int(entry["uri"].rpartition(":")[2]), index=entry["idx"])


def _certification_to_cwt(certification: Certification) -> list[Any]:
    text = certification.code
    is_unit = "/" not in text  # any other code has a scheme
    code: str | int = (ord(text[0]) - 64) * 10**11 + int(text[1:].replace(".", "")) if is_unit else text
    days = certification.expires.toordinal() - EPOCH_DAY if certification.expires else None
    return [code, days, _CERTIFICATION_NUMBER[certification.standing]]


def _certification_to_jwt(certification: Certification) -> dict[str, Any]:
    expires = certification.expires.isoformat() if certification.expires else None
    return _present(code=certification.code, expires=expires, standing=certification.standing)


def _certification_of_jwt(*, code: str, standing: CertificationStanding, expires: str | None = None) -> Certification:
    day = None if expires is None else date.fromisoformat(expires)
    return Certification(code=code, expires=day, standing=standing)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
