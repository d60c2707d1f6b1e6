"""The trust folders of the vectors: each as a verifier might find it, named after what is the matter with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from card import status_jwt
from keys.encoding import unb64url as b64decoded
from tests.card.cards import DAY, NOW, SHARD
from tests.card.forging import b64, list_claims, listed, token
from tests.vectors.vector import NO_LIST, OUTDATED, REVOKED, SUSPENDED, Issuer

STATUSES = {REVOKED: 1, SUSPENDED: 2, OUTDATED: 3}
Builder = Callable[[Issuer, Path], None]


def fresh(
    issuer: Issuer, folder: Path, *, listed_at: int = NOW - DAY, status_token: bytes = b"", **trusted: Any
) -> None:
    """Everything in order, but for what is given."""
    ministry = issuer.ministry
    ministry.statuses = STATUSES
    token = status_token or ministry.status_token(issued_at=listed_at)
    trusted = {"signers": issuer.signers, "issued_at": NOW - DAY, **trusted}
    ministry.export(folder, trust_list=ministry.trust_token(**trusted), statuses={SHARD: token})


def with_status_list(**changes: Any) -> Builder:
    """A status list of shard 3 whose claims differ, signed by its own signer."""

    def build(issuer: Issuer, folder: Path) -> None:
        fresh(issuer, folder, status_token=listed(issuer.signer, list_claims(SHARD, NOW - DAY, **changes)))

    return build


def with_seen(*, build: Builder = fresh, version: int = 0, roots: tuple[str, ...] = (), status_at: int = 0) -> Builder:
    """A verifier that remembers; `roots` by name: root, next."""

    def written(issuer: Issuer, folder: Path) -> None:
        build(issuer, folder)
        keyring = issuer.ministry.keyring
        known = {"root": keyring.root.public_jwk, "next": keyring.next_root.public_jwk}
        seen = {
            "pinned": known["root"],
            "version": version,
            "roots": [known[name] for name in roots],
            "status": {str(SHARD): status_at},
        }
        (folder / "seen.json").write_text(json.dumps(seen))

    return written


def by_next_root(issuer: Issuer, folder: Path) -> None:
    keyring, other = issuer.ministry.keyring, issuer.stranger.keyring
    fresh(issuer, folder, root=keyring.next_root, next_root=other.root.public_jwk)


def by_a_stranger(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder, root=issuer.stranger.keyring.root)


def led_on(change: Callable[[list[str]], object] = list) -> Builder:
    """Signed by the root after the next; `change` of the two statements that lead there."""

    def build(issuer: Issuer, folder: Path) -> None:
        keyring, last = issuer.ministry.keyring, issuer.stranger.keyring
        fresh(issuer, folder, root=last.root, next_root=last.next_root.public_jwk)
        steps = ((keyring.root, keyring.next_root), (keyring.next_root, last.root))
        chain = [
            before.jwt({"iat": NOW - DAY, "next_root": after.public_jwk}, {"typ": "kets-root+jwt"})
            for before, after in steps
        ]
        (folder / "roots.json").write_text(json.dumps(change(chain)))

    return build


def ended(before: int) -> Builder:
    """Another signer took over, so many seconds ago."""

    def build(issuer: Issuer, folder: Path) -> None:
        fresh(issuer, folder, ended={issuer.signer.kid: NOW - before})

    return build


def replaced(name: str, change: Callable[[str], str | None]) -> Builder:
    """The file `name` changed, or taken away."""

    def build(issuer: Issuer, folder: Path) -> None:
        fresh(issuer, folder)
        path = folder / name
        content = change(path.read_text())
        path.unlink() if content is None else path.write_text(content)

    return build


def one_character_changed(token: str) -> str:
    place = len(token) // 2
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def status_altered(issuer: Issuer, folder: Path) -> None:
    issuer.ministry.statuses = STATUSES
    token = issuer.ministry.status_token(issued_at=NOW - DAY)
    place = len(token) - 80  # in the list
    fresh(issuer, folder, status_token=token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :])


def of_another_shard(issuer: Issuer, folder: Path) -> None:
    token = issuer.ministry.status_token(shard=NO_LIST, signer=issuer.ministry.signer(NO_LIST))
    fresh(issuer, folder, status_token=token)


def of_another_issuer(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder, status_token=issuer.stranger.status_token())


def signer_revoked(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder, revoked={issuer.signer.kid: NOW - DAY})


def typed_as_a_status_list(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder)
    root = issuer.ministry.keyring.root
    (folder / "trust-list.jwt").write_text(root.jwt({"version": 7}, {"typ": status_jwt.TYP}))


def with_a_number_of_5000_digits(issuer: Issuer, folder: Path) -> None:
    fresh(issuer, folder)
    root = issuer.ministry.keyring.root
    head = {"alg": "ES256", "kid": b64(root.kid), "typ": "kets-trust+jwt"}
    body = b64decoded((folder / "trust-list.jwt").read_text().split(".")[1])
    longer = body[:-1] + b',"x":' + b"9" * 5_000 + b"}"
    (folder / "trust-list.jwt").write_text(token(head, longer, root.sign))


FOLDERS: dict[str, Builder] = {
    "fresh": fresh,
    "unknown-key": lambda issuer, folder: fresh(issuer, folder, signers=[issuer.ministry.signer(NO_LIST)]),
    "signer-revoked": signer_revoked,
    "signer-past-its-listing": lambda issuer, folder: fresh(issuer, folder, key_lifetime=99 * DAY),
    "status-old": lambda issuer, folder: fresh(issuer, folder, listed_at=NOW - 8 * DAY),
    "status-too-old": lambda issuer, folder: fresh(issuer, folder, listed_at=NOW - 31 * DAY),
    "trust-stale": lambda issuer, folder: fresh(issuer, folder, issued_at=NOW - 31 * DAY),
    "trust-from-the-future": lambda issuer, folder: fresh(issuer, folder, issued_at=NOW + 301),
    "trust-rollback": with_seen(version=8),
    "trust-seen-before": with_seen(version=7, roots=("root", "next"), status_at=NOW - DAY),
    "trust-of-another-root": by_a_stranger,
    "trust-by-the-next-root": with_seen(build=by_next_root, version=6, roots=("root", "next")),
    "trust-by-the-next-root-unseen": by_next_root,
    "trust-by-a-root-that-was-left": with_seen(version=6, roots=("next",)),
    "trust-by-a-chain-of-roots": led_on(),
    "chain-of-roots-forged": led_on(lambda chain: [one_character_changed(chain[0]), chain[1]]),
    "chain-of-roots-broken": led_on(lambda chain: chain[1:]),
    "chain-of-roots-malformed": led_on(lambda chain: {"chain": chain}),
    "signer-at-rest": ended(DAY),
    "status-by-a-signer-at-rest": ended(2 * DAY),
    "trust-altered": replaced("trust-list.jwt", one_character_changed),
    "trust-cut": replaced("trust-list.jwt", lambda token: token[:-90]),
    "trust-of-another-type": typed_as_a_status_list,
    "trust-number-of-5000-digits": with_a_number_of_5000_digits,
    "trust-missing": replaced("trust-list.jwt", lambda _: None),
    "titles-altered": replaced("titles.json", lambda titles: titles.replace("Welders", "Surgeons")),
    "status-rollback": with_seen(status_at=NOW - DAY + 1),
    "status-altered": status_altered,
    "another-issuers-list": of_another_issuer,
    "status-of-another-shard": of_another_shard,
    "status-named-for-another-shard": with_status_list(sub=f"kets:status:{NO_LIST}"),
    "status-from-the-future": with_status_list(iat=NOW + 301, exp=NOW + 301 + 7 * DAY),
    "status-for-ever-and-ever": with_status_list(iat=NOW - 8 * DAY, exp=2**53 - 1),
    "status-for-ever": with_status_list(iat=NOW - 8 * DAY, exp=NOW + 5_000 * DAY),
}
"""By name. In each the titles are those of the trust list, unless the name says otherwise."""
