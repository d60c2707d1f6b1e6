"""The facts of an export as an Ibis table of DuckDB or Spark, and what the export says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import Refused
from projections.export.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a whole export. Raises: Refused("export-missing"), Refused("export-format")."""
    found = read_manifest(folder)
    if found is None:
        raise Refused("export-missing", folder=str(folder))
    return found


def read(con: Any, folder: Path, name: str = "facts") -> Any:
    """The facts that the manifest counts; nothing is read before the table is asked.

    `con` is an Ibis connection. Raises: Refused("export-missing") where there are no facts, or not all the files;
    Refused("export-format").
    """
    files = [(folder / listed["path"], listed["bytes"]) for listed in manifest_of(folder)["files"]]
    if not files or not all(place.is_file() and place.stat().st_size == size for place, size in files):
        raise Refused("export-missing", folder=str(folder))
    paths = [str(place) for place, _ in files]
    if con.name == "pyspark":
        con._session.read.parquet(*paths).createOrReplaceTempView(name)  # Ibis's own takes one path
        return con.table(name)
    return con.read_parquet(paths, table_name=name, hive_partitioning=False)
