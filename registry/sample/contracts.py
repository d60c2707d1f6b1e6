"""What becomes of a fixed term or of daily work: extended, made permanent, or at its end."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from registry.sample.endings import end
from registry.sample.jobs import after_months

if TYPE_CHECKING:
    from registry.sample.career import Career


def plan_term_end(career: Career, after: date) -> None:
    """A fixed term ends extended, made permanent, or by expiry; past five years rarely extended (art 8)."""
    job = career.present
    ends_on = job.ends_on or after
    luck = career.chance.random()
    if (ends_on - job.starts_on).days > 4.4 * 365 and luck < 0.5 and career.chance.random() > 0.05:
        luck = 0.6
    if career.person.foreign or luck >= 0.74:
        career.at(ends_on, partial(end, career, "expiry"))
    elif luck < 0.52:
        career.at(max(after, ends_on - timedelta(days=career.chance.randrange(3, 20))), partial(_extend, career))
    else:
        career.at(ends_on, partial(_convert, career))


def _extend(career: Career, on: date) -> None:
    job = career.present
    job.ends_on = after_months(job.ends_on or on, career.chance.choice((6, 12, 12)))
    career.tell(on, "extend", ends_on=job.ends_on.isoformat())
    plan_term_end(career, on)


def _convert(career: Career, on: date, reason: str = "agreement") -> None:
    career.present.contract, career.present.ends_on = "permanent", None
    career.tell(on, "convert", reason=reason)


def convert_daily(career: Career, on: date) -> None:
    _convert(career, on, "daily-over-21-days")
