"""The five definitions of docs/how-to/audit.md read word for word over rows as they are stored: no class of ours.

Every question looks through the whole stream again; what it costs does not matter here.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

JAKARTA = timezone(timedelta(hours=7))
AMENDMENTS = {"fact.corrected", "fact.voided"}
WHO_SAYS = {"worker.registered", "worker.identity-corrected"}
EMPLOYERS_REPORT = {
    *(f"employer.{name}" for name in ("registered",)),
    *(f"employer.establishment-{name}" for name in ("opened", "moved", "suspended", "resumed", "closed")),
    *(
        f"worker.{name}"
        for name in (
            "hired",
            "contract-recorded",
            "contract-extended",
            "converted-to-permanent",
            "position-changed",
            "wage-changed",
            "location-changed",
            "suspended",
            "resumed",
            "employer-transferred",
            "warning-issued",
            "termination-notified",
            "terminated",
            "reinstated",
            "employment-ended",
        )
    ),
}


class Row(NamedTuple):
    stream: str
    version: int
    topic: str
    recorded_at: datetime
    clear: dict[str, Any]

    @property
    def fact(self) -> dict[str, Any]:
        return dict(self.clear["fact"])

    @property
    def carried(self) -> dict[str, Any]:
        return dict(self.fact["fact"]) if self.topic == "fact.corrected" else self.fact

    @property
    def actor(self) -> tuple[str, str, str]:
        by = self.clear["actor"]
        return by["organisation"], by["role"], by.get("person", "")

    @property
    def day(self) -> date:
        return self.recorded_at.astimezone(JAKARTA).date()

    @property
    def kind(self) -> str:
        """The topic of the fact, or of the one that a correction carries."""
        return str(self.carried["type"])


Streams = dict[str, list[Row]]
Listed = set[tuple[str, int, str]]


def read(conn: Any) -> Streams:
    found: Streams = {}
    for stream, version, topic, at, clear in conn.execute(
        "SELECT stream, version, topic, recorded_at, clear FROM event ORDER BY stream, version"
    ):
        row = Row(str(stream), version, topic, at.astimezone(UTC), json.loads(bytes(clear)))
        found.setdefault(str(stream), []).append(row)
    return found


def root(row: Row, rows: list[Row]) -> Row:
    """The fact that an amendment is about, through all that it amends."""
    while row.topic in AMENDMENTS:
        target = row.fact.get("corrects", row.fact.get("voids"))
        row = next(r for r in rows if r.version == target)
    return row


def within(streams: Streams, row: Row, scope: dict[str, Any]) -> bool:
    day = date.fromisoformat(row.carried["effective_on"])
    if row.topic == "fact.voided":
        day = date.fromisoformat(root(row, streams[row.stream]).carried["effective_on"])
    checks = {
        "organisation": lambda wanted: row.actor[0] == wanted,
        "person": lambda wanted: row.actor[2] == wanted,
        "topic": lambda wanted: row.topic == wanted,
        "known_from": lambda wanted: row.recorded_at >= wanted,
        "known_until": lambda wanted: row.recorded_at <= wanted,
        "effective_from": lambda wanted: day >= wanted,
        "effective_until": lambda wanted: day <= wanted,
    }
    return all(checks[name](wanted) for name, wanted in scope.items())


def everything(streams: Streams) -> list[tuple[Row, list[Row]]]:
    return [(row, rows) for rows in streams.values() for row in rows]


def backdated(streams: Streams, days: int) -> Listed:
    found = set()
    for row, rows in everything(streams):
        if row.topic == "fact.voided" or row.carried.get("declared"):
            continue
        if (row.day - date.fromisoformat(row.carried["effective_on"])).days > days:
            if row.topic != "fact.corrected":
                found.add((row.stream, row.version, "late"))
            else:
                [target] = [r for r in rows if r.version == row.fact["corrects"]]
                if target.carried["effective_on"] != row.carried["effective_on"]:
                    found.add((row.stream, row.version, "moved"))
    return found


def self_approval(streams: Streams) -> Listed:
    found = set()
    for row, rows in everything(streams):
        before = [r for r in rows if r.version < row.version]
        who = {"worker.identity-verified": WHO_SAYS, "employer.verified": {"employer.registered"}}.get(row.topic)
        said = [r for r in before if who and r.topic != "fact.voided" and r.kind in who]
        if said and said[-1].actor[0] == row.actor[0]:
            found.add((row.stream, row.version, "verified-own"))
        if row.topic == "worker.dispute-resolved":
            for opened in before:
                if opened.topic == "worker.dispute-opened" and opened.fact["dispute"] == row.fact["dispute"]:
                    [disputed] = [r for r in before if r.version == opened.fact["about"]]
                    about = root(disputed, rows)
                    if any(root(r, rows) == about and r.actor[0] == row.actor[0] for r in before):
                        found.add((row.stream, row.version, "judged-own"))
        two = {"worker.merged", "worker.split", "worker.key-destroyed", "worker.identity-corrected"}
        if row.topic in two and row.fact.get("grade") != "minor":
            first, second = row.actor[2], row.fact.get("second")
            if not first or not second or first == second:
                found.add((row.stream, row.version, "second-officer"))
    return found


def overrides(streams: Streams) -> Listed:
    found = set()
    for row, rows in everything(streams):
        if row.topic in AMENDMENTS:
            if root(row, rows).actor[0] != row.actor[0]:
                found.add((row.stream, row.version, "amended-another"))
        elif row.actor[1] == "officer" and row.topic in EMPLOYERS_REPORT:
            found.add((row.stream, row.version, "for-employer"))
        if row.topic == "worker.identity-verified":
            words = [
                r
                for r in rows
                if r.version < row.version
                and (
                    r.topic in {"worker.identity-verified", "worker.identity-mismatched"}
                    or (r.topic != "fact.voided" and r.kind in WHO_SAYS)
                )
            ]
            if words and words[-1].topic == "worker.identity-mismatched" and words[-1].actor[0] != row.actor[0]:
                found.add((row.stream, row.version, "over-mismatch"))
    return found


def territory(streams: Streams, mandates: list[dict[str, str]]) -> Listed:
    found = set()
    for row, rows in everything(streams):
        own = [m for m in mandates if m["organisation"] == row.actor[0]]
        where = place(row, rows)
        if not own or where is None:
            continue
        allowed = False
        for m in own:
            region = m["region"] == "ID" or where == m["region"] or where.split(".")[0] == m["region"]
            account = m["person"] in ("", row.actor[2])
            since = not m["from"] or date.fromisoformat(m["from"]) <= row.day
            until = not m["until"] or row.day <= date.fromisoformat(m["until"])
            allowed = allowed or (region and account and since and until)
        if not allowed:
            found.add((row.stream, row.version, "outside"))
    return found


def place(row: Row, rows: list[Row]) -> str | None:
    if row.topic == "fact.voided":
        return place(root(row, rows), rows)
    fact = row.carried
    code = fact.get("regency") or fact.get("residence")
    if code is None:
        for name in ("employment", "apprenticeship", "establishment"):
            if name in fact:
                for r in reversed([r for r in rows if r.version < row.version and r.topic != "fact.voided"]):
                    if about(r.carried) == about(fact) and r.carried.get("regency"):
                        return place(r, rows)
                return None
        return None
    return ".".join(code.split("/")[1].split(".")[:2])


def about(fact: dict[str, Any]) -> str | None:
    return next((fact[name] for name in ("employment", "apprenticeship", "establishment") if name in fact), None)


def mass(streams: Streams, count: int, days: int, scope: dict[str, Any]) -> Listed:
    acts = [row for row, _ in everything(streams) if row.topic in AMENDMENTS and within(streams, row, scope)]
    found = set()
    for row in acts:
        for back in range(days):
            first = row.day - timedelta(days=back)
            run = [r for r in acts if r.actor == row.actor and first <= r.day < first + timedelta(days=days)]
            if len(run) >= count:
                found.add((row.stream, row.version, "mass"))
    return found
