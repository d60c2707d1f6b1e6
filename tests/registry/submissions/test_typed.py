"""Rows: the types of their cells, the columns each action needs, and the bytes that identify their content."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from domain import codes
from domain.errors import Refused
from registry.submissions.actions import ACTIONS, Action
from registry.submissions.columns import BY_NAME, COLUMNS, Column, Kind
from registry.submissions.examples import EXAMPLES
from registry.submissions.line import Line
from registry.submissions.typed import Row, canonical, typed
from tests.registry.submissions.employer_files import END, hire


def row(values: dict[str, str], number: int = 2) -> Row:
    return typed(Line(number, values))


def cell(column: Column, action: Action) -> str:
    """A cell that its column takes."""
    if column.name == "action":
        return action.name
    if column.name == "reason" and action.reasons:
        return action.reasons[0].value
    if column.pick:
        return column.pick[0].value
    return {Kind.DATE: "2026-01-31", Kind.INTEGER: "1"}.get(column.kind, "x")


def test_a_row_has_a_field_for_every_column() -> None:
    assert Row.__struct_fields__[2:] == tuple(column.name for column in COLUMNS if column.name != "action")


def test_cells_have_the_types_of_their_columns() -> None:
    found = row(hire(action="Hire", sex="p", contract="FIXED-TERM"))
    assert (found.line, found.action, found.sex, found.contract) == (2, "hire", "P", "fixed-term")
    assert (found.birth_date, found.wage, found.education) == (date(1990, 1, 1), 5600000, "5")
    assert (found.nik, found.note) == ("3275014101900001", None)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_takes_what_it_needs_and_no_less(action: Action) -> None:
    needed = {name: cell(BY_NAME[name], action) for name in {*action.required, "action"}}
    if action.person:
        needed["nik"] = "3275014101900001"
    if needed.get("contract") == "fixed-term":
        needed["ends_on"] = "2027-01-31"
    assert row(needed).action == action.name
    for name in action.required:
        with pytest.raises(Refused) as refused:
            row({other: text for other, text in needed.items() if other != name})
        assert (refused.value.code, refused.value.details["column"]) == ("missing-column", name)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_takes_what_it_allows_and_no_more(action: Action) -> None:
    full = {name: cell(BY_NAME[name], action) for name in action.allowed - {"passport"}}
    if action.person:
        full["nik"] = "3275014101900001"
    row(full)
    for column in COLUMNS:
        if column.name not in action.allowed:
            with pytest.raises(Refused) as refused:
                row({**full, column.name: cell(column, action)})
            assert (refused.value.code, refused.value.details["column"]) == ("unused-column", column.name)


def test_only_real_columns_are_required_or_allowed() -> None:
    for action in ACTIONS:
        assert action.required <= action.allowed <= set(BY_NAME)


def test_a_foreign_worker_has_a_passport_and_a_nationality() -> None:
    assert row(hire(nik="", passport="TR1234567", nationality="JPN")).passport == "TR1234567"


def test_a_near_choice_is_named() -> None:
    with pytest.raises(Refused) as refused:
        row(hire(channel="public service"))
    assert "public-service" in str(refused.value.details["near"])


@pytest.mark.parametrize(("written", "hint"), [("31/12/1990", "day-first"), ("32874", "serial"), ("1990", "")])
def test_a_wrong_date_comes_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        row(hire(birth_date=written))
    assert refused.value.details["hint"] == hint


def test_the_refusal_of_a_line_is_the_refusal_of_its_row() -> None:
    said = Refused("column-count", got=3, expected=4)
    with pytest.raises(Refused) as refused:
        typed(Line(2, {}, said))
    assert refused.value is said


def test_content_does_not_depend_on_its_name_its_place_or_its_spelling() -> None:
    values = hire()
    same = canonical(row(dict(reversed({**values, "ref": "other", "sex": "p"}.items())), number=99))
    assert canonical(row(values)) == same


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.name not in ("ref", "action")])
def test_any_other_cell_changes_the_content(column: Column) -> None:
    first = Row(line=2, action="correct")
    second = msgspec.structs.replace(first, **{column.name: _value(column)})
    assert canonical(first) != canonical(second)


def _value(column: Column) -> str | int | date:
    return {Kind.DATE: date(2026, 1, 31), Kind.INTEGER: 1}.get(column.kind, "x")


def test_the_canonical_bytes_are_pinned() -> None:
    """They stand in the database as digests: whoever changes them breaks every re-submission."""
    assert (
        canonical(row({**END, "ref": "r-1", "name": "André", "note": "1"}))
        == (
            '{"action":"end","effective_on":"2026-03-31","name":"André","nik":"3275014101900001","note":"1",'
            '"reason":"resignation"}'
        ).encode()
    )


def test_the_examples_are_good_rows_with_real_codes() -> None:
    for example in EXAMPLES:
        row(example)
        for name, text in example.items():
            if scheme := BY_NAME[name].codes:
                assert codes.known(codes.full(scheme[0], text)), (name, text)
