"""Card numbers: random, typable, with a check character (docs/card-profile.md section 2)."""

from __future__ import annotations

from card.errors import CardError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
RANDOM_BYTES = 7
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_FORGIVEN = str.maketrans("OIL", "011", "- ")


def new_number(random: bytes) -> str:
    """`XXXX-XXXX-XXXX` of the first 55 bits of at least 7 random bytes."""
    if len(random) < RANDOM_BYTES:
        raise CardError("card-number-random", f"got {len(random)} random bytes, expected at least {RANDOM_BYTES}")
    bits = int.from_bytes(random[:RANDOM_BYTES], "big")
    values = [bits >> 5 * place & 31 for place in range(11)]
    return _grouped([*values, _double(_remainder(values))])


def parse_number(typed: str) -> str:
    """The number in its one spelling. CardError("card-number") when it cannot be one."""
    values = [_VALUE.get(character, -1) for character in typed.upper().translate(_FORGIVEN)]
    if len(values) != 12 or min(values) < 0 or _remainder(values):
        raise CardError("card-number", f"got {typed[:40]!r}, expected XXXX-XXXX-XXXX with a fitting check character")
    return _grouped(values)


def _grouped(values: list[int]) -> str:
    text = "".join(ALPHABET[value] for value in values)
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def _double(value: int) -> int:
    """Times x in GF(2^5) modulo x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _remainder(values: list[int]) -> int:
    """The number as a polynomial, at the field's generator."""
    total = 0
    for value in values:
        total = _double(total) ^ value
    return total
