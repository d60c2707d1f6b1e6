"""Every relative link of our pages leads somewhere, its anchor included."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, FENCED, ROOT, headings

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "domain").rglob("*.md")])
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(<?([^)>\s]+)>?\)")
ELSEWHERE = ("http:", "https:", "mailto:")


def anchors(page: Path) -> set[str]:
    """The anchors of a page as forges make them of its headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(page.read_text(encoding="utf-8")))
    return {heading.replace(" ", "-") for heading in plain}


def broken(page: Path, text: str) -> list[str]:
    """The links in `text`, which stands at `page`, that lead nowhere."""
    found = []
    for link in LINK.findall(FENCED.sub("", text)):
        if link.startswith(ELSEWHERE):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_every_page_is_led_to_by_another() -> None:
    targets = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not link.startswith(ELSEWHERE)
    }
    assert [str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if page.resolve() not in targets] == []


def test_a_broken_link_is_noticed() -> None:
    at = DOCS / "events.md"
    assert broken(at, "[x](no-such-page.md) [y](events.md#no-such-heading) [z](errors.md#facts)") == [
        "no-such-page.md",
        "events.md#no-such-heading",
    ]
