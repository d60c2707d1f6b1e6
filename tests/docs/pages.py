"""Reading our own pages: headings, sections and tables of Markdown."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return HEADING.findall(FENCED.sub("", text))


def sections(text: str) -> dict[str, str]:
    """What stands below each heading, down to the next one of any level."""
    parts = HEADING.split(FENCED.sub("", text))[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows(section: str) -> list[list[str]]:
    """The cells of every table row in a section; headings of tables and rules are left out."""
    lines = [line.strip() for line in section.splitlines()]
    tables = [at for at, line in enumerate(lines) if line.startswith("|") and set(line) <= set("|-: ")]
    headed = {at - 1 for at in tables} | set(tables)
    return [_cells(line) for at, line in enumerate(lines) if line.startswith("|") and at not in headed]


def tables(section: str) -> list[list[list[str]]]:
    """The tables of a section, one after the other, each as `rows`."""
    blocks = re.split(r"\n\s*\n", section)
    return [rows(block) for block in blocks if block.lstrip().startswith("|")]


def code(cell: str) -> str:
    """What stands in backticks."""
    return cell.strip("`")


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def uneven(text: str) -> list[str]:
    """The rows of tables that have not as many cells as the first row of theirs."""
    found: list[str] = []
    width = 0
    for line in map(str.strip, text.splitlines()):
        cells = len(_cells(line)) if line.startswith("|") else 0
        width = cells and (width or cells)
        if cells != width:
            found.append(line)
    return found
