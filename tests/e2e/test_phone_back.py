"""The back of a card before a phone: the small photo beside what to compare."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from card import back, cwt, qr
from card.claims import CardClaims, StatusReference
from card.thumbnail import thumbnail
from tests.card import cards
from tests.card.faces import file
from tests.conftest import Site
from tests.e2e.door import Door
from tests.e2e.phones import Phone, Phones


@pytest.fixture(scope="module")
def claims() -> CardClaims:
    now = int(datetime.now(UTC).timestamp())
    place = StatusReference(shard=0, index=78)
    return cards.claims(status=place, issued_at=now - 86_400, expires_at=now + 86_400 * 300)


def give(phone: Phone, text: str) -> tuple[str, str]:
    phone.page.locator("#typed-open").click()
    phone.page.locator("#typed-text").fill(text)
    phone.page.locator("#typed [type=submit]").click()
    return phone.answer()


def test_the_photo_of_the_back_stands_beside_the_name(
    phones: Phones, door: Door, ministry: Site, claims: CardClaims
) -> None:
    signer = ministry.keyring.signer(0)
    front = qr.text(cwt.sign(claims, signer))
    behind = qr.text(back.sign(claims, thumbnail(file(1)), signer))
    changes: dict[str, Any] = {"number": "JBSG-6TXD-EBRY"}
    with phones.phone() as phone:
        phone.visit(door.url)
        assert give(phone, behind) == ("cannot-check", "back-alone")
        phone.page.get_by_role("button", name="Pindai lagi").click()

        assert give(phone, front) == ("valid", "valid")
        phone.page.get_by_role("button", name="Pindai foto di sisi belakang").click()
        assert give(phone, behind) == ("valid", "valid")
        photo = phone.page.get_by_role("img", name="Foto kecil dari kode")
        photo.wait_for(state="visible")
        phone.page.wait_for_function("document.querySelector('.thumb').complete")
        assert photo.evaluate("(i) => [i.naturalWidth, i.naturalHeight]") == [54, 72]
        assert phone.barriers() == []
        phone.page.get_by_role("button", name="Pindai lagi").click()
        assert phone.page.locator(".thumb").count() == 0

        other = cards.claims(**{**_as(claims), **changes})
        assert give(phone, qr.text(cwt.sign(other, signer))) == ("valid", "valid")
        phone.page.get_by_role("button", name="Pindai foto di sisi belakang").click()
        assert give(phone, behind) == ("invalid", "back-differs")
        assert phone.complaints == []


def _as(claims: CardClaims) -> dict[str, Any]:
    return {name: getattr(claims, name) for name in ("status", "issued_at", "expires_at")}
