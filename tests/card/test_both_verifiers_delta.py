"""A list and its changes, in a verifier's folder: both verifiers make the same of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from card import cwt, delta, status
from card.projection import cbor, status_name
from card.trustdir import delta_file, status_file
from keys.encoding import b64url
from tests.card import both
from tests.card.both import Question
from tests.card.cards import DAY, NOW, SHARD, Ministry, new_ministry

if TYPE_CHECKING:
    from pathlib import Path

INDEX = 912_345
BASE = NOW - 2 * DAY
LISTED = {"bits": 2, "lst": status.compressed(status.packed([]))}


class Gate:
    """A folder with a list of two days ago in which nothing is said of the card, and a delta of an hour ago."""

    def __init__(self, folder: Path) -> None:
        self.ministry: Ministry = new_ministry(listed_at=NOW - DAY)
        own = [self.ministry.signer(), self.ministry.signer(4)]
        self.folder = self.ministry.export(folder, trust_list=self.ministry.trust_token(signers=own))
        self.list({5: 1, 6: 2})

    def list(self, statuses: dict[int, int], at: int = BASE) -> None:
        entries = status.packed(statuses.items())
        token = status.encode(entries, shard=SHARD, issued_at=at, signer=self.ministry.signer())
        (self.folder / status_file(SHARD)).write_bytes(token)

    def hold(self, token: str) -> None:
        (self.folder / delta_file(SHARD)).write_text(token)

    def overtaken(self) -> None:
        """A whole list came after the delta, and in it the card is good."""
        self.hold(self.delta(FAR))
        self.list({}, NOW - 60)

    def rested(self, **said: Any) -> None:
        """The signer had rested for a day when it signed a list with these members, by their keys, beside the usual."""
        ministry, signer = self.ministry, self.ministry.signer()
        ended = ministry.trust_token(ended={signer.kid: BASE - DAY})
        claims = {2: status_name(SHARD), 4: NOW + DAY, 6: BASE, 65_533: LISTED, 65_534: 60}
        payload = cbor(claims | {int(key.strip("_")): value for key, value in said.items()})
        ministry.export(
            self.folder, trust_list=ended, statuses={SHARD: cwt.sign1(status.protected(signer.kid), payload, signer)}
        )

    def delta(self, changes: dict[int, int], after: dict[int, int] | None = None, **changed: Any) -> str:
        whole = status.packed({5: 1, 6: 2, **changes}.items() if after is None else after.items())
        usual: dict[str, Any] = {"base": BASE - 7, "issued_at": NOW - 3_600, "signer": self.ministry.signer()}
        return delta.encode(changes.items(), whole, shard=SHARD, **{**usual, **changed})

    def said(self, **changes: Any) -> str:
        """A delta by the shard's signer that says something else."""
        good: dict[str, Any] = {
            "sub": f"kets:status:{SHARD}",
            "base": BASE,
            "iat": NOW - 60,
            "exp": NOW + DAY,
            "bits": 2,
        }
        payload = {**good, "changes": coded(b""), "sha256": b64url(bytes(32)), **changes}
        return self.ministry.signer().jwt(payload, {"typ": delta.TYP})


def coded(numbers: bytes) -> str:
    return b64url(zlib.compress(numbers, 9))


FAR = {INDEX: 1, 0: 3, 6: 0, 2**20 - 1: 2, 300_000: 3}
CASES: dict[str, tuple[str, Callable[[Gate], None]]] = {
    "no delta": ("valid", lambda _: None),
    "nothing changed": ("valid", lambda gate: gate.hold(gate.delta({}))),
    "revoked since": ("revoked", lambda gate: gate.hold(gate.delta(FAR))),
    "suspended since": ("suspended", lambda gate: gate.hold(gate.delta({INDEX: 2}))),
    "outdated since": ("details-outdated", lambda gate: gate.hold(gate.delta({INDEX: 3}))),
    "many changes": ("revoked", lambda gate: gate.hold(gate.delta({**dict.fromkeys(range(7, 2**20, 9), 3), INDEX: 1}))),
    "of before the list": ("valid", lambda gate: gate.overtaken()),
    "base after the list": ("status-gap", lambda gate: gate.hold(gate.delta(FAR, base=BASE + 1))),
    "other list than it was made for": ("status-gap", lambda gate: gate.hold(gate.delta(FAR, {INDEX: 1, 99: 1}))),
    "from the future": ("clock-behind", lambda gate: gate.hold(gate.delta(FAR, issued_at=NOW + 400))),
    "by a thief": (
        "status-signature",
        lambda gate: gate.hold(gate.delta(FAR, signer=new_ministry().signer())),
    ),
    "by another shard's signer": (
        "status-signature",
        lambda gate: gate.hold(gate.ministry.signer(4).jwt({"sub": "kets:status:3", "iat": NOW}, {"typ": delta.TYP})),
    ),
    "a status list instead": ("status-malformed", lambda gate: gate.hold(gate.ministry.status_jwt())),
    "no token": ("status-malformed", lambda gate: gate.hold("a.b.c")),
    "of another shard": ("status-malformed", lambda gate: gate.hold(gate.said(sub="kets:status:4"))),
    "of one bit": ("status-malformed", lambda gate: gate.hold(gate.said(bits=1))),
    "a number that does not end": ("status-malformed", lambda gate: gate.hold(gate.said(changes=coded(b"\x80")))),
    "a number too long": (
        "status-malformed",
        lambda gate: gate.hold(gate.said(changes=coded(b"\x80\x80\x80\x80\x00"))),
    ),
    "beyond the list": ("status-malformed", lambda gate: gate.hold(gate.said(changes=coded(b"\xff\xff\xff\x7f")))),
    "one after the last": (
        "status-malformed",
        lambda gate: gate.hold(gate.said(changes=coded(b"\xfc\xff\xff\x01\x00"))),
    ),
    "a bomb": ("status-malformed", lambda gate: gate.hold(gate.said(changes=coded(bytes(2**22))))),
    "no zlib": ("status-malformed", lambda gate: gate.hold(gate.said(changes="AAAA"))),
    "padded digest": ("status-malformed", lambda gate: gate.hold(gate.said(sha256="AAA="))),
    "a base that is no number": ("status-malformed", lambda gate: gate.hold(gate.said(base="1"))),
    "a signer that rests": ("status-signature", lambda gate: gate.rested()),
    "a signer that rests, and more than is said": ("status-malformed", lambda gate: gate.rested(_70000=1)),
    "a signer that rests, and no list": ("status-malformed", lambda gate: gate.rested(_65533={"bits": 2})),
    "all well but the digest": ("status-gap", lambda gate: gate.hold(gate.said())),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    questions = []
    for _, prepare in CASES.values():
        gate = Gate(tmp_path_factory.mktemp("gate"))
        prepare(gate)
        questions.append(Question(gate.ministry.text(), gate.folder, NOW))
    said = zip(both.typescript(questions), both.python(questions), strict=True)
    return dict(zip(CASES, said, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_both_make_the_same_of_a_list_and_its_changes(
    name: str, verdicts: dict[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    typescript, python = map(both.compared, verdicts[name])
    assert typescript == python
    assert python["code"] == CASES[name][0]
