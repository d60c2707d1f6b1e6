"""CBOR that holds plain values alone, read within bounds: what may come of it is known, whatever is sent.

A tag tells a reader to make something of a value: a date, a pattern, a large number, a message. Nothing of ours has
one, and cbor2 6.2 leaves by way of an AttributeError where tag 36 stands on a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import cbor2

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 8


def loads(data: bytes) -> Any:
    """The value of `data`. ValueError for tags, indefinite lengths, a key twice, depth over 8.

    What follows the value is not looked at.
    """
    try:
        return cbor2.loads(
            data,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_EVERY_TAG,
        )
    except (cbor2.CBORDecodeError, TypeError) as error:
        raise ValueError(f"got no plain CBOR: {error}") from error


def _refuse(*_: object) -> NoReturn:
    raise ValueError("got a tag")


class _EveryTag(dict[int, "Callable[..., NoReturn]"]):
    """The decoder of every tag there is."""

    def __missing__(self, tag: int) -> Callable[..., NoReturn]:
        return _refuse


_EVERY_TAG = _EveryTag()
