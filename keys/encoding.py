"""base64url without padding (RFC 7515 section 2), strictly."""

from __future__ import annotations

import base64
import binascii


def b64url(data: bytes) -> str:
    """Base64url of `data`, no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """The bytes of `text`; ValueError for padding, other characters or stray bits in the last one."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"got text that is not base64url: {error}") from error
    if b64url(data) != text:
        raise ValueError("got base64url with padding, foreign characters or stray bits")
    return data
