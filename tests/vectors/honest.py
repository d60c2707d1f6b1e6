"""Cards that the ministry issued, in every state of card, lists and clock."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec

from card import base45, deflate, qr
from card.claims import CardClaims, Certification
from card.cwt import sign
from card.projection import WORKER, cbor, to_cwt, to_jwt
from tests.card.cards import DAY, NOW, SHARD, certifications, claims
from tests.card.forging import signed
from tests.vectors.vector import NO_LIST, OUTDATED, REVOKED, SUSPENDED, Issuer, Vector, at_index, changed

SCRIPTS = "Śrī ꦱꦶꦠꦶ 李明 علي О'Brien-Ñoño"


def all_of(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    """(name, vector), in the order of the page."""
    yield from wrappings(issuer)
    yield from texts(issuer)
    yield from states(issuer)
    yield from clocks(issuer)
    yield from lists(issuer)


def card(issuer: Issuer, said: CardClaims) -> str:
    """The text of a QR, signed by the signer of the card's shard."""
    return qr.text(sign(said, issuer.ministry.signer(said.status.shard)))


def wrappings(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    usual, cose = claims(), issuer.ministry.cose()
    ten = claims(certifications=certifications(10))
    other = Certification(code="bnsp/LSP-7.welding:3G", expires=None, standing="self-declared")
    stated = Certification(code="ilo/c-1", expires=date(2149, 6, 6), standing="employer-stated")
    least = claims(
        standing="unknown", employer_name=None, employer_nib=None, occupation=None, certifications=(), holder_key=None
    )
    mixed = claims(certifications=(*certifications(1), other, stated), employer_nib=None, sex="M", standing="seeking")
    yield "valid-3-certifications", Vector("a QR as printed", qr.text(cose), "valid", usual)
    yield "valid-10-certifications", Vector("the largest card", card(issuer, ten), "valid", ten)
    yield "valid-nothing-optional", Vector("the smallest card", card(issuer, least), "valid", least)
    yield "valid-other-schemes", Vector("certificates beside SKKNI, all standings", card(issuer, mixed), "valid", mixed)
    yield "valid-jwt", Vector("the same claims as a JWT", issuer.ministry.jwt(), "valid", usual)
    yield (
        "valid-jwt-nothing-optional",
        Vector("the smallest JWT", issuer.signer.jwt(to_jwt(least), JWT), "valid", least),
    )
    yield "valid-cose", Vector("the COSE_Sign1 itself", cose, "valid", usual)
    stored = zlib.compressobj(0, zlib.DEFLATED, 15)
    body = stored.compress(cose) + stored.flush()
    text = base45.encode(deflate.HEADER + body[2:])
    yield "stored-deflate", Vector("DEFLATE has aliases: a stored block, the same card", text, "valid", usual)
    dynamic = base45.encode(zlib.compress(cose, 9))
    yield "zlib-as-it-comes", Vector("what zlib makes at its best, the same card", dynamic, "valid", usual)


JWT = {"typ": "kets-card+jwt"}


def texts(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    for name, about, person in (
        ("valid-many-scripts", "letters beyond the BMP's first pages, and one Cyrillic O", SCRIPTS),
        ("valid-name-of-80", "80 characters, none of them in the BMP", "𝒜" * 80),
        ("valid-one-letter", "a name of one letter", "O"),
        ("valid-combining-marks", "NFC with a mark that composes with nothing", "X̂ara"),
    ):
        said = claims(name=person)
        yield name, Vector(about, card(issuer, said), "valid", said)


def states(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    outdated, revoked, suspended = (at_index(index) for index in (OUTDATED, REVOKED, SUSPENDED))
    neighbour = at_index(REVOKED - 1)
    yield (
        "superseded",
        Vector("status 3: employment details out of date", card(issuer, outdated), "details-outdated", outdated),
    )
    yield "revoked", Vector("status 1", card(issuer, revoked), "revoked")
    yield "revoked-jwt", Vector("status 1, as JWT", issuer.signer.jwt(to_jwt(revoked), JWT), "revoked")
    yield "suspended", Vector("status 2", card(issuer, suspended), "suspended")
    yield "beside-a-revoked-one", Vector("the entry before a revoked one", card(issuer, neighbour), "valid", neighbour)
    last = at_index(2**20 - 1)
    yield "last-entry-of-the-list", Vector("index 2^20 - 1", card(issuer, last), "valid", last)
    newer = changed(to_cwt(claims()), WORKER, 0, to=2)
    yield "newer-format", Vector("profile version 2", qr.text(signed(cbor(newer), issuer.signer)), "newer-format")
    later = changed(to_jwt(claims()), "worker", "v", to=2)
    yield "newer-format-jwt", Vector("profile version 2, as JWT", issuer.signer.jwt(later, JWT), "newer-format")
    chain = changed(to_cwt(claims()), WORKER, 7, to=bytes(16))
    yield (
        "unknown-claim",
        Vector("a claim of a later version", qr.text(signed(cbor(chain), issuer.signer)), "newer-format"),
    )
    usual, foreign = issuer.ministry.text(), issuer.stranger.text()
    yield "unknown-key", Vector("a signer newer than the trust list", usual, "unknown-key", trust="unknown-key")
    yield "signed-by-a-stranger", Vector("signed by somebody who is not listed", foreign, "unknown-key")
    yield "signer-revoked", Vector("the signer's key was withdrawn", usual, "signer-revoked", trust="signer-revoked")
    past = Vector("the signer's listing has ended", usual, "unknown-key", trust="signer-past-its-listing")
    yield "signer-past-its-listing", past
    elsewhere = sign(at_index(5, NO_LIST), issuer.signer)
    yield "status-in-another-shard", Vector("a signer vouches for its own shard only", elsewhere, "newer-format")


def clocks(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    expired, ending = claims(expires_at=NOW - 301), claims(expires_at=NOW - 300)
    future, beginning = claims(issued_at=NOW + 301), claims(issued_at=NOW + 300)
    yield "expired", Vector("301 seconds ago", card(issuer, expired), "expired")
    yield "expired-within-the-skew", Vector("300 seconds ago", card(issuer, ending), "valid", ending)
    yield "not-yet-valid", Vector("in 301 seconds", card(issuer, future), "not-yet-valid")
    yield "begins-within-the-skew", Vector("in 300 seconds", card(issuer, beginning), "valid", beginning)
    usual = issuer.ministry.text()
    yield (
        "skewed-clock",
        Vector("the device's clock is a year behind its lists", usual, "clock-behind", now=NOW - 365 * DAY),
    )
    yield "clock-ahead", Vector("the device's clock is three years ahead", usual, "trust-stale", now=NOW + 1_095 * DAY)


def lists(issuer: Issuer) -> Iterator[tuple[str, Vector]]:
    usual = Vector("", issuer.ministry.text(), "valid", claims())
    accepted = {
        "status-old": ("status list of eight days ago", "status-old", "status-old"),
        "status-for-ever": ("a list that claims years is held to seven days", "status-old", "status-for-ever"),
        "trust-seen-before": ("everything in order, and remembered", "valid", "trust-seen-before"),
        "trust-by-a-chain-of-roots": (
            "two roots on, and statements that lead there",
            "valid",
            "trust-by-a-chain-of-roots",
        ),
        "signer-at-rest": ("another signer has taken over; its cards go on", "valid", "signer-at-rest"),
        "trust-by-the-next-root": ("the root has changed as announced", "valid", "trust-by-the-next-root"),
    }
    for name, (about, code, trust) in accepted.items():
        yield name, replace(usual, about=about, code=code, trust=trust)
    outdated, revoked, suspended = (at_index(index) for index in (OUTDATED, REVOKED, SUSPENDED))
    stale = Vector("status 3 by an old list", card(issuer, outdated), "status-old", outdated, trust="status-old")
    yield "superseded-by-an-old-list", stale
    for name, said, code in (("revoked", revoked, "revoked"), ("suspended", suspended, "suspension-old")):
        yield f"{name}-by-an-old-list", Vector("list of eight days ago", card(issuer, said), code, trust="status-old")
    stale = Vector("a revocation counts whatever the age", card(issuer, revoked), "revoked", trust="trust-stale")
    yield "revoked-under-a-stale-trust-list", stale
    young, old = at_index(5, NO_LIST), msgspec.structs.replace(at_index(5, NO_LIST), issued_at=NOW - 31 * DAY)
    yield "status-missing-young-card", Vector("no list of its shard", card(issuer, young), "status-old", young)
    yield "status-missing", Vector("no list of its shard, issued 31 days ago", card(issuer, old), "status-missing")
    aged = card(issuer, claims(issued_at=NOW - 40 * DAY))
    yield "status-too-old", Vector("list of 31 days ago, card older", aged, "status-too-old", trust="status-too-old")
    refused = {
        "trust-stale": "list of 31 days ago",
        "trust-rollback": "a list older than one seen",
        "trust-of-another-root": "signed by a root that is not pinned",
        "trust-by-the-next-root-unseen": "the pin has not heard of the next root",
        "trust-by-a-root-that-was-left": "the root before, after the next one has signed",
        "chain-of-roots-forged": "the first statement has one character changed",
        "chain-of-roots-broken": "the first statement is not there",
        "chain-of-roots-malformed": "an object in the place of an array",
        "status-by-a-signer-at-rest": "a list signed a day after another signer took over",
        "trust-altered": "one character changed",
        "trust-cut": "without its signature",
        "trust-of-another-type": "typed as a status list",
        "trust-number-of-5000-digits": "a member more, a number of 5,000 digits",
        "trust-missing": "no trust list at all",
        "trust-from-the-future": "issued in 301 seconds",
        "titles-altered": "titles other than those signed",
        "status-rollback": "a list older than one seen",
        "status-altered": "one bit of the list changed",
        "another-issuers-list": "a status list of another ministry",
        "status-of-another-shard": f"the list of shard {NO_LIST} in the place of that of {SHARD}",
        "status-named-for-another-shard": "signed by the right signer, named for another shard",
        "status-from-the-future": "issued in 301 seconds",
    }
    for name, about in refused.items():
        yield name, replace(usual, about=about, code=CODES[name], trust=name, claims=None)


CODES = {
    "trust-stale": "trust-stale",
    "trust-rollback": "trust-rollback",
    "trust-of-another-root": "trust-signature",
    "trust-by-the-next-root-unseen": "trust-signature",
    "trust-by-a-root-that-was-left": "trust-signature",
    "chain-of-roots-forged": "trust-signature",
    "chain-of-roots-broken": "trust-signature",
    "chain-of-roots-malformed": "trust-malformed",
    "status-by-a-signer-at-rest": "status-signature",
    "trust-altered": "trust-signature",
    "trust-cut": "trust-malformed",
    "trust-of-another-type": "trust-malformed",
    "trust-number-of-5000-digits": "trust-malformed",
    "trust-missing": "trust-missing",
    "trust-from-the-future": "clock-behind",
    "titles-altered": "titles-altered",
    "status-rollback": "status-rollback",
    "status-altered": "status-signature",
    "another-issuers-list": "status-signature",
    "status-of-another-shard": "status-signature",
    "status-named-for-another-shard": "status-malformed",
    "status-from-the-future": "clock-behind",
}
