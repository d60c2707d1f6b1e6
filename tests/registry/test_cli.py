"""The command line as a stranger uses it: as a program, judged by its last line and its exit code."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from PIL import Image

from registry.cli import app, main
from tests.card import faces
from tests.conftest import Site

MANUAL = Path(__file__).parents[2] / "docs" / "how-to" / "cli.md"
NIB, NIK, NPWP = "8120000000017", "3275010101900001", "012345674901000"


@dataclass
class Said:
    status: int
    text: str
    problem: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text.strip().splitlines()[-1])
        return found


class Kets:
    """`kets` on a test's own databases: run in this process, by the same `main` that the program runs."""

    def __init__(self, site: Site, home: Path, patch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self.site, self.home, self._patch, self._output = site, home, patch, output
        for name, value in site.environment.items():
            patch.setenv(name, value)
        patch.chdir(home)

    def __call__(self, *words: object) -> Said:
        self._output.readouterr()
        self._patch.setattr(sys, "argv", ["kets", *map(str, words)])
        status: object = 0
        try:
            main()
        except SystemExit as left:
            status = left.code
        said = self._output.readouterr()
        return Said(int(str(status or 0)), said.out, said.err)

    def file(self, *rows: dict[str, str], name: str = "rows.csv") -> Path:
        path = self.home / name
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", newline="") as out:
            writer = csv.DictWriter(out, columns)
            writer.writeheader()
            writer.writerows(rows)
        return path


@pytest.fixture
def kets(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kets:
    return Kets(site, tmp_path, monkeypatch, capsys)


PLACE = {"kbli": "41011", "regency": "32.75", "submitter": NIB}
FOUNDING = [
    {"ref": "e1", "action": "register-employer", "name": "PT Maju Jaya", "npwp": NPWP, **PLACE},
    {"ref": "e2", "action": "open-establishment", "effective_on": "2023-01-02", "establishment": "01", **PLACE},
]
HIRE = {
    "ref": "h1", "action": "hire", "nik": NIK, "name": "Budi Santoso", "birth_date": "1990-01-01", "sex": "L",
    "education": "5", "residence": "32.75", "effective_on": "2024-03-01", "establishment": "01", "regency": "32.75",
    "kbli": "41011", "kbji": "7212", "channel": "public-service", "contract": "permanent", "wage": "4500000",
    "submitter": NIB,
}  # fmt: skip
VERIFIED = {"ref": "v1", "action": "verify-identity", "nik": NIK, "submitter": "dukcapil"}
RAISE = {
    "ref": "[/w1]", "action": "wage", "nik": NIK, "effective_on": "2025-01-01", "wage": "5500000", "submitter": NIB,
}  # fmt: skip


def worker_of(loaded: Said) -> str:
    with Path(loaded.json["results"]).open(newline="", encoding="utf-8-sig") as results:
        receipts = [row["receipt"] for row in csv.DictReader(results) if row["ref"] == "h1"]
    return receipts[0].split(":")[0]


def test_a_file_becomes_a_card_that_is_verified_offline_and_a_history_that_is_replayed(kets: Kets) -> None:
    loaded = kets("load", kets.file(*FOUNDING, HIRE, VERIFIED, RAISE), "--json")
    assert loaded.status == 0, loaded.problem
    assert {k: loaded.json[k] for k in ("rows", "accepted", "recorded", "refused")} == {
        "rows": 5,
        "accepted": 5,
        "recorded": 6,
        "refused": {},
    }
    worker = worker_of(loaded)

    (kets.home / "face.jpg").write_bytes(faces.file(1))
    assert kets("card", "photo", worker, "face.jpg").status == 0
    issued = kets("card", "issue", worker, "--out", "card", "--json")
    assert issued.status == 0, issued.problem
    assert {Path(name).name for name in issued.json["files"]} == {
        "card.pdf",
        "card.png",
        "card.svg",
        "card.txt",
        "card.jwt",
        "back.png",
        "card.sdjwt",
    }
    assert kets("trust", "export", "trust").status == 0
    for wrapping in ("card.png", "card.pdf", "card.txt", "card.jwt", "card.sdjwt"):
        verified = kets("card", "verify", Path("card") / wrapping, "--trust", "trust", "--json")
        assert (verified.status, verified.json["outcome"]) == (0, "valid"), (wrapping, verified.text)
        said = verified.json["claims"]
        assert (said["card"]["number"] if wrapping == "card.sdjwt" else said["jti"]) == issued.json["card"]

    behind = ("--back", "card/back.png", "--photo", "face.avif")
    both = kets("card", "verify", "card/card.png", *behind, "--trust", "trust")
    assert both.status == 0, both.problem
    with Image.open(kets.home / "face.avif") as seen:
        assert seen.size == (54, 72)
    alone = kets("card", "verify", "card/back.png", "--trust", "trust", "--json")
    assert (alone.status, alone.json["code"]) == (4, "back-alone")

    shown = kets("worker", "show", issued.json["card"], "--json")
    assert shown.json["worker"]["details"]["name"] == "Budi Santoso"
    assert shown.json["worker"]["standing"] == "employed"

    before = kets("replay", worker, "--as-of", "2024-12-31", "--json")
    bands = [e["wage_band"] for e in before.json["record"]["employments"].values()]
    assert bands == [4]
    assert [fact["topic"] for fact in before.json["facts"] if not fact["stands"]]  # known, but not yet true
    unknown = kets("replay", worker, "--known-at", "2020-01-01", "--json")
    assert "Facts known at 2020-01-01 23:59:59\n" in unknown.text
    assert unknown.json["facts"] == []
    assert not re.search(r"born *\u2502 0", unknown.text), "nobody is born in the year 0"
    told = kets("replay", worker, "--lang", "id").text
    assert {"Fakta yang diketahui sekarang", "Catatan", "pemberi kerja"} <= {
        words.strip() for line in told.splitlines() for words in line.split("\u2502")
    }

    counted = kets("stats", "placements", "--by", "month,channel", "--json")
    assert counted.json["rows"] == [{"month": "2024-03-01", "channel": "public-service", "placements": 1, "hires": 1}]
    assert kets("project", "rebuild", "placements").status == 0
    assert kets("project", "rebuild", "--json").json["projections"] == [], "nothing is outdated"
    assert kets("stats", "placements", "--by", "month,channel", "--json").json["rows"] == counted.json["rows"]
    status = kets("project", "status", "--json").json["projections"]
    assert {at["behind"] for at in status.values()} == {0}


def test_a_card_is_offered_to_a_wallet(kets: Kets) -> None:
    worker = worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))
    assert kets("card", "offer", worker).status == 1  # no card yet
    assert kets("card", "issue", worker, "--out", "card").status == 0
    offered = kets("card", "offer", worker, "--json")
    assert offered.status == 0, offered.problem
    assert max(len(line) for line in offered.text.splitlines()[:45] if "▀" in line) <= 80
    assert offered.json["uri"] in offered.text
    assert offered.json["tx_code"] not in offered.json["uri"]


def test_a_changed_card_is_superseded_and_the_next_is_valid(kets: Kets) -> None:
    worker = worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))
    kets("card", "issue", worker, "--out", "first")
    left = {**VERIFIED, "ref": "t1", "submitter": NIB, "action": "terminate", "effective_on": "2025-06-30"}
    left["reason"] = "PP35/2021:50"
    assert kets("load", kets.file(left, name="left.csv"), "--json").json["recorded"] == 2  # the end, and the card's
    kets("card", "issue", worker, "--out", "second")
    kets("trust", "export", "trust")
    old = kets("card", "verify", "first/card.txt", "--trust", "trust", "--json")
    new = kets("card", "verify", "second/card.txt", "--trust", "trust", "--json")
    assert (old.status, old.json["code"]) == (0, "details-outdated")
    assert (new.status, new.json["code"]) == (0, "valid")


def test_verdicts_have_their_exit_codes(kets: Kets) -> None:
    worker = worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))
    kets("card", "issue", worker, "--out", "card")
    kets("trust", "export", "trust")
    text = (kets.home / "card" / "card.txt").read_text()
    verify = ("card", "verify", "--trust", "trust", "--json")
    assert kets(*verify, text[:-1] + ("A" if text[-1] != "A" else "B")).status == 1
    assert kets(*verify, "no-such-file.png").status == 2
    later = kets(*verify, "card/card.txt", "--now", "2026-12-05T00:00Z")
    assert kets("card", "verify", "card/card.txt").status == 2
    assert kets(*verify, "card/card.txt", "--now", "2040-01-01T00:00Z").status in {1, 4}
    assert later.status in {0, 3, 4}


def test_a_refusal_has_its_code_and_leaves_with_one(kets: Kets) -> None:
    missing = kets("worker", "show", "00000000-0000-4000-8000-000000000000", "--json")
    assert (missing.status, missing.json["code"]) == (1, "worker-unknown")
    unverified = worker_of(kets("load", kets.file(*FOUNDING, HIRE), "--json"))
    refused = kets("card", "issue", unverified, "--out", "card", "--json")
    assert (refused.status, refused.json["code"]) == (1, "identity-unverified")
    assert not (kets.home / "card").exists()
    bad = kets.home / "bad.csv"
    bad.write_bytes("ref,action\n1,hire\n".encode("utf-16"))
    assert (kets("load", bad, "--json").json["code"]) == "utf-16"
    assert kets("keys", "init").status == 1
    assert kets("project", "rebuild", "nothing", "--json").json["code"] == "projection-unknown"
    assert kets("stats", "placements", "--by", "height", "--json").json["code"] == "dimension-unknown"
    wrong = kets("replay", unverified, "--as-of", "yesterday", "--json")
    assert (wrong.status, wrong.json["code"]) == (2, "usage")
    assert "YYYY-MM-DD" in wrong.json["message"]
    for moment in ("0001-01-01T00:00", "9999-12-31T23:59-12:00"):
        assert kets("replay", unverified, "--known-at", moment, "--json").json["code"] == "usage"
    assert kets("load", "no-such-file.csv").status == 2
    for words in (("up", "--port", 99_999), ("ledger", "witness", "dir", "--log", "x", "--port", 99_999)):
        assert kets(*words).status == 2


def test_missing_keys_and_an_unreachable_database_leave_with_five(kets: Kets, monkeypatch: pytest.MonkeyPatch) -> None:
    anybody = "00000000-0000-4000-8000-000000000000"
    monkeypatch.setenv("KETS_KEYS", str(kets.home / "none"))
    gone = kets("worker", "show", anybody, "--json")
    assert (gone.status, gone.json["code"]) == (5, "keys-missing")
    assert gone.problem.count("keys-missing") == 1
    monkeypatch.setenv("KETS_KEYS", str(kets.site.settings.key_folder))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")
    down = kets("worker", "show", anybody, "--json")
    assert (down.status, down.json["code"]) == (5, "database-unavailable")


def test_a_file_that_is_no_text_is_told(kets: Kets) -> None:
    (kets.home / "noise").write_bytes(b"\xff" * 9)
    for key in ("noise", "x"):
        said = kets("ledger", "check", "noise", "--key", key, "--json")
        assert (said.status, said.json["ok"], said.problem.count("\n")) == (1, False, 1)
    assert kets("trust", "update", "noise", "--json").json["ok"] is False


def test_a_file_that_cannot_be_written_is_told(kets: Kets) -> None:
    (kets.home / "full.csv").symlink_to("/dev/full")
    (kets.home / "file").write_text("")
    for place, why in {
        "full.csv": "No space left on device",
        "file/in-it.csv": "file/in-it.csv: Not a directory",
        "none/in-it.csv": "none/in-it.csv: No such file or directory",
    }.items():
        said = kets("sample", "--workers", 1, "--out", place, "--json")
        assert (said.status, said.json["code"], said.json["message"]) == (1, "file-unusable", why)
    assert kets("sample", "--workers", 1, "--out", "rows.txt", "--json").json["code"] == "usage"
    audited = kets("audit", "--report", "/dev/full", "--json")
    assert (audited.status, audited.json["code"]) == (1, "file-unusable")
    assert "0 facts recomputed" in audited.text, "what was found is told before it is written"


@pytest.mark.parametrize(
    ("name", "value"), [("KETS_PORT", "secret"), ("DATABASE_URL", "postgresql://[secret"), ("KETS_VAULT_URL", "secret")]
)
def test_a_malformed_setting_is_named_and_not_shown(
    kets: Kets, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    said = kets("ledger", "key", "--json")
    assert (said.status, said.json["code"]) == (1, "settings-malformed")
    assert said.json["message"].startswith(f"{name}: ")
    assert "secret" not in said.text + said.problem


def test_it_is_a_program(kets: Kets) -> None:
    command = [sys.executable, "-m", "registry", "project", "status", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=kets.site.environment, cwd=kets.home, timeout=120, check=True
    )
    assert json.loads(done.stdout.strip().splitlines()[-1])["ok"] is True


def test_template_and_sample_are_files_that_load_reads(kets: Kets) -> None:
    assert kets("template", "--out", "empty.xlsx").status == 0
    empty = kets("load", "empty.xlsx", "--json")
    assert empty.json.get("rows", 0) == 0
    for suffix in ("csv", "ndjson", "xlsx"):
        made = kets("sample", "--workers", 5, "--seed", 3, "--no-errors", "--out", f"made.{suffix}", "--json")
        loaded = kets("load", f"made.{suffix}", "--json")
        assert loaded.json["rows"] == made.json["rows"]
        assert loaded.json["refused"] == {}, suffix
    assert loaded.json["recorded"] == 0  # the same rows, whatever the format of the file


def test_a_person_is_held_handed_out_erased_and_certified(kets: Kets) -> None:
    worker = worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))
    officers = ("--ground", "consent-withdrawn", "--by", "a", "--second", "b")
    assert kets("hold", worker).status == kets("hold", worker, "--reason", "x", "--release").status == 2
    assert kets("hold", worker, "--reason", "x" * 201).status == 2
    assert kets("hold", worker, "--reason", "perkara 12", "--until", "2099-01-31", "--json").json["held"]
    assert kets("export-subject", worker, "--out", "person.json").status == 0
    person = json.loads((kets.home / "person.json").read_text())
    assert person["vault"]["hold"] == {"reason": "perkara 12", "until": "2099-01-31"}
    assert (kets.home / "person.json").stat().st_mode & 0o077 == 0
    held = kets("erase", worker, *officers, "--json")
    assert (held.status, held.json["code"]) == (1, "legal-hold")
    assert not kets("hold", worker, "--release", "--json").json["held"]
    assert kets("erase", worker, "--ground", "spite", "--by", "a", "--second", "b").status == 2
    done = kets("erase", worker, *officers, "--out", "certificate.json", "--json")
    assert done.status == 0, done.problem
    assert json.loads((kets.home / "certificate.json").read_text()) == done.json["certificate"]
    assert done.json["certificate"]["worker"] == worker
    assert kets("hold", worker, "--reason", "late", "--json").json["code"] == "worker-erased"


def test_keys_are_listed_without_their_secrets(kets: Kets) -> None:
    said = kets("keys", "list", "--json")
    assert {key["use"] for key in said.json["keys"]} >= {"kek", "root", "next-root"}
    secrets = [json.loads(path.read_text()) for path in kets.site.settings.key_folder.glob("*.json")]
    for secret in (value for key in secrets for name, value in key.items() if name in {"k", "d"}):
        assert secret not in said.text


def test_the_key_encryption_key_is_rotated(kets: Kets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETS_KEYS", str(shutil.copytree(kets.site.settings.key_folder, kets.home / "own")))
    worker = worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))
    turned = kets("keys", "rotate-kek", "--json")
    assert (turned.json["kek"], turned.json["wrapped"]) == ("kek-2", 2)
    assert kets("worker", "show", worker, "--json").json["worker"]["details"]["name"]
    assert kets("keys", "rotate-kek", "--resume", "--json").json == {"ok": True, "kek": "kek-2", "wrapped": 0}
    assert {key["kid"] for key in kets("keys", "list", "--json").json["keys"]} >= {"kek-1", "kek-2"}


def test_every_command_and_option_is_in_the_manual() -> None:
    manual = MANUAL.read_text()

    def walk(command: Any, words: tuple[str, ...]) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*words, name))
        if not getattr(command, "commands", None):
            assert f"`kets {' '.join(words)}" in manual, words
            for option in command.params:
                assert option.name == "help" or option.help, (words, option.name)
                for spelling in (*option.opts, *option.secondary_opts):
                    if spelling.startswith("--") and spelling != "--help":
                        assert re.search(rf"{re.escape(spelling)}\b", manual), (words, spelling)

    walk(typer.main.get_command(app), ())
