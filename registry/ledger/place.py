"""Where a site's ledger is, and whose key signs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keys.keyring import Keyring
from registry.ledger.checkpoint import origin_of
from registry.ledger.tiles import Folder

if TYPE_CHECKING:
    from keys.notes import NoteSigner
    from registry.settings import Settings


def folder_of(settings: Settings) -> Folder:
    return Folder(settings.home / "ledger")


def signer_of(settings: Settings) -> NoteSigner:
    """The ledger's signer, made at the first asking."""
    return Keyring.open(settings.key_folder).ledger(origin_of(settings.issuer))
