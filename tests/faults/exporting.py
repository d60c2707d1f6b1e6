"""The program that the drill of exports kills, and what is looked at after."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from projections.export.run import export
from registry.roles import DatabaseRole, connect

if TYPE_CHECKING:
    from psycopg import Connection

FILE = 7
"""Rows of a file: the smaller, the more often it is at a place where a kill might hurt."""


def run(url: str, out: str) -> None:
    """What `kets export facts` does, in small files, again and again."""
    with connect(url, DatabaseRole.READ, autocommit=True) as conn:
        while True:
            export(conn, Path(out), datetime.now(UTC), file_rows=FILE)


def left(out: Path) -> str:
    """Where a kill must have struck, by what is there."""
    listed = {out / each["path"] for each in _manifest(out)["files"]}
    unfinished = out / "unfinished.ndjson"
    lines = [json.loads(line) for line in unfinished.read_bytes().splitlines()] if unfinished.exists() else []
    listed |= {out / line["path"] for line in lines if "path" in line}
    there = set(out.glob("facts/*/*"))
    if any(path.suffix == ".new" for path in there):
        return "half a file"
    if there - listed:
        return "a file in no list"
    return "files of no manifest" if len(lines) > 1 else "between runs"


def differing(conn: Connection[Any], out: Path, seen: set[str]) -> list[str]:
    """What counts in the export and is not the log up to its positions, each fact once and in its place.

    Files in `seen` were looked into before; those that are right join them.
    """
    said, found = _manifest(out), list[str]()
    query = (
        "SELECT position, stream::text, version FROM event WHERE shard = %s AND position BETWEEN %s AND %s ORDER BY 1"
    )
    for shard, top in said["positions"].items():
        upto = 0
        for each in (each for each in said["files"] if each["shard"] == int(shard)):
            if each["first"] != upto + 1:
                found.append(f"shard {shard} after {upto}")
            upto = each["last"]
            if each["path"] not in seen:
                file = out / each["path"]
                held = pq.ParquetFile(file).read(["position", "stream", "version"]).to_pydict()
                there = conn.execute(query, (shard, each["first"], each["last"])).fetchall()
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                right = list(zip(*held.values(), strict=True)) == there and digest == each["sha256"]
                (seen.add if right else found.append)(each["path"])
        if upto != top:
            found.append(f"shard {shard} up to {upto}")
    return found


def _manifest(out: Path) -> dict[str, Any]:
    place = out / "manifest.json"
    found: dict[str, Any] = json.loads(place.read_bytes()) if place.exists() else {"files": [], "positions": {}}
    return found
