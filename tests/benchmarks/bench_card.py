"""Cards: verifying them, signing them, and printing them, each against what is bare of it.

Everybody has a card of their own, so that nothing is found ready which a real gate or press would have to work out.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from random import Random

import pytest
import segno
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from card import cwt, pdf, qr, status, trust
from card.claims import CardClaims, Certification, StatusReference
from card.number import new_number
from card.verify import verify
from keys import es256
from keys.keyring import Keyring
from keys.signer import Signer
from tests.benchmarks.measure import RUNS, Result, in_turns, scaled

NOW = 1_790_000_000
PEOPLE = 400
TURNS = 41
"""Of verifying: short ones and many, since what the neighbours do to the caches changes from second to second."""
_ES256 = ec.ECDSA(hashes.SHA256())
_NAMES = ["Siti", "Budi", "Ayu", "Dewi", "Joko", "Putri", "Agus", "Rina", "Wahyu", "Nurul", "Eko", "Indah", "Hendra"]
_TITLES = {"7212": {"id": "Tukang Las dan Pemotong Logam", "en": "Welders and Flame Cutters"}}


def people(certificates: int) -> list[CardClaims]:
    some = Random(certificates)

    def held() -> tuple[Certification, ...]:
        units = some.sample(range(10**6, 10**6 + 3_000), certificates)
        return tuple(
            Certification(
                code=f"{some.choice('CFGHIJMNPQ')}.{unit // 10:06}.{unit % 1000:03}.0{some.randint(1, 3)}",
                expires=date(2027, 1, 1) + timedelta(days=some.randrange(900)),
                standing="authority-attested",
            )
            for unit in units
        )

    return [
        CardClaims(
            number=new_number(some.randbytes(7)),
            name=" ".join(some.choices(_NAMES, k=3)),
            birth_date=date(1970, 1, 1) + timedelta(days=some.randrange(12_000)),
            sex=some.choice(["M", "F"]),
            standing="employed",
            employer_name=f"PT {' '.join(some.choices(_NAMES, k=2))} Tbk",
            employer_nib=f"{some.randrange(10**13):013}",
            occupation="7212",
            certifications=held(),
            issued_at=NOW - some.randrange(10**6),
            expires_at=NOW + some.randrange(10**6, 10**7),
            holder_key=some.randbytes(16),
            status=StatusReference(shard=0, index=some.randrange(2**20)),
        )
        for _ in range(PEOPLE)
    ]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Keyring.create(tmp_path / "keys", now=NOW - 10**7).signer(0, now=NOW - 10**7)


def test_card_verify(signer: Signer, tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys")
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
    key = es256.public_key(signer.public_jwk)
    result = Result("card_verify", "offline verification, one process; limit: ES256 verification by cryptography")
    for certificates in (3, 0):
        coses = [cwt.sign(each, signer) for each in people(certificates)]
        texts = [qr.text(each) for each in coses]
        parsed = [cwt.parse(each) for each in coses]
        signed = [(each.signed_bytes, _der(each.signature)) for each in parsed]

        def from_text(times: int, texts: list[str] = texts) -> None:
            for text, _ in zip(cycle(texts), range(times), strict=False):
                verify(text, trust=trusted, status=lambda _: statuses, now=NOW)

        def from_bytes(times: int, coses: list[bytes] = coses) -> None:
            for cose, _ in zip(cycle(coses), range(times), strict=False):
                verify(cose, trust=trusted, status=lambda _: statuses, now=NOW)

        def bare(times: int, signed: list[tuple[bytes, bytes]] = signed) -> None:
            for (message, signature), _ in zip(cycle(signed), range(times), strict=False):
                key.verify(signature, message, _ES256)

        text_rate, cose_rate, limit = in_turns(from_text, from_bytes, bare, times=scaled(PEOPLE), runs=TURNS)
        many = f"{certificates} certificates"
        result.add(f"from bytes, {many}", value=cose_rate, unit="cards/s", limit=limit, runs=TURNS)
        result.add(f"from text, {many}", value=text_rate, unit="cards/s", limit=limit, runs=TURNS)


def _der(signature: bytes) -> bytes:
    """As cryptography wants it."""
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def test_card_sign(signer: Signer) -> None:
    """Claims to the text of the code: CBOR, COSE, DEFLATE, base45."""
    cards = people(3)
    messages = [cwt.parse(cwt.sign(each, signer)).signed_bytes for each in cards]

    def signing(times: int) -> None:
        for card, _ in zip(cycle(cards), range(times), strict=False):
            qr.text(cwt.sign(card, signer))

    def bare(times: int) -> None:
        for message, _ in zip(cycle(messages), range(times), strict=False):
            signer.key.sign(message, _ES256)  # type: ignore[attr-defined]  # of a file

    rate, limit = in_turns(signing, bare, times=scaled(2000))
    result = Result("card_sign", "claims to the text of the QR, 3 certificates; limit: ES256 signing by cryptography")
    result.add("to text", value=rate, unit="cards/s", limit=limit, runs=RUNS)


def test_card_full(signer: Signer) -> None:
    """A card signed and on paper: both faces of CR80, with the code."""
    cards = people(3)

    def ours(times: int) -> None:
        for card, _ in zip(cycle(cards), range(times), strict=False):
            pdf.render(card, qr.text(cwt.sign(card, signer)), titles=_TITLES, page="cr80")

    def plain(times: int) -> None:
        for card, _ in zip(cycle(cards), range(times), strict=False):
            _plain(card, qr.text(cwt.sign(card, signer)))

    rate, limit = in_turns(ours, plain, times=[scaled(120), scaled(40)])
    result = Result("card_full", "signed, QR, CR80 front and back as PDF; limit: a plain use of segno and ReportLab")
    result.add("front and back", value=rate, unit="cards/s", limit=limit, runs=RUNS)


def _plain(card: CardClaims, text: str) -> bytes:
    """The same words and the same code, as the manuals of segno and ReportLab show it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(85.6 * mm, 54 * mm))
    registerFont(TTFont("Vera", "Vera.ttf"))
    canvas.setFont("Vera", 6)
    said = [card.name, str(card.birth_date), card.sex, card.standing, card.employer_name, card.occupation, card.number]
    for line, word in enumerate(said):
        canvas.drawString(5 * mm, (48 - 4 * line) * mm, str(word))
    matrix = segno.make(text, error="m").matrix
    side = 29 * mm / len(matrix)
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                canvas.rect(50 * mm + column * side, 40 * mm - row * side, side, side, stroke=0, fill=1)
    canvas.showPage()
    canvas.setFont("Vera", 6)
    for line, held in enumerate(card.certifications):
        canvas.drawString(5 * mm, (48 - 4 * line) * mm, f"{held.code} {held.expires}")
    canvas.showPage()
    canvas.save()
    return out.getvalue()
