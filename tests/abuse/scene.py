"""What is attacked: genuine cards, lists and tokens of a ministry, a verifier that holds its lists, and strangers.

Nothing here needs pytest, so that the fuzzer can use it too.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from card import back, credential, cwt, jws, live, qr, status, trust, wallet
from card.claims import CardClaims
from card.errors import CardError, VerificationError
from card.payload import read
from card.projection import encode_cwt
from card.verify import verify
from keys.signer import Signer
from tests.card.cards import DAY, NOW, SHARD, Ministry, certifications, claims, new_ministry
from tests.card.phones import new_phone

SLOW = 0.05
"""Seconds of this thread's CPU that no input may cost."""
RETRIES = 4
ISSUER = "https://kets.example"
Found = TypeVar("Found")


@dataclass
class Tally:
    """What was tried and what came of it."""

    tried: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def timed(self, what: str, work: Callable[[], Found]) -> Found | None:
        """What `work` finds, or None when it refuses in good order. Whatever else it raises is a crash.

        What took longer than SLOW is done again: a busy machine is no fault of the input.
        """
        self.tried[what] += 1
        spent = []
        for _ in range(RETRIES):
            began = time.thread_time()
            found = _or_refused(work)
            spent.append(time.thread_time() - began)
            if spent[-1] <= SLOW:
                break
        self.slowest = max(self.slowest, min(spent))
        assert min(spent) <= SLOW, f"{what}: {min(spent):.3f} s"
        self.accepted[what] += found is not None
        return found


def _or_refused(work: Callable[[], Found]) -> Found | None:
    try:
        return work()
    except VerificationError:
        return None


TALLY = Tally()


class Scene:
    """A gate with fresh lists of two shards, and what a forger may have in hand."""

    def __init__(self) -> None:
        self.ministry: Ministry = new_ministry()
        self.stranger: Ministry = new_ministry()
        self.signer: Signer = self.ministry.signer()
        self.neighbour: Signer = self.ministry.signer(SHARD + 1)
        self.phone = new_phone()
        self.trust = self.ministry.trust(signers=[self.signer, self.neighbour])
        self.lists = {SHARD: self.ministry.status_list()}
        held = {"holder_key": live.holder_key(self.phone.public_jwk)}
        self.claims = [
            claims(**held),
            claims(name="Ni Luh Putu Ayu Dwi Rahmawati Saraswati", certifications=certifications(10), **held),
            claims(name="Amélie ’t Hooft", certifications=(), holder_key=None, employer_nib=None),
            claims(name="漢" * 80, employer_name=None, employer_nib=None, occupation=None, holder_key=None),
        ]

    @cached_property
    def coses(self) -> list[bytes]:
        return [cwt.sign(each, self.signer) for each in self.claims]

    @cached_property
    def texts(self) -> list[str]:
        return [qr.text(each) for each in self.coses]

    @cached_property
    def lives(self) -> list[str]:
        return [live.present(self.coses[0], self.phone, now=NOW), live.present(self.coses[1], self.phone, now=NOW)]

    @cached_property
    def backs(self) -> list[bytes]:
        return [back.sign(each, random.Random(5).randbytes(300), self.signer) for each in self.claims]

    @cached_property
    def jwts(self) -> list[str]:
        return [jws.encode(each, self.signer) for each in self.claims]

    @cached_property
    def credentials(self) -> list[str]:
        when = {"issued_at": NOW - DAY, "expires_at": NOW + DAY}
        return [credential.sign(each, signer=self.signer, issuer=ISSUER, **when) for each in self.claims]  # type: ignore[arg-type]  # two of the named ones

    @cached_property
    def status_tokens(self) -> list[bytes]:
        some = random.Random(4)
        quarter = [(some.randrange(2**20), some.randrange(4)) for _ in range(50_000)]
        entries = [status.packed([]), status.packed([(912_345, 1)]), status.packed(quarter)]
        return [status.encode(each, shard=SHARD, issued_at=NOW - DAY, signer=self.signer) for each in entries]

    @cached_property
    def trust_tokens(self) -> list[str]:
        return [self.ministry.trust_token(), self.ministry.trust_token(signers=[self.signer, self.neighbour])]

    # -- the verifier --------------------------------------------------------------------------------------------
    def card(self, what: str, data: str | bytes) -> CardClaims | None:
        """The claims that a gate would believe."""
        found = TALLY.timed(what, lambda: verify(data, trust=self.trust, status=self.lists.get, now=NOW))
        return found.claims if found else None

    def back(self, what: str, text: str, front: CardClaims) -> bytes | None:
        """The frame on the back of a card, that a gate would show beside its holder."""
        found = TALLY.timed(what, lambda: back.verify(text, front=front, trust=self.trust))
        return found.frame if found else None

    def shown(self, what: str, text: str) -> dict[str, Any] | None:
        """The claims of a credential that a gate would believe."""
        found = TALLY.timed(what, lambda: wallet.verify(text, trust=self.trust, status=self.lists.get, now=NOW))
        return dict(found.claims) if found else None

    def status_list(self, what: str, token: bytes, *, shard: int = SHARD, now: int = NOW) -> status.StatusList | None:
        return TALLY.timed(what, lambda: status.StatusList.verify(token, shard=shard, trust=self.trust, now=now))

    def trust_list(self, what: str, token: str) -> trust.TrustList | None:
        roots = [self.ministry.keyring.root.public_jwk]
        return TALLY.timed(what, lambda: trust.TrustList.verify(token, roots=roots, now=NOW))

    def payload(self, what: str, data: bytes) -> CardClaims | None:
        """The claims of a payload, whoever signed it."""

        def work() -> CardClaims:
            try:
                return cwt.claims_of(data)
            except CardError as error:
                raise VerificationError("newer-format", str(error)) from error

        return TALLY.timed(what, work)


def is_one_spelling(found: CardClaims | None, payload: bytes) -> bool:
    """Refused, or the only bytes that say what is read."""
    return found is None or (encode_cwt(found) == payload and read(payload) == found)
