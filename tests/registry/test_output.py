"""What commands print for people, on a terminal of 80 columns."""

from __future__ import annotations

import pytest

from registry.cli.output import table

CARD, MOMENT = "ZARP-T0Z7-N5F0", "2026-11-23 05:49:21"


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.cli.output.console._width", 80)


def test_a_table_is_as_wide_as_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    table("Cards", ("card", "recorded"), [(CARD, MOMENT), ("", None)])
    assert f"│ {CARD} │ {MOMENT} │" in capsys.readouterr().out


def test_a_table_that_is_too_wide_is_broken_between_words(capsys: pytest.CaptureFixture[str]) -> None:
    table("Cards", ("card", "why"), [(CARD, "it was lost and has been found again " * 4)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(CARD in line for line in lines)
    assert " ".join("".join(lines).split()).count("found") == 4


def test_where_a_word_would_be_broken_the_cells_stand_below_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    table("Cards", ("card", "replaces", "recorded", ""), [(CARD, CARD, MOMENT, "x" * 40), (CARD, None, MOMENT, "")])
    assert capsys.readouterr().out == (
        f"Cards\ncard      {CARD}\nreplaces  {CARD}\nrecorded  {MOMENT}\n          {'x' * 40}\n\n"
        f"card      {CARD}\nrecorded  {MOMENT}\n\n"
    )
