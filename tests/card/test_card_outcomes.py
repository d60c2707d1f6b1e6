"""The table of outcomes: what a person at a gate is told, and that no honest card is called invalid."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from card import cwt, jws, qr
from card.claims import StatusReference
from card.errors import VerificationError
from card.messages import COMPARE, HEADINGS, OUTCOME_OF, PROVES, SENTENCES
from card.projection import PROFILE_VERSION, WORKER, cbor, to_cwt, to_jwt
from card.verify import Verified, verify
from keys import es256
from tests.card import both, forging
from tests.card.cards import DAY, NOW, SHARD, Ministry, claims, new_ministry
from tests.card.forging import b64, token

WRAPPINGS: dict[str, Callable[..., str | bytes]] = {"qr": Ministry.text, "cose": Ministry.cose, "jwt": Ministry.jwt}


@dataclass(frozen=True)
class Case:
    """What differs from a fresh, honest card, and what the verifier must say."""

    outcome: str
    code: str
    honest: bool = True
    statuses: dict[int, int] = field(default_factory=dict)
    list_age: int = DAY
    has_list: bool = True
    now: int = NOW
    trusts: bool = True
    revoke_signer: bool = False
    version: int = PROFILE_VERSION
    changes: dict[str, Any] = field(default_factory=dict)


INDEX = 912_345
CASES = {
    "fresh": Case("valid", "valid"),
    "status 3": Case("valid", "details-outdated", statuses={INDEX: 3}),
    "a neighbour is revoked": Case("valid", "valid", statuses={INDEX - 1: 1, INDEX + 1: 1}),
    "stale status": Case("status-old", "status-old", list_age=8 * DAY),
    "status 3, stale": Case("status-old", "status-old", statuses={INDEX: 3}, list_age=8 * DAY),
    "status older than the card": Case("status-old", "status-old", list_age=29 * DAY),
    "missing shard, young card": Case("status-old", "status-old", has_list=False),
    "missing shard, old card": Case(
        "cannot-check", "status-missing", has_list=False, changes={"issued_at": NOW - 31 * DAY}
    ),
    "stale trust": Case("cannot-check", "trust-stale", now=NOW + 30 * DAY),
    "unknown key": Case("cannot-check", "unknown-key", trusts=False),
    "revoked": Case("invalid", "revoked", honest=False, statuses={INDEX: 1}),
    "revoked, stale list": Case("invalid", "revoked", honest=False, statuses={INDEX: 1}, list_age=29 * DAY),
    "revoked, stale trust": Case("invalid", "revoked", honest=False, statuses={INDEX: 1}, now=NOW + 300 * DAY),
    "suspended": Case("invalid", "suspended", honest=False, statuses={INDEX: 2}),
    "suspended, stale list": Case("cannot-check", "suspension-old", statuses={INDEX: 2}, list_age=8 * DAY),
    "signer revoked": Case("invalid", "signer-revoked", honest=False, revoke_signer=True, has_list=False),
    "expired": Case("invalid", "expired", honest=False, changes={"expires_at": NOW - 301}),
    "expired, clock a little ahead": Case("valid", "valid", changes={"expires_at": NOW - 300}),
    "not yet valid": Case("cannot-check", "not-yet-valid", changes={"issued_at": NOW + 301}),
    "begins within the skew": Case("valid", "valid", changes={"issued_at": NOW + 300}),
    "newer format": Case("cannot-check", "newer-format", version=2),
    "newer format, expired": Case("cannot-check", "newer-format", version=2, changes={"expires_at": NOW - 301}),
    "clock behind by a year": Case("cannot-check", "clock-behind", now=NOW - 365 * DAY),
    "clock ahead by three years": Case("cannot-check", "trust-stale", now=NOW + 3 * 365 * DAY),
}


def answer(case: Case, wrap: Callable[..., str | bytes], ministry: Ministry) -> Verified | VerificationError:
    ministry.statuses, ministry.listed_at = case.statuses, NOW - case.list_age
    ministry.revoked = {ministry.signer().kid: NOW - DAY} if case.revoke_signer else {}
    lists = {SHARD: ministry.status_list()} if case.has_list else {}
    trust = ministry.trust(issued_at=NOW - DAY, **({} if case.trusts else {"signers": []}))
    try:
        return verify(wrap(ministry, **case.changes), trust=trust, status=lists.get, now=case.now)
    except VerificationError as error:
        return error


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


@pytest.fixture(scope="module")
def questions(ministry: Ministry, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], both.Question]:
    """The cards of the table, by case and wrapping, and the folder with the lists of each case."""
    asked = {}
    for place, (name, case) in enumerate(CASES.items()):
        folder = lists_of(case, ministry, tmp_path_factory.mktemp(f"case-{place}"))
        for wrapping in WRAPPINGS:
            asked[name, wrapping] = both.Question(data=card_of(case, wrapping, ministry), trust=folder, now=case.now)
    return asked


def lists_of(case: Case, ministry: Ministry, folder: Path) -> Path:
    ministry.statuses, ministry.listed_at = case.statuses, NOW - case.list_age
    ministry.revoked = {ministry.signer().kid: NOW - DAY} if case.revoke_signer else {}
    trust = ministry.trust_token(issued_at=NOW - DAY, **({} if case.trusts else {"signers": []}))
    statuses = {SHARD: ministry.status_token()} if case.has_list else {}
    return ministry.export(folder, trust_list=trust, statuses=statuses)


def card_of(case: Case, wrapping: str, ministry: Ministry) -> str | bytes:
    if case.version == PROFILE_VERSION:
        return WRAPPINGS[wrapping](ministry, **case.changes)
    if wrapping == "jwt":
        said = to_jwt(claims(**case.changes))
        newer = {**said, "worker": {**said["worker"], "v": case.version}}
        return ministry.signer().jwt(newer, {"typ": jws.TYP})
    payload = to_cwt(claims(**case.changes))
    payload[WORKER][0] = case.version
    cose = signed(cbor(payload), ministry)
    return cose if wrapping == "cose" else qr.text(cose)


@pytest.fixture(scope="module", params=[both.python, both.typescript], ids=["python", "typescript"])
def told(request: pytest.FixtureRequest, questions: dict[tuple[str, str], both.Question]) -> dict[Any, dict[str, Any]]:
    """What one of the verifiers says, by case and wrapping."""
    return dict(zip(questions, request.param(list(questions.values())), strict=True))


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("case", CASES)
def test_outcome(told: dict[Any, dict[str, Any]], case: str, wrapping: str) -> None:
    expected, got = CASES[case], told[case, wrapping]
    assert (got["outcome"], got["code"]) == (expected.outcome, expected.code)
    assert ("claims" in got) == (expected.outcome in ("valid", "status-old"))
    if expected.honest:
        assert got["outcome"] != "invalid"
    if "claims" in got:
        assert got["claims"] == to_jwt(claims(**expected.changes))
        assert got["status"] == expected.statuses.get(INDEX, 0)
        assert set(got["proves"]) <= set(PROVES)
        assert got["compare"] == ["face", "name", "birth-date"]


@pytest.mark.parametrize(
    ("list_age", "has_list", "issued_days_ago", "days"),
    [(8, True, 10, 8), (29, True, 10, 10), (1, False, 10, 10), (1, True, 10, 1)],
)
def test_the_age_of_a_status_is_that_of_the_last_we_know(
    ministry: Ministry, list_age: int, has_list: bool, issued_days_ago: int, days: int
) -> None:
    case = Case("", "", list_age=list_age * DAY, has_list=has_list, changes={"issued_at": NOW - issued_days_ago * DAY})
    got = answer(case, Ministry.text, ministry)
    assert isinstance(got, Verified)
    assert got.status_age_days == days


def test_a_list_too_old_with_an_old_card(ministry: Ministry) -> None:
    case = Case("", "", list_age=31 * DAY, changes={"issued_at": NOW - 40 * DAY})
    assert answer(case, Ministry.text, ministry).code == "status-too-old"


def test_a_signer_past_its_listing_is_unknown(ministry: Ministry) -> None:
    trust = ministry.trust(issued_at=NOW, key_lifetime=99 * DAY)
    assert code_of(ministry.text(), ministry, trust=trust) == "unknown-key"


def code_of(data: str | bytes, ministry: Ministry, *, trust: Any = None) -> str:
    ministry.statuses, ministry.listed_at, ministry.revoked = {}, NOW - DAY, {}
    lists = {SHARD: ministry.status_list()}
    try:
        return verify(data, trust=trust or ministry.trust(), status=lists.get, now=NOW).code
    except VerificationError as error:
        return error.code


# Forgeries


def signed(payload: bytes, ministry: Ministry, *, head: bytes = forging.ES256_KID) -> bytes:
    return forging.signed(payload, ministry.signer(), head=head)


def test_another_algorithm_is_refused_though_signed(ministry: Ministry) -> None:
    payload = cbor(to_cwt(claims()))
    assert code_of(signed(payload, ministry), ministry) == "valid"
    for head in (b"\xa2\x01\x27\x04\x48", b"\xa2\x01\x38\x22\x04\x48", b"\xa2\x01\x05\x04\x48"):
        assert code_of(signed(payload, ministry, head=head), ministry) == "algorithm"


def test_the_high_s_twin_of_a_signature_is_refused(ministry: Ministry) -> None:
    cose = ministry.cose()
    s = es256.ORDER - int.from_bytes(cose[-32:], "big")
    assert code_of(cose[:-32] + s.to_bytes(32, "big"), ministry) == "bad-signature"


def test_a_newer_or_unknown_form_signed_by_us_is_not_the_holders_fault(ministry: Ministry) -> None:
    newer, odd = to_cwt(claims()), to_cwt(claims())
    newer[-65537][0] = 2
    odd[-65537][7] = bytes(16)
    for payload in (cbor(newer), cbor(odd), b"\xff", b""):
        assert code_of(signed(payload, ministry), ministry) == "newer-format"


def test_a_withdrawn_signer_counts_whatever_it_signed(ministry: Ministry) -> None:
    trust = ministry.trust(revoked={ministry.signer().kid: NOW})
    for payload in (b"\xff", cbor(to_cwt(claims()))):
        assert code_of(signed(payload, ministry), ministry, trust=trust) == "signer-revoked"


def test_a_signer_vouches_for_its_own_shard_only(ministry: Ministry) -> None:
    elsewhere = claims(status=StatusReference(shard=SHARD + 1, index=5))
    assert code_of(cwt.sign(elsewhere, ministry.signer()), ministry) == "newer-format"


@pytest.mark.parametrize("shard", [SHARD, SHARD + 1])
def test_a_kid_of_another_key_does_not_help(ministry: Ministry, shard: int) -> None:
    forger = new_ministry().signer(shard)
    cose = cwt.sign(claims(), forger)
    assert code_of(cose, ministry) == "unknown-key"
    assert code_of(cose.replace(forger.kid, ministry.signer().kid), ministry) == "bad-signature"


def test_jwt_algorithm_confusion(ministry: Ministry) -> None:
    signer = ministry.signer()
    head = {"alg": "ES256", "kid": b64(signer.kid), "typ": jws.TYP}
    public = json.dumps(signer.public_jwk).encode()
    payload = to_jwt(claims())
    assert code_of(token(head, payload, signer.sign), ministry) == "valid"
    assert code_of(token({**head, "alg": "none"}, payload, lambda _: b""), ministry) == "algorithm"
    assert code_of(token({**head, "alg": "es256"}, payload, signer.sign), ministry) == "algorithm"
    by_hmac = token({**head, "alg": "HS256"}, payload, lambda text: hmac.digest(public, text, hashlib.sha256))
    assert code_of(by_hmac, ministry) == "algorithm"
    assert (
        code_of(token(head, payload, lambda text: hmac.digest(public, text, hashlib.sha256)), ministry)
        == "bad-signature"
    )
    assert code_of(token({**head, "kid": b64(b"12345678")}, payload, signer.sign), ministry) == "unknown-key"
    assert code_of(token({**head, "jwk": signer.public_jwk}, payload, signer.sign), ministry) == "not-a-card"
    assert code_of(token({**head, "typ": "dc+sd-jwt"}, payload, signer.sign), ministry) == "newer-format"
    assert code_of(token({**head, "typ": "statuslist+jwt"}, payload, lambda _: bytes(64)), ministry) == "bad-signature"
    assert code_of(token(head, {**payload, "worker": {"v": 2}}, signer.sign), ministry) == "newer-format"
    assert code_of(token(head, {**payload, "worker": []}, signer.sign), ministry) == "newer-format"
    assert code_of(token(head, [payload], signer.sign), ministry) == "newer-format"


def test_lists_are_not_cards(ministry: Ministry) -> None:
    assert code_of(ministry.status_token(), ministry) == "unknown-key"
    assert code_of(ministry.status_jwt(), ministry) == "newer-format"
    assert code_of(ministry.trust_token(), ministry) == "unknown-key"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "not-a-card"),
        ("https://example.org/", "not-a-card"),
        ("HTTPS://EXAMPLE.ORG/", "not-a-card"),
        ("eyJ.a.b", "not-a-card"),
        ("ey" + "A" * 4_295, "too-long"),
        ("0" * 4_297, "too-long"),
        (b"0" * 16_385, "too-long"),
        (b"\xd2\x84", "not-a-card"),
        (b"\xd2" * 5_000, "not-a-card"),
        ("é" * 10, "not-a-card"),
    ],
)
def test_what_is_no_card(ministry: Ministry, data: str | bytes, code: str) -> None:
    assert code_of(data, ministry) == code


def test_a_bomb_is_refused(ministry: Ministry) -> None:
    import zlib

    from card import base45

    bomb = base45.encode(zlib.compress(bytes(2_000_000), 9))
    assert len(bomb) <= qr.MAX_TEXT
    assert code_of(bomb, ministry) == "not-a-card"


# Words


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == set(OUTCOME_OF)
    assert set(OUTCOME_OF.values()) == set(HEADINGS)
    for sentence in [*SENTENCES.values(), *HEADINGS.values(), *PROVES.values(), *COMPARE.values()]:
        assert sentence.id != sentence.en
        assert min(len(sentence.id), len(sentence.en)) >= 3
    for sentence in SENTENCES.values():
        assert sentence.id.endswith(".")
        assert sentence.en.endswith(".")


def test_no_code_is_raised_without_its_sentence() -> None:
    """Each code in the sources of the verifier stands in the table, and each in the table is used somewhere."""
    import re

    import card

    sources = "\n".join(path.read_text() for path in Path(card.__path__[0]).glob("*.py") if path.stem != "messages")
    raised = set(re.findall(r'VerificationError\(\s*"([a-z-]+)"', sources))
    assert raised <= set(SENTENCES)
    assert not [code for code in SENTENCES if f'"{code}"' not in sources]


def test_an_error_says_its_code_with_or_without_detail() -> None:
    assert str(VerificationError("revoked")) == "revoked"
    assert str(VerificationError("revoked", "got 1")) == "revoked: got 1"
