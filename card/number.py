"""Card numbers: random, typable, with a check character (docs/card-profile.md section 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from card.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
RANDOM_BYTES = 7
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_VALUES = bytes(_VALUE.get(chr(code), 0) for code in range(128)).ljust(256)
_SPELLING = re.compile(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")
_DOUBLE = [value << 1 ^ (0b100101 if value & 16 else 0) for value in range(32)]  # times x, modulo x^5 + x^2 + 1
_FORGIVEN = str.maketrans("OIL", "011", "- ")


def new_number(random: bytes) -> str:
    """`XXXX-XXXX-XXXX` of the first 55 bits of at least 7 random bytes."""
    if len(random) < RANDOM_BYTES:
        raise CardError("card-number-random", f"got {len(random)} random bytes, expected at least {RANDOM_BYTES}")
    bits = int.from_bytes(random[:RANDOM_BYTES], "big")
    values = [bits >> 5 * place & 31 for place in range(11)]
    return _grouped([*values, _DOUBLE[_remainder(values)]])


def parse_number(typed: str) -> str:
    """The number in its one spelling. CardError("card-number") when it cannot be one."""
    values = [_VALUE.get(character, -1) for character in typed.upper().translate(_FORGIVEN)]
    if len(values) != 12 or min(values) < 0 or _remainder(values):
        raise CardError("card-number", f"got {typed[:40]!r}, expected XXXX-XXXX-XXXX with a fitting check character")
    return _grouped(values)


def is_number(text: str) -> bool:
    """Whether `text` is a card number in its one spelling."""
    return bool(_SPELLING.fullmatch(text)) and not _remainder(text.replace("-", "").encode().translate(_VALUES))


def _grouped(values: list[int]) -> str:
    text = "".join(ALPHABET[value] for value in values)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def _remainder(values: Iterable[int]) -> int:
    """The number as a polynomial, at the field's generator."""
    total = 0
    for value in values:
        total = _DOUBLE[total] ^ value
    return total
