"""The phone's page apart from its camera: the other ways in, what it keeps, what it weighs, how it is installed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from card import qr, status
from keys import es256
from tests.conftest import Site
from tests.e2e.door import Door
from tests.e2e.phones import Phone, Phones

MOST = 450_000
"""Bytes of a first visit when everything that can be is sent as gzip."""


@pytest.fixture(scope="module")
def photo(welder: dict[str, Any]) -> bytes:
    """A photograph of her code, far larger than it need be."""
    page = Image.new("RGB", (3_000, 2_000), "white")
    page.paste(Image.open(io.BytesIO(qr.png(welder["text"], scale=6))), (1_100, 700))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=70)
    return out.getvalue()


@pytest.fixture(scope="module")
def scratched(welder: dict[str, Any]) -> bytes:
    """Her code with a bright scratch through a finder square: zxing alone does not read it."""
    image = Image.open(io.BytesIO(qr.png(welder["text"], scale=4))).convert("L")
    ImageDraw.Draw(image).line((16, 8, 52, 52), fill=215)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def give(phone: Phone, content: bytes) -> None:
    phone.page.set_input_files("#picture", {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": content})


def give_text(phone: Phone, text: str) -> None:
    phone.page.locator("#typed-open").click()
    phone.page.locator("#typed-text").fill(text)
    phone.page.locator("#typed [type=submit]").click()


def well(phone: Phone) -> None:
    assert phone.barriers() == []
    assert phone.complaints == []


def test_a_picture_a_text_and_a_scanner_do_as_well_as_a_camera(
    phones: Phones, door: Door, welder: dict[str, Any], photo: bytes, scratched: bytes
) -> None:
    with phones.phone() as phone:
        phone.visit(door.url)
        well(phone)
        give(phone, b"no picture")
        phone.page.get_by_text("Berkas itu bukan foto").wait_for()
        blank = io.BytesIO()
        Image.new("RGB", (300, 300), "white").save(blank, "PNG")
        give(phone, blank.getvalue())
        phone.page.get_by_text("Tidak ada kode QR yang terbaca").wait_for()
        for picture in (photo, scratched):
            give(phone, picture)
            assert phone.answer() == ("valid", "valid")
            phone.page.get_by_role("button", name="Pindai lagi").click()

        phone.page.get_by_role("button", name="Ketik kode").click()
        well(phone)
        phone.page.get_by_label("Isi kode QR").fill(welder["jwt"])
        phone.page.get_by_role("button", name="Periksa", exact=True).click()
        assert phone.answer() == ("valid", "valid")

        phone.page.get_by_role("button", name="Pindai lagi").click()
        phone.page.locator("#about-open").focus()  # a space among the keys must not press it
        phone.page.keyboard.type(welder["text"], delay=0)
        phone.page.keyboard.press("Enter")
        assert phone.answer() == ("valid", "valid")
        assert not phone.page.locator("#about").is_visible()


def test_of_a_card_nothing_stays(phones: Phones, door: Door, welder: dict[str, Any], photo: bytes) -> None:
    everything = """async () => {
        const opened = indexedDB.open('kets-verifier');
        const db = await new Promise((done) => { opened.onsuccess = () => done(opened.result); });
        const asked = db.transaction('kept').objectStore('kept').getAll();
        await new Promise((done) => { asked.onsuccess = done; });
        const kept = JSON.stringify(asked.result) + JSON.stringify({...localStorage});
        return kept + document.documentElement.outerHTML + document.querySelector('textarea').value;
    }"""
    with phones.phone() as phone:
        phone.visit(door.url)
        give(phone, photo)
        assert phone.answer() == ("valid", "valid")
        assert "Siti Rahmawati" in phone.page.evaluate(everything)
        phone.page.get_by_role("button", name="Pindai lagi").click()
        for word in ("Siti Rahmawati", welder["number"], welder["text"][:40]):
            assert word not in phone.page.evaluate(everything)


@pytest.mark.usefixtures("welder")
def test_the_panel_shows_whom_the_page_trusts(phones: Phones, door: Door, ministry: Site) -> None:
    thumbprint = es256.thumbprint(ministry.keyring.root.public_jwk).hex()
    with phones.phone() as phone:
        phone.visit(door.url)
        phone.page.get_by_role("button", name="Tentang halaman ini").click()
        said = phone.page.locator("#about").inner_text()
        assert thumbprint in said.replace(" ", "").replace("\n", "")
        assert "tidak ada riwayat pemindaian yang disimpan" in said
        well(phone)


@pytest.mark.usefixtures("welder")
def test_older_lists_than_seen_are_refused(phones: Phones, ministry: Site) -> None:
    now, door = ministry.now, Door(ministry)
    door.start()
    try:
        with phones.phone() as phone:
            phone.visit(door.url)
            ministry.now = now - timedelta(hours=3)
            door.stop()
            door.start()  # on the same port, with nothing kept
            phone.page.get_by_role("button", name="Perbarui").click()
            phone.page.get_by_text("Ditolak: Daftar kepercayaan lebih lama").wait_for()
            assert phone.page.locator("#lists").get_attribute("data-age") == "fresh"
    finally:
        ministry.now = now
        door.stop()


def test_a_refresh_fetches_what_changed_and_no_more(
    phones: Phones, door: Door, ministry: Site, welder: dict[str, Any]
) -> None:
    now, shard = ministry.now, welder["status"]["list"]
    whole = f"/v1/lists/status/{shard}.cwt"
    try:
        with phones.phone() as phone:
            phone.visit(door.url)
            before = door.sent[whole]
            ministry.now = now + timedelta(minutes=2)
            phone.page.get_by_role("button", name="Perbarui").click()
            phone.page.get_by_text("Sudah diperbarui").wait_for()
            assert any(path.startswith(f"/v1/lists/status/{shard}.since-") for path in door.sent)
            assert door.sent[whole] == before
            give_text(phone, welder["text"])
            assert phone.answer() == ("valid", "valid")
            well(phone)
    finally:
        ministry.now = now


def test_a_phone_without_room_for_the_lists_checks_by_them_all_the_same(
    phones: Phones, door: Door, welder: dict[str, Any]
) -> None:
    quota = "Storage.overrideQuotaForOrigin"
    with phones.phone() as phone:
        debugger = phone.context.new_cdp_session(phone.page)
        debugger.send(quota, {"origin": door.url, "quotaSize": 1})
        phone.visit(door.url)
        phone.page.get_by_text("mungkin penyimpanan perangkat ini penuh").wait_for()
        give_text(phone, welder["text"])
        assert phone.answer() == ("valid", "valid")
        debugger.send(quota, {"origin": door.url})
        phone.page.get_by_role("button", name="Perbarui").click()
        phone.page.get_by_text("Sudah").wait_for()
        phone.page.route("**/v1/lists/**", lambda route: route.abort())  # what it wrote down must do
        phone.page.reload()
        give_text(phone, welder["text"])
        assert phone.answer() == ("valid", "valid")


@pytest.mark.usefixtures("welder")
def test_a_first_visit_to_a_server_that_names_no_root_says_so(phones: Phones, door: Door) -> None:
    with phones.phone() as phone:
        phone.page.route("**/v1/lists/root.json", lambda route: route.fulfill(body="<html>Masuk</html>"))
        phone.page.goto(f"{door.url}/verify")
        phone.page.get_by_text("Ditolak:").wait_for()
        phone.page.unroute_all()
        phone.page.get_by_role("button", name="Perbarui").click()
        phone.page.locator("#lists[data-age=fresh]").wait_for()
        well(phone)


def test_a_list_that_an_earlier_page_kept_is_refused_until_the_next_refresh(
    phones: Phones, ministry: Site, welder: dict[str, Any]
) -> None:
    """Taken for missing, it would let a young card pass that it revokes."""
    shard, door = welder["status"]["list"], Door(ministry)
    door.start()
    try:
        with phones.phone() as phone:
            phone.visit(door.url)
            phone.kept()
            jwt = httpx.get(f"{door.url}/v1/status/{shard}", headers={"Accept": "application/statuslist+jwt"}).text
            assert jwt.startswith("ey")
            phone.page.evaluate(KEEP, [f"status/{shard}", {"list": jwt, "delta": None}])
            door.stop()
            phone.page.reload()
            give_text(phone, welder["text"])
            assert phone.answer() == ("cannot-check", "status-malformed")
            door.start()
            phone.page.reload()
            phone.page.locator("#lists[data-age=fresh]").wait_for()
            give_text(phone, welder["text"])
            assert phone.answer() == ("valid", "valid")
    finally:
        door.stop()


def test_details_known_to_be_out_of_date_stay_so_when_the_lists_grow_old(
    phones: Phones, door: Door, ministry: Site, welder: dict[str, Any]
) -> None:
    shard, now = welder["status"]["list"], ministry.now.replace(microsecond=0)
    listed = status.encode(
        status.packed([(welder["status"]["index"], status.DETAILS_OUTDATED)]),
        shard=shard,
        issued_at=int(now.timestamp()),
        signer=ministry.keyring.signer(shard),
    )
    with phones.phone() as phone:
        phone.visit(door.url)
        phone.page.evaluate(KEEP, [f"status/{shard}", {"list": list(listed), "delta": None}])
        phone.kept()
        phone.page.clock.set_fixed_time(now + timedelta(days=9))
        phone.context.set_offline(True)
        phone.page.reload()
        give_text(phone, welder["text"])
        assert phone.answer() == ("status-old", "status-old")
        assert "tidak mutakhir" in phone.page.locator("#verdict").inner_text()


KEEP = """async ([name, value]) => {
    const opened = indexedDB.open('kets-verifier');
    const db = await new Promise((done) => { opened.onsuccess = () => done(opened.result); });
    const put = db.transaction('kept', 'readwrite');
    value.list = Array.isArray(value.list) ? Uint8Array.from(value.list) : value.list;
    put.objectStore('kept').put(value, name);
    await new Promise((done) => { put.oncomplete = done; });
    db.close();
}"""


def test_a_phone_asks_the_holders_for_a_live_proof(phones: Phones, door: Door, photo: bytes) -> None:
    with phones.phone() as phone:
        phone.visit(door.url)
        phone.page.get_by_role("button", name="Bukti langsung").click()
        asked = phone.page.locator("#ask-code").inner_text()
        assert len(asked.replace("-", "")) == 8
        well(phone)
        give(phone, photo)  # her printed card is no answer
        assert phone.answer() == ("cannot-check", "live-nonce")
        phone.page.get_by_role("button", name="Pindai lagi").click()
        assert phone.page.locator("#ask-code").inner_text() == asked
        phone.page.get_by_role("button", name="Batal").click()
        give(phone, photo)
        assert phone.answer() == ("valid", "valid")


def test_a_first_visit_costs_little(phones: Phones, ministry: Site) -> None:
    door = Door(ministry, encodings="gzip")
    door.start()
    try:
        with phones.phone() as phone:
            phone.visit(door.url)
            phone.kept()
            phone.page.wait_for_load_state("networkidle")
        sent = dict(door.sent)
        assert sum(sent.values()) <= MOST, sent
        assert any(path.endswith(".wasm") for path in sent), "zxing is part of it"
        assert any(path.endswith("titles.json") for path in sent)
    finally:
        door.stop()


def test_it_can_be_installed(phones: Phones, door: Door) -> None:
    with phones.phone() as phone:
        phone.visit(door.url)
        phone.kept()
        debugger = phone.context.new_cdp_session(phone.page)
        found = debugger.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert {each["errorId"] for each in found} <= {"in-incognito"}, "which every test's profile is"
        manifest = debugger.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert "Periksa Kartu Tenaga Kerja" in manifest["data"]
    for icon in ("any", "maskable"):
        assert f'"purpose":"{icon}"' in manifest["data"]


def test_without_javascript_it_says_what_it_needs(phones: Phones, door: Door) -> None:
    with phones.phone(java_script_enabled=False) as phone:
        phone.page.goto(f"{door.url}/verify")
        needed = phone.page.locator(".noscript")
        assert needed.is_visible()
        assert "Halaman ini memerlukan JavaScript" in needed.inner_text()
        assert "This page needs JavaScript" in needed.inner_text()
        assert not phone.page.locator("#scan").is_visible()


@pytest.mark.parametrize("width", [320, 1_280])
def test_it_fits_narrow_and_wide_screens(phones: Phones, door: Door, photo: bytes, width: int) -> None:
    beyond = "document.scrollingElement.scrollWidth - innerWidth"
    with phones.phone(viewport={"width": width, "height": 640}) as phone:
        phone.visit(door.url)
        assert phone.page.evaluate(beyond) <= 0
        give(phone, photo)
        assert phone.answer() == ("valid", "valid")
        assert phone.page.evaluate(beyond) <= 0
        assert phone.page.evaluate("(m => m.scrollWidth - m.clientWidth)(document.querySelector('#verdict'))") <= 0
        well(phone)
