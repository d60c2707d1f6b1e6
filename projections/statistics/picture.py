"""A published table drawn as bars, as SVG: one column's codes downwards, their counts across.

Withheld counts are told by a dashed frame and by words, never by a length. Each bar has its sentence, which a screen
reader says and a pointer shows.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.errors import Refused
from projections.statistics.labels import COLUMNS
from projections.statistics.publications import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.statistics.publications import Publication

WIDTH, ROW, TOP, FOOT = 960, 24, 96, 40
LABELS, BARS = 330, 500
"""Widths: of the words before a bar, of the longest bar."""
LETTERS = 38
"""Letters that fit before a bar."""
MOST = 40
"""Bars; what comes after them is told as a number of rows."""
INK, PAPER, FAINT, BAR = "#1a1a1a", "#ffffff", "#5f5f5f", "#00558c"
"""Each colour at least 4.5 : 1 on white, as WCAG asks of text."""
RANKED = {"province", "regency", "industry", "occupation"}
"""Columns without an order of their own: their bars stand by size."""
MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}
WORDS = {
    "id": {
        "published": "Revisi {revision}, terbit {on}; angka 1 sampai 4, dan yang dapat mengungkapnya, ditahan",
        "withheld": "ditahan",
        "more": "{count} baris lagi ada dalam tabel",
        "none": "Tidak ada angka untuk pilihan ini.",
        "source": "Sumber: {cube}, SHA-256 manifes {digest}…",
    },
    "en": {
        "published": "Revision {revision}, published {on}; counts of 1 to 4, and what would tell them, are withheld",
        "withheld": "withheld",
        "more": "{count} more rows are in the table",
        "none": "There are no counts for this choice.",
        "source": "Source: {cube}, SHA-256 of the manifest {digest}…",
    },
}


class Bar(NamedTuple):
    label: str
    value: int | None


def drawn(found: Publication, cube: str, by: str, asked: Mapping[str, Sequence[str]], lang: str = "en") -> str:
    """The SVG of `cube` by the column `by`; of the other columns the one code asked for, else the total.

    `lang`: id or en. Raises: Refused("cube-unknown"), Refused("dimension-unknown"), Refused("unknown-code"),
    Refused("picture-one-code").
    """
    table = found.table(cube)
    bars = _bars(table, by, asked, lang)
    words, title, shown = WORDS[lang], _title(found, cube, lang), bars[:MOST]
    height = TOP + ROW * (len(shown) + (len(bars) > MOST) + (not bars)) + FOOT
    about = words["published"].format(revision=found.revision, on=found.published_on)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="group" aria-labelledby="title about" lang="{lang}" font-family="sans-serif" font-size="13"'
        f' fill="{INK}">',
        f'<title id="title">{escape(title)}</title><desc id="about">{about}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        f'<text x="16" y="30" font-size="18">{escape(title)}</text>',
        f'<text x="16" y="52">{escape(_choice(table, by, asked, lang))}</text>',
        f'<text x="16" y="72" fill="{FAINT}">{about}</text>',
    ]
    longest = max((bar.value or 0 for bar in bars), default=0)
    parts += [_row(bar, TOP + ROW * at, longest, lang) for at, bar in enumerate(shown)]
    beneath = TOP + ROW * len(shown) + 17
    if not bars:
        parts.append(f'<text x="16" y="{beneath}">{words["none"]}</text>')
    elif len(bars) > MOST:
        parts.append(f'<text x="16" y="{beneath}">{words["more"].format(count=_number(len(bars) - MOST, lang))}</text>')
    source = words["source"].format(cube=cube, digest=found.digest[:16])
    parts.append(f'<text x="16" y="{height - 14}" font-size="11" fill="{FAINT}">{source}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bars(table: Mapping[str, Any], by: str, asked: Mapping[str, Sequence[str]], lang: str) -> list[Bar]:
    """One for each code of `by` but its total, or for those of it that are asked for."""
    columns = table["columns"]
    for column, wanted in asked.items():
        if column != by and len(wanted) != 1:
            raise Refused("picture-one-code", field=column, got=",".join(wanted))
    placed = by == "regency" or asked.get("regency", ["_T"]) != ["_T"]  # a regency's row has its province beside it
    others = {column: ["_T"] for column in columns if column != by and not (placed and column == "province")}
    every = {by: [code for code in table["codes"].get(by, ()) if code != "_T"]}
    at = columns.index(by) if by in columns else 0
    cells = chosen(table, {**every, **others, **asked})
    bars = [Bar(table["codes"][by][cell[at]][lang == "en"], cell[-1]) for cell in cells]
    return sorted(bars, key=lambda bar: (bar.value is None, -(bar.value or 0))) if by in RANKED else bars


def _title(found: Publication, cube: str, lang: str) -> str:
    year, month = found.month.split("-")
    return f"{found.cube(cube)['title'][lang]}, {MONTHS[lang].split()[int(month) - 1]} {year}"


def _choice(table: Mapping[str, Any], by: str, asked: Mapping[str, Sequence[str]], lang: str) -> str:
    """By which column, and what was chosen of the others."""
    english = lang == "en"
    chosen = [
        f"{COLUMNS[column][english]}: {table['codes'][column][codes[0]][english]}"
        for column, codes in asked.items()
        if column != by and codes[0] != "_T"
    ]
    return "; ".join([COLUMNS[by][english], *chosen])


def _row(bar: Bar, y: int, longest: int, lang: str) -> str:
    told = WORDS[lang]["withheld"] if bar.value is None else _number(bar.value, lang)
    label = bar.label if len(bar.label) <= LETTERS else f"{bar.label[: LETTERS - 1].rstrip()}…"
    length = 0 if bar.value is None else round(BARS * bar.value / max(1, longest), 1)
    said, middle = escape(f"{bar.label}: {told}"), y + 16
    mark = (
        f'<rect x="{LABELS}" y="{y + 4}" width="30" height="{ROW - 8}" fill="none" stroke="{FAINT}"'
        ' stroke-dasharray="3 3"/>'
        if bar.value is None
        else f'<rect x="{LABELS}" y="{y + 3}" width="{length}" height="{ROW - 6}" fill="{BAR}"/>'
    )
    after = LABELS + 8 + (30 if bar.value is None else length)
    return (
        f'<g role="img" aria-label="{said}"><title>{said}</title>'
        f'<text x="{LABELS - 10}" y="{middle}" text-anchor="end">{escape(label)}</text>{mark}'
        f'<text x="{after}" y="{middle}">{told}</text></g>'
    )


def _number(value: int, lang: str) -> str:
    """12345 as 12.345 in Indonesian, 12,345 in English."""
    return f"{value:,}".replace(",", "." if lang == "id" else ",")
