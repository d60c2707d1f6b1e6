"""Newer lists over HTTP, from any web server with an export; and the command that takes them."""

from __future__ import annotations

import shutil
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from card import trustdir
from card.errors import VerificationError
from card.trustupdate import update
from registry.cli import main
from registry.trust_source import Web
from tests.card.cards import DAY, NOW, SHARD, Ministry, new_ministry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if "broken" in self.path:
            self.send_error(500)
        else:
            super().do_GET()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder as a static site on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def published(tmp_path: Path) -> tuple[Ministry, Path, Path]:
    """What is published today, and a folder of yesterday."""
    ministry = new_ministry(listed_at=NOW - 2 * DAY)
    shutil.copytree(ministry.export(tmp_path / "published"), tmp_path / "folder")
    trustdir.load(tmp_path / "folder", now=NOW).status(SHARD)
    ministry.listed_at, ministry.version, ministry.statuses = NOW - DAY, 8, {912_345: 1}
    ministry.export(tmp_path / "published")
    return ministry, tmp_path / "published", tmp_path / "folder"


def test_lists_come_from_a_web_server(published: tuple[Ministry, Path, Path]) -> None:
    _, export, folder = published
    with served(export) as url:
        done = update(folder, Web(f"{url}/"), now=NOW)
    assert (done.whole, done.version) == ([SHARD], 8)
    found = trustdir.load(folder, now=NOW).status(SHARD)
    assert found is not None
    assert found[912_345] == 1


def test_the_command_takes_them_from_an_address_or_a_folder(
    published: tuple[Ministry, Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ministry, export, folder = published

    def kets(source: object) -> tuple[object, str]:
        monkeypatch.setattr(
            sys, "argv", ["kets", "trust", "update", str(folder), "--from", str(source), "--now", str(NOW)]
        )
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().out

    with served(export) as url:
        code, said = kets(url)
    assert (code, "1 whole" in said) == (0, True)
    code, said = kets(url)  # nobody serves there any more
    assert (code, "Nothing was changed." in said, "trust-missing" in said) == (4, True, True)
    ministry.version = 7
    (export / "trust-list.jwt").write_text(ministry.trust_token())
    code, said = kets(export)
    assert (code, "trust-rollback" in said) == (4, True)
    assert trustdir.load(folder, now=NOW).trust.version == 8


def test_what_a_web_server_may_answer(published: tuple[Ministry, Path, Path]) -> None:
    _, export, _ = published
    with served(export) as url:
        web = Web(url)
        assert web.read("nothing.json", 10) is None
        assert web.read("titles.json", 10_000) == (export / "titles.json").read_bytes()
        for name, code in (("titles.json", "trust-malformed"), ("broken", "trust-missing")):
            with pytest.raises(VerificationError, match=f"^{code}"):
                web.read(name, 10)
    assert web.shards() is None  # type: ignore[func-returns-value]  # that it has nothing to say is the point
