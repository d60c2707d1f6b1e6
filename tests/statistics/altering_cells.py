"""Single alterations of a publication, each with the names by which the recomputation must tell it.

Who alters a cell makes the manifest's digests fit again. Alone in one format it contradicts the three others; in all
four it contradicts the facts, or the rules of what is withheld.
"""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from projections.statistics.formats import WRITERS, sdmx_code
from projections.statistics.publications import FORMATS
from tests.statistics.recomputing import manifest_of, replaced, tell, told

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.statistics.recomputing import Scene

    Alteration = Callable[[Scene, random.Random], list[str]]
    Change = Callable[["Sheet", random.Random], list[str]]

HIRES = ("hires-by-regency", "hires-by-industry", "hires-by-age", "hires-by-education")


class Sheet(NamedTuple):
    """A table of one format: names of its columns, rows of text, and where the codes, the value and the status are."""

    cube: str
    rows: list[list[Any]]
    codes: list[int]
    value: int
    status: list[int]

    def name(self, row: list[Any]) -> str:
        return " ".join([self.cube, *(row[at] for at in self.codes)])


def named(sheet: Sheet, row: list[Any], columns: list[list[str]]) -> list[str]:
    """The cell's own codes; of SDMX's codes both what they are and what they stand for."""
    found = [sheet.name(row)]
    meant = [{sdmx_code(code): code for code in known} for known in columns]
    if all(row[at] in codes for at, codes in zip(sheet.codes, meant, strict=True)):
        found.append(" ".join([sheet.cube, *(codes[row[at]] for at, codes in zip(sheet.codes, meant, strict=True))]))
    return found


def valued(sheet: Sheet, chance: random.Random, *, withheld: bool) -> list[Any]:
    """A cell that is withheld, or one that has a value, mostly not 0."""
    found = [row for row in sheet.rows if (row[sheet.value] in (None, "")) is withheld]
    counted = [row for row in found if row[sheet.value] not in (0, "0")]
    return chance.choice(counted if chance.random() < 0.8 else found)


def another_value(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = valued(sheet, chance, withheld=False)
    value = int(row[sheet.value]) + chance.choice((1, 2, 10))
    row[sheet.value] = value if isinstance(row[sheet.value], int) else str(value)
    return row


def shown(sheet: Sheet, chance: random.Random) -> list[Any]:
    """A withheld cell with a value: whether it is the right one cannot be told from the folder."""
    row = valued(sheet, chance, withheld=True)
    row[sheet.value] = 3 if row[sheet.value] is None else "3"
    for at, word in zip(sheet.status, ("A", "F") if len(sheet.status) > 1 else ("",), strict=False):
        row[at] = word
    return row


def hidden(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = valued(sheet, chance, withheld=False)
    row[sheet.value] = None if isinstance(row[sheet.value], int) else ""
    for at, word in zip(sheet.status, ("Q", "C") if len(sheet.status) > 1 else ("suppressed",), strict=False):
        row[at] = word
    return row


def status(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = valued(sheet, chance, withheld=chance.random() < 0.5)
    row[sheet.status[0]] += "x"
    return row


def code(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = valued(sheet, chance, withheld=False)
    row[chance.choice(sheet.codes)] += "1"
    return row


def gone(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = chance.choice(sheet.rows)
    sheet.rows.remove(row)
    return row


def twice(sheet: Sheet, chance: random.Random) -> list[Any]:
    row = chance.choice(sheet.rows)
    sheet.rows.insert(0, row)
    return row


CHANGES: dict[str, Callable[[Sheet, random.Random], list[Any]]] = {
    "value": another_value,
    "shown": shown,
    "hidden": hidden,
    "status": status,
    "code": code,
    "gone": gone,
    "twice": twice,
}


def altered(kind: str, change: str, scene: Scene, chance: random.Random) -> list[str]:
    """A cell in one format."""
    cube, folder = chance.choice(HIRES), scene.publication
    path = folder / f"{cube}.{FORMATS[kind]}"
    table = json.loads((folder / f"{cube}.json").read_text(encoding="utf-8"))
    columns = [list(table["codes"][column]) for column in table["columns"]]
    if kind == "json":
        sheet = Sheet(cube, table["cells"], list(range(len(columns))), len(columns), [])
        row = CHANGES[change](sheet, chance)
        replaced(path, json.dumps(table).encode())
    elif kind == "parquet":
        read = pq.read_table(path)
        rows = [list(each.values()) for each in read.to_pylist()]
        sheet = Sheet(cube, rows, list(range(1, len(columns) + 1)), len(columns) + 1, [len(columns) + 2])
        row = CHANGES[change](sheet, chance)
        path.unlink()
        values = [
            pa.array(list(column), field.type.value_type if at != sheet.value else field.type)
            for at, (column, field) in enumerate(zip(zip(*rows, strict=True), read.schema, strict=True))
        ]
        pq.write_table(pa.table(values, read.schema.names), path)
    else:
        head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        loud = kind == "sdmx-csv"
        codes = [head.index(name.upper() if loud else name) for name in table["columns"]]
        said = ["OBS_STATUS", "CONF_STATUS"] if loud else ["status"]
        sheet = Sheet(
            cube, rows, codes, head.index("OBS_VALUE" if loud else "value"), [head.index(name) for name in said]
        )
        row = CHANGES[change](sheet, chance)
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows([head, *rows])
        replaced(path, out.getvalue().encode())
    fitted(scene, cube, kind)
    return named(sheet, row, columns) if kind == "sdmx-csv" else [sheet.name(row)]


def everywhere(change: str, scene: Scene, chance: random.Random) -> list[str]:
    """A cell in all formats alike."""
    cube, folder = chance.choice(HIRES), scene.publication
    table = json.loads((folder / f"{cube}.json").read_text(encoding="utf-8"))
    width = len(table["columns"])
    sheet = Sheet(cube, table["cells"], list(range(width)), width, [])
    row = CHANGES[change](sheet, chance)
    for kind, write in WRITERS.items():
        replaced(folder / f"{cube}.{FORMATS[kind]}", write(table))
        fitted(scene, cube, kind)
    return [sheet.name(row), *([cube] if change == "hidden" else [])]  # one more withheld is told by their number alone


def label(kind: str, scene: Scene, chance: random.Random) -> list[str]:
    """What a code means, in one format."""
    cube, folder = chance.choice(HIRES), scene.publication
    table = json.loads((folder / f"{cube}.json").read_text(encoding="utf-8"))
    column = chance.choice(table["columns"])
    chosen = chance.choice(sorted(table["codes"][column]))
    table["codes"][column][chosen][chance.randrange(2)] += "x"
    replaced(folder / f"{cube}.{FORMATS[kind]}", WRITERS[kind](table))
    fitted(scene, cube, kind)
    return [f"{cube} {column} {chosen}"]


def fitted(scene: Scene, cube: str, kind: str) -> None:
    manifest = manifest_of(scene.publication)
    (listed,) = (each for each in manifest["cubes"] if each["name"] == cube)
    listed["files"][kind] |= told(scene.publication / listed["files"][kind]["name"], "bytes")
    tell(scene.publication, manifest)


def manifested(field: str, scene: Scene, chance: random.Random) -> list[str]:
    """A field of the manifest."""
    manifest = manifest_of(scene.publication)
    names = [field]
    match field:
        case "positions":
            shard = chance.choice(sorted(manifest[field]))
            manifest[field][shard] += 1
            names = [f"shard {shard}"]
        case "cut_off":
            manifest[field] = "2029" + manifest[field][4:]
        case "checkpoint":
            manifest[field] = manifest[field].replace("\n", "\n1", 1)
            names = ["the publication's checkpoint"]
        case "previous":
            manifest[field] = "00" * 32
            names = ["revision 1"]
        case "month" | "revision":
            manifest[field] = "2026-03" if field == "month" else 2
            names = ["month and revision"]
        case "k" | "ledger_size":
            manifest[field] -= 1
        case "cells" | "withheld":
            cube = chance.choice(manifest["cubes"])
            cube[field] += 1
            names = [cube["name"]]
    tell(scene.publication, manifest)
    return names


def file_bit(scene: Scene, chance: random.Random) -> list[str]:
    path = chance.choice(sorted(path for path in scene.publication.iterdir() if path.name != "manifest.json"))
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1
    replaced(path, bytes(data))
    return [path.name]


def file_gone(scene: Scene, chance: random.Random) -> list[str]:
    path = chance.choice(sorted(path for path in scene.publication.iterdir() if path.name != "manifest.json"))
    path.unlink()
    return [path.name]


FIELDS = (
    "positions",
    "cut_off",
    "checkpoint",
    "previous",
    "month",
    "revision",
    "k",
    "ledger_size",
    "cells",
    "withheld",
)
CELLS: dict[str, Alteration] = {
    **{
        f"{kind} {change}": partial(altered, kind, change)
        for kind in WRITERS
        for change in CHANGES
        if (kind, change) != ("json", "status")
    },
    **{f"everywhere {change}": partial(everywhere, change) for change in ("value", "shown", "hidden", "gone")},
    **{f"label {kind}": partial(label, kind) for kind in ("csv", "json")},
    **{f"published {field}": partial(manifested, field) for field in FIELDS},
    "published file bit": file_bit,
    "published file gone": file_gone,
}
