"""The worker's phone: enrolled in a real browser, it shows codes that a verifier takes, each for a minute."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from card import live
from card.errors import VerificationError
from card.status import StatusList
from card.trust import TrustList
from card.verify import Verified, verify
from tests.api import story
from tests.conftest import Site
from tests.e2e.door import Door
from tests.e2e.phones import Phone, Phones
from tests.require import require

BUILT = Path(__file__).parents[2] / "card" / "verifier" / "dist" / "holder" / "index.html"
QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
PRIVATE_KEY = """
async () => {
  const opened = indexedDB.open("kets-holder");
  await new Promise((done) => (opened.onsuccess = done));
  const asked = opened.result.transaction("kept").objectStore("kept").get("key");
  await new Promise((done) => (asked.onsuccess = done));
  const { privateKey } = asked.result.pair;
  const tried = ["jwk", "pkcs8"].map((form) =>
    crypto.subtle.exportKey(form, privateKey).then(() => form, (error) => error.name),
  );
  return { extractable: privateKey.extractable, exported: await Promise.all(tried) };
}
"""


@pytest.fixture(scope="module")
def built() -> None:
    require(BUILT.exists(), "built page; run `make web`")


@pytest.fixture
def worker(ministry: Site, door: Door) -> str:
    ministry.now = datetime.now(UTC)
    with httpx.Client(base_url=door.url) as client:
        return str(story.verified(client))  # type: ignore[arg-type]  # asked as a test client is


def code_for(door: Door, worker: str) -> str:
    return str(httpx.post(f"{door.url}/v1/workers/{worker}/phone-code").json()["code"])


@contextmanager
def enrolled(phones: Phones, door: Door, worker: str) -> Iterator[Phone]:
    """A phone that opened the link of the desk's QR code, on a clock that a test may move."""
    with phones.phone() as phone:
        phone.page.clock.install()
        phone.page.goto(f"{door.url}/card#{code_for(door, worker)}")
        phone.page.get_by_role("button", name="Pasang kartu di ponsel ini").click()
        phone.page.locator("#symbol svg").wait_for()
        yield phone


def seen(phone: Phone) -> tuple[str, int]:
    """The code on the screen as another phone's camera reads it, and the page's time in Unix seconds."""
    picture = Image.open(io.BytesIO(phone.page.screenshot()))
    (found,) = zxingcpp.read_barcodes(picture, formats=QR)
    return found.text, phone.page.evaluate("Math.floor(Date.now() / 1000)")


class Gate:
    """A verifier that fetched its lists just now."""

    def __init__(self, site: Site, door: Door) -> None:
        site.runner.catch_up()
        self.now = int(site.now.timestamp())
        token = httpx.get(f"{door.url}/v1/trust-list").text
        self.trust = TrustList.verify(token, roots=[site.keyring.root.public_jwk], now=self.now)
        self.url = door.url

    def status(self, shard: int) -> StatusList:
        token = httpx.get(f"{self.url}/v1/status/{shard}").content
        return StatusList.verify(token, shard=shard, trust=self.trust, now=self.now)

    def takes(self, text: str, now: int, nonce: bytes | None = None) -> Verified:
        return verify(text, trust=self.trust, status=self.status, now=now, nonce=nonce)

    def refuses(self, text: str, now: int, nonce: bytes | None = None) -> str:
        with pytest.raises(VerificationError) as refused:
            self.takes(text, now, nonce)
        return refused.value.code


def test_codes_turn_and_a_copy_is_refused_two_minutes_later(
    built: None, phones: Phones, ministry: Site, door: Door, worker: str
) -> None:
    with enrolled(phones, door, worker) as phone:
        gate = Gate(ministry, door)
        first, now = seen(phone)
        found = gate.takes(first, now)
        assert (found.live, found.claims.name) == (True, story.NAME)
        assert phone.page.locator("#number").inner_text() == found.claims.number
        assert phone.page.url == f"{door.url}/card/"  # the code of the desk is not left in the address
        phone.page.clock.fast_forward(21_000)
        second, later = turned(phone, first)
        assert later - now >= 20
        assert gate.takes(second, later).live
        assert gate.refuses(first, now + 120) == "live-expired"
        assert phone.barriers() == []
        assert phone.complaints == []


def turned(phone: Phone, before: str) -> tuple[str, int]:
    """The code that comes after `before`."""
    for _ in range(100):
        text, now = seen(phone)
        if text != before:
            return text, now
        phone.page.wait_for_timeout(50)
    raise AssertionError("the code did not turn")


def test_the_key_does_not_leave_the_phone(built: None, phones: Phones, door: Door, worker: str) -> None:
    with enrolled(phones, door, worker) as phone:
        kept: dict[str, Any] = phone.page.evaluate(PRIVATE_KEY)
        assert kept == {"extractable": False, "exported": ["InvalidAccessError"] * 2}


def test_the_phone_takes_the_card_in_force(
    built: None, phones: Phones, ministry: Site, door: Door, worker: str
) -> None:
    with enrolled(phones, door, worker) as phone:
        ministry.runner.catch_up()
        card = httpx.post(f"{door.url}/v1/workers/{worker}/card").json()
        phone.page.add_init_script("delete globalThis.CompressionStream")  # as in an older WebView
        phone.page.reload()
        phone.page.get_by_text(card["number"]).wait_for()
        assert Gate(ministry, door).takes(*seen(phone)).claims.number == card["number"]


def test_a_verifiers_number_is_answered(built: None, phones: Phones, ministry: Site, door: Door, worker: str) -> None:
    with enrolled(phones, door, worker) as phone:
        gate, page = Gate(ministry, door), phone.page
        plain, now = seen(phone)
        nonce = live.challenge("k7qx 2m9a")
        assert gate.refuses(plain, now, nonce) == "live-nonce"
        page.get_by_label("Angka dari pemeriksa").fill("K7QX")
        page.get_by_role("button", name="Jawab").click()
        page.get_by_text("Angka pemeriksa terdiri dari 8").wait_for()
        page.get_by_label("Angka dari pemeriksa").fill("k7qx 2m9a")
        page.get_by_role("button", name="Jawab").click()
        page.get_by_text("Kode ini menjawab K7QX-2M9A").wait_for()
        assert phone.barriers() == []
        answer, now = turned(phone, plain)
        assert gate.takes(answer, now, nonce).live
        assert gate.refuses(answer, now) == "live-nonce"
        page.evaluate("location.hash = '#0000-1111'")  # as a phone does that scanned the number as a link
        page.get_by_text("Kode ini menjawab 0000-1111").wait_for()
        answer, now = turned(phone, answer)
        assert gate.takes(answer, now, b"00001111").live
        page.get_by_role("button", name="Selesai").click()
        last, now = turned(phone, answer)
        assert gate.takes(last, now).live


def test_it_shows_the_card_without_a_network(
    built: None, phones: Phones, ministry: Site, door: Door, worker: str
) -> None:
    with enrolled(phones, door, worker) as phone:
        gate = Gate(ministry, door)
        shard = gate.takes(*seen(phone)).claims.status.shard
        lists = {shard: gate.status(shard)}
        phone.kept()
        door.stop()
        phone.page.goto(f"{door.url}/card")
        phone.page.locator("#symbol svg").wait_for()
        text, now = seen(phone)
        door.start()
        assert verify(text, trust=gate.trust, status=lists.get, now=now).live


def test_a_code_that_is_not_good_is_refused_in_words(built: None, phones: Phones, door: Door, worker: str) -> None:
    with phones.phone() as phone:
        page = phone.page
        page.goto(f"{door.url}/card")
        page.get_by_text("Ponsel ini belum memuat kartu").wait_for()
        assert phone.barriers() == []
        page.get_by_label("Kode dari petugas").fill("4F7K")
        page.get_by_role("button", name="Pasang kartu").click()
        page.get_by_text("Kode itu bukan 16 huruf dan angka").wait_for()
        assert phone.complaints == []
        page.get_by_label("Kode dari petugas").fill("0000-0000-0000-0000")
        page.get_by_role("button", name="Pasang kartu").click()
        page.get_by_text("Kode pendaftaran salah").wait_for()
        page.get_by_role("button", name="EN, English").click()
        page.get_by_text("The enrolment code is wrong").wait_for()
        page.get_by_text("This phone has no card yet").wait_for()


def test_a_phone_lets_its_card_go(built: None, phones: Phones, door: Door, worker: str) -> None:
    with enrolled(phones, door, worker) as phone:
        page = phone.page
        page.get_by_role("button", name="Hapus kartu").click()
        assert phone.barriers() == []
        page.get_by_role("button", name="Batal").click()
        page.get_by_role("button", name="Hapus kartu").click()
        page.get_by_role("button", name="Ya, hapus").click()
        page.get_by_text("Ponsel ini belum memuat kartu").wait_for()
        page.reload()
        page.get_by_text("Ponsel ini belum memuat kartu").wait_for()


def test_days_are_written_with_the_day_first_in_both_languages(
    built: None, phones: Phones, door: Door, worker: str
) -> None:
    with enrolled(phones, door, worker) as phone:
        for language in ("id", "en"):
            phone.page.locator(f"[data-language={language}]").click()
            assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}", phone.page.locator("#until").inner_text())
