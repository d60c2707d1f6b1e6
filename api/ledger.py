"""`/ledger`: the log as C2SP tlog-tiles has it. Who holds the checkpoint is anybody; tiles are for auditors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.desk import AtDesk
from api.problems import responses
from domain.errors import Refused
from registry.ledger import checkpoint, log
from registry.ledger.auditors import named
from registry.ledger.leaf import leaf_bytes
from registry.ledger.merkle import HEIGHT, WIDTH
from registry.ledger.place import folder_of
from registry.ledger.tiles import read_tile_path

router = APIRouter(prefix="/ledger", tags=["ledger"])

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
NEWEST = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_NOTE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A signed note", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_DATA: dict[int | str, dict[str, Any]] = {
    200: {"description": "Bytes", "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}
}
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="A token that `kets ledger auditor NAME` printed")),
]
TilePath = Annotated[
    str,
    Path(
        alias="path",
        max_length=60,
        description="Level and number of the tile, .p/WIDTH for a partial one; or entries and the number of a bundle",
        examples=["0/x001/234", "0/x001/235.p/17", "entries/000"],
    ),
]


def auditor(desk: AtDesk, bearer: Bearer) -> str:
    """Raises: Refused("auditor-unknown")."""
    return named(desk.settings.auditor_list, bearer.credentials if bearer else None)


@router.get(
    "/checkpoint",
    responses={**responses("ledger-empty"), **_NOTE},
    response_class=Response,
    summary="The newest checkpoint",
)
def newest(desk: AtDesk) -> Response:
    """Size and root of the log, signed (C2SP tlog-checkpoint). Keep one now and then, where the registry cannot."""
    return _note(folder_of(desk.settings).checkpoint())


@router.get(
    "/witnessed",
    responses={**responses("ledger-empty"), **_NOTE},
    response_class=Response,
    summary="The newest checkpoint that witnesses have cosigned",
)
def witnessed(desk: AtDesk) -> Response:
    """With the lines of a quorum of witnesses (C2SP tlog-cosignature); it may be older than the newest."""
    return _note(folder_of(desk.settings).witnessed())


@router.get(
    "/incident",
    responses={**responses("ledger-empty"), **_NOTE},
    response_class=Response,
    summary="Why this ledger follows another",
)
def incident(desk: AtDesk) -> Response:
    """Only of a ledger that was opened after a loss: what was lost, signed by the key before and this one's."""
    return _note(folder_of(desk.settings).incident())


@router.get(
    "/tile/{path:path}",
    responses={**responses("auditor-unknown", "tile-unknown"), **_DATA},
    response_class=Response,
    dependencies=[Depends(auditor)],
    summary="A tile, or a bundle of entries",
)
def tile(desk: AtDesk, path: TilePath) -> Response:
    """Hashes of the tree, 32 bytes each; or leaves, each after its length in two bytes (C2SP tlog-tiles).

    Only what a published checkpoint covers. An entry is the leaf: hashes, times and ids, nothing personal.
    """
    folder = folder_of(desk.settings)
    found, entries = read_tile_path(f"tile/{path}")
    note = folder.checkpoint()
    size = checkpoint.read(note, note.partition("\n")[0]).size if note else 0
    if found is None or (found.number * WIDTH + found.width) << (HEIGHT * found.level) > size:
        raise Refused("tile-unknown")
    if entries:
        with desk.reading() as conn:
            leaves = map(leaf_bytes, log.between(conn, found.number * WIDTH, found.width))
            return _data(b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves))
    try:
        return _data(folder.read(found))
    except Refused as refusal:  # a partial tile of a size that no checkpoint had
        raise Refused("tile-unknown") from refusal


def _note(note: str | None) -> Response:
    if note is None:
        raise Refused("ledger-empty", folder="/ledger")
    return Response(note, media_type=TEXT, headers=NEWEST)


def _data(data: bytes) -> Response:
    return Response(data, media_type=BYTES, headers=FOR_EVER)
