"""How people come into the file: on an opening roster, by a hire, through a service, or as seekers never hired."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from registry.sample.career import Career
from registry.sample.figures import Weighted, figures
from registry.sample.group import Group
from registry.sample.jobs import age_at_hire, occupations, tenure_days
from registry.sample.people import Identities, foreigner, person, regencies
from registry.sample.places import changes

if TYPE_CHECKING:
    from random import Random

    from registry.sample.employers import Employer


def simulated(chance: Random, members: list[Employer], identities: Identities, since: date, until: date) -> Group:
    group = Group(chance, since, until, Weighted({member: member.size for member in members}))
    for _ in range(len(members) // 3):
        old, new = chance.sample(members, 2)
        group.takeovers.append((old, new, since + timedelta(days=chance.randrange(200, 1300))))
    kinds = Weighted(figures().assumed["people"])
    entrants = []
    for member in members:
        changes(member, group)
        for number in range(member.size):
            foreign = int((number + 1) * figures().foreign + 0.5) > int(number * figures().foreign + 0.5)
            kind = "opening" if foreign else kinds.draw(chance)
            if kind == "opening":
                _opening(group, member, identities, foreign=foreign)
            else:
                entrants.append((kind, member))
    for kind, member in entrants:
        (_seeker if kind == "seeker" else _entrant)(group, member, identities)
    return group


def _opening(group: Group, member: Employer, identities: Identities, *, foreign: bool) -> None:
    """Somebody already at work when the registry began, with the start date as the employer declares it."""
    chance = group.chance
    place = chance.choice([place for place in member.places if place.opened_on < group.since])
    days = chance.randrange(30, 540) if foreign else tenure_days(chance)
    if foreign:
        started = max(member.founded, group.since - timedelta(days=days))
        permit_until = group.since + timedelta(days=chance.randrange(200, 640))
        who = foreigner(chance, identities, starts=started, residence=place.regency, permit_until=permit_until)
    else:
        sex, education = _sex_and_education(chance, member)
        age = age_at_hire(chance, education)
        days = min(days, int((54 - age) * 365))
        started = max(member.founded, group.since - timedelta(days=max(1, days)))
        residence = _residence(chance, place.regency, "direct")
        who = person(chance, identities, sex=sex, education=education, starts=started, age=age, residence=residence)
    career = Career(group, who)
    channel = "direct" if foreign else Weighted(figures().assumed["channel"]).draw(chance)
    career.hire(member, place, started, channel, opening=True)
    career.work(verify=True)
    _go_on(group, career)


def _entrant(group: Group, member: Employer, identities: Identities) -> None:
    """Somebody who comes to work during the years of the file: through a service after registering, or directly."""
    chance = group.chance
    on = group.since + timedelta(days=chance.randrange(20, (group.until - group.since).days - 5))
    channel = Weighted(figures().assumed["channel"]).draw(chance)
    place = chance.choice(member.places_on(on))
    sex, education = _sex_and_education(chance, member)
    age, lead = age_at_hire(chance, education), timedelta(days=chance.randrange(30, 200))
    first = max(group.since, on - lead)
    residence = _residence(chance, place.regency_on(on), channel)
    who = person(chance, identities, sex=sex, education=education, starts=first, age=age, residence=residence)
    career = Career(group, who)
    registers_first = chance.random() < {"public-service": 0.9, "apprenticeship": 0.8}.get(channel, 0.1)
    if registers_first and channel == "apprenticeship":
        _apprenticeship(career, member, place.regency_on(on), first, on)
    elif registers_first:
        _registered_seeker(career, first, on)
    elif chance.random() < 0.015:
        group.voids.append((career.hire(member, place, on, channel), "never-happened"))
        return
    career.hire(member, place, on, channel)
    career.work(verify=not registers_first)
    _go_on(group, career)


def _apprenticeship(career: Career, member: Employer, regency: str, first: date, on: date) -> None:
    who = career.person
    kbji = occupations(member.line, who.sex, who.education, "3456789").draw(career.chance)
    career.say(first, member.nib, "register", {"phone": career.person.phone}, whole=True)
    ends = (on - timedelta(days=1)).isoformat()
    career.say(first, member.nib, "start-apprenticeship", {"kbji": kbji, "regency": regency, "ends_on": ends})
    career.say(on - timedelta(days=1), member.nib, "end-apprenticeship", {"reason": "completed"})


def _registered_seeker(career: Career, first: date, before: date) -> None:
    """Registered by an officer, seeking, verified, perhaps trained: all before `before`."""
    career.say(first, "kemnaker", "register", {"phone": career.person.phone}, whole=True)
    career.say(first, "kemnaker", "declare-status", {"reason": "seeking"})
    career.say(min(before, first + timedelta(days=2)), "dukcapil", "verify-identity")
    course = "PBK-" + career.chance.choice(("LAS", "KOMPUTER", "MENJAHIT", "OTOMOTIF", "BARISTA"))
    if (before - first).days > 70 and career.chance.random() < 0.3:
        number = f"{course}-{first:%y%m}"
        career.say(first + timedelta(days=15), "kemnaker", "enrol-training", {"number": number})
        career.say(first + timedelta(days=60), "kemnaker", "complete-training", {"number": number})


def _seeker(group: Group, member: Employer, identities: Identities) -> None:
    """Somebody who registers and is not hired; some stop seeking."""
    chance = group.chance
    first = group.since + timedelta(days=chance.randrange((group.until - group.since).days - 5))
    sex, education = _sex_and_education(chance, member)
    residence = _residence(chance, member.places[0].regency, "direct")
    age = age_at_hire(chance, education)
    who = person(chance, identities, sex=sex, education=education, starts=first, age=age, residence=residence)
    career = Career(group, who)
    _registered_seeker(career, first, group.until)
    later = first + timedelta(days=chance.randrange(90, 500))
    if later < group.until and chance.random() < 0.5:
        status = chance.choice(("self-employed", "self-employed", "home-duties", "in-school", "not-seeking"))
        career.say(later, "kemnaker", "declare-status", {"reason": status})


def _go_on(group: Group, career: Career) -> None:
    """After a job: seeking, and another job somewhere in the group; or an end of it."""
    chance = group.chance
    while career.free_on and not career.person.career_over:
        left, gap = career.free_on, timedelta(days=chance.randrange(12, 240))
        if chance.random() < 0.12:
            status = chance.choice(("self-employed", "self-employed", "home-duties", "not-seeking"))
            if left + timedelta(days=30) <= group.until:
                career.say(left + timedelta(days=30), "kemnaker", "declare-status", {"reason": status})
            return
        sought = left + timedelta(days=5)
        if gap.days > 20 and sought <= group.until and chance.random() < 0.45:
            career.say(sought, "kemnaker", "declare-status", {"reason": "seeking"})
        if left + gap > group.until or chance.random() < 0.25:
            return
        member, channel = group.staff.draw(chance), Weighted(figures().assumed["channel"]).draw(chance)
        career.hire(member, chance.choice(member.places_on(left + gap)), left + gap, channel)
        career.work()


def _sex_and_education(chance: Random, member: Employer) -> tuple[str, str]:
    sex = "P" if chance.random() < member.line.women else "L"
    return sex, figures().education[occupations(member.line, sex).draw(chance)[0]].draw(chance)


def _residence(chance: Random, regency: str, channel: str) -> str:
    """Mostly where the work is, or in the same province; in another one for a placement between regions."""
    if channel in {"inter-region", "overseas"}:
        others = [province for province in figures().provinces.things if province != regency[:2]]
        return chance.choice(regencies(chance.choice(others)))
    return regency if chance.random() < 0.7 else chance.choice(regencies(regency[:2]))
