"""Which names a card may carry: the TypeScript verifier reads what the issuer's Python can write, and nothing else."""

from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from card import cwt
from card.claims import MAX_TEXT, shown
from card.projection import IDENTITY, cbor, to_cwt
from tests.card import both
from tests.card.both import Question, compared
from tests.card.cards import NOW, Ministry, claims, new_ministry
from tests.card.forging import signed


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


def named(name: str, ministry: Ministry) -> bytes:
    """A card of that name, whether the profile has such a name or not."""
    said = to_cwt(claims())
    return signed(cbor({**said, IDENTITY: {**said[IDENTITY], 4: name}}), ministry.signer())


def edges() -> list[str]:
    """The first character of every run of printable ones, and of every run of others; surrogates are no characters."""
    points = map(chr, range(sys.maxunicode + 1))
    turns = [after for before, after in pairwise(points) if before.isprintable() != after.isprintable()]
    around = {chr(ord(letter) + step) for letter in turns for step in (-1, 0)}
    return sorted(letter for letter in around if unicodedata.category(letter) != "Cs")


def test_the_same_characters(ministry: Ministry, tmp_path: Path) -> None:
    """Where printable characters begin and end, as the issuer's version of Unicode has them."""
    trust = ministry.export(tmp_path)
    letters = edges()
    questions = [Question(data=named(f"a{letter}", ministry), trust=trust, now=NOW) for letter in letters]
    ours, theirs = both.python(questions), both.typescript(questions)
    assert [compared(answer) for answer in ours] == [compared(answer) for answer in theirs]
    plain = {letter for letter, answer in zip(letters, ours, strict=True) if answer["code"] == "valid"}
    assert plain == {letter for letter in letters if shown(f"a{letter}") == f"a{letter}"}
    assert len(plain) > 300


@pytest.mark.parametrize("verifier", [both.python, both.typescript], ids=["python", "typescript"])
def test_whatever_the_issuer_shows_is_read(ministry: Ministry, tmp_path: Path, verifier: both.Verifier) -> None:
    """Names of every script as the issuer spells them, cut to 80 characters and all."""
    trust = ministry.export(tmp_path)
    points = [chr(point) for point in range(0x20, 0x30000, 37) if chr(point).isprintable()]
    names = [shown("".join(points[place : place + MAX_TEXT + 3])) for place in range(0, len(points), MAX_TEXT)]
    cards = [cwt.sign(claims(name=name), ministry.signer()) for name in names]
    answers = verifier([Question(data=card, trust=trust, now=NOW) for card in cards])
    assert [answer["claims"]["name"] for answer in answers] == names
