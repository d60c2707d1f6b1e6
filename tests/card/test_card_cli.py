"""What a person at a gate types and sees: outcomes as exit codes, in plain words, in both languages."""

from __future__ import annotations

import io
import json
import runpy
import sys
from pathlib import Path

import pytest

from card import qr
from card.__main__ import main
from card.cli import parse_now, run
from card.errors import CardError
from card.messages import HEADINGS, SENTENCES
from tests.card.cards import DAY, NOW, Ministry, claims, new_ministry


@pytest.fixture
def ministry() -> Ministry:
    return new_ministry()


def tampered(text: str) -> str:
    """A card whose last byte of the signature is another: only the checksum is made to fit."""
    cose = bytearray(qr.cose(text))
    cose[-1] ^= 1
    return qr.text(bytes(cose))


def said(source: str | Path, trust: Path, *, now: int = NOW) -> tuple[int, str]:
    out = io.StringIO()
    return run(source, trust=trust, now=now, as_json=False, out=out), out.getvalue()


def test_a_valid_card_is_shown_with_what_to_compare(ministry: Ministry, tmp_path: Path) -> None:
    code, words = said(ministry.text(), ministry.export(tmp_path))
    assert code == 0
    assert words.startswith("SAH / VALID\nKartu ini asli dan masih berlaku.\nThis card is genuine and in force.\n")
    for part in (
        claims().name,
        claims().number,
        "1991-05-07",
        "perempuan / female",
        "bekerja / employed",
        "PT Sinar Mas",
        "7212 Tukang Las dan Pemotong Logam dengan Api / Welders and Flame Cutters",
        "G.461200.014.01 (disahkan lembaga / authority-attested, s.d. / until 2028-02-05)",
        "Not proved: that the bearer is its holder.",
        "Compare: the face with the photo on the card; the name",
        "Bandingkan: wajah",
    ):
        assert part in words


def test_what_is_absent_is_not_shown(ministry: Ministry, tmp_path: Path) -> None:
    least = ministry.text(employer_name=None, employer_nib=None, occupation=None, certifications=())
    _, words = said(least, ministry.export(tmp_path))
    assert "Employer" not in words
    assert "None" not in words


def test_each_outcome_has_its_exit_code_and_heading(ministry: Ministry, tmp_path: Path) -> None:
    trust = ministry.export(tmp_path)
    text = ministry.text()
    for source, now, code, outcome in (
        (text, NOW, 0, "valid"),
        (tampered(text), NOW, 1, "invalid"),
        (text, NOW + 7 * DAY, 3, "status-old"),
        (text, NOW + 40 * DAY, 4, "cannot-check"),
    ):
        exit_code, words = said(source, trust, now=now)
        heading = HEADINGS[outcome]  # type: ignore[index]  # the four words of the loop above
        assert exit_code == code
        assert words.startswith(f"{heading.id} / {heading.en}\n")
        assert ("Siti" in words) == (outcome in ("valid", "status-old"))


def test_an_invalid_card_says_why(ministry: Ministry, tmp_path: Path) -> None:
    _, words = said(tampered(ministry.text()), ministry.export(tmp_path))
    assert SENTENCES["bad-signature"].id in words
    assert SENTENCES["bad-signature"].en in words
    assert "(bad-signature)" in words


def test_status_old_says_how_old_and_that_details_are_outdated(ministry: Ministry, tmp_path: Path) -> None:
    ministry.statuses = {claims().status.index: 3}
    trust = ministry.export(tmp_path)
    _, fresh = said(ministry.text(), trust)
    assert SENTENCES["details-outdated"].en in fresh
    _, old = said(ministry.text(), trust, now=NOW + 7 * DAY)
    assert "known only as of 8 days ago" in old
    assert "sampai 8 hari yang lalu" in old
    assert SENTENCES["details-outdated"].en in old


def test_json_is_one_object(ministry: Ministry, tmp_path: Path) -> None:
    trust = ministry.export(tmp_path)
    answers = []
    for source in (ministry.text(), tampered(ministry.text()), "no-such.png"):
        out = io.StringIO()
        run(source, trust=trust, now=NOW, as_json=True, out=out)
        answers.append(json.loads(out.getvalue()))
    good, bad, usage = answers
    assert (good["outcome"], good["code"], good["status"], good["status_age_days"]) == ("valid", "valid", 0, 1)
    assert good["claims"]["name"] == claims().name
    assert good["compare"] == ["face", "name", "birth-date"]
    assert (bad["outcome"], bad["code"]) == ("invalid", "bad-signature")
    assert bad["sentence"] == SENTENCES["bad-signature"]._asdict()
    assert "claims" not in bad
    assert (usage["outcome"], usage["code"]) == ("usage", "file-not-found")


def test_a_folder_without_lists_cannot_check(ministry: Ministry, tmp_path: Path) -> None:
    code, words = said(ministry.text(), tmp_path)
    assert code == 4
    assert "no trust list" in words


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1795320000", 1_795_320_000),
        ("2026-11-22", 1_795_305_600),
        ("2026-11-22T04:00:00", 1_795_320_000),
        ("2026-11-22T04:00:00Z", 1_795_320_000),
        ("2026-11-22T11:00:00+07:00", 1_795_320_000),
    ],
)
def test_times(text: str, moment: int) -> None:
    assert parse_now(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "22/11/2026", "²"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(CardError, match=r"^time: got"):
        parse_now(text)


def test_the_command(ministry: Ministry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = str(ministry.export(tmp_path))
    assert main(["verify", ministry.text(), "--trust", trust, "--now", str(NOW)]) == 0
    assert capsys.readouterr().out.startswith("SAH / VALID\n")
    assert main(["verify", ministry.jwt(), "--trust", trust, "--now", "2026-11-22T04:00:00Z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "valid"
    assert main(["verify", "6BF", "--trust", trust, "--now", "soon"]) == 2
    assert "time: got 'soon'" in capsys.readouterr().err
    assert main(["verify", "nothing.pdf", "--trust", trust, "--now", str(NOW)]) == 2


def test_the_clock_of_the_machine_is_used_when_none_is_given(ministry: Ministry, tmp_path: Path) -> None:
    ministry.listed_at = 4_000_000_000
    assert main(["verify", ministry.text(), "--trust", str(ministry.export(tmp_path))]) == 4


def test_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["card", "verify"])
    monkeypatch.delitem(sys.modules, "card.__main__")  # else runpy warns that it runs a module twice
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("card", run_name="__main__")
    assert stopped.value.code == 2
