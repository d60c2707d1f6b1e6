"""The card as a credential of its own, signed by the document signer of the card's shard, and recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from card import credential, cwt
from domain import facts as f
from domain.decide import today
from domain.errors import Refused
from domain.worker import Worker
from keys import es256
from registry.app import SYSTEM
from registry.cards.issuing import in_force

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from card.claims import CardClaims
    from domain.decide import History
    from domain.worker import Card
    from keys.es256 import PublicJwk
    from registry.app import Registry


def signed(
    registry: Registry, claims: CardClaims, *, issuer: str, days: int, holder: PublicJwk | None = None
) -> tuple[str, datetime]:
    """The SD-JWT VC with all its disclosures for the key `holder`, and when it ends.

    Without a key it is bound to nobody. It lives `days` days, or as long as the card where that ends sooner.
    """
    issued_at = int(registry.now().timestamp())
    expires_at = min(issued_at + int(timedelta(days=days).total_seconds()), claims.expires_at)
    signer = registry.keyring.signer(claims.status.shard, now=issued_at)
    text = credential.sign(
        claims, signer=signer, issuer=issuer, issued_at=issued_at, expires_at=expires_at, holder=holder
    )
    return text, datetime.fromtimestamp(expires_at, UTC)


def card_in_force(worker: Worker, now: datetime) -> tuple[Card, CardClaims]:
    """The card that a wallet may have a credential of at `now`, and what it says.

    Raises: Refused("card-none"), ("card-state") for one that is suspended or has ended, ("worker-erased").
    """
    card = in_force(worker, now)
    if not isinstance(card.signed, f.SignedCard):
        raise Refused("worker-erased", worker=worker.id)
    return card, cwt.claims_of(cwt.parse(card.signed.cwt).payload)


def issue(registry: Registry, worker: UUID, keys: Sequence[PublicJwk], *, issuer: str, days: int) -> list[str]:
    """A credential for each key, all recorded in one save, and only then given out.

    1. decide  2. sign  3. commit which keys and until when  4. give out. A crash before 3 gives nothing out; one after
    it leaves a fact about a credential that nobody has, and the wallet asks again.
    Raises: Refused("card-none"), ("card-state"), ("worker-erased"), ("busy").
    """
    credentials: list[str] = []

    def plan(history: History) -> Iterator[f.WalletCredentialIssued]:
        credentials.clear()
        state = history.state()
        if not isinstance(state, Worker):
            raise Refused("worker-unknown", worker=worker)
        card, claims = card_in_force(state, registry.now())
        for key in keys:
            text, expires_at = signed(registry, claims, issuer=issuer, days=days, holder=key)
            credentials.append(text)
            yield f.WalletCredentialIssued(
                effective_on=today(registry.now()),
                card=card.number,
                expires_at=expires_at,
                personal=f.WalletKey(thumbprint=es256.thumbprint(key)),
            )

    registry.record(worker, plan, by=SYSTEM)
    return credentials
