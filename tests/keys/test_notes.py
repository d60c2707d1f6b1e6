"""Signed notes: what one key signed opens, and nothing else does. Altered bytes of every kind are told apart."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.keyring import Keyring
from keys.notes import NoteSigner, NoteVerifier, key_hash

SIGNER = NoteSigner("kets.example/ledger", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TEXT = "kets.example/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
NOTE = SIGNER.sign(TEXT)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
STRAY = NOTE[:-3] + LETTERS[LETTERS.index(NOTE[-3]) + 1] + NOTE[-2:]
"""The same signature, written with one of the bits set that base64 does not use."""


def refused(code: str) -> pytest.RaisesExc[KeysError]:
    return pytest.raises(KeysError, match=f"^{code}: ")


def test_a_note_opens_for_its_verifier_key() -> None:
    key = SIGNER.verifier.key
    assert NoteVerifier.of(key + "\n") == SIGNER.verifier
    assert NoteVerifier.of(key).open(NOTE) == TEXT
    name, told, encoded = key.split("+", 2)
    assert (name, bytes.fromhex(told)) == (SIGNER.name, key_hash(SIGNER.name, SIGNER.verifier.public))
    assert base64.b64decode(encoded) == b"\x01" + SIGNER.verifier.public
    assert SIGNER.sign(TEXT) == NOTE, "the same text, the same note"
    assert "secret" not in repr(SIGNER)


def test_signatures_of_others_are_passed_over() -> None:
    witness = NoteSigner("witness.example/w", Ed25519PrivateKey.generate())
    signature = witness.sign(TEXT).rpartition("\n\n")[2]
    both = NOTE + signature
    assert SIGNER.verifier.open(both) == witness.verifier.open(both) == TEXT
    with refused("note-unsigned"):
        witness.verifier.open(NOTE)
    with refused("note-unsigned"):
        NoteVerifier(SIGNER.name, witness.verifier.public).open(NOTE)


def test_another_text_under_the_signature_is_refused() -> None:
    with refused("note-signature"):
        SIGNER.verifier.open(NOTE.replace("\n0\n", "\n1\n"))
    dash, name, sealed = NOTE.rstrip("\n").rpartition("\n")[2].split(" ")
    short = base64.b64encode(base64.b64decode(sealed)[:-1]).decode()
    with refused("note-signature"):
        SIGNER.verifier.open(f"{TEXT}\n{dash} {name} {short}\n")


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(NOTE) - 1), st.characters())
def test_no_changed_character_is_accepted(at: int, letter: str) -> None:
    changed = NOTE[:at] + letter + NOTE[at + 1 :]
    if changed != NOTE:
        with pytest.raises(KeysError):
            SIGNER.verifier.open(changed)


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        NOTE.rstrip("\n"),
        NOTE.replace("\n\n", "\n"),
        TEXT + "\n",
        TEXT + "\n\u2014 name\n",
        TEXT + "\n- name AAAAAAAA\n",
        TEXT + "\n\u2014 name =AAA\n",
        TEXT + "\n\u2014 name AAAA\n",
        NOTE.replace("0", "\r", 1),
        NOTE.replace("0", "\ud800", 1),
        STRAY,
        "a" * 1_000_000 + NOTE,
    ],
)
def test_what_is_not_a_note(note: str) -> None:
    with refused("note-malformed"):
        SIGNER.verifier.open(note)


@pytest.mark.parametrize("text", ["text", "te\x1bxt\n", "te\udcffxt\n"])
def test_what_nobody_could_open_is_not_signed(text: str) -> None:
    with refused("note-malformed"):
        SIGNER.sign(text)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        "name+00000000+AQ==",
        "name+00000000+%%",
        SIGNER.verifier.key.replace("ledger", "Ledger"),
        SIGNER.verifier.key[:-4],
    ],
)
def test_what_is_not_a_verifier_key(key: str) -> None:
    with refused("verifier-key"):
        NoteVerifier.of(key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b"])
def test_names_that_no_note_can_carry(tmp_path: Path, name: str) -> None:
    with refused("note-name"):
        Keyring.create(tmp_path / "keys").ledger(name)
    assert not (tmp_path / "keys" / "ledger.json").exists()


def test_a_verifier_key_in_a_bad_name() -> None:
    key = f"a b+{key_hash('a b', SIGNER.verifier.public).hex()}+{SIGNER.verifier.key.split('+', 2)[2]}"
    with refused("note-name"):
        NoteVerifier.of(key)


def test_the_ledgers_key_is_made_once_in_any_keyring(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keys")
    assert [info.use for info in keyring.listing()][-1] == "next-root"
    made = keyring.ledger("kets.example/ledger", now=1_700_000_000)
    again = Keyring.open(tmp_path / "keys").ledger("another.example/ledger")
    assert (again.name, again.verifier) == ("kets.example/ledger", made.verifier)
    assert again.verifier.open(made.sign(TEXT)) == TEXT
    file = tmp_path / "keys" / "ledger.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    info = keyring.listing()[-1]
    assert (info.use, info.kid, info.created) == ("ledger", made.verifier.key.split("+")[1], 1_700_000_000)
    assert json.loads(file.read_text())["d"] not in repr(keyring.listing()) + repr(made)
