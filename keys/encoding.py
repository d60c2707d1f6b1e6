"""base64url without padding (RFC 7515 section 2), strictly."""

from __future__ import annotations

import base64
import binascii

_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")


def b64url(data: bytes) -> str:
    """Base64url of `data`, no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """The bytes of `text`; ValueError for padding, other characters or stray bits in the last one."""
    try:
        standard = bytes(text, "ascii").translate(_STANDARD) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(standard, strict_mode=True)
    except ValueError as error:  # binascii.Error is one
        raise ValueError(f"got text that is not base64url: {error}") from error
    rest = len(text) % 4
    if rest and b64url(data[-(rest - 1) :]) != text[-rest:]:
        raise ValueError("got base64url with stray bits")
    return data
