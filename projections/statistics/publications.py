"""Publications as they stand in a folder: `MONTH/REVISION/` with `manifest.json` and the files that it names.

Read without DuckDB, Ibis and Arrow, so a server gives out what was published without the engines that made it.
A folder appears whole, by one rename, and nothing in it is ever written again.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MANIFEST = "manifest.json"
FORMAT = "kets-publication/1"
FORMATS = {"csv": "csv", "json": "json", "sdmx-csv": "sdmx.csv", "parquet": "parquet"}
"""Name of a format -> how its files end."""
TODAY = ZoneInfo("Asia/Jakarta")
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
_REVISION = re.compile(r"[1-9]\d{0,4}")


class _File(msgspec.Struct):
    name: str
    sha256: str


class _Cube(msgspec.Struct):
    name: str
    cells: int
    withheld: int
    files: dict[str, _File]


class _Manifest(msgspec.Struct):
    """What is read of a manifest, here and by those who ask for one."""

    format: str
    month: str
    revision: int
    published_at: datetime
    cut_off: datetime
    k: int
    positions: dict[int, int]
    previous: str | None
    cubes: list[_Cube]


class Publication(NamedTuple):
    folder: Path
    manifest: dict[str, Any]

    @property
    def month(self) -> str:
        return str(self.manifest["month"])

    @property
    def revision(self) -> int:
        return int(self.manifest["revision"])

    @property
    def digest(self) -> str:
        """Of the manifest, which holds those of all files: what the next revision names."""
        return sha256(self.folder / MANIFEST)

    @property
    def published_on(self) -> date:
        """The day in Jakarta."""
        return datetime.fromisoformat(self.manifest["published_at"]).astimezone(TODAY).date()

    def cube(self, name: str) -> dict[str, Any]:
        """What the manifest says of a cube. Raises: Refused("cube-unknown")."""
        for cube in self.manifest["cubes"]:
            if cube["name"] == name:
                return dict(cube)
        raise Refused("cube-unknown", got=name, expected=", ".join(c["name"] for c in self.manifest["cubes"]))

    def file(self, cube: str, kind: str) -> Path:
        return self.folder / str(self.cube(cube)["files"][kind]["name"])

    def table(self, cube: str) -> dict[str, Any]:
        """The cube's JSON: `columns`, `codes` with their labels, `cells`."""
        return _loaded(self.file(cube, "json"))


@lru_cache(maxsize=32)  # files never change
def _loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def publications(folder: Path) -> list[Publication]:
    """All of them, by month and revision. Raises: Refused("publication-altered") for a manifest that is none."""
    found = []
    for manifest in folder.glob(f"*/*/{MANIFEST}"):
        month, revision = manifest.parts[-3:-1]
        if _MONTH.fullmatch(month) and _REVISION.fullmatch(revision):
            found.append(Publication(manifest.parent, _manifest(manifest)))
    return sorted(found, key=lambda each: (each.month, each.revision))


def _manifest(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    try:
        msgspec.json.decode(content, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = "/".join(path.parts[-3:])
        raise Refused("publication-altered", where=where, got=str(error), expected=FORMAT) from error
    told: dict[str, Any] = json.loads(content)
    return told


def publication(
    folder: Path, month: str | None = None, *, revision: int | None = None, as_published_on: date | None = None
) -> Publication:
    """The latest of a month, or a certain revision, or that which stood at the end of a day in Jakarta; without a
    month, of the latest that was then published.

    Raises: Refused("publication-unknown").
    """
    found = [
        each
        for each in publications(folder)
        if month in (None, each.month)
        and revision in (None, each.revision)
        and (as_published_on is None or each.published_on <= as_published_on)
    ]
    if not found:
        asked = (
            f"month {month or 'any'}",
            revision and f"revision {revision}",
            as_published_on and f"{as_published_on}",
        )
        raise Refused("publication-unknown", got=", ".join(str(part) for part in asked if part))
    return found[-1]


def chosen(table: Mapping[str, Any], asked: Mapping[str, Sequence[str]]) -> list[list[Any]]:
    """The cells of a cube's JSON with one of the codes asked for in each column that is asked about.

    Raises: Refused("dimension-unknown"), Refused("unknown-code").
    """
    columns = table["columns"]
    for column, wanted in asked.items():
        if column not in columns:
            raise Refused("dimension-unknown", got=column, expected=", ".join(columns))
        for code in wanted:
            if code not in table["codes"][column]:
                raise Refused("unknown-code", got=code, near="")
    places = [(columns.index(column), frozenset(wanted)) for column, wanted in asked.items()]
    return [cell for cell in table["cells"] if all(cell[at] in wanted for at, wanted in places)]


def verified(folder: Path) -> int:
    """How many publications there are, once all files are as their manifests say and each names the one before.

    Raises: Refused("publication-altered").
    """
    before: Publication | None = None
    found = publications(folder)
    for each in found:
        last = before if before and before.month == each.month else None
        _check(each, "format", each.manifest["format"], FORMAT)
        _check(each, "folder", str(each.folder.relative_to(folder)), f"{each.month}/{each.revision}")
        _check(each, "revision", each.revision, last.revision + 1 if last else 1)
        _check(each, "previous", each.manifest["previous"], last.digest if last else None)
        for cube in each.manifest["cubes"]:
            for file in cube["files"].values():
                path = each.folder / Path(file["name"]).name
                _check(each, file["name"], sha256(path) if path.is_file() else None, file["sha256"])
        before = each
    return len(found)


def _check(each: Publication, what: str, got: object, expected: object) -> None:
    if got != expected:
        where = f"{each.month}/{each.revision}: {what}"
        raise Refused("publication-altered", where=where, got=str(got), expected=str(expected))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
