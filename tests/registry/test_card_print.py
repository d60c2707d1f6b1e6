"""A print job: what was released is what is printed, and the manifest says where."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pypdfium2
import zxingcpp

from registry import cards
from registry.cards import life, printing
from tests.registry.people import OFFICER, register
from tests.registry.test_card_batch import listed, people

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import Site


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_was_released_is_printed_and_found_by_the_manifest(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "IN_ONE", 2)
    first, lost, second, third = people(site, 4)
    for stream in (first, lost, second, third):
        cards.issue(site.registry, stream, by=OFFICER)
    life.lose(site.registry, lost, by=OFFICER)
    out = site.settings.home / "paper"
    workers = listed(site, first, lost, "", second, register(site.registry, 9), uuid4(), third)
    seen: list[int] = []
    job = printing.print_cards(site.registry, workers, out, progress=seen.append)
    assert (job.printed, job.files) == (3, ["cards-0001.pdf", "cards-0002.pdf"])
    assert job.refused == {"card-state": 1, "worker-unknown": 2, "card-none": 1}
    assert seen[-1] == 7
    rows = sorted(rows_of(out / "manifest.csv"), key=lambda row: int(row["line"]))
    assert [(row["outcome"], row["code"], row["file"], row["place"]) for row in rows] == [
        ("printed", "", "cards-0001.pdf", "1"),
        ("refused", "card-state", "", ""),
        ("refused", "worker-unknown", "", ""),
        ("printed", "", "cards-0001.pdf", "2"),
        ("refused", "card-none", "", ""),
        ("refused", "worker-unknown", "", ""),
        ("printed", "", "cards-0002.pdf", "1"),
    ]
    for row, stream in ((rows[0], first), (rows[3], second), (rows[6], third)):
        released = cards.current(site.registry, stream)
        document = pypdfium2.PdfDocument(out / row["file"])
        sides = [document[int(row[side]) - 1] for side in ("front", "back")]
        assert row["card"] == released.claims.number
        assert all(row["card"] in page.get_textpage().get_text_bounded() for page in sides)
        symbols = [s.text for p in sides for s in zxingcpp.read_barcodes(p.render(scale=300 / 72).to_pil())]
        assert released.text in symbols
    assert not list(out.glob("*.part"))


def test_a_card_that_has_ended_is_not_printed(site: Site) -> None:
    [stream] = people(site, 1)
    ends = cards.issue(site.registry, stream, by=OFFICER).claims.expires_at
    site.now = datetime.fromtimestamp(ends, UTC)
    job = printing.print_cards(site.registry, listed(site, stream), site.settings.home / "paper")
    assert (job.printed, job.refused) == (0, {"card-state": 1})


def test_a_job_without_a_card_leaves_a_manifest_alone(site: Site) -> None:
    out = site.settings.home / "paper"
    job = printing.print_cards(site.registry, listed(site, ""), out, layout="cr80")
    assert (job.printed, job.files) == (0, [])
    assert [path.name for path in out.iterdir()] == ["manifest.csv"]
