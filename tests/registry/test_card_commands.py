"""The commands of a card's life, of batches, print jobs and renewal, as a clerk uses them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from registry.cli.card_batch import names
from tests.registry.test_cli import (  # noqa: F401 - a fixture
    FOUNDING,
    HIRE,
    NIK,
    VERIFIED,
    Kets,
    kets,
    worker_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def worker(kets: Kets) -> str:  # noqa: F811 - the fixture
    return worker_of(kets("load", kets.file(*FOUNDING, HIRE, VERIFIED), "--json"))


def test_the_life_of_a_card(kets: Kets) -> None:  # noqa: F811 - the fixture
    holder = worker(kets)
    number = kets("card", "issue", holder, "--out", "card", "--json").json["card"]
    suspended = kets("card", "suspend", number, "--cause", "lost", "--json").json
    assert (suspended["state"], suspended["again"]) == ("suspended", False)
    assert kets("card", "suspend", holder, "--cause", "lost", "--json").json["again"]
    assert kets("card", "reinstate", number, "--by", "o-7", "--json").json["state"] == "valid"
    assert kets("card", "lost", number, "--json").json["cause"] == "lost"
    assert kets("card", "lost", number, "--replace").status == 2, "where would the new card go?"
    lost = kets("card", "lost", number, "--replace", "--out", "new", "--json").json
    assert (lost["state"], lost["again"], len(lost["files"])) == ("revoked", False, len(list(kets.home.glob("new/*"))))
    assert kets("card", "lost", number, "--replace", "--out", "new", "--json").json["issued"] == lost["issued"]
    again = kets("card", "reissue", holder, "--out", "again", "--json").json["card"]
    revoked = kets("card", "revoke", again, "--cause", "stolen", "--by", "o-7", "--json")
    assert revoked.json["state"] == "revoked"
    assert kets("card", "reinstate", again, "--by", "o-7", "--json").json["code"] == "card-state"
    assert kets("card", "revoke", again, "--cause", "stolen", "--by", "o" * 81).status == 2
    told = kets("card", "history", holder, "--json").json["cards"]
    assert [(c["what"], c["cause"]) for c in told if c["card"] == number] == [
        ("issued", None),
        ("suspended", "lost"),
        ("reinstated", None),
        ("suspended", "lost"),
        ("revoked", "lost"),
    ]
    assert {c["by"]["person"] for c in told} == {"registry", "o-7"}


def test_many_at_once_on_paper_and_renewed(kets: Kets) -> None:  # noqa: F811 - the fixture
    holder = worker(kets)
    listed = kets.home / "people.txt"
    listed.write_text(f"{holder}\n{NIK}\n{holder}\n", encoding="utf-8")
    many = kets("card", "issue-many", listed, "--out", "many", "--json")
    assert {k: many.json[k] for k in ("rows", "issued", "in_force", "refused")} == {
        "rows": 3,
        "issued": 1,
        "in_force": 1,
        "refused": {"worker-unknown": 1},
    }
    report = kets.home / "many" / "report.csv"
    assert NIK not in report.read_text(encoding="utf-8")
    with report.open(encoding="utf-8-sig", newline="") as file:
        (number,) = {row["card"] for row in csv.DictReader(file) if row["card"]}
    assert kets("card", "issue-many", "--all-verified", "--out", "all", "--json").json["rows"] == 0
    assert kets("card", "issue-many", "--out", "all").status == 2
    paper = kets("card", "print", report, "--out", "paper", "--specimen", "--json")
    assert (paper.json["printed"], paper.json["files"]) == (2, ["cards-0001.pdf"])
    assert kets("card", "renew", "--json").json["issued"] == 0
    assert kets("card", "history", number, "--json").json["cards"][0]["what"] == "issued"


def test_a_list_is_lines_or_a_column_of_a_report(tmp_path: Path) -> None:
    plain, table, empty = tmp_path / "a.txt", tmp_path / "b.csv", tmp_path / "c.txt"
    plain.write_text("one\n\n two \n", encoding="utf-8")
    table.write_text('\ufeffline,worker,card\n1,w-1,c-1\n2,"w,2",c-2\n3\n', encoding="utf-8")
    empty.write_text("", encoding="utf-8")
    assert list(names(plain)) == ["one", "", "two"]
    assert list(names(table)) == ["w-1", "w,2", ""]
    assert list(names(empty)) == []
