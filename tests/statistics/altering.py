"""Single alterations of an export and its ledger, each with the names by which the recomputation must tell it.

Who alters a row makes the manifest fit again: only what the ledger proves, and what follows from it, can tell.
"""

from __future__ import annotations

import base64
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.export.columns import RAW, TYPED
from tests.statistics.recomputing import manifest_of, replaced, tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.statistics.recomputing import Row, Scene

    Alteration = Callable[[Scene, random.Random], list[str]]

CHECKPOINT = "the export's checkpoint"


def names(*rows: Row) -> list[str]:
    """By which a row may be told: its fact, its place, its number in the ledger."""
    found = []
    for row in rows:
        found += [f"{row['stream']}:{row['version']}", f"shard {row['shard']}, position {row['position']}"]
        found += [f"number {row['log_index']}"]
    return found


def another(chance: random.Random, column: str, value: Any) -> Any:
    """A value of the kind of `value` that differs from it, or none at all."""
    if value is not None and column not in {"shard", "position", "version"} and chance.random() < 0.15:
        return None
    match value:
        case bool():
            return not value
        case int():
            return (value + 1) % 16 if column == "shard" else value + chance.choice((1, 7))
        case bytes() if value:
            at = chance.randrange(len(value))
            return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :]
        case bytes():
            return b"\0"
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1)
        case str() if column == "stream":
            return str(UUID(int=UUID(value).int ^ 1 << chance.randrange(127)))
        case str():
            return value + "x"
    made: dict[str, Any] = {"effective_on": date(2020, 1, 1), "ends_on": date(2020, 1, 1)}
    made |= {"amends": 1, "wage_band": 4, "birth_year": 1990, "voids": True, "declared": True}
    made |= {"submission": bytes(31) + b"\1", "sealed_hash": bytes(31) + b"\1"}
    return made.get(column, "x")


def chosen(scene: Scene, chance: random.Random) -> tuple[Path, list[Row], int]:
    file = chance.choice(scene.files())
    rows = scene.rows(file)
    return file, rows, chance.randrange(len(rows))


def altered(column: str, scene: Scene, chance: random.Random) -> list[str]:
    file, rows, at = chosen(scene, chance)
    before = rows[at]
    rows[at] = {**before, column: another(chance, column, before[column])}
    scene.put(file, rows)
    return names(before, rows[at])


def deleted(scene: Scene, chance: random.Random) -> list[str]:
    file, rows, at = chosen(scene, chance)
    gone = rows.pop(at)
    scene.put(file, rows)
    return names(gone)


def cut(scene: Scene, chance: random.Random) -> list[str]:
    """The last row of a shard, and the manifest says that it never was there."""
    file, rows, _ = chosen(scene, chance)
    gone = rows.pop()
    scene.put(file, rows)
    manifest = manifest_of(scene.facts)
    manifest["positions"][str(gone["shard"])] -= 1
    tell(scene.facts, manifest)
    return names(gone)


def doubled(scene: Scene, chance: random.Random) -> list[str]:
    file, rows, at = chosen(scene, chance)
    scene.put(file, [*rows, rows[at]])
    return names(rows[at])


def recorded_again(scene: Scene, chance: random.Random) -> list[str]:
    """The same fact once more at the end of its shard, where the ledger has nothing."""
    file, rows, at = chosen(scene, chance)
    again = {**rows[at], "position": rows[-1]["position"] + 1}
    longer = file.with_name(f"{file.name[:13]}{again['position']:012}.parquet")
    file.unlink()
    manifest = manifest_of(scene.facts)
    manifest["files"] = [each for each in manifest["files"] if each["path"] != str(file.relative_to(scene.facts))]
    manifest["positions"][str(again["shard"])] += 1
    tell(scene.facts, manifest)
    scene.put(longer, [*rows, again])
    return names(again)


def swapped(column: str, scene: Scene, chance: random.Random) -> list[str]:
    file, rows, _ = chosen(scene, chance)
    a, b = chance.sample(range(len(rows)), 2)
    before = rows[a], rows[b]
    rows[a], rows[b] = ({**before[i], column: before[1 - i][column]} for i in (0, 1))
    scene.put(file, rows)
    return names(*before)


def vector(scene: Scene, chance: random.Random) -> list[str]:
    manifest = manifest_of(scene.facts)
    shard = chance.choice(sorted(manifest["positions"]))
    manifest["positions"][shard] += chance.choice((-1, 1))
    tell(scene.facts, manifest)
    return [f"shard {shard}"]


def size(scene: Scene, chance: random.Random) -> list[str]:
    manifest = manifest_of(scene.facts)
    manifest["ledger"]["size"] += chance.choice((-1, 1))
    tell(scene.facts, manifest)
    return ["ledger size"]


def checkpoint(scene: Scene, chance: random.Random) -> list[str]:
    manifest = manifest_of(scene.facts)
    manifest["ledger"]["checkpoint"] = spoilt(manifest["ledger"]["checkpoint"], chance)
    tell(scene.facts, manifest)
    return [CHECKPOINT]


def published_checkpoint(scene: Scene, chance: random.Random) -> list[str]:
    path = scene.ledger / "checkpoint"
    replaced(path, spoilt(path.read_text(encoding="utf-8"), chance).encode())
    return ["the ledger's checkpoint"]


def spoilt(note: str, chance: random.Random) -> str:
    """The root, or the signature, with one bit turned."""
    lines = note.split("\n")
    at = chance.choice((2, 4))
    prefix, _, text = lines[at].rpartition(" ")
    data = bytearray(base64.b64decode(text))
    data[chance.randrange(6, len(data))] ^= 1 << chance.randrange(8)
    lines[at] = f"{prefix} {base64.b64encode(data).decode()}".strip()
    return "\n".join(lines)


def tile(scene: Scene, chance: random.Random) -> list[str]:
    path = chance.choice(sorted(p for p in (scene.ledger / "tile").rglob("*") if p.is_file()))
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    replaced(path, bytes(data))
    return [str(path.relative_to(scene.ledger))]


def tile_gone(scene: Scene, chance: random.Random) -> list[str]:
    path = chance.choice(sorted(p for p in (scene.ledger / "tile").rglob("*") if p.is_file()))
    path.unlink()
    return [str(path.relative_to(scene.ledger))]


def file_bit(scene: Scene, chance: random.Random) -> list[str]:
    """In a file itself, and the manifest is left as it was."""
    path = chance.choice(scene.files())
    data = bytearray(path.read_bytes())
    data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
    replaced(path, bytes(data))
    return [str(path.relative_to(scene.facts))]


def file_gone(scene: Scene, chance: random.Random) -> list[str]:
    path = chance.choice(scene.files())
    path.unlink()
    return [str(path.relative_to(scene.facts))]


def listed_as(field: str, scene: Scene, chance: random.Random) -> list[str]:
    """What the manifest says of a file."""
    manifest = manifest_of(scene.facts)
    chosen = chance.choice(manifest["files"])
    path, chosen[field] = chosen["path"], chosen[field] + (1 if field in {"first", "last", "rows", "bytes"} else "0")
    tell(scene.facts, manifest)
    return [path, chosen["path"]]


def rows_in_all(scene: Scene, _chance: random.Random) -> list[str]:
    manifest = manifest_of(scene.facts)
    manifest["rows"] += 1
    tell(scene.facts, manifest)
    return ["rows"]


def file_unlisted(scene: Scene, chance: random.Random) -> list[str]:
    manifest = manifest_of(scene.facts)
    gone = manifest["files"].pop(chance.randrange(len(manifest["files"])))
    tell(scene.facts, manifest)
    return [gone["path"]]


FACTS: dict[str, Alteration] = {
    **{f"column {name}": partial(altered, name) for name in (*RAW, *TYPED)},
    **{f"swapped {name}": partial(swapped, name) for name in ("position", "log_index", "clear", "salt")},
    "row deleted": deleted,
    "row cut": cut,
    "row doubled": doubled,
    "row recorded again": recorded_again,
    "positions": vector,
    "size": size,
    "checkpoint": checkpoint,
    "published checkpoint": published_checkpoint,
    "tile": tile,
    "tile gone": tile_gone,
    "file bit": file_bit,
    "file gone": file_gone,
    "file unlisted": file_unlisted,
    **{
        f"listed {field}": partial(listed_as, field)
        for field in ("path", "first", "last", "rows", "bytes", "sha256", "event")
    },
    "rows in all": rows_in_all,
}
