"""Verifying a card, against the bare ES256 verification in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from card import cwt, qr, status, trust
from card.claims import CardClaims, StatusReference
from card.verify import verify
from keys import es256
from keys.keyring import Keyring
from tests.benchmarks.measure import RUNS, Result, in_turns

NOW = 1_790_000_000


def test_card_verify(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys", now=NOW - 1)
    signer = keyring.signer(0, now=NOW - 1)
    claims = CardClaims(
        number="W13M-5CHM-YKPY",
        name="Contoh Pekerja",
        birth_date=date(1994, 9, 17),
        sex="M",
        standing="employed",
        employer_name="PT Contoh Maju",
        employer_nib="8120000000017",
        occupation="7212",
        issued_at=NOW,
        expires_at=NOW + 86_400 * 365,
        status=StatusReference(shard=0, index=7),
    )
    cose = cwt.sign(claims, signer)
    listed = trust.build_trust_list(
        root=keyring.root,
        next_root=keyring.next_root.public_jwk,
        signers=[signer],
        issued_at=NOW,
        version=1,
        status_uri="https://kets.example/v1/status/{shard}",
        titles_digest=trust.titles_digest({}),
    )
    trusted = trust.TrustList.verify(listed, roots=[keyring.root.public_jwk], now=NOW)
    token = status.encode(status.packed([]), shard=0, issued_at=NOW, signer=signer)
    statuses = status.StatusList.verify(token, shard=0, trust=trusted, now=NOW)
    sign1, key = cwt.parse(cose), es256.public_key(signer.public_jwk)
    text = qr.text(cose)

    def from_text(times: int) -> None:
        for _ in range(times):
            verify(text, trust=trusted, status=lambda _: statuses, now=NOW)

    def from_cose(times: int) -> None:
        for _ in range(times):
            verify(cose, trust=trusted, status=lambda _: statuses, now=NOW)

    def bare(times: int) -> None:
        for _ in range(times):
            assert es256.verify(key, sign1.signed_bytes, sign1.signature)

    text_rate, cose_rate, limit = in_turns(from_text, from_cose, bare, times=2000)
    result = Result("card_verify", "offline verification, one process; limit: bare ES256 verification by cryptography")
    result.add("from text", value=text_rate, unit="cards/s", limit=limit, runs=RUNS)
    result.add("from bytes", value=cose_rate, unit="cards/s", limit=limit, runs=RUNS)
