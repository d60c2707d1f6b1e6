"""A data key opens for its own stream under its own key-encryption key, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import datakeys
from keys.errors import KeysError
from keys.kek import FileKek

RAW = bytes(range(32))
KEK = FileKek("kek-1", RAW)


def test_wrap_and_unwrap() -> None:
    key = datakeys.new_key()
    wrapped = datakeys.wrap(KEK, b"stream", key)
    assert len(wrapped) == 60
    assert key not in wrapped
    assert datakeys.unwrap(KEK, b"stream", wrapped) == key
    assert datakeys.wrap(KEK, b"stream", key) != wrapped


@settings(deadline=None)
@given(place=st.integers(0, 59), flip=st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, flip: int) -> None:
    wrapped = bytearray(datakeys.wrap(KEK, b"stream", RAW))
    wrapped[place] ^= flip
    with pytest.raises(KeysError, match=r"^data-key-refused"):
        datakeys.unwrap(KEK, b"stream", bytes(wrapped))


@pytest.mark.parametrize(
    ("kek", "stream", "cut"), [(FileKek("kek-1", bytes(32)), b"stream", 60), (KEK, b"other", 60), (KEK, b"stream", 59)]
)
def test_another_key_stream_or_length_is_refused(kek: FileKek, stream: bytes, cut: int) -> None:
    wrapped = datakeys.wrap(KEK, b"stream", datakeys.new_key())
    with pytest.raises(KeysError, match=r"^data-key-refused"):
        datakeys.unwrap(kek, stream, wrapped[:cut])


def test_only_keys_of_32_bytes_are_wrapped() -> None:
    with pytest.raises(KeysError, match=r"^data-key-length"):
        datakeys.wrap(KEK, b"stream", b"short")


def test_the_commitment_names_one_key() -> None:
    # SHA-256 of b"kets/data-key/v1" and 32 zero bytes, by `openssl dgst`
    assert datakeys.commitment(bytes(32)) == COMMITMENT
    assert datakeys.commitment(RAW) != COMMITMENT


COMMITMENT = "qH1aSzhZATIr-I3eUdTUPnii9NjIHPsK5U27kCNJIhs"
