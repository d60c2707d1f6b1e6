"""Cards before the camera of a phone: each outcome, and without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from card import cwt, live, qr
from card.claims import StatusReference
from tests.card import cards
from tests.card.phones import new_phone
from tests.conftest import Site
from tests.e2e.door import Door
from tests.e2e.filmed import film, shown_on_screen
from tests.e2e.phones import Phone, Phones

if TYPE_CHECKING:
    from playwright.sync_api import Page


def text_of(page: Page) -> str:
    return page.locator("#verdict").inner_text()


def well(phone: Phone) -> None:
    """Nobody is shut out, and nothing went wrong."""
    assert phone.barriers() == []
    assert phone.complaints == []


def test_a_card_is_valid_and_says_what_to_compare(phones: Phones, door: Door, her_card: Path) -> None:
    with phones.phone(her_card) as phone:
        phone.visit(door.url)
        assert phone.answer() == ("valid", "valid")
        said = text_of(phone.page)
        for word in ("SAH", "VALID", "Siti Rahmawati", "1 Januari 1990", "Perempuan", "PT Roti Bekasi", "KBJI 7212"):
            assert word in said
        assert "Belum terbukti: bahwa pembawanya adalah pemiliknya" in said
        assert phone.page.locator("#verdict .answer").evaluate("(e) => e === document.activeElement")
        phone.page.get_by_role("button", name="EN, English").click()
        assert "Not proved: that the bearer is its holder" in text_of(phone.page)
        well(phone)


def test_an_altered_card_is_invalid(phones: Phones, door: Door, welder: dict[str, Any], tmp_path: Path) -> None:
    altered = qr.text(qr.cose(welder["text"]).replace(b"Siti Rahmawati", b"Siti Rahmawita"))
    with phones.phone(film(tmp_path / "altered.mjpeg", altered)) as phone:
        phone.visit(door.url)
        assert phone.answer() == ("invalid", "bad-signature")
        assert "TIDAK SAH" in text_of(phone.page)
        assert "Rahmawita" not in text_of(phone.page)
        well(phone)


def test_a_card_of_an_unknown_signer_cannot_be_checked(phones: Phones, door: Door, tmp_path: Path) -> None:
    foreign = cards.new_ministry().text()
    with phones.phone(film(tmp_path / "foreign.mjpeg", foreign)) as phone:
        phone.visit(door.url)
        assert phone.answer() == ("cannot-check", "unknown-key")
        assert "TIDAK DAPAT DIPERIKSA" in text_of(phone.page)
        assert phone.page.get_by_role("button", name="Perbarui dan periksa lagi").is_visible()
        well(phone)


def test_without_a_server_it_still_scans_and_later_says_how_old_its_lists_are(
    phones: Phones, ministry: Site, her_card: Path
) -> None:
    door = Door(ministry)
    door.start()
    with phones.phone(her_card) as phone:
        phone.visit(door.url)
        phone.kept()
        door.stop()

        phone.page.reload()
        assert phone.answer() == ("valid", "valid")
        phone.page.goto(f"{door.url}/verify")
        assert phone.answer() == ("valid", "valid")

        phone.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=9))
        phone.page.get_by_role("button", name="Pindai lagi").click()
        assert phone.answer() == ("status-old", "status-old")
        assert "SAH, STATUS LAMA" in text_of(phone.page)
        assert "9 hari yang lalu" in text_of(phone.page)
        assert "Daftar lama: 9 hari yang lalu" in phone.page.locator("#lists").inner_text()
        assert phone.barriers() == []
        assert [each for each in phone.complaints if "ERR_CONNECTION_REFUSED" not in each] == []


def test_a_live_code_says_so_and_its_photograph_is_refused(
    phones: Phones, door: Door, ministry: Site, tmp_path: Path
) -> None:
    phone_key = new_phone()
    signed_at = int(datetime.now(UTC).timestamp())
    card = cards.claims(
        holder_key=live.holder_key(phone_key.public_jwk),
        status=StatusReference(shard=0, index=77),
        issued_at=signed_at - 86_400,
        expires_at=signed_at + 86_400 * 300,
    )
    code = live.present(cwt.sign(card, ministry.keyring.signer(0)), phone_key, now=signed_at)
    with phones.phone(shown_on_screen(tmp_path / "live.mjpeg", code)) as phone:
        phone.page.clock.set_fixed_time(datetime.fromtimestamp(signed_at + 7, UTC))
        phone.visit(door.url)
        assert phone.answer() == ("valid", "valid")
        assert "Langsung: ponsel pemegang menjawab 7 detik lalu" in text_of(phone.page)
        well(phone)

        phone.page.clock.set_fixed_time(datetime.fromtimestamp(signed_at + 90, UTC))
        phone.page.get_by_role("button", name="Pindai lagi").click()
        assert phone.answer() == ("cannot-check", "live-expired")
        well(phone)
