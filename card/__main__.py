"""`python -m card verify FILE|TEXT --trust DIR` and `update DIR --from DIR`: with the `verify` extra alone."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from card import updating
from card.cli import EXIT_USAGE, parse_now, run
from card.errors import CardError
from card.live import challenge
from card.trustupdate import Folder


def main(arguments: list[str] | None = None) -> int:
    """0 valid, 1 invalid, 2 usage, 3 valid but status old, 4 cannot check."""
    parser = argparse.ArgumentParser(prog="python -m card", description="Check worker cards, offline.")
    commands = parser.add_subparsers(dest="command", required=True)
    newer = commands.add_parser("update", help="take newer lists into a verifier's folder, all or none")
    newer.add_argument("folder", metavar="DIR", type=Path, help="the folder, with its pinned root")
    newer.add_argument("--from", dest="source", metavar="DIR", type=Path, required=True, help="a newer export")
    newer.add_argument("--now", metavar="TIME", help="as of verify")
    newer.add_argument("--json", action="store_true", help="one JSON object instead of sentences")
    command = commands.add_parser("verify", help="check one card")
    command.add_argument("source", metavar="FILE|TEXT", help="PNG, JPEG, PDF, text or JWT file; or the text itself")
    command.add_argument("--trust", metavar="DIR", type=Path, required=True, help="folder with the verifier's lists")
    command.add_argument(
        "--now", metavar="TIME", help="ISO 8601 or Unix seconds; the clock of this machine if left out"
    )
    command.add_argument("--nonce", metavar="TEXT", help="the 8 characters that the holder's phone was given")
    command.add_argument("--back", metavar="FILE|TEXT", help="the code on the card's back, checked to belong to it")
    command.add_argument("--photo", metavar="FILE", type=Path, help="write the face in that code here, as AVIF")
    command.add_argument("--json", action="store_true", help="one JSON object instead of sentences")
    chosen = parser.parse_args(arguments)
    try:
        now = int(time.time()) if chosen.now is None else parse_now(chosen.now)
        if chosen.command == "update":
            return updating.run(
                chosen.folder, source=Folder(chosen.source), now=now, as_json=chosen.json, out=sys.stdout
            )
        nonce = None if chosen.nonce is None else challenge(chosen.nonce)
    except CardError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    return run(
        chosen.source,
        trust=chosen.trust,
        now=now,
        nonce=nonce,
        back=chosen.back,
        photo=chosen.photo,
        as_json=chosen.json,
        out=sys.stdout,
    )


if __name__ == "__main__":
    sys.exit(main())
