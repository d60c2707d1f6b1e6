"""What the credential's type says of itself (SD-JWT VC, Type Metadata): claims, labels, which may be withheld."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, NamedTuple

TYPE_PATH = "/v1/wallet/types/worker-card/1"
AGES = (18, 21)
"""Years of age that a holder may show without the birth date: adult by labour law, and by the Civil Code."""


class Claim(NamedTuple):
    """A claim that its holder may withhold. `always`: every credential has it."""

    path: tuple[str | None, ...]
    id: str
    en: str
    always: bool = True


NAME = {"id": "Kartu Tenaga Kerja", "en": "Worker card"}
CLAIMS = (
    Claim(("name",), "Nama", "Name"),
    Claim(("birthdate",), "Tanggal lahir", "Birth date"),
    Claim(("gender",), "Jenis kelamin", "Sex"),
    *(Claim(("age_equal_or_over", str(age)), f"Berusia {age} tahun atau lebih", f"Aged {age} or over") for age in AGES),
    Claim(("employed",), "Sedang bekerja", "Employed"),
    Claim(("standing",), "Status kerja", "Standing"),
    Claim(("employer",), "Perusahaan", "Employer", always=False),
    Claim(("occupation",), "Jabatan (KBJI)", "Occupation (KBJI)", always=False),
    Claim(("certifications",), "Sertifikat", "Certificates"),
    Claim(("certifications", None), "Satu sertifikat", "A certificate", always=False),
    Claim(("card",), "Kartu", "Card"),
)


def type_of(issuer: str) -> str:
    """`vct`: the credential's type, and the address of its metadata."""
    return f"{issuer}{TYPE_PATH}"


def type_metadata(issuer: str) -> bytes:
    """The metadata document, always the same bytes for the same issuer."""
    document = {
        "vct": type_of(issuer),
        "name": NAME["en"],
        "display": [{"locale": locale, "name": NAME[locale]} for locale in ("id", "en")],
        "claims": [_claim(claim) for claim in CLAIMS],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def integrity(issuer: str) -> str:
    """`vct#integrity` of that document: `sha256-` and standard base64 (W3C Subresource Integrity)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(type_metadata(issuer)).digest()).decode()


def _claim(claim: Claim) -> dict[str, Any]:
    labels = [{"locale": "id", "label": claim.id}, {"locale": "en", "label": claim.en}]
    return {"path": list(claim.path), "display": labels, "mandatory": claim.always, "sd": "always"}
