"""`kets keys rotate` and `roots`: who signs cards and lists from now on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from card.trust import CARD_LIFETIME, DAY
from keys.encoding import b64url
from registry.cli.output import Json, answer, console, table
from registry.settings import Settings

if TYPE_CHECKING:
    from keys.signers import Signers

Shard = Annotated[
    int | None, typer.Option("--shard", min=0, help="The status shard whose signer is followed by a new one.")
]
Every = Annotated[bool, typer.Option("--all", help="Every shard that has a signer.")]
In = Annotated[int, typer.Option("--in", min=0, max=60, help="Days until the new signer begins; it is listed at once.")]
Undo = Annotated[bool, typer.Option("--undo", help="Withdraw the new signer, as long as it has not begun.")]
Rotate = Annotated[bool, typer.Option("--rotate", help="The next root becomes the root, and a new next root is made.")]


def rotate(shard: Shard = None, every: Every = False, days: In = 0, undo: Undo = False, as_json: Json = False) -> None:
    """Make a new document signer for a shard. Cards of the one before go on: it stays listed until the last expires."""
    if (shard is None) != every:
        raise typer.BadParameter("name one shard by --shard, or say --all")
    signers, now = Settings().open_keys().document_signers, _now()
    shards = signers.shards() if shard is None else [shard]
    if undo:
        pending = {life.shard for life in signers.lives() if life.state(now) == "next"}
        chosen = [each for each in shards if each in pending or shard is not None]
        rows: list[dict[str, object]] = [
            {"shard": each, "withdrawn": b64url(signers.withdraw(each, now=now))} for each in chosen
        ]
    else:
        rows = [_rotated(signers, each, now=now, starts=now + days * DAY) for each in shards]
    if rows:
        table("Document signers", list(rows[0]), [list(row.values()) for row in rows])
    console.print(f"{len(rows)} {'withdrawn' if undo else 'made'}. Verifiers go by the trust list: publish it.")
    answer({"ok": True, "signers": rows}, as_json=as_json)


def _rotated(signers: Signers, shard: int, *, now: int, starts: int) -> dict[str, object]:
    before = [life.kid for life in signers.lives() if life.shard == shard and life.state(now) == "signs"]
    made = signers.add(shard, now=now, starts=starts)
    return {
        "shard": shard,
        "before": b64url(before[0]) if before else None,
        "listed_until": _day(starts + CARD_LIFETIME),
        "signer": made["kid"],
        "signs_from": datetime.fromtimestamp(starts, UTC).isoformat(),
    }


def roots(rotate: Rotate = False, as_json: Json = False) -> None:
    """List the roots of trust, or rotate them. Verifiers follow from the root they know to the one that signs."""
    settings = Settings()
    keyring = settings.open_keys()
    if rotate:
        keyring.roots.rotate(now=_now(), in_token=settings.roots == "pkcs11")
    infos = [info for info in keyring.listing() if info.use in {"root", "next-root"}]
    rows = [
        (i.kid, {"signs": "root", "next": "next root"}.get(i.state or "", "former root"), _day(i.created), i.where)
        for i in infos
    ]
    table("Roots", ("id", "is", "made", "where"), rows)
    if rotate:
        console.print("The root was rotated. Export and publish: verifiers follow by the chain, those that slept too.")
    listed = [dict(zip(("kid", "is", "made", "where"), row, strict=True)) for row in rows]
    answer({"ok": True, "roots": listed, "chain": keyring.roots.chain()}, as_json=as_json)


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def add_to(keys: typer.Typer) -> None:
    for command in (rotate, roots):
        keys.command()(command)
