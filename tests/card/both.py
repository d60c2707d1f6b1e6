"""Both verifiers, asked the same: Python in this process, TypeScript in one of Node."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from card import back, trustdir
from card.errors import VerificationError
from card.projection import to_jwt
from card.trustdir import TrustDir
from card.verify import Verified, verify
from tests.docs.pages import ROOT
from tests.require import require

WEB = ROOT / "card" / "verifier"
PROGRAM = WEB / "dist" / "cli.mjs"
COMPARED = ("outcome", "code", "claims", "status", "status_age_days", "proves", "compare", "live", "thumbnail")


@dataclass(frozen=True)
class Question:
    """A card, the folder of a verifier, the time there, what the holder's phone was given, and
    the code on the card's back.
    """

    data: str | bytes
    trust: Path
    now: int
    nonce: bytes | None = None
    back: str | None = None


Verifier: TypeAlias = Callable[[Sequence[Question]], list[dict[str, Any]]]


def python(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The verdicts of card.verify, with `ms`, the processor's time that each took."""
    loaded = lru_cache(maxsize=64)(trustdir.load)

    def verdict(question: Question) -> dict[str, Any]:
        began = time.thread_time()
        said = answer(question)
        return {**said, "ms": (time.thread_time() - began) * 1000}

    def thumbnail(text: str, found: Verified, folder: TrustDir) -> str:
        return back.verify(text, front=found.claims, trust=folder.trust).avif.hex()

    def answer(question: Question) -> dict[str, Any]:
        try:
            folder = loaded(question.trust, now=question.now)
            lists = {"trust": folder.trust, "status": folder.status}
            found = verify(question.data, **lists, now=question.now, nonce=question.nonce)
            picture = {} if question.back is None else {"thumbnail": thumbnail(question.back, found, folder)}
        except VerificationError as error:
            return {"outcome": error.outcome, "code": error.code}
        return {
            **picture,
            "outcome": found.outcome,
            "code": found.code,
            "claims": to_jwt(found.claims),
            "status": found.status,
            "status_age_days": found.status_age_days,
            "proves": list(found.proves),
            "compare": list(found.compare),
            "live": found.live,
        }

    return [verdict(question) for question in questions]


def typescript(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The verdicts of card/verifier/src/card, with `ms`, the processor's time that each took."""
    require(shutil.which("node") or (ROOT / ".node").exists(), "Node 20")
    require(PROGRAM.exists(), "card/verifier/dist (make web)")
    cases = "".join(f"{json.dumps(_case(question))}\n" for question in questions)
    command = [str(WEB / "with-node"), "node", str(PROGRAM)]
    done = subprocess.run(command, input=cases, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-2000:]
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == len(questions)
    return verdicts


def compared(verdict: dict[str, Any]) -> dict[str, Any]:
    """What of a verdict must be the same from both."""
    return {name: verdict[name] for name in COMPARED if name in verdict}


def _case(question: Question) -> dict[str, Any]:
    data = {"card": question.data} if isinstance(question.data, str) else {"cose": question.data.hex()}
    nonce = {} if question.nonce is None else {"nonce": question.nonce.hex()}
    behind = {} if question.back is None else {"back": question.back}
    return {**data, **nonce, **behind, "trust": str(question.trust), "now": question.now}
