"""Asking witnesses: the checkpoint that is being cosigned, the lines gathered so far, and its publication.

In the ledger's folder:

    witnessing    the checkpoint that is being cosigned, with the lines gathered so far
    witnessed     the newest checkpoint that a quorum has cosigned

The sequencer's own `checkpoint` goes on growing meanwhile. Each file is a note by itself.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from domain.errors import Refused
from keys.notes import parted, signature_line
from registry.ledger import checkpoint
from registry.ledger.files import replace
from registry.ledger.merkle import Tree
from registry.ledger.witness import LONGEST, SIZE, Request, write_request

if TYPE_CHECKING:
    from keys.notes import NoteVerifier
    from registry.ledger.policy import Policy, Witness
    from registry.ledger.tiles import Folder

SECONDS = 10.0
TRIES = 3


class Cosigning:
    """One checkpoint on its way round the witnesses of a policy."""

    def __init__(self, folder: Folder, verifier: NoteVerifier, policy: Policy, note: str) -> None:
        """Raises: KeysError when the note is not this key's; Refused("tiles-differ") when it is not of these tiles."""
        self.folder, self.verifier, self.policy, self.note = folder, verifier, policy, note
        signed = checkpoint.opened(note, verifier)
        self.size = signed.size
        self._tree = Tree(folder.read, signed.size)
        if self._tree.root() != signed.root:
            raise Refused("tiles-differ", size=signed.size)

    def request(self, old: int) -> bytes:
        """What a witness is asked that saw `old` leaves last. Refused("witness-ahead") when it saw more than this."""
        if not 0 <= old <= self.size:
            raise Refused("witness-ahead", got=old, expected=self.size)
        proof = self._tree.consistency(old) if 0 < old < self.size else []
        return write_request(Request(old, proof, self.note))

    def add(self, lines: str) -> dict[str, int]:
        """Take in the lines of known witnesses, the latest of each; who has cosigned so far, and when.

        Raises: KeysError: "note-malformed", "note-signature" for a known witness's line that is not over this note.
        """
        joined = self.note + lines
        self.policy.cosigned(joined)
        marks = {witness.key.mark for witness in self.policy.witnesses.values()}
        held = len(parted(self.note)[1])
        text, signatures = parted(joined)
        kept: dict[tuple[str, bytes], bytes] = {}
        for number, (name, sealed) in enumerate(signatures):
            mark = name, sealed[:4]
            if mark in marks:  # what follows the mark begins with the time, so the larger is the later
                kept[mark] = max(sealed, kept.get(mark, b""))
            elif number < held:
                kept[mark] = sealed
        self.note = f"{text}\n{''.join(signature_line(name, sealed) for (name, _), sealed in kept.items())}"
        return self._published()

    def ask(self, witness: Witness, old: int = 0) -> dict[str, int]:
        """Ask one witness over HTTP and take in what it answers; who has cosigned so far, and when.

        `old`: how many leaves it saw last, as far as is known; it tells when it was another number.
        Raises: Refused: "witness-ahead", "witness-refused", "witness-silent"; KeysError as `add`.
        """
        for _ in range(TRIES):
            status, media_type, body = _post(f"{witness.url}/add-checkpoint", self.request(old), witness.key.name)
            if status == 200:
                return self.add(body)
            told = int(body) if media_type == SIZE and body.strip().isdecimal() and len(body) < 20 else old
            if status != 409 or told == old:
                break
            old = told
        raise Refused("witness-refused", witness=witness.key.name, got=status)

    def _published(self) -> dict[str, int]:
        found = self.policy.cosigned(self.note)
        replace(self.folder.path / "witnessing", self.note)
        if found and self.policy.met(found.keys()) and self.size >= self._newest():
            replace(self.folder.path / "witnessed", self.note)
        return found

    def _newest(self) -> int:
        note = self.folder.witnessed()
        return checkpoint.opened(note, self.verifier).size if note else 0


def _post(url: str, body: bytes, witness: str) -> tuple[int, str, str]:
    """Status, media type and body of an answer. Refused("witness-silent") when there is none that can be read."""
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - the policy takes http and https alone
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return answer.status, answer.headers.get_content_type(), answer.read(LONGEST).decode("utf-8")
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers.get_content_type(), answer.read(LONGEST).decode("utf-8", "replace")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("witness-silent", witness=witness, got=type(error).__name__) from error
