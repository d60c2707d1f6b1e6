"""One AES-GCM ciphertext that opens under two keys, each to its own text (NIST SP 800-38D; GF(2^128) written out).

The tag is E(J0) + the sum of X_i H^(n - i + 1) over blocks X of associated data, ciphertext and lengths: linear in each
block of ciphertext. So one block is left free, and solved for the tags under both keys to be the same.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
REDUCE = 0xE1 << 120


def two_readings(keys: tuple[bytes, bytes], nonce: bytes, associated: bytes, first: bytes, second: bytes) -> bytes:
    """`nonce || ciphertext || tag`: begins with `first` under the first key, and under the second key has `second`
    right after as many bytes. Both are whole blocks; all other text is what it comes to be.
    """
    streams = [_blocks(key, nonce, 2, (len(first) + len(second)) // BLOCK) for key in keys]
    cut = len(first)
    text = _xor(first, streams[0][:cut]) + _xor(second, streams[1][cut:])
    powers, sums = [], []
    for key in keys:
        h = _int(_aes(key, bytes(BLOCK)))
        blocks = _padded(associated) + text + bytes(BLOCK)  # the free block, zero for now
        blocks += (8 * len(associated)).to_bytes(8, "big") + (8 * (len(text) + BLOCK)).to_bytes(8, "big")
        sums.append(_ghash(h, blocks) ^ _int(_blocks(key, nonce, 1, 1)))
        powers.append(_times(h, h))  # the free block is the last but one
    free = _times(sums[0] ^ sums[1], _inverse(powers[0] ^ powers[1]))
    tag = sums[0] ^ _times(free, powers[0])
    return nonce + text + free.to_bytes(BLOCK, "big") + tag.to_bytes(BLOCK, "big")


def _times(x: int, y: int) -> int:
    """Product in GF(2^128), bits reflected: section 6.3."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (REDUCE if y & 1 else 0)
    return product


def _inverse(x: int) -> int:
    """x^(2^128 - 2)."""
    found = 1 << 127  # the one of the reflected field
    for _ in range(127):
        x = _times(x, x)
        found = _times(found, x)
    return found


def _ghash(h: int, data: bytes) -> int:
    found = 0
    for at in range(0, len(data), BLOCK):
        found = _times(found ^ _int(data[at : at + BLOCK]), h)
    return found


def _blocks(key: bytes, nonce: bytes, first: int, count: int) -> bytes:
    """The key stream from a counter on."""
    return b"".join(_aes(key, nonce + (first + n).to_bytes(4, "big")) for n in range(count))


def _aes(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305 - the bare block cipher is meant


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _int(block: bytes) -> int:
    return int.from_bytes(block, "big")
