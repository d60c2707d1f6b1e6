"""What pages and refusals tell a newcomer to install can be had: KETS itself is on no package index."""

import re

from tests.docs.pages import DOCS, ROOT

TOLD = [
    *(DOCS.rglob("*.md")),
    *(ROOT.glob("*.md")),
    *(path for part in ("keys", "registry") for path in (ROOT / part).rglob("*.py")),
]
FROM_AN_INDEX = re.compile(r"pip install [^\n.]*\bkets\b")


def test_nobody_is_sent_to_an_index_for_kets() -> None:
    found = {str(path.relative_to(ROOT)): FROM_AN_INDEX.findall(path.read_text(encoding="utf-8")) for path in TOLD}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_such_a_line_is_noticed() -> None:
    assert FROM_AN_INDEX.search("pip install 'kets[verify]'")
    assert not FROM_AN_INDEX.search("pip install '.[verify]'    # in a copy of this repository; kets")
