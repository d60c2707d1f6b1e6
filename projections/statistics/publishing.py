"""A month is published: its cubes are counted, withheld where they must be, and put into a folder of their own.

What the earlier revisions withheld is read from their folders; the counts behind it are counted again from the facts
as they were known, up to the very positions, and must agree with all that was published.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import chain, product
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import ibis
import numpy as np

from domain.errors import Refused
from keys.files import sync_folder
from projections.statistics.counting import counted
from projections.statistics.cubes import COUNTED, Cube, cubes_of, lattice
from projections.statistics.ends import ends
from projections.statistics.facts import manifest_of, read
from projections.statistics.formats import WRITERS
from projections.statistics.hires import hires
from projections.statistics.labels import label
from projections.statistics.lattice import TOTAL
from projections.statistics.publications import FORMAT, FORMATS, MANIFEST, Publication, publications, sha256
from projections.statistics.suppression import K, Revision, withheld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from projections.statistics.lattice import Bools, Dimension, Ints

ROWS = {"hires": hires, "ends": ends}
BUILDING = ".new-"
"""Begins the name of a folder that nobody reads yet."""


class Source(NamedTuple):
    """An export: its facts as an Ibis table, and what it says of itself."""

    facts: Any
    positions: Mapping[int, int]
    ledger_size: int | None
    checkpoint: str | None
    created_at: datetime


@contextmanager
def opened(folder: Path) -> Iterator[Source]:
    """What `kets export facts` wrote. Raises: Refused("export-missing"), Refused("export-format")."""
    said = manifest_of(folder)
    con = ibis.duckdb.connect()
    con.raw_sql("SET TimeZone = 'UTC'")
    try:
        positions = {int(shard): position for shard, position in said["positions"].items()}
        made = datetime.fromisoformat(said["created_at"])
        ledger = said["ledger"]
        yield Source(read(con, folder), positions, ledger["size"], ledger["checkpoint"], made)
    finally:
        con.disconnect()


def publish(source: Source, month: date, cut_off: datetime, out: Path, *, now: datetime | None = None) -> Publication:
    """The next revision of `month` (its first day), from the facts recorded at `cut_off` or before, in `out`.

    Raises: Refused("cut-off-later") than the export or `now`, Refused("cut-off-earlier") than that of the revision
    before, Refused("month-open") at a cut-off within the month, Refused("revision-differs") when the facts do not
    reach as far as those of an earlier revision, or do not give what it published, Refused("publication-exists") when
    another took its place meanwhile.
    """
    with _alone(out):
        return _published(source, month, cut_off, out, now or datetime.now(UTC))


def _published(source: Source, month: date, cut_off: datetime, out: Path, now: datetime) -> Publication:
    earlier = [each for each in publications(out) if each.month == f"{month:%Y-%m}"]
    _check(source, month, cut_off, earlier, now)
    number = len(earlier) + 1
    building = out / f"{BUILDING}{uuid4()}"
    building.mkdir()
    try:
        cubes = [
            told
            for counts in COUNTED
            for told in _cubes(building, month, number, counts, *_settled(source, month, cut_off, counts, earlier))
        ]
        manifest = {
            "format": FORMAT,
            "month": f"{month:%Y-%m}",
            "revision": number,
            "published_at": now.isoformat(),
            "cut_off": cut_off.isoformat(),
            "k": K,
            "positions": {str(shard): position for shard, position in sorted(source.positions.items())},
            "ledger_size": source.ledger_size,
            "checkpoint": source.checkpoint,
            "previous": earlier[-1].digest if earlier else None,
            "cubes": cubes,
        }
        _written(building / MANIFEST, (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode())
        return Publication(placed(building, out / f"{month:%Y-%m}" / str(number)), manifest)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check(source: Source, month: date, cut_off: datetime, earlier: list[Publication], now: datetime) -> None:
    last = min(source.created_at, now)
    if cut_off > last:
        raise Refused("cut-off-later", got=cut_off.isoformat(), expected=last.isoformat())
    ends_on = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    if cut_off.date() < ends_on:
        raise Refused("month-open", got=cut_off.isoformat(), expected=f"{ends_on}")
    if earlier and cut_off <= datetime.fromisoformat(earlier[-1].manifest["cut_off"]):
        raise Refused("cut-off-earlier", got=cut_off.isoformat(), expected=earlier[-1].manifest["cut_off"])
    for shard, position in earlier[-1].manifest["positions"].items() if earlier else ():
        if (here := source.positions.get(int(shard), 0)) < position:
            where = f"shard {shard}: "
            raise Refused("revision-differs", got=f"{where}{here}", expected=f"{where}{position}")
    if earlier and earlier[-1].manifest["k"] != K:
        raise Refused("revision-differs", got=f"k = {K}", expected=f"k = {earlier[-1].manifest['k']}")


def _settled(
    source: Source, month: date, cut_off: datetime, counts: str, earlier: list[Publication]
) -> tuple[Ints, Bools]:
    """The counts of the new revision, and which of them are withheld."""
    before = []
    for each in earlier:
        known = datetime.fromisoformat(each.manifest["cut_off"])
        positions = {int(shard): position for shard, position in each.manifest["positions"].items()}
        before.append(Revision(_counts(source, month, known, positions, counts), _hidden(each, counts)))
        _agrees(each, counts, before[-1])
    now = _counts(source, month, cut_off, source.positions, counts)
    return now, withheld(lattice(counts), now, before)


def _counts(source: Source, month: date, cut_off: datetime, positions: Mapping[int, int], counts: str) -> Ints:
    """From facts recorded by `cut_off` and at `positions` or before."""
    facts = source.facts
    reached = ibis.cases(*((facts.shard == shard, position) for shard, position in positions.items()), else_=0)
    rows = ROWS[counts](facts.filter(facts.position <= reached), cut_off)
    return counted(counts, rows.filter(rows.month == month).cache())


def _hidden(each: Publication, counts: str) -> Bools:
    hidden = np.zeros(lattice(counts).size, dtype=bool)
    for cube, ids in zip(cubes_of(counts), lattice(counts).ids, strict=True):
        flat = np.array([cell[-1] is None for cell in each.table(cube.name)["cells"]])
        hidden[ids.reshape(-1)] |= flat
    return hidden


def _agrees(each: Publication, counts: str, revision: Revision) -> None:
    for cube, ids in zip(cubes_of(counts), lattice(counts).ids, strict=True):
        for cell, published in zip(ids.reshape(-1), each.table(cube.name)["cells"], strict=True):
            if published[-1] not in (None, revision.counts[cell]):
                where = f"{each.month}/{each.revision} {cube.name} {' '.join(published[:-1])}: {published[-1]}"
                raise Refused("revision-differs", got=int(revision.counts[cell]), expected=where)


def _cubes(folder: Path, month: date, revision: int, counts: str, values: Ints, hidden: Bools) -> list[dict[str, Any]]:
    """Write the files of every cube; what the manifest says of each."""
    told = []
    for cube, ids in zip(cubes_of(counts), lattice(counts).ids, strict=True):
        table = tabulated(cube, month, revision, values[ids], hidden[ids])
        files = {}
        for kind, write in WRITERS.items():
            path = folder / f"{cube.name}.{FORMATS[kind]}"
            _written(path, write(table))
            files[kind] = {"name": path.name, "sha256": sha256(path), "bytes": path.stat().st_size}
        said = {"name": cube.name, "of": cube.of, "title": {"id": cube.title_id, "en": cube.title_en}}
        told.append(
            said | {"columns": list(cube.told), "cells": ids.size, "withheld": int(hidden[ids].sum()), "files": files}
        )
    return told


def tabulated(cube: Cube, month: date, revision: int, values: Ints, hidden: Bools) -> dict[str, Any]:
    """A cube as `formats` has it, its cells in the order of its codes."""
    axes = [_told(dimension, column) for dimension, column in zip(cube.dimensions, cube.columns, strict=True)]
    cells = [
        [*chain.from_iterable(at), None if withheld else value]
        for at, value, withheld in zip(product(*axes), values.ravel().tolist(), hidden.ravel().tolist(), strict=True)
    ]
    used = [list(dict.fromkeys(codes)) for axis in axes for codes in zip(*axis, strict=True)]
    codes = {c: {code: list(label(c, code)) for code in own} for c, own in zip(cube.told, used, strict=True)}
    head = {"cube": cube.name, "of": cube.of, "month": f"{month:%Y-%m}", "revision": revision}
    return head | {"columns": list(cube.told), "codes": codes, "cells": cells}


def _told(dimension: Dimension, column: str) -> list[tuple[str, ...]]:
    """What each code is told as: a regency beside its province, `_T` for either where the cell is a total."""
    if column != "regency":
        return [(code,) for code in dimension.codes]
    paths = [dimension.path(place) for place in range(len(dimension.codes))]
    return [(*path[1:], *[TOTAL] * (3 - len(path))) for path in paths]


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """The folder, made if it is not there, for one publisher at a time; without what killed ones have left."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in out.glob(f"{BUILDING}*"):
            shutil.rmtree(left)
        yield


def _written(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def placed(building: Path, folder: Path) -> Path:
    """One rename makes it visible: a crash before it leaves a folder that nobody reads, and the next run removes.

    Raises: Refused("publication-exists").
    """
    folder.parent.mkdir(exist_ok=True)
    sync_folder(building)
    try:
        building.rename(folder)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
        raise Refused("publication-exists", got=f"{folder.parent.name}/{folder.name}") from error
    for each in (folder, folder.parent, folder.parent.parent):
        sync_folder(each)
    return folder
