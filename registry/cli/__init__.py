"""`kets`: the command line, a door like the API. It may use every package; nothing imports it (docs/adr/0010).

Exit codes: 0 the command did its work; 1 refused, with a code; 2 wrong usage; 3 and 4 only from `card verify`:
valid but its status is old, and cannot be checked here; 5 the database or a key cannot be reached.

What only some commands need (Alembic, ReportLab, Faker, xlsxwriter) is imported by those: a command starts in a second.
"""

from __future__ import annotations

import sys

import psycopg
import pydantic
import typer
from eventsourcing.persistence import PersistenceError

from card.errors import CardError
from domain.errors import Refused
from keys.errors import KeysError
from registry.cli import (
    audit,
    backup,
    card_batch,
    card_life,
    card_print,
    card_renewal,
    cards,
    demo,
    erase,
    exports,
    files,
    intake,
    key_commands,
    ledger,
    live,
    people,
    phones,
    population,
    reading,
    replaying,
    signer_commands,
    statistics,
    trust,
    up,
    wallets,
)
from registry.cli.output import answer, errors, marked
from registry.postgres import PostgresError
from registry.submissions.messages import sentence

app = typer.Typer(
    name="kets",
    help="KETS: the workforce registry and its verifiable worker card.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
up.add_to(app)
demo.add_to(app)
files.add_to(app)
people.add_to(app)
replaying.add_to(app)
erase.add_to(app)
cards.add_to(app)
card_life.add_to(cards.card)
card_batch.add_to(cards.card)
card_renewal.add_to(cards.card)
card_print.add_to(cards.card)
wallets.add_to(cards.card)
phones.add_to(cards.card)
trust.add_to(app)
reading.add_to(app)
live.add_to(app)
key_commands.add_to(app)
intake.add_to(app)
ledger.add_to(app)
signer_commands.add_to(key_commands.keys)
statistics.add_to(app)
audit.add_to(app)
population.add_to(audit.audit)
backup.add_to(app)
exports.add_to(app)

REFUSED, WRONG, UNAVAILABLE = 1, 2, 5


def main() -> None:
    """Run a command; say a refusal in words and leave with its exit code."""
    try:
        app()
    except SystemExit as left:
        if left.code == WRONG and (wrong := getattr(left.__context__, "format_message", None)):
            answer({"ok": False, "code": "usage", "message": wrong()}, as_json="--json" in sys.argv)
        raise
    except Refused as refusal:
        _fail(refusal.code, sentence(refusal.code, refusal.details, "en"), REFUSED)
    except (CardError, KeysError) as error:
        _fail(error.code, str(error), UNAVAILABLE if error.code == "keys-missing" else REFUSED)
    except PostgresError as error:
        _fail(error.code, str(error), UNAVAILABLE)
    except (psycopg.OperationalError, PersistenceError) as error:
        _fail("database-unavailable", str(error).strip().splitlines()[0], UNAVAILABLE)
    except pydantic.ValidationError as error:
        wrong = (f"{_setting(each['loc'])}: {each['msg']}" for each in error.errors(include_input=False))
        _fail("settings-malformed", "; ".join(wrong), REFUSED)  # never what it was, which may be a secret
    except OSError as error:
        what = error.strerror or str(error)
        _fail("file-unusable", what if error.filename is None else f"{error.filename}: {what}", REFUSED)
    except UnicodeDecodeError as error:
        _fail("file-unusable", f"got byte {error.start} of a file that is not UTF-8, expected text", REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)


def _setting(where: tuple[object, ...]) -> str:
    """The variable of the environment."""
    name = str(where[0])
    return name if name.isupper() else f"KETS_{name.upper()}"


def _fail(code: str, said: str, status: int) -> None:
    said = said.removeprefix(f"{code}: ")  # some errors begin with their code
    errors.print(marked("bold red", code, f": {said}"))
    answer({"ok": False, "code": code, "message": said}, as_json="--json" in sys.argv)
    sys.exit(status)
