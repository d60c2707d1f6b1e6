"""Every code that a program may give is documented, and no code that none gives."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from card.messages import OUTCOME_OF
from registry.refusals import REFUSALS
from registry.submissions.messages import MESSAGES
from tests.docs.pages import ROOT, code, page, rows, sections

PACKAGES = ("api", "card", "domain", "keys", "projections", "registry")
# Where a call says its code: the name of what is called, and which of its arguments the code is.
SAYS = {
    "Refused": 0,
    "BadFile": 0,
    "CardError": 0,
    "VerificationError": 0,
    "KeysError": 0,
    "PostgresError": 0,
    "_fail": 0,
    "_require": 1,
}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ERRORS = sections(page("errors.md"))
FILES = sections(page("employer-file.md"))
DOCUMENTED = {code(row[0]) for section in chain(ERRORS.values(), FILES.values()) for row in rows(section)}
LISTED = {code(row[0]) for section in ERRORS.values() for row in rows(section)}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The codes of a module: literals where a code is said, also either side of a condition and of an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SAYS and len(node.args) > SAYS[name]:
                yield from _said(node.args[SAYS[name]])


def _said(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from chain(_said(one), _said(other))
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(end))]):
            yield from (f"{number}{end}" for number in ("nik", "npwp", "nib"))


RAISED = {found: path.relative_to(ROOT) for path, tree in sources() for found in codes_in(tree)}


def test_every_code_that_is_raised_is_documented() -> None:
    assert {found: str(path) for found, path in RAISED.items() if found not in DOCUMENTED} == {}


def test_every_code_is_kebab_case() -> None:
    assert [found for found in RAISED if not CODE.fullmatch(found)] == []


def test_every_code_with_a_sentence_is_documented() -> None:
    assert {*REFUSALS, *MESSAGES, *OUTCOME_OF} - DOCUMENTED == set()


def test_no_code_is_listed_that_nothing_gives() -> None:
    literals = {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert LISTED - literals - RAISED.keys() == set()


@pytest.mark.parametrize("section", [name for name in ERRORS if name not in {"Error codes"}])
def test_a_section_lists_each_code_once_in_order_with_a_meaning(section: str) -> None:
    listed = [code(row[0]) for row in rows(ERRORS[section])]
    assert len(listed) == len(set(listed))
    assert section == "Verification" or listed == sorted(listed)
    assert all(meaning for _, meaning in rows(ERRORS[section]))


def test_outcomes_of_verification() -> None:
    assert {code(found): outcome for found, outcome in rows(ERRORS["Verification"])} == OUTCOME_OF


def test_codes_are_found_where_they_are_said() -> None:
    said = 'raise Refused("a-b")\nCardError("c-d" if x else "e-f", "")\nRefused(f"{name}-digits")\n_require(1, "g-h")'
    assert set(codes_in(ast.parse(said))) == {
        "a-b",
        "c-d",
        "e-f",
        "g-h",
        "nik-digits",
        "npwp-digits",
        "nib-digits",
    }
