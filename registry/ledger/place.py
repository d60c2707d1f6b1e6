"""Where a site's ledgers are, and whose key signs each.

The first is in `ledger` below the site's folder; one that was opened after a loss in `ledger-2` and so on. Which is
written the database says; for those who have none, the newest folder that an incident was published in is the one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keys.keyring import Keyring
from registry.ledger.checkpoint import origin_of
from registry.ledger.tiles import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from keys.notes import NoteSigner
    from registry.settings import Settings


def base_of(settings: Settings) -> Path:
    """The folder of the first ledger, where also a refusal is told."""
    return settings.home / "ledger"


def newest(settings: Settings) -> int:
    """The number of the ledger that was opened last, as far as the folders tell."""
    base = base_of(settings)
    ends = (path.parent.name.rpartition("-")[2] for path in base.parent.glob(f"{base.name}-*/incident"))
    return max((int(end) for end in ends if end.isdecimal()), default=1)


def told_by(settings: Settings, note: str | None) -> int:
    """The number of the ledger that a checkpoint is of, by its origin; 1 when this registry has no key of that name."""
    first, origin = numbered(settings, 1)[1].name, (note or "").partition("\n")[0]
    number = origin.removeprefix(f"{first}/")
    known = number.isdecimal() and (settings.key_folder / f"ledger-{int(number)}.json").exists()
    return int(number) if known else 1


def numbered(settings: Settings, number: int) -> tuple[Folder, NoteSigner]:
    """Folder and signer of a ledger, whose key is made at the first asking."""
    keyring = Keyring.open(settings.key_folder)
    signer = keyring.ledger(origin_of(settings.issuer))
    if number > 1:
        signer = keyring.ledger(f"{signer.name}/{number}", number=number)
    return Folder(_path(settings, number)), signer


def folder_of(settings: Settings) -> Folder:
    return Folder(_path(settings, newest(settings)))


def signer_of(settings: Settings) -> NoteSigner:
    return numbered(settings, newest(settings))[1]


def _path(settings: Settings, number: int) -> Path:
    base = base_of(settings)
    return base if number == 1 else base.with_name(f"{base.name}-{number}")
