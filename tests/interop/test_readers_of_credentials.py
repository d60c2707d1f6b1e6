"""`@sd-jwt/sd-jwt-vc` takes our credential and what a wallet shows of it, and refuses the tampered; so do we.

Version 0.10.0 drops a disclosure that no digest names, and one that was altered, without a word (`LAX`): the claim is
then missing from what it reads, where RFC 9901 section 7.1 says to reject the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from card import credential, status_jwt, wallet
from card.errors import VerificationError
from card.sdjwt import digest
from card.status import REVOKED, SUSPENDED, VALID, StatusList, encode, packed
from card.wallet import Challenge
from keys.encoding import b64url, unb64url
from tests.card.cards import DAY, SHARD
from tests.card.wallets import Wallet, decoded, encoded, header_of, jwt, payload_of, withheld
from tests.interop.conftest import Reader
from tests.interop.tampered import NOW, Forge

ISSUER = "https://kets.example"
ASKED = Challenge(audience="https://gate.example", nonce="a nonce of the gate")
LAX = {
    "a disclosure altered": "dropped",
    "a disclosure of somebody else's": "dropped",
    "a disclosure twice": "taken once",
    "for another verifier": "the audience is the caller's to compare",
}


@dataclass
class Holder:
    """A wallet with a credential of a ministry."""

    forge: Forge = field(default_factory=Forge)
    wallet: Wallet = field(default_factory=Wallet)

    def __post_init__(self) -> None:
        self.credential = self.issued(NOW - DAY, NOW + 13 * DAY)
        self.shown = self.presented(self.credential, "name", "employed")

    def issued(self, issued_at: int, expires_at: int) -> str:
        by = self.forge
        key = self.wallet.jwk
        return credential.sign(
            by.claims, signer=by.signer, issuer=ISSUER, holder=key, issued_at=issued_at, expires_at=expires_at
        )

    def presented(self, text: str, *names: str | int, wallet: Wallet | None = None, **changes: Any) -> str:
        asked = {"audience": ASKED.audience, "nonce": ASKED.nonce, "now": NOW, **changes}
        return (wallet or self.wallet).present(text, *names, **asked)

    def tampered(self) -> dict[str, str]:
        issuer_jwt, *disclosures, _ = self.credential.split("~")
        head, body, signature = issuer_jwt.split(".")
        payload = payload_of(self.credential)
        raw = unb64url(signature)
        name = next(each for each in disclosures if decoded(each)[1:2] == ["name"])
        salt, *_ = decoded(name)
        forged = b64url(f'["{salt}","name","Budi Santoso"]'.encode())
        longer = encoded({**payload, "exp": NOW + 400 * DAY})
        swapped = encoded({**payload, "_sd": [digest(forged), *payload["_sd"][1:]]})
        stranger = jwt(header_of(issuer_jwt), payload, Wallet().key)
        shown, binding = self.shown.rpartition("~")[0] + "~", self.shown.rpartition("~")[2]

        def with_jwt(token: str) -> str:
            return self.presented("~".join([token, *disclosures, ""]), "name")

        def with_disclosures(*texts: str) -> str:
            bare = withheld(self.credential)
            return self._bound(bare + "".join(f"{text}~" for text in texts))

        return {
            "a later end": with_jwt(f"{head}.{longer}.{signature}"),
            "a digest replaced": with_jwt(f"{head}.{swapped}.{signature}"),
            "a bit of the signature": with_jwt(f"{head}.{body}.{b64url(raw[:-1] + bytes((raw[-1] ^ 1,)))}"),
            "no signature at all": with_jwt(f"{head}.{body}."),
            "algorithm none": with_jwt(f"{encoded({**header_of(issuer_jwt), 'alg': 'none'})}.{body}."),
            "a stranger's signature": with_jwt(stranger),
            "cut": self.credential[: len(head) + len(body) // 2],
            "expired": self.presented(self.issued(NOW - 20 * DAY, NOW - 6 * DAY), "name"),
            "a disclosure altered": with_disclosures(forged),
            "a disclosure of somebody else's": with_disclosures(name, b64url(b'["c2FsdA","nik","3275"]')),
            "a disclosure twice": with_disclosures(name, name),
            "a disclosure that is no JSON": with_disclosures(name, b64url(b"[")),
            "no key binding": withheld(self.credential, "name"),
            "somebody else's key": self.presented(self.credential, "name", wallet=Wallet()),
            "another nonce": self.presented(self.credential, "name", nonce="yesterday's"),
            "another hash of the presentation": self.presented(self.credential, "name", sd_hash=digest("other")),
            "a disclosure withheld after signing": shown.rpartition("~")[0].rpartition("~")[0] + "~" + binding,
            "for another verifier": self.presented(self.credential, "name", audience="https://other.example"),
        }

    def _bound(self, shown: str) -> str:
        body = {"iat": NOW, "aud": ASKED.audience, "nonce": ASKED.nonce, "sd_hash": digest(shown)}
        return shown + jwt({"typ": "kb+jwt", "alg": "ES256"}, body, self.wallet.key)


@pytest.fixture(scope="module")
def holder() -> Holder:
    return Holder()


def read(node_reader: Reader, holder: Holder, texts: dict[str, str], statuses: str = "") -> dict[str, Any]:
    listed = statuses or holder.forge.ministry.status_jwt()
    by = {"jwk": holder.forge.signer.public_jwk, "statusList": listed}
    how = {"reader": "sd-jwt-vc", "nonce": ASKED.nonce, **by}
    return node_reader.read({name: {**how, "data": text} for name, text in texts.items()})


def ours(holder: Holder, text: str) -> dict[str, Any] | None:
    ministry = holder.forge.ministry
    lists = {SHARD: ministry.status_list()}
    try:
        return dict(wallet.verify(text, trust=ministry.trust(), status=lists.get, now=NOW, challenge=ASKED).claims)
    except VerificationError:
        return None


def test_it_reads_what_a_wallet_shows(node_reader: Reader, holder: Holder) -> None:
    everything = holder.presented(holder.credential, *all_names(holder.credential), *range(3))
    answers = read(node_reader, holder, {"all": everything, "two": holder.shown})
    for name, text in {"all": everything, "two": holder.shown}.items():
        mine = ours(holder, text)
        assert mine is not None
        assert without_digests(answers[name]["payload"]) == mine
        assert answers[name]["kb"]["aud"] == ASKED.audience
    assert answers["all"]["payload"]["name"] == holder.forge.claims.name
    assert "employer" not in answers["two"]["payload"]


def all_names(text: str) -> list[str]:
    contents = [decoded(each) for each in text.split("~")[1:-1]]
    return [content[1] for content in contents if len(content) == 3]


def without_digests(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_digests(each) for name, each in value.items() if name not in ("_sd", "_sd_alg")}
    return [without_digests(each) for each in value] if isinstance(value, list) else value


def test_what_was_tampered_with_is_refused(node_reader: Reader, holder: Holder) -> None:
    texts = holder.tampered()
    assert len(texts) - len(LAX) >= 12
    answers = read(node_reader, holder, texts)
    assert {name for name, claims in answers.items() if claims is not None} == LAX.keys()
    genuine = ours(holder, holder.presented(holder.credential, *all_names(holder.credential)))
    assert genuine is not None
    for name in LAX:
        claims = without_digests(answers[name]["payload"])
        assert {n: v for n, v in claims.items() if n != "age_equal_or_over"}.items() <= genuine.items(), name
    assert {name for name, text in texts.items() if ours(holder, text) is not None} == set()


@pytest.mark.parametrize(("status", "taken"), [(VALID, True), (REVOKED, False), (SUSPENDED, False)])
def test_it_reads_our_status_lists(node_reader: Reader, holder: Holder, status: int, taken: bool) -> None:
    ministry = holder.forge.ministry
    entries = packed([(holder.forge.claims.status.index, status)])
    issued = {"shard": SHARD, "issued_at": NOW - DAY, "signer": holder.forge.signer}
    answer = read(node_reader, holder, {"shown": holder.shown}, status_jwt.encode(entries, **issued))["shown"]
    assert (answer is not None) == taken
    listed = StatusList.verify(encode(entries, **issued), shard=SHARD, trust=ministry.trust(), now=NOW)
    if taken:
        judged = wallet.verify(holder.shown, trust=ministry.trust(), status={SHARD: listed}.get, now=NOW)
        assert judged.status == status
    else:
        with pytest.raises(VerificationError):
            wallet.verify(holder.shown, trust=ministry.trust(), status={SHARD: listed}.get, now=NOW)


def test_it_refuses_a_status_list_that_is_altered(node_reader: Reader, holder: Holder) -> None:
    head, body, signature = holder.forge.ministry.status_jwt().split(".")
    changed = encoded({**decoded(body), "exp": NOW + 400 * DAY})
    stranger = holder.forge.stranger.status_jwt()
    for token in (f"{head}.{changed}.{signature}", stranger):
        assert read(node_reader, holder, {"shown": holder.shown}, token)["shown"] is None
