"""`/v1/statistics/publications` and `/v1/statistics/cubes`: what was published, open to everybody, for ever."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, Field

from api.desk import AtDesk
from api.problems import Message, responses
from domain.errors import Refused
from projections.statistics import formats, picture
from projections.statistics.publications import Publication, chosen, publication, publications

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "sdmx-csv": "application/vnd.sdmx.data+csv; version=2.0.0",
    "parquet": "application/vnd.apache.parquet",
}
LATEST, FOR_EVER = "public, max-age=300", "public, max-age=31536000, immutable"
MOST = 20_000
"""More cells than any cube has."""
SVG = "image/svg+xml"
Month = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM; default: the latest")]
Codes = Annotated[str | None, Query(max_length=8_000, description="Codes, comma separated; `_T` is the total")]
Name = Annotated[str, Path(max_length=60, description="Name of the table", examples=["hires-by-industry"])]
Revision = Annotated[int | None, Query(ge=1, le=99_999, description="Default: the latest")]
PublishedOn = Annotated[
    date | None, Query(description="What stood at the end of that day in Jakarta, instead of the latest")
]
IfNoneMatch = Annotated[str | None, Header(max_length=1000, description="ETag of what is held already")]


class CubeOf(BaseModel):
    name: str = Field(examples=["hires-by-industry"])
    of: str = Field(description="`hires` or `ends`")
    title: Message
    columns: list[str]
    cells: int
    withheld: int
    files: dict[str, dict[str, str | int]] = Field(description="By format: name, sha256, bytes")


class Published(BaseModel):
    """A manifest: docs/statistics.md tells its fields."""

    month: str = Field(examples=["2026-02"])
    revision: int
    published_at: str
    cut_off: str
    k: int
    positions: dict[int, int]
    ledger_size: int | None
    checkpoint: str | None
    previous: str | None = Field(description="SHA-256 of the manifest of the revision before")
    manifest_sha256: str
    cubes: list[CubeOf]


class Publications(BaseModel):
    publications: list[Published]


@dataclass
class Asked:
    """Of each column the codes asked for; a column that was not asked about is null."""

    province: Codes = None
    regency: Codes = None
    channel: Codes = None
    industry: Codes = None
    occupation: Codes = None
    sex: Codes = None
    age_band: Codes = None
    education: Codes = None
    cause_group: Codes = None
    contract: Codes = None

    def wanted(self) -> dict[str, list[str]]:
        return {column: codes.split(",") for column, codes in asdict(self).items() if codes is not None}


class Cube(BaseModel):
    """A cell is its codes in the order of `columns`, and its count, null where it is withheld."""

    cube: str
    of: str
    month: str
    revision: int
    columns: list[str]
    codes: dict[str, dict[str, list[str]]] = Field(description="Column -> code -> [Indonesian, English]")
    cells: list[list[str | int | None]]
    total: int = Field(description="Cells that were asked for, on all pages")


_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The table, in the format asked for",
        "content": {
            "application/json": {"schema": Cube.model_json_schema()},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.sdmx.data+csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    304: {"description": "What is held is still the one"},
}


@router.get("/publications", responses=responses("publication-unknown"), summary="What was published, and when")
def published(desk: AtDesk, month: Month = None) -> Publications:
    """Every revision of every month, or of one, the oldest first; nothing published is ever changed or taken back."""
    found = [each for each in publications(desk.settings.publication_folder) if month in (None, each.month)]
    return Publications(publications=[Published(**each.manifest, manifest_sha256=each.digest) for each in found])


@router.get(
    "/cubes/{cube}",
    responses={**responses("cube-unknown", "publication-unknown", "dimension-unknown", "unknown-code"), **_TABLE},
    response_class=Response,
    summary="A published table",
)
def cube(
    desk: AtDesk,
    cube: Name,
    asked: Annotated[Asked, Depends()],
    month: Month = None,
    revision: Revision = None,
    as_published_on: PublishedOn = None,
    format_: Annotated[
        str | None,
        Query(
            alias="format",
            pattern="^(json|csv|sdmx-csv|parquet)$",
            description="json, csv, sdmx-csv or parquet; default: by Accept, else json",
        ),
    ] = None,
    offset: Annotated[int, Query(ge=0, le=MOST, description="Cells to leave out before the first")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST, description="The most cells")] = MOST,
    accept: Annotated[str, Header(max_length=1000, description="Media type of a format")] = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Counts of a month as they were published, filtered by codes; counts below 5, and what would give them away, are
    null. Without filters and pages, CSV, SDMX-CSV and Parquet are the very bytes that the manifest has the digest of.
    """
    found = publication(desk.settings.publication_folder, month, revision=revision, as_published_on=as_published_on)
    kind = format_ or _accepted(accept)
    wanted = asked.wanted()
    file = found.cube(cube)["files"][kind]
    part = repr((kind, sorted(wanted.items()), offset, limit))
    etag = _etag(file["sha256"] + part)
    headers = _headers(etag, for_ever=bool(month and revision)) | {"Vary": "Accept"}
    if _held(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    if kind != "json" and not wanted and (offset, limit) == (0, MOST):
        content = found.file(cube, kind).read_bytes()
    else:
        content = _part(found, cube, kind, wanted, offset, limit)
    return Response(content, headers=headers, media_type=MEDIA[kind])


@router.get(
    "/cubes/{cube}/picture.svg",
    responses={
        **responses("cube-unknown", "publication-unknown", "dimension-unknown", "unknown-code", "picture-one-code"),
        200: {"description": "A picture", "content": {SVG: {"schema": {"type": "string"}}}},
        304: _TABLE[304],
    },
    response_class=Response,
    summary="A published table as a picture",
)
def drawn(
    desk: AtDesk,
    cube: Name,
    asked: Annotated[Asked, Depends()],
    by: Annotated[str, Query(max_length=30, description="The column whose codes are the bars")],
    month: Month = None,
    revision: Revision = None,
    as_published_on: PublishedOn = None,
    lang: Annotated[Literal["en", "id"], Query(description="en or id", json_schema_extra={"maxLength": 2})] = "en",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Bars of one column, at most 40; of each other column the code asked for, else the total. Withheld counts are
    told as such, without a length.
    """
    found = publication(desk.settings.publication_folder, month, revision=revision, as_published_on=as_published_on)
    svg = picture.drawn(found, cube, by, asked.wanted(), lang)
    etag = _etag(svg)
    headers = _headers(etag, for_ever=False)  # the drawing may change with the program
    if _held(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(svg, headers=headers, media_type=SVG)


def _etag(of: str) -> str:
    return f'"{hashlib.sha256(of.encode()).hexdigest()[:32]}"'


def _headers(etag: str, *, for_ever: bool) -> dict[str, str]:
    return {
        "Cache-Control": FOR_EVER if for_ever else LATEST,
        "ETag": etag,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _held(etag: str, if_none_match: str | None) -> bool:
    return if_none_match is not None and etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}


def _part(found: Publication, cube: str, kind: str, wanted: Mapping[str, list[str]], offset: int, limit: int) -> bytes:
    table = found.table(cube)
    cells = chosen(table, wanted)
    told = {**table, "cells": cells[offset : offset + limit]}
    if kind == "json":
        told["total"] = len(cells)
    try:
        return formats.WRITERS[kind](told)
    except ImportError as error:
        raise Refused("extra-missing", extra="statistics", library=error.name) from error


def _accepted(accept: str) -> str:
    """The first format of an Accept header that there is, in its order; JSON when there is none."""
    named = {media.partition(";")[0]: kind for kind, media in MEDIA.items()}
    asked = (each.partition(";")[0].strip().lower() for each in accept.split(","))
    return next((named[each] for each in asked if each in named), "json")
