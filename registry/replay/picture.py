"""A history drawn on both axes, as SVG: across, when each fact became known; upwards, when it was true.

On the slanting line a fact was known the day it was true; the further below it, the later it was reported. Shapes say
what became of a fact, colours only repeat it; each mark has its sentence, which a screen reader says and a pointer
shows. Nothing of the person is in it but what kinds of facts there are, and their dates.
"""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from domain.decide import JAKARTA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.replay.timeline import Entry

WIDTH, HEIGHT = 960, 640
LEFT, RIGHT, TOP, BOTTOM = 110, 60, 60, 130
INK, PAPER, FAINT = "#1a1a1a", "#ffffff", "#6b6b6b"
SIZE = 6
LEGEND = (40, 290, 660)

WORDS = {
    "en": {
        "title": "Facts on two axes: when known, when true",
        "about": "{count} facts, known from {first} to {last}. Each mark is one fact.",
        "none": "No fact is known.",
        "across": "known to the registry",
        "upwards": "true on",
        "line": "known the day it was true",
        "stands": "in effect",
        "corrected": "corrected since",
        "voided": "voided since",
        "amendment": "correction or void",
        "apart": "not in effect on the date asked for",
        "disputed": "disputed",
        "fact": "Version {version}, {topic}: true on {true}, known on {known}, {state}",
    },
    "id": {
        "title": "Fakta pada dua sumbu: kapan diketahui, kapan berlaku",
        "about": "{count} fakta, diketahui dari {first} sampai {last}. Setiap tanda adalah satu fakta.",
        "none": "Belum ada fakta yang diketahui.",
        "across": "diketahui registri",
        "upwards": "berlaku pada",
        "line": "diketahui pada hari berlakunya",
        "stands": "berlaku",
        "corrected": "sudah dikoreksi",
        "voided": "sudah dibatalkan",
        "amendment": "koreksi atau pembatalan",
        "apart": "tidak berlaku pada tanggal yang ditanya",
        "disputed": "disengketakan",
        "fact": "Versi {version}, {topic}: berlaku pada {true}, diketahui pada {known}, {state}",
    },
}
COLOURS = {
    "stands": "#00558c",
    "corrected": "#8a4b00",
    "voided": "#9b1c1c",
    "amendment": "#1d6b2f",
    "apart": "#5a5a5a",
}
"""Each at least 4.5 : 1 on white, as WCAG asks of text."""


class Scale(NamedTuple):
    """From days to places: `first` stands at `start`, `last` at `end`."""

    first: date
    last: date
    start: float
    end: float

    def at(self, day: date) -> float:
        return self.start + (self.end - self.start) * (day - self.first).days / max(1, (self.last - self.first).days)


def drawn(entries: Sequence[Entry], lang: str = "en") -> str:
    """The SVG of a timeline. `lang`: en or id."""
    words, kinds = WORDS[lang], {entry.version: entry.topic for entry in entries}
    known = [entry.recorded_at.astimezone(JAKARTA).date() for entry in entries]
    true = [entry.effective_on for entry in entries]
    about = words["none"]
    if entries:
        about = words["about"].format(count=len(entries), first=min(known), last=max(known))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="group" aria-labelledby="title about" lang="{lang}" font-family="sans-serif" font-size="14"'
        f' fill="{INK}">',
        f'<title id="title">{words["title"]}</title><desc id="about">{about}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        f'<text x="{LEFT}" y="30" font-size="18">{words["title"]}</text>',
    ]
    if entries:
        across = Scale(*_spread(known), LEFT, WIDTH - RIGHT)
        upwards = Scale(*_spread(true), HEIGHT - BOTTOM, TOP)
        parts += [*_axes(across, upwards, words), *_slant(across, upwards)]
        for entry, day in zip(entries, known, strict=True):
            parts.append(_mark(entry, day, across.at(day), upwards.at(entry.effective_on), words, kinds))
        parts += _legend(words)
    else:
        parts.append(f'<text x="{LEFT}" y="{HEIGHT // 2}">{about}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _spread(days: Sequence[date]) -> tuple[date, date]:
    first, last = min(days), max(days)
    return (first, last) if first < last else (first - timedelta(days=1), last + timedelta(days=1))


def _axes(across: Scale, upwards: Scale, words: dict[str, str]) -> list[str]:
    """Both axes with five dates each."""
    floor = HEIGHT - BOTTOM
    parts = [
        f'<path d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}" fill="none" stroke="{INK}"/>',
        f'<text x="{WIDTH - RIGHT}" y="{floor + 45}" text-anchor="end">{words["across"]} →</text>',
        f'<text x="{LEFT}" y="{TOP - 8}">↑ {words["upwards"]}</text>',
    ]
    for day in _ticks(across):
        x = across.at(day)
        parts.append(f'<path d="M{x:.1f} {floor}v6" stroke="{INK}"/>')
        parts.append(f'<text x="{x:.1f}" y="{floor + 22}" text-anchor="middle" font-size="12">{day}</text>')
    for day in _ticks(upwards):
        y = upwards.at(day)
        parts.append(f'<path d="M{LEFT} {y:.1f}h-6" stroke="{INK}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" font-size="12">{day}</text>')
    return parts


def _ticks(scale: Scale) -> list[date]:
    days = (scale.last - scale.first).days
    return sorted({scale.first + timedelta(days=days * n // 4) for n in range(5)})


def _slant(across: Scale, upwards: Scale) -> list[str]:
    """The days on which both axes say the same, where both show them."""
    first, last = max(across.first, upwards.first), min(across.last, upwards.last)
    if first >= last:
        return []
    ends = [f"{across.at(day):.1f} {upwards.at(day):.1f}" for day in (first, last)]
    return [f'<path d="M{ends[0]}L{ends[1]}" stroke="{FAINT}" stroke-dasharray="4 4"/>']


def _mark(entry: Entry, known: date, x: float, y: float, words: dict[str, str], kinds: dict[int, str]) -> str:
    kind = _kind(entry, kinds)
    state = words[kind] + (f", {words['disputed']}" if entry.disputed else "")
    told = words["fact"].format(
        version=entry.version, topic=entry.topic, true=entry.effective_on, known=known, state=state
    )
    ring = _ring(x, y) if entry.disputed else ""
    return f'<g role="img" aria-label="{escape(told)}"><title>{escape(told)}</title>{_shape(kind, x, y)}{ring}</g>'


def _kind(entry: Entry, kinds: dict[int, str]) -> str:
    if entry.topic in {"fact.corrected", "fact.voided"} and entry.amended_by is None:
        return "amendment"
    if entry.amended_by is not None:
        return "voided" if kinds[entry.amended_by] == "fact.voided" else "corrected"
    return "stands" if entry.stands else "apart"


def _shape(kind: str, x: float, y: float) -> str:
    """A disc, a circle, a cross, a diamond or a square: told apart without colour."""
    colour, s = COLOURS[kind], SIZE
    drawn = {
        "stands": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}" fill="{colour}"/>',
        "corrected": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}" fill="{PAPER}" stroke="{colour}" stroke-width="2"/>',
        "voided": f'<path d="M{x - s:.1f} {y - s:.1f}l{2 * s} {2 * s}m0 -{2 * s}l-{2 * s} {2 * s}"'
        f' fill="none" stroke="{colour}" stroke-width="3"/>',
        "amendment": f'<path d="M{x:.1f} {y - s - 1:.1f}l{s + 1} {s + 1}l-{s + 1} {s + 1}l-{s + 1} -{s + 1}z"'
        f' fill="{colour}"/>',
        "apart": f'<rect x="{x - s:.1f}" y="{y - s:.1f}" width="{2 * s}" height="{2 * s}" fill="{PAPER}"'
        f' stroke="{colour}" stroke-width="2"/>',
    }
    return drawn[kind]


def _ring(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{SIZE + 5}" fill="none" stroke="{INK}" stroke-width="2"/>'


def _legend(words: dict[str, str]) -> list[str]:
    parts, places = [], [(x, HEIGHT - 56 + 26 * row) for row in range(2) for x in LEGEND]
    for kind, (x, y) in zip(COLOURS, places, strict=False):
        parts.append(f'{_shape(kind, x, y)}<text x="{x + 16}" y="{y + 5}">{words[kind]}</text>')
    x, y = places[5]
    parts.append(f'{_ring(x, y)}<text x="{x + 16}" y="{y + 5}">{words["disputed"]}</text>')
    x = WIDTH - RIGHT
    parts.append(f'<text x="{x}" y="{TOP - 14}" text-anchor="end" fill="{FAINT}">- - - {words["line"]}</text>')
    return parts
