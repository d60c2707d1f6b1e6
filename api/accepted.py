"""Which of the forms of one thing a client asks for (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The media type of `offered` that the header `Accept` likes best; of equals, or when it likes none, the first."""
    weights = dict(_weighted(part) for part in accept.split(","))
    return max(offered, key=lambda media_type: _liking(media_type, weights))


def _weighted(part: str) -> tuple[str, float]:
    """A media range and its weight, 1 unless it says otherwise; what is no weight is none."""
    media_range, *parameters = (each.strip().lower() for each in part.split(";"))
    said = [each[2:] for each in parameters if each.startswith("q=")]
    try:
        return media_range, min(1.0, max(0.0, float(said[0]))) if said else 1.0
    except ValueError:
        return media_range, 0.0


def _liking(media_type: str, weights: dict[str, float]) -> float:
    """The weight of the most exact range that takes the media type in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[each] for each in ranges if each in weights), 0.0)
