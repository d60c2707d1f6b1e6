"""Courses, certificates and degrees of people at work."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from registry.sample.jobs import after_months, courses

if TYPE_CHECKING:
    from registry.sample.career import Career


def attend(career: Career, on: date) -> None:
    if on > career.away_until:
        train(career, on, career.present.employer.nib)
    career.at_random(on + timedelta(days=90), "training", partial(attend, career))


def train(career: Career, on: date, by: str) -> None:
    """Enrol, and plan what follows."""
    code, unit = career.chance.choice(courses(career.present.employer.line.sector))
    career.trainings += 1
    cells = {"number": f"{code}-{on:%y%m}-{career.trainings}", **({"certificate": unit} if unit else {})}
    career.say(on, by, "enrol-training", cells)
    career.at(on + timedelta(days=career.chance.randrange(5, 45)), partial(_complete, career, by, cells))


def _complete(career: Career, by: str, cells: dict[str, str], on: date) -> None:
    if career.chance.random() < 0.9:
        career.say(on, by, "complete-training", cells)
        if "certificate" in cells and not career.person.foreign and career.chance.random() < 0.7:
            career.at(
                on + timedelta(days=career.chance.randrange(7, 40)), partial(_certify, career, cells["certificate"])
            )


def _certify(career: Career, unit: str, on: date) -> None:
    """A competency certificate of three years; a few are suspended or revoked later."""
    number = f"{unit[0]}{unit[2:4]} {career.chance.randrange(10**4):04} {career.chance.randrange(10**7):07} {on.year}"
    expires = after_months(on, 36)
    career.say(on, "bnsp", "certificate", {"certificate": unit, "number": number, "ends_on": expires.isoformat()})
    if career.chance.random() < 0.03:
        action, why = career.chance.choice(
            (("suspend-certificate", "surveillance-failed"), ("revoke-certificate", "retest-failed"))
        )
        later = on + timedelta(days=career.chance.randrange(60, 400))
        career.at(later, partial(_take_back, career, action, {"number": number, "reason": why}))


def _take_back(career: Career, action: str, cells: dict[str, str], on: date) -> None:
    career.say(on, "bnsp", action, cells)


def study(career: Career, on: date) -> None:
    higher = {"2": "3", "3": "4", "4": "9", "5": "9", "7": "9", "9": "10"}.get(career.person.education)
    if higher:
        career.person.education = higher
        career.tell(on, "education", education=higher)
