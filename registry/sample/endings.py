"""How an employment ends, and the procedure before it: warnings, notices, disputes (PP 35/2021, articles 37 to 57)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from registry.sample.figures import Weighted, figures

if TYPE_CHECKING:
    from registry.sample.career import Career
    from registry.sample.jobs import Job


RETIRES_AT = 56
NOTICE = timedelta(days=30)  # article 37 asks 14 working days


def plan_end(career: Career, first: date, job: Job) -> None:
    """When and why this job would end if no term does before. Expiries make up the rest of the published rate."""
    retires = date(career.person.birth.year + RETIRES_AT, career.person.birth.month, 1)
    career.at(max(retires, first + timedelta(days=40)), partial(_retire, career))
    days = career.chance.expovariate(figures().leaving * 0.66) * 365.25
    if days > (career.group.until - first).days:
        return
    on = first + timedelta(days=15 + int(days))
    assumed = figures().assumed
    causes = dict(assumed["separation"])
    causes["terminated"] *= figures().layoff_factor[job.place.regency[:2]]
    cause = Weighted(causes).draw(career.chance)
    if cause == "terminated":
        _plan_termination(career, first, on, Weighted(assumed["articles"]).draw(career.chance))
    elif (cause == "project-complete" and job.contract != "fixed-term") or cause == "retirement":
        career.at(on, partial(end, career, "resignation"))
    else:
        career.at(on, partial(end, career, cause))


def _plan_termination(career: Career, first: date, on: date, article: str) -> None:
    """What the procedure says comes before: warnings for 52(1), a notice for the employer's own causes."""
    room = (on - first).days
    if article == "52(1)":
        if room < 200:
            article = "51"
        else:
            for level, before in (("1", 150), ("2", 90), ("3", 45)):
                career.at(on - timedelta(days=before), partial(_warn, career, level))
    if article[:2] in {"43", "44", "45", "46", "47"} and room > 50:
        career.at(on - NOTICE, partial(_notify, career, article))
    career.at(on, partial(_terminate, career, article))


def _warn(career: Career, level: str, on: date) -> None:
    career.tell(on, "warn", level=level)


def _notify(career: Career, article: str, on: date) -> None:
    career.noticed = True
    career.tell(on, "notify-termination", reason=f"PP35/2021:{article}", ends_on=(on + NOTICE).isoformat())
    if career.chance.random() < 0.12:
        career.at(on + timedelta(days=5), partial(_contest, career))
        career.at(on + timedelta(days=24), partial(_settle, career, "agreed"))


def withdrawn_notice(career: Career, on: date) -> None:
    career.noticed = True
    career.tell(on, "notify-termination", reason="PP35/2021:43(2)")
    career.at(on + timedelta(days=14), partial(_settle, career, "withdrawn"))


def _contest(career: Career, on: date) -> None:
    if career.noticed:
        career.say(on, "kemnaker", "contest-termination", {"reason": "Pekerja menolak PHK"})


def _settle(career: Career, outcome: str, on: date) -> None:
    if career.noticed:
        career.noticed = outcome != "withdrawn"
        career.tell(on, "settle-termination", reason=outcome)


def _terminate(career: Career, article: str, on: date) -> None:
    if on <= career.away_until:
        career.at(career.away_until + timedelta(days=1), partial(_terminate, career, article))
        return
    career.tell_end(on, "terminate", f"PP35/2021:{article}")
    back = on + timedelta(days=career.chance.randrange(50, 150))
    contestable = article in {"49", "51", "52(1)", "54(4)"} and career.present.contract == "permanent"
    if contestable and back <= career.group.until and career.chance.random() < 0.08:
        _reinstate(career, back)
    else:
        _leave(career, on)


def _reinstate(career: Career, on: date) -> None:
    """The court takes the termination back; the job goes on, and whatever was planned for it meanwhile is off."""
    career.steps, career.away_until, career.noticed = [], date.min, False
    career.tell(on, "reinstate", note="Putusan PHI")
    career.plan(on, career.present)


def _retire(career: Career, on: date) -> None:
    if career.chance.random() < 0.5:
        career.tell_end(on, "terminate", "PP35/2021:56")
    else:
        career.tell_end(on, "end", "retirement")
    career.person.career_over = True
    _leave(career, on)


def end(career: Career, cause: str, on: date) -> None:
    if on <= career.away_until and cause not in {"expiry", "death"}:
        career.at(career.away_until + timedelta(days=1), partial(end, career, cause))
        return
    career.tell_end(on, "end", cause)
    career.person.career_over = cause == "death" or career.person.foreign
    _leave(career, on)


def _leave(career: Career, on: date) -> None:
    career.free_on = on + timedelta(days=1)
    career.job = None
