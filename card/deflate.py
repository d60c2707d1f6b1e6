"""zlib (RFC 1950) around a card: never a stored block going out, never a bomb coming in."""

from __future__ import annotations

import zlib

HEADER = b"\x78\xda"
MAX_INFLATED = 16_384


def deflate(data: bytes) -> bytes:
    """zlib's best, unless that is a stored block: then one block of fixed Huffman codes.

    Z_FIXED does not do it: zlib 1.2.13 stores in spite of it wherever storing is shorter.
    """
    body = zlib.compress(data, 9)
    return _fixed(data) if _is_stored(body) else body


def inflate(data: bytes) -> bytes:
    """The contents; ValueError for another header, trailing bytes, a cut stream or more than 16,384 bytes."""
    if not data.startswith(HEADER):
        raise ValueError(f"got zlib header {data[:2].hex()}, expected {HEADER.hex()}")
    stream = zlib.decompressobj()
    try:
        contents = stream.decompress(data, MAX_INFLATED + 1)
    except zlib.error as error:
        raise ValueError(f"got no zlib stream: {error}") from error
    if len(contents) > MAX_INFLATED:
        raise ValueError(f"got more than {MAX_INFLATED} bytes inflated")
    if not stream.eof or stream.unused_data:
        raise ValueError("got a zlib stream that is cut or has bytes after it")
    return contents


def _is_stored(body: bytes) -> bool:
    return body[2] >> 1 & 3 == 0


def _fixed_code(value: int) -> str:
    """The fixed Huffman code of a literal or the end of a block (RFC 1951 section 3.2.6), as it is sent."""
    if value < 144:
        return f"{0x30 + value:08b}"
    return f"{0x190 + value - 144:09b}" if value < 256 else "0000000"


_CODES = [_fixed_code(value) for value in range(257)]


def _fixed(data: bytes) -> bytes:
    """One last block of literals: bits 1 (last) and 01 (fixed), the codes, the end; packed from the lowest bit up."""
    bits = "110" + "".join([_CODES[byte] for byte in data]) + _CODES[256]
    packed = int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")
    return HEADER + packed + zlib.adler32(data).to_bytes(4, "big")
