"""`kets keys rotate`, `revoke` and `roots`: who signs cards and lists from now on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from card.trust import CARD_LIFETIME, DAY
from keys.encoding import b64url, unb64url
from projections.cards import counted_by, in_force_by
from registry.cards.compromised import Replaced, Replacement
from registry.cards.together import WINDOW
from registry.cli.output import Json, answer, console, progress, table
from registry.cli.site import Site
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


def revoke(
    kid: Annotated[str, typer.Argument(metavar="ID", help="Id of the signer, as listed or in hex.")],
    reason: Annotated[str, typer.Option(help="Why; kept beside the keys.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Withdraw a document signer that leaked, and give the holders of its cards others. Run again, it goes on."""
    settings, now = Settings(), _now()
    signers = settings.open_keys().document_signers
    life = signers.life(_kid(kid))
    if not dry_run:  # at once, whatever comes of the cards
        life = signers.revoke(life.kid, reason=reason, now=now)
        replacement = b64url(signers.of(life.shard, now).kid)
        console.print(f"{b64url(life.kid)} of shard {life.shard} is revoked; {replacement} signs in its place.")
        console.print("The trust list says so from now on. Export and publish it: verifiers go by it.")
    with Site(settings) as site:
        site.runner.catch_up()
        with site.reading() as conn:
            held = counted_by(conn, life.kid)
        if dry_run:
            console.print(f"{held.get(0, 0):,} cards in force would be revoked and replaced; nothing was done.")
            answer(
                {"ok": True, "kid": life.kid.hex(), "shard": life.shard, "in_force": held.get(0, 0)}, as_json=as_json
            )
            return
        done = _replaced(site, life.kid, Replacement(site.registry, life.kid), held.get(0, 0))
    console.print(
        f"{done.revoked:,} cards revoked, {done.issued:,} issued instead; {held.get(2, 0):,} suspended stay so."
    )
    if done.without:
        table("Without another card", ("code", "workers"), done.without.most_common())
    said = {"kid": life.kid.hex(), "shard": life.shard, "replacement": replacement, "suspended": held.get(2, 0)}
    answer({"ok": True, **said, **done._asdict()}, as_json=as_json)


def _replaced(site: Site, kid: bytes, replacement: Replacement, total: int) -> Replaced:
    done, after = Replaced(0, 0, Counter()), None
    with progress("cards", total) as seen:
        while True:
            with site.reading() as conn:
                workers = in_force_by(conn, kid, after=after, most=WINDOW)
            if not workers:
                return done
            done, after = done.plus(replacement.take(workers)), workers[-1]
            seen(done.revoked)


def _kid(text: str) -> bytes:
    try:
        return bytes.fromhex(text) if len(text) == 16 else unb64url(text)
    except ValueError as error:
        raise typer.BadParameter(f"got {text!r}, expected the id of a signer, as listed or in hex") from error


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
    keys.command()(rotate)
    keys.command(context_settings={"ignore_unknown_options": True})(revoke)  # an id may begin with a hyphen
    keys.command()(roots)
