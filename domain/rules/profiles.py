"""The limits of each law, as data: what was lawful depends on the day on which it was agreed.

Not legal advice: read from the texts named here, not confirmed by a lawyer.
Sources: UU 13/2003 art 58-60; PP 35/2021 art 8, 9, 12; UU 20/1999 (ILO C138). `S002` is the text from which this
registry was first drawn; it was never law, so it is judged by only when asked for by name.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from domain.errors import Refused


class Limit(Struct, frozen=True):
    """The most (or for an age, the least) that `article` allows. `below`: the value itself is already too much."""

    value: int
    article: str
    below: bool = False


class Profile(Struct, frozen=True, kw_only=True):
    """One law. None where it sets no such limit. `from_date` is the day it came into force."""

    name: str
    from_date: date | None = None
    first_term_years: Limit | None = None
    extension_years: Limit | None = None
    extensions: Limit | None = None
    total_years: Limit | None = None
    """Of a fixed term with all its extensions."""
    project_years: Limit | None = None
    """Of an agreement that ends with the work itself; the limits of terms do not apply to it."""
    fixed_term_probation_months: Limit
    probation_months: Limit
    youngest: Limit | None = None
    """Age at hire. Only under 15 is flagged: whether 15 to 17 is a breach depends on the work and is unconfirmed."""


YOUNGEST = Limit(15, "UU 20/1999 (ILO C138 art 2)")

S002 = Profile(
    name="S002",
    first_term_years=Limit(2, "S002, contracts"),
    extension_years=Limit(1, "S002, contracts"),
    extensions=Limit(1, "S002, contracts"),
    project_years=Limit(3, "S002, contracts", below=True),
    fixed_term_probation_months=Limit(0, "S002, probation"),
    probation_months=Limit(3, "S002, probation"),
)
UU13_2003 = Profile(
    name="UU13/2003",
    from_date=date(2003, 3, 25),
    first_term_years=Limit(2, "art 59(4)"),
    extension_years=Limit(1, "art 59(4)"),
    extensions=Limit(1, "art 59(4)"),
    project_years=Limit(3, "art 59(1)(b)"),
    fixed_term_probation_months=Limit(0, "art 58(1)"),
    probation_months=Limit(3, "art 60(1)"),
    youngest=YOUNGEST,
)
PP35_2021 = Profile(
    name="PP35/2021",
    from_date=date(2021, 2, 2),
    total_years=Limit(5, "art 8"),
    fixed_term_probation_months=Limit(0, "art 12(1)"),
    probation_months=Limit(3, "UU 13/2003 art 60(1)"),
    youngest=YOUNGEST,
)

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (S002, UU13_2003, PP35_2021)}


def in_force(on: date) -> Profile | None:
    """The law by which what was agreed on a day is judged; None before UU 13/2003, whose forerunners are not held."""
    dated = ((p.from_date, p) for p in PROFILES.values() if p.from_date is not None and p.from_date <= on)
    return max(dated, key=lambda pair: pair[0], default=(None, None))[1]


def named(name: str) -> Profile:
    """Raises: Refused("profile-unknown")."""
    if name not in PROFILES:
        raise Refused("profile-unknown", got=name, expected="/".join(PROFILES))
    return PROFILES[name]
