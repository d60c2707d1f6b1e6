"""base45 (RFC 9285), strictly: one text for each byte string.

A group of three characters c, d, e stands for two bytes: c + 45 d + 2025 e. All groups are worked out at once, in one
long integer with a lane for each, wide enough that nothing carries over into the next.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_FOREIGN = 255
_VALUES = bytes(ALPHABET.find(chr(code)) % 256 for code in range(256))  # -1 is 255
_CHARACTERS = ALPHABET.encode().ljust(256)
_LANE = 5  # bytes, when encoding: a 16-bit word times 66,281 takes 33 bits


def encode(data: bytes) -> str:
    """Three characters for two bytes, two for a last single one."""
    whole = len(data) // 2
    lanes = bytearray(_LANE * whole)
    lanes[::_LANE], lanes[1::_LANE] = data[1 : 2 * whole : 2], data[: 2 * whole : 2]
    words, six_bits = int.from_bytes(lanes, "little"), int.from_bytes(b"\x3f\0\0\0\0" * whole, "little")
    third = words * 66_281 >> 27 & six_bits  # divided by 2025: exact for every 16-bit word
    words -= third * 2025
    second = words * 1_457 >> 16 & six_bits  # divided by 45: exact below 2025
    values = bytearray(3 * whole)
    for place, each in enumerate((words - second * 45, second, third)):
        values[place::3] = each.to_bytes(_LANE * whole, "little")[::_LANE]
    if len(data) % 2:
        values += bytes((data[-1] % 45, data[-1] // 45))
    return bytes(values).translate(_CHARACTERS).decode()


def decode(text: str) -> bytes:
    """The bytes; ValueError for a foreign character, a group that is too large, or one character left over."""
    whole, rest = divmod(len(text), 3)
    values = text.encode("ascii", "replace").translate(_VALUES)
    if rest == 1 or _FOREIGN in values:
        raise ValueError(f"got {len(text)} characters, expected groups of three, or two at the end, of base45")
    groups, bytes_of_lanes = values[: 3 * whole], int.from_bytes(b"\xff\0\0" * whole, "little")
    lanes = int.from_bytes(groups, "little")
    first, second, third = lanes & bytes_of_lanes, lanes >> 8 & bytes_of_lanes, lanes >> 16 & bytes_of_lanes
    words = (first + second * 45 + third * 2025).to_bytes(3 * whole, "little")
    last = values[-2] + values[-1] * 45 if rest else 0
    if any(words[2::3]) or last > 255:
        raise ValueError("got a base45 group that is too large")
    data = bytearray(2 * whole)
    data[::2], data[1::2] = words[1::3], words[::3]
    return bytes(data) + bytes((last,))[: rest // 2]
