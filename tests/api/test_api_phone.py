"""`/verify` without a browser: what is served, under which rules, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api import pages, phone
from tests.api.client import TestClient
from tests.require import require


@pytest.fixture
def built(client: TestClient) -> Iterator[Path]:
    require((phone.BUILT / "index.html").exists(), "built page; run `make web`")
    return phone.BUILT


def test_the_page_comes_under_a_strict_policy(client: TestClient, built: Path) -> None:
    assert client.get("/verify", follow_redirects=False).headers["location"] == "/verify/"
    page = client.get("/verify/")
    assert page.text == (built / "index.html").read_text(encoding="utf-8")
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["permissions-policy"].startswith("camera=(self)")


def test_names_with_a_digest_are_kept_for_ever_and_others_are_asked_for_anew(client: TestClient, built: Path) -> None:
    for path in built.iterdir():
        if path.suffix in (".gz", ".br") or path.name == "index.html":
            continue
        answer = client.get(f"/verify/{path.name}")
        kept = "no-cache" if path.name == "sw.js" else "public, max-age=31536000, immutable"
        assert (answer.status_code, answer.headers["cache-control"]) == (200, kept), path.name
        assert answer.headers["content-type"] == pages.TYPES[path.suffix]
        assert answer.content == path.read_bytes()
    assert client.get("/verify/sw.js").headers["service-worker-allowed"] == "/verify"


def test_it_is_sent_small_to_whoever_takes_that(client: TestClient, built: Path) -> None:
    [wasm] = built.glob("zxing-*.wasm")
    sizes = {}
    for accepted in ("identity", "gzip", "gzip, deflate, br"):
        with client.stream("GET", f"/verify/{wasm.name}", headers={"Accept-Encoding": accepted}) as answer:
            sizes[answer.headers.get("content-encoding")] = sum(map(len, answer.iter_raw()))
            assert answer.headers["vary"] == "Accept-Encoding"
    assert sizes["br"] < sizes["gzip"] < sizes[None] == wasm.stat().st_size


@pytest.mark.parametrize("name", ["index.html", "nothing-1234.js", "zxing-1.wasm.gz", "..%2Fsw.js", "a-b.ts"])
def test_there_is_nothing_else(client: TestClient, built: Path, name: str) -> None:
    assert client.get(f"/verify/{name}").status_code in (404, 422)


def test_without_a_build_it_says_how_to_get_one(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "BUILT", tmp_path)
    answer = client.get("/verify/")
    assert answer.status_code == 503
    assert "make web" in answer.text
    assert client.get("/verify/sw.js").status_code == 404
