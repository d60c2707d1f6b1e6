"""base45 (RFC 9285), strictly: one text for each byte string."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_PAIRS = [low + high for high in ALPHABET for low in ALPHABET]  # the least significant character comes first
_PAIR_VALUE = {pair: value for value, pair in enumerate(_PAIRS)}
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Three characters for two bytes, two for a last single one."""
    parts = []
    for place in range(0, len(data) - 1, 2):
        high, low = divmod(data[place] << 8 | data[place + 1], 2025)
        parts.append(_PAIRS[low] + ALPHABET[high])
    if len(data) % 2:
        parts.append(_PAIRS[data[-1]])
    return "".join(parts)


def decode(text: str) -> bytes:
    """The bytes; ValueError for a foreign character, a group that is too large, or one character left over."""
    whole, rest = divmod(len(text), 3)
    if rest == 1:
        raise ValueError(f"got {len(text)} characters of base45, one too many")
    try:
        groups = [_PAIR_VALUE[text[i : i + 2]] + 2025 * _VALUE[text[i + 2]] for i in range(0, 3 * whole, 3)]
        last = [_PAIR_VALUE[text[-2:]]] if rest else []
    except KeyError as error:
        raise ValueError(f"got {error} in base45") from error
    if max(groups, default=0) > 0xFFFF or max(last, default=0) > 0xFF:
        raise ValueError("got a base45 group that is too large")
    return b"".join(group.to_bytes(2, "big") for group in groups) + bytes(last)
