"""A ministry in memory: it signs cards, trust lists and status lists for the tests of the card."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from card import cwt, jws, qr, status, status_jwt, trust, trustdir
from card.claims import CardClaims, Certification, StatusReference
from card.number import new_number
from card.trust import TrustList
from keys.keyring import Keyring
from keys.signer import Signer

NOW = 1_795_320_000  # 2026-11-22
DAY = 86_400
SHARD = 3
URI = "https://kets.example/v1/status/{shard}"
TITLES = {
    "7212": {"id": "Tukang Las dan Pemotong Logam dengan Api", "en": "Welders and Flame Cutters"},
    "F.431000.001.02": {
        "id": "Menerapkan Keselamatan dan Kesehatan Kerja",
        "en": "Apply occupational safety and health",
    },
}
UNITS = (  # of ten different fields, so that nothing in them repeats for zlib
    "F.431000.001.02",
    "G.461200.014.01",
    "M.701001.006.01",
    "C.141310.022.02",
    "N.782000.011.03",
    "J.620900.030.02",
    "H.522900.007.01",
    "I.551000.040.02",
    "Q.869000.015.01",
    "P.854900.021.02",
)


def certifications(count: int) -> tuple[Certification, ...]:
    return tuple(
        Certification(code=code, expires=date(2028, 1 + place, 3 + 2 * place), standing="authority-attested")
        for place, code in enumerate(UNITS[:count])
    )


def claims(**changes: Any) -> CardClaims:
    """A welder with three certificates, issued ten days ago for two years."""
    usual: dict[str, Any] = {
        "number": new_number(b"a card!"),
        "name": "Siti Nurhaliza Kusumawardani",
        "birth_date": date(1991, 5, 7),
        "sex": "F",
        "standing": "employed",
        "employer_name": "PT Sinar Mas Agro Resources Tbk",
        "employer_nib": "0220104950123",
        "occupation": "7212",
        "certifications": certifications(3),
        "issued_at": NOW - 10 * DAY,
        "expires_at": NOW + 720 * DAY,
        "holder_key": bytes(range(16)),
        "status": StatusReference(shard=SHARD, index=912_345),
    }
    return CardClaims(**{**usual, **changes})


@dataclass
class Ministry:
    """Keys, and what it would publish at `listed_at`."""

    keyring: Keyring
    listed_at: int = NOW - DAY
    version: int = 7
    statuses: dict[int, int] = field(default_factory=dict)
    revoked: dict[bytes, int] = field(default_factory=dict)

    def signer(self, shard: int = SHARD) -> Signer:
        return self.keyring.signer(shard, now=NOW - 100 * DAY)

    def cose(self, **changes: Any) -> bytes:
        return cwt.sign(claims(**changes), self.signer())

    def text(self, **changes: Any) -> str:
        return qr.text(self.cose(**changes))

    def jwt(self, **changes: Any) -> str:
        return jws.encode(claims(**changes), self.signer())

    def trust_token(self, **changes: Any) -> str:
        usual: dict[str, Any] = {
            "root": self.keyring.root,
            "next_root": self.keyring.next_root.public_jwk,
            "signers": [self.signer()],
            "issued_at": self.listed_at,
            "version": self.version,
            "status_uri": URI,
            "titles_digest": trust.titles_digest(TITLES),
            "revoked": self.revoked,
        }
        return trust.build_trust_list(**{**usual, **changes})

    def trust(self, **changes: Any) -> TrustList:
        roots = [self.keyring.root.public_jwk]
        return TrustList.verify(self.trust_token(**changes), roots=roots, now=2**40)

    def status_token(self, **changes: Any) -> bytes:
        entries = status.packed(self.statuses.items())
        usual: dict[str, Any] = {"shard": SHARD, "issued_at": self.listed_at, "signer": self.signer()}
        return status.encode(entries, **{**usual, **changes})

    def status_jwt(self, **changes: Any) -> str:
        """The same list for other people's verifiers."""
        entries = status.packed(self.statuses.items())
        usual: dict[str, Any] = {"shard": SHARD, "issued_at": self.listed_at, "signer": self.signer()}
        return status_jwt.encode(entries, **{**usual, **changes})

    def status_list(self, **changes: Any) -> status.StatusList:
        return status.StatusList.verify(self.status_token(**changes), shard=SHARD, trust=self.trust(), now=2**40)

    def export(self, folder: Path, **changes: Any) -> Path:
        usual: dict[str, Any] = {
            "root": self.keyring.root.public_jwk,
            "trust_list": self.trust_token(),
            "statuses": {SHARD: self.status_token()},
            "titles": TITLES,
        }
        trustdir.export(folder, **{**usual, **changes})
        return folder


def new_ministry(**changes: Any) -> Ministry:
    return Ministry(keyring=Keyring.create(Path(tempfile.mkdtemp()) / "keys", now=NOW - 100 * DAY), **changes)
