"""From what happened to rows of a file: references, wrong attempts, corrections put by, and the count of it all."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from registry.sample import mistakes
from registry.sample.truth import ended, hired

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from random import Random

    from registry.sample.group import Ended, Group, Row

MISTAKES, CORRECTIONS = 0.048, 0.012  # of the rows that offer an occasion


def reported(
    group: Group,
    chance: Random,
    refs: Counter[str],
    planted: Counter[tuple[str, ...]],
    amendments: IO[str],
    *,
    errors: bool,
) -> Iterator[Row]:
    """The group's rows in order of report, with their references, wrong attempts among them; amendments put by."""
    group.rows.sort(key=lambda said: said[:2])
    voided = {id(row): reason for row, reason in group.voids}
    last_end: dict[str, tuple[str, ...]] = {}
    for _, _, row in group.rows:
        bad = mistakes.before(row, chance) if errors and chance.random() < MISTAKES else None
        if bad:
            yield _refused(bad, refs, planted)
        reason = voided.get(id(row))
        true = _misreported(row, chance) if reason is None and chance.random() < CORRECTIONS else None
        yield sent(row, refs, planted, {} if true is None else true, counted=reason is None)
        _count_end(row, group.ends.get(id(row)), planted, last_end)
        if reason is not None:
            _put_by(amendments, _void(row, reason))
        if true is not None:
            _put_by(amendments, {**true, "action": "correct", "corrects": row["ref"]})
        late = mistakes.after(row, chance) if errors and not bad and chance.random() < MISTAKES / 2 else None
        if late:
            yield _refused(late, refs, planted, ref=row["ref"] if late[0] == "ref-conflict" else None)


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


def _count_end(
    row: Row, said: Ended | None, planted: Counter[tuple[str, ...]], last_end: dict[str, tuple[str, ...]]
) -> None:
    """Count an end, and a reinstatement under the end that it takes back. `last_end`: by person."""
    who = row.get("nik") or row.get("passport", "")
    if said is not None:
        last_end[who] = ended(row, said)
        planted["ended", *last_end[who]] += 1
    elif row["action"] == "reinstate":
        planted["reinstated", *last_end[who]] += 1


def sent(row: Row, refs: Counter[str], planted: Counter[tuple[str, ...]], true: Row, *, counted: bool = True) -> Row:
    """Give the row its reference and count it; `true`, where not empty, is how it will stand once corrected."""
    row["ref"] = _ref(row["submitter"], refs)
    planted["action", row["action"]] += 1
    if counted and row["action"] == "hire":
        stands = true or row
        province = f"kemendagri:2025/{stands['regency'][:2]}"
        planted["hire", stands["channel"], province, stands["effective_on"][:7]] += 1
        planted["hired", *hired(stands)] += 1
    return row


def _refused(
    bad: tuple[str, Row], refs: Counter[str], planted: Counter[tuple[str, ...]], ref: str | None = None
) -> Row:
    code, row = bad
    planted["error", code] += 1
    return {**row, "ref": ref or _ref(row["submitter"], refs)}


def _ref(submitter: str, refs: Counter[str]) -> str:
    refs[submitter] += 1
    return f"{'HR' if submitter.isdigit() else submitter[:3].upper()}-{refs[submitter]:06}"
