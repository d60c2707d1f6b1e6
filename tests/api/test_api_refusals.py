"""Every code that the programs refuse with has its sentences, in both languages, filled from what it is given."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.refusals import REFUSALS
from registry.submissions.messages import MESSAGES, sentence

ROOT = Path(__file__).parents[2]
FOLDERS = ("domain", "registry", "projections", "api")
SAID = MESSAGES.keys() | REFUSALS.keys()
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def refusals() -> Iterator[tuple[str, ast.Call]]:
    """(Where, call) of every `Refused(...)` and `BadFile(...)`."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Refused", "BadFile")
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def codes_of(code: ast.expr) -> set[str]:
    """The codes an expression may be: its string constants, an f-string as a pattern of known codes."""
    if isinstance(code, ast.JoinedStr):
        parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z]+" for p in code.values]
        return {known for known in SAID if re.fullmatch("".join(parts), known)} or {ast.unparse(code)}
    if isinstance(code, ast.IfExp):
        return codes_of(code.body) | codes_of(code.orelse)
    return {code.value} if isinstance(code, ast.Constant) and isinstance(code.value, str) else set()


def raised() -> dict[str, set[str]]:
    """Code -> the names of the details that are given with it somewhere."""
    found: dict[str, set[str]] = {}
    for _, call in refusals():
        for code in codes_of(call.args[0]):
            found.setdefault(code, set()).update(word.arg or "**" for word in call.keywords)
    return found


def filled(text: str) -> set[str]:
    """The details that a sentence shows."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_that_is_raised_has_a_sentence() -> None:
    unsaid = [f"{code} ({where})" for where, call in refusals() for code in codes_of(call.args[0]) if code not in SAID]
    assert unsaid == []


def test_the_search_finds_what_it_looks_for() -> None:
    assert {"already-employed", "ref-conflict", "dimension-unknown", "busy", "nik-length", "xls-old"} <= raised().keys()


HTTP = {
    "internal",
    "loopback-only",
    "method-not-allowed",
    "not-found",
    "origin-differs",
    "request-too-large",
    "unavailable",
}
"""Given without being raised: api/errors.py, api/guard.py, api/bounded.py, api/around.py."""
PASSED_ON = {"photo-too-small", "photo-unreadable"}
"""Codes of card/photo.py that registry/photos.py refuses with."""


def test_no_sentence_is_left_of_a_code_that_is_gone() -> None:
    assert REFUSALS.keys() - raised().keys() - HTTP - PASSED_ON == set()


@pytest.mark.parametrize("code", REFUSALS)
def test_both_languages_say_the_same_of_what_is_given(code: str) -> None:
    indonesian, english = map(filled, REFUSALS[code])
    assert indonesian == english
    assert REFUSALS[code][0] != REFUSALS[code][1]
    assert code in HTTP | PASSED_ON or english <= raised()[code]
    assert KEBAB.fullmatch(code)
    assert all(text.endswith(".") for text in REFUSALS[code])


def test_no_code_has_two_sentences() -> None:
    assert MESSAGES.keys() & REFUSALS.keys() == set()


def test_the_result_file_says_them_too() -> None:
    details = {"got": 15, "expected": 16}
    assert sentence("nik-length", details, "id") == "NIK harus 16 digit; terbaca 15."
    assert sentence("nik-length", details, "en") == "A NIK has 16 digits; got 15."
