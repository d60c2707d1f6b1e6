"""The back of a card where its front is expected: both verifiers say the same, of altered ones too."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from card import back, cwt, qr
from card.thumbnail import thumbnail
from tests.card import both
from tests.card.both import Question
from tests.card.cards import NOW, claims, new_ministry
from tests.card.faces import file

ALTERED = 300


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Question]:
    """A back, and copies of it with one bit turned, in the bytes of the COSE_Sign1."""
    ministry = new_ministry()
    folder: Path = ministry.export(tmp_path_factory.mktemp("trust"))
    whole = back.sign(claims(), thumbnail(file(1)), ministry.signer())
    chance = random.Random(12)
    copies = [bytearray(whole) for _ in range(ALTERED)]
    for copy in copies:
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
    texts = [qr.text(bytes(each)) for each in (whole, *copies)]
    assert cwt.parse(whole).kid == ministry.signer().kid
    return [Question(text, folder, NOW) for text in texts]


def test_a_back_is_no_card(asked: list[Question]) -> None:
    said = both.python(asked)
    assert (said[0]["outcome"], said[0]["code"]) == ("cannot-check", "back-alone")
    assert "valid" not in {each["outcome"] for each in said}
    assert [both.compared(each) for each in both.typescript(asked)] == [both.compared(each) for each in said]
