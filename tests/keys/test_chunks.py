"""A sealed file opens whole and in order under its key, or not at all."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import chunks
from keys.chunks import CHUNK, TAG
from keys.errors import KeysError

KEY = bytes(range(32))
PIECE = CHUNK + TAG
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7]


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    into = BytesIO()
    assert chunks.seal(key, BytesIO(plain), into) == len(plain)
    return into.getvalue()


def opened(content: bytes, key: bytes = KEY) -> bytes:
    return b"".join(chunks.opened(key, BytesIO(content)))


def plain_of(size: int) -> bytes:
    return bytes(n * 31 % 251 for n in range(size))


def refused(content: bytes, key: bytes = KEY) -> None:
    with pytest.raises(KeysError, match=r"^sealed-file-refused: "):
        opened(content, key)


@pytest.mark.parametrize("size", SIZES)
def test_whatever_its_length_it_comes_back(size: int) -> None:
    plain = plain_of(size)
    content = sealed(plain)
    assert opened(content) == plain
    assert len(content) == size + TAG * max(1, -(-size // CHUNK))
    assert size < 16 or plain[:16] not in content


@pytest.mark.parametrize("size", SIZES)
def test_cut_off_anywhere_it_is_refused(size: int) -> None:
    """Also exactly between two chunks, where every chunk that is left is genuine."""
    content = sealed(plain_of(size))
    for left in {0, 1, TAG - 1, len(content) - 1, len(content) // 2, *range(0, len(content), PIECE)}:
        if left < len(content):
            refused(content[:left])


def test_chunks_in_another_order_twice_missing_or_added_are_refused() -> None:
    content = sealed(plain_of(4 * CHUNK))
    one, two, three, four = (content[at : at + PIECE] for at in range(0, len(content), PIECE))
    for parts in (
        (two, one, three, four),
        (one, two, four),
        (one, two, two, three, four),
        (one, two, three, four, four),
        (one, two, three),
        (four,),
    ):
        refused(b"".join(parts))
    assert opened(b"".join((one, two, three, four))) == plain_of(4 * CHUNK)


def test_another_key_and_anothers_chunk_are_refused() -> None:
    mine, theirs = sealed(plain_of(2 * CHUNK)), sealed(plain_of(2 * CHUNK), bytes(32))
    refused(theirs)
    refused(mine[:PIECE] + theirs[PIECE:])


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, CHUNK + 99 + 2 * TAG), flip=st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, flip: int) -> None:
    content = bytearray(sealed(bytes(CHUNK + 100)))
    content[place] ^= flip
    refused(bytes(content))
