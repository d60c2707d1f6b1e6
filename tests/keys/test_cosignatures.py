"""Cosignatures: a date over a note, by a key that is told apart from every other."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.cosignatures import Cosigner, WitnessKey
from keys.errors import KeysError
from keys.notes import NoteSigner, NoteVerifier

if TYPE_CHECKING:
    from pathlib import Path

LOG = NoteSigner("kets.example/ledger", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TEXT = "kets.example/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
NOTE = LOG.sign(TEXT)
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
AT = 1_679_315_147


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def test_the_line_is_laid_out_as_the_specification_says() -> None:
    dash, name, sealed = WITNESS.cosign(TEXT, AT).removesuffix("\n").split(" ")
    public, data = WITNESS.witness.public, base64.b64decode(sealed)
    assert (dash, name, len(data)) == ("\u2014", "witness.example/w1", 4 + 8 + 64)
    assert data[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    assert data[4:12] == AT.to_bytes(8, "big")
    WITNESS.secret.public_key().verify(data[12:], f"cosignature/v1\ntime {AT}\n{TEXT}".encode())
    assert "secret" not in repr(WITNESS)


def test_a_cosigned_note_opens_for_log_and_witness() -> None:
    both = NOTE + WITNESS.cosign(TEXT, AT)
    assert LOG.verifier.open(both) == TEXT
    assert WITNESS.witness.cosigned_at(both) == AT
    assert WITNESS.witness.cosigned_at(both + WITNESS.cosign(TEXT, AT - 1)) == AT, "the latest"
    assert WITNESS.witness.cosigned_at(NOTE) is None


def test_lines_of_others_are_passed_over() -> None:
    same_name = Cosigner(WITNESS.name, Ed25519PrivateKey.generate())
    assert WITNESS.witness.cosigned_at(NOTE + same_name.cosign("another\n", AT)) is None
    plain = NoteSigner(WITNESS.name, WITNESS.secret).sign(TEXT).rpartition("\n\n")[2]
    assert WITNESS.witness.cosigned_at(NOTE + plain) is None, "a note's own signature is no cosignature"


@pytest.mark.parametrize("place", [4, 11, 12, 75])
def test_an_altered_line_is_refused(place: int) -> None:
    dash, name, sealed = WITNESS.cosign(TEXT, AT).split(" ")
    data = bytearray(base64.b64decode(sealed))
    data[place] ^= 1
    with refused("note-signature"):
        WITNESS.witness.cosigned_at(NOTE + f"{dash} {name} {base64.b64encode(data).decode()}\n")
    with refused("note-signature"):
        WITNESS.witness.cosigned_at(NOTE + f"{dash} {name} {base64.b64encode(data[:-1]).decode()}\n")
    with refused("note-signature"):
        WITNESS.witness.cosigned_at(NOTE.replace("\n0\n", "\n1\n") + WITNESS.cosign(TEXT, AT))


def test_verifier_keys_of_the_two_kinds_are_told_apart() -> None:
    key = WITNESS.witness.key
    assert WitnessKey.of(key + "\n") == WITNESS.witness
    with refused("verifier-key"):
        NoteVerifier.of(key)
    with refused("verifier-key"):
        WitnessKey.of(LOG.verifier.key)


def test_a_key_is_made_once_and_keeps_its_name(tmp_path: Path) -> None:
    made = Cosigner.kept(tmp_path, "witness.example/one")
    again = Cosigner.kept(tmp_path, "witness.example/two")
    assert (again.name, again.witness) == ("witness.example/one", made.witness)
    with refused("note-name"):
        Cosigner.kept(tmp_path / "other", "a b")
