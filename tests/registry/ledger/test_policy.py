"""Policy files: who counts, how many are enough, and what is no policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Refused
from keys.cosignatures import Cosigner
from keys.errors import KeysError
from registry.ledger.policy import policy_of, read
from tests.registry.ledger.conftest import signer

if TYPE_CHECKING:
    from pathlib import Path

W = {
    name: Cosigner(f"{name}.example/w", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number, name in enumerate(("x1", "x2", "x3", "y1", "y2"), 1)
}
LINES = "".join(f"witness {name} {each.witness.key}\n" for name, each in W.items())
GROUPS = "group X 2 x1 x2 x3\n\tgroup Y any y1  y2\n# both\n\ngroup both all X Y\n"
TEXT = "kets.example/ledger\n1\nGJmKyW3Ko8VXNY2yzeAGVUcXfwWyIl1dQ5cw1LJqlKA=\n"


@pytest.mark.parametrize(
    ("quorum", "cosigned", "met"),
    [
        ("both", "x1 x3 y2", True),
        ("both", "x1 x2 x3", False),
        ("both", "x1 y1 y2", False),
        ("X", "x2 x3", True),
        ("Y", "", False),
        ("x1", "x1", True),
        ("x1", "x2", False),
        ("none", "", True),
    ],
)
def test_a_quorum(quorum: str, cosigned: str, met: bool) -> None:
    policy = policy_of(f"log {signer().verifier.key}\n{LINES}{GROUPS}quorum {quorum}\n")
    note = signer().sign(TEXT) + "".join(W[name].cosign(TEXT, 1_700_000_000) for name in cosigned.split())
    assert policy.cosigned(note) == dict.fromkeys(cosigned.split(), 1_700_000_000)
    assert policy.met({*cosigned.split()}) == met
    if not met:
        with pytest.raises(Refused, match=r"^quorum-unmet"):
            policy.required(note)


def test_a_line_of_the_unknown_is_passed_over_and_a_bad_one_of_a_known_is_refused() -> None:
    policy = policy_of(f"witness one {W['x1'].witness.key}\nquorum one\n")
    note = signer().sign(TEXT)
    assert policy.required(note + W["x2"].cosign("another\n", 5) + W["x1"].cosign(TEXT, 7)) == {"one": 7}
    with pytest.raises(KeysError, match=r"^note-signature"):
        policy.cosigned(note + W["x1"].cosign("another\n", 7))


KEY = W["x1"].witness.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum w\n",
        "quorum none\nquorum none\n",
        f"witness none {KEY}\nquorum none\n",
        f"witness w {KEY}\nwitness w {W['x2'].witness.key}\nquorum w\n",
        f"witness w {KEY}\nwitness v {KEY}\nquorum w\n",
        f"witness w {KEY} ftp://w\nquorum w\n",
        f"witness w {KEY} http://w more\nquorum w\n",
        f"witness w {KEY[:-4]}\nquorum w\n",
        f"witness w {signer().verifier.key}\nquorum w\n",
        f"witness w {KEY}\ngroup g 0 w\nquorum g\n",
        f"witness w {KEY}\ngroup g 2 w\nquorum g\n",
        f"witness w {KEY}\ngroup g x w\nquorum g\n",
        f"witness w {KEY}\ngroup g 1 w w\nquorum g\n",
        f"witness w {KEY}\ngroup g 1 v\nquorum g\n",
        f"witness w {KEY}\ngroup g 1 w\ngroup h 1 w\nquorum g\n",
        f"witness w {KEY}\ngroup g 1\nquorum w\n",
        "group g 1 g\nquorum g\n",
        "".join(f"group g{n} 1 w\n" for n in range(40)),
        "else\nquorum none\n",
        "#" * 100_001,
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^policy-malformed"):
        policy_of(text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff")
    for name in ("latin", "missing"):
        with pytest.raises(Refused, match=r"^policy-malformed"):
            read(tmp_path / name)
