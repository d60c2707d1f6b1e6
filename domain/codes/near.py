"""What somebody probably meant who wrote a code that is in no list: the hint in an error message."""

from __future__ import annotations

import difflib
import functools
import re
from collections import Counter
from typing import TYPE_CHECKING

from domain.codes import skkni
from domain.codes.lists import SKKNI, Entry, Scheme, full, scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = re.compile(r"[a-z]{2,}")
LONGEST = 80  # characters of a wrong value that are looked at
WORDS = 8  # words of it


@functools.lru_cache(maxsize=1024)
def near(name: str, wrong: str, limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` full codes of scheme `name`, best first: by title where `wrong` has words, else by digits."""
    wrong = wrong[:LONGEST].strip()
    if name == SKKNI:
        meant = skkni.right_letter(wrong)
        return (f"{SKKNI}/{meant}",) if meant else ()
    found = scheme(name)
    if found is None:
        return ()
    codes = _by_code(found, wrong) or (_by_title if WORD.search(wrong.casefold()) else _kin)(found, wrong)
    return tuple(full(name, code) for code in codes[:limit])


def _by_code(among: Scheme, wrong: str) -> list[str]:
    """Codes that `wrong` is cut short of, then codes one slip away.

    The later the slip the nearer the meaning: a code's first characters are its group.
    """
    slips = {slip: at for at, slip in _slips(wrong) if _usable(among, slip)}
    whole = _beginning(among, wrong)
    return whole + sorted(slips.keys() - set(whole), key=lambda code: (-slips[code], code))


def _slips(wrong: str) -> Iterator[tuple[int, str]]:
    """Every string one substitution, swap of neighbours, omission or insertion away, with where it differs."""
    for at in range(len(wrong) + 1):
        head, tail = wrong[:at], wrong[at:]
        yield at, head + tail[1:]
        yield at, head + tail[1:2] + tail[:1] + tail[2:]
        for character in ".0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            yield at, head + character + tail[1:]
            yield at, head + character + tail


def _kin(among: Scheme, wrong: str) -> list[str]:
    """Codes that share the longest beginning with `wrong`, at least its first two characters."""
    beginnings = (_beginning(among, wrong[:length]) for length in range(len(wrong) - 1, 1, -1))
    return next(filter(None, beginnings), [])


def _beginning(among: Scheme, start: str) -> list[str]:
    if len(start) < 2:
        return []
    return [code for code in among.entries if code.startswith(start) and _usable(among, code)]


def _by_title(among: Scheme, wrong: str) -> list[str]:
    """Codes whose titles share most words with `wrong`; a misspelled word counts as the word nearest to it."""
    index = _words(among)
    shared: Counter[str] = Counter()
    for word in WORD.findall(wrong.casefold())[:WORDS]:
        shared.update(index.get(word) or index.get(_respelled(word, index), frozenset()))
    return sorted(shared, key=lambda code: (-shared[code], len(_title_words(among.entries[code])), code))


def _respelled(word: str, index: dict[str, frozenset[str]]) -> str:
    alike = [other for other in index if other[0] == word[0] and abs(len(other) - len(word)) <= 2]
    return next(iter(difflib.get_close_matches(word, alike, n=1, cutoff=0.75)), "")


@functools.cache
def _words(among: Scheme) -> dict[str, frozenset[str]]:
    """Word of a title -> the usable codes whose titles hold it."""
    index: dict[str, set[str]] = {}
    for entry in among.entries.values():
        for word in _title_words(entry) if _usable(among, entry.code) else ():
            index.setdefault(word, set()).add(entry.code)
    return {word: frozenset(codes) for word, codes in index.items()}


def _title_words(entry: Entry) -> set[str]:
    return set(WORD.findall(f"{entry.title_id} {entry.title_en}".casefold()))


def _usable(among: Scheme, code: str) -> bool:
    entry = among.entries.get(code)
    return entry is not None and entry.level in among.reportable
