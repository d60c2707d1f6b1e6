"""The sample as a stream of rows, in an order in which they can be loaded, and what was planted in it."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import IO, TYPE_CHECKING

from registry.sample import mistakes
from registry.sample.career import Career, Group, Row
from registry.sample.employers import Employer
from registry.sample.employers import employers as invent_employers
from registry.sample.figures import Weighted, figures
from registry.sample.jobs import age_at_hire, occupations, tenure_days
from registry.sample.people import Identities, foreigner, person, regencies

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = 2_500  # people simulated together, and held in memory
YEARS = 4
MISTAKES, CORRECTIONS = 0.048, 0.012  # of the rows that offer an occasion


def generate(
    *,
    workers: int,
    seed: int,
    employers: int | None = None,
    errors: bool = True,
    until: date = date(2026, 10, 31),
    planted: Counter[tuple[str, ...]] | None = None,
) -> Iterator[Row]:
    """Rows of the employer file about `workers` people and `employers` companies (one per hundred people).

    First the companies; then, for groups of some 2,500 people, their opening rosters and what happened in the four
    years to `until`, in order of report; last the corrections and voids of all. The same arguments give the same
    rows. `errors` plants rows that must be refused.

    `planted`, when given, is filled as rows are yielded, with what a registry that loads them must count:
    ("action", name) rows to be accepted, ("error", code) rows to be refused, and ("hire", channel, province code,
    "YYYY-MM") hires as they stand once the corrections and voids at the end are in; opening rosters are no hires.
    """
    chance, truth = Random(f"{seed}/companies"), Counter() if planted is None else planted  # noqa: S311 - seeded, not secret
    since = until.replace(year=until.year - YEARS) + timedelta(days=1)
    companies = invent_employers(
        chance, workers=workers, count=employers or max(1, round(workers / 100)), since=since, until=until
    )
    refs: Counter[str] = Counter()
    for company in companies:
        yield from (_sent(row, refs, truth, {}) for row in _founding(company, since))
    groups = _groups(companies)
    span = max(1, 9999 // len(groups))
    with tempfile.SpooledTemporaryFile(max_size=2**23, mode="w+", encoding="utf-8") as amendments:
        for number, members in enumerate(groups):
            own = Random(f"{seed}/{number}")  # noqa: S311 - seeded, not secret
            group = _simulated(own, members, Identities(own, 1 + number * span % 9999, span), since, until)
            yield from _reported(group, own, refs, truth, amendments, errors=errors)
        amendments.seek(0)
        for line in amendments:
            yield _sent(json.loads(line), refs, truth, {})


def _groups(companies: list[Employer]) -> list[list[Employer]]:
    groups: list[list[Employer]] = [[]]
    held = 0
    for company in companies:
        if held >= GROUP:
            groups.append([])
            held = 0
        groups[-1].append(company)
        held += company.size
    return groups


# -- companies ------------------------------------------------------------------------------------------------------
def _founding(company: Employer, since: date) -> Iterator[Row]:
    home = company.places[0]
    said = {"submitter": company.nib, "effective_on": company.founded.isoformat()}
    yield {
        **said,
        "action": "register-employer",
        "name": company.name,
        "npwp": company.npwp,
        "kbli": company.line.kbli,
        "regency": home.regency,
    }
    for place in company.places:
        if place.opened_on < since:
            yield _opened(company, place.code, place.regency, place.opened_on)


def _opened(company: Employer, code: str, regency: str, on: date) -> Row:
    return {
        "submitter": company.nib,
        "action": "open-establishment",
        "effective_on": on.isoformat(),
        "establishment": code,
        "regency": regency,
        "kbli": company.line.kbli,
    }


def _changes(company: Employer, group: Group) -> None:
    """Places opened, moved and closed for a while during the years of the file."""
    for place in company.places:
        if place.opened_on >= group.since:
            group.add(place.opened_on.toordinal(), _opened(company, place.code, place.regency, place.opened_on))
        said = {"submitter": company.nib, "establishment": place.code}
        if place.moves_on:
            row = {**said, "action": "move-establishment", "effective_on": place.moves_on.isoformat()}
            group.add(place.moves_on.toordinal(), {**row, "regency": place.moves_to})
        elif group.chance.random() < 0.08 and place.opened_on < group.since:
            shut = group.since + timedelta(days=group.chance.randrange(30, 1200))
            again = shut + timedelta(days=group.chance.randrange(14, 90))
            for action, day in (("suspend-establishment", shut), ("resume-establishment", again)):
                group.add(day.toordinal(), {**said, "action": action, "effective_on": day.isoformat()})


# -- people ---------------------------------------------------------------------------------------------------------
def _simulated(chance: Random, members: list[Employer], identities: Identities, since: date, until: date) -> Group:
    group = Group(chance, since, until, Weighted({member: member.size for member in members}))
    for _ in range(len(members) // 3):
        old, new = chance.sample(members, 2)
        group.takeovers.append((old, new, since + timedelta(days=chance.randrange(200, 1300))))
    kinds = Weighted(figures().assumed["people"])
    entrants = []
    for member in members:
        _changes(member, group)
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
    channel = "overseas" if foreign else Weighted(figures().assumed["channel"]).draw(chance)
    career.hire(member, place, started, "direct" if foreign else channel, opening=True)
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
        group.voids.append((career.hire(member, place, on, channel), "Tidak jadi masuk kerja"))
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


# -- reporting ------------------------------------------------------------------------------------------------------
def _reported(
    group: Group,
    chance: Random,
    refs: Counter[str],
    truth: Counter[tuple[str, ...]],
    amendments: IO[str],
    *,
    errors: bool,
) -> Iterator[Row]:
    """The group's rows in order of report, with their references, wrong attempts among them; amendments put by."""
    group.rows.sort(key=lambda said: said[:2])
    voided = {id(row): reason for row, reason in group.voids}
    for _, _, row in group.rows:
        bad = mistakes.before(row, chance) if errors and chance.random() < MISTAKES else None
        if bad:
            yield _refused(bad, refs, truth)
        reason = voided.get(id(row))
        true = _misreported(row, chance) if reason is None and chance.random() < CORRECTIONS else None
        yield _sent(row, refs, truth, {} if true is None else true, counted=reason is None)
        if reason is not None:
            _put_by(amendments, _void(row, reason))
        if true is not None:
            _put_by(amendments, {**true, "action": "correct", "corrects": row["ref"]})
        late = mistakes.after(row, chance) if errors and not bad and chance.random() < MISTAKES / 2 else None
        if late:
            yield _refused(late, refs, truth, ref=row["ref"] if late[0] == "ref-conflict" else None)


def _misreported(row: Row, chance: Random) -> Row | None:
    """Make `row` wrong in a way that passes, and give the right one, which a correction will bring."""
    right = {name: cell for name, cell in row.items() if name != "late_reason"}
    if row["action"] == "wage":
        row["wage"] = f"{row['wage']}0" if chance.random() < 0.5 else f"{int(row['wage']) + 100_000}"
    elif row["action"] == "position":
        row["kbji"] = "4110" if row["kbji"] != "4110" else "4132"
    elif row["action"] == "hire" and row["channel"] != "direct":
        row["channel"] = "direct"
        row.pop("vacancy", None)
    elif row["action"] == "hire":
        row["wage"] = f"{int(row['wage']) + 250_000}"
    else:
        return None
    return right


def _void(row: Row, reason: str) -> Row:
    who: Row = {name: row[name] for name in mistakes.PERSON if name in row}
    return {"submitter": row["submitter"], "action": "void", **who, "corrects": row["ref"], "reason": reason}


def _put_by(amendments: IO[str], row: Row) -> None:
    amendments.write(json.dumps(row, ensure_ascii=False) + "\n")


def _sent(row: Row, refs: Counter[str], truth: Counter[tuple[str, ...]], true: Row, *, counted: bool = True) -> Row:
    """Give the row its reference and count it; `true`, where not empty, is how it will stand once corrected."""
    row["ref"] = _ref(row["submitter"], refs)
    truth["action", row["action"]] += 1
    if counted and row["action"] == "hire":
        stands = true or row
        province = f"kemendagri:2025/{stands['regency'][:2]}"
        truth["hire", stands["channel"], province, stands["effective_on"][:7]] += 1
    return row


def _refused(bad: tuple[str, Row], refs: Counter[str], truth: Counter[tuple[str, ...]], ref: str | None = None) -> Row:
    code, row = bad
    truth["error", code] += 1
    return {**row, "ref": ref or _ref(row["submitter"], refs)}


def _ref(submitter: str, refs: Counter[str]) -> str:
    refs[submitter] += 1
    return f"{'HR' if submitter.isdigit() else submitter[:3].upper()}-{refs[submitter]:06}"
