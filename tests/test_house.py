"""How the house is built: who imports whom, what is shipped, what must never be in the repository."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, code, page, rows, sections

LARGEST = 1_500_000  # bytes of a tracked file
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["setuptools"]["packages"]
OURS = sorted({package.partition(".")[0] for package in PACKAGES})
TABLE = rows(sections(page("architecture.md"))["Layout and who may import whom"])
MAY = {code(package): {code(name) for name in may.split(", ")} for package, _, may in TABLE}


def sources() -> Iterator[Path]:
    for package in OURS:
        yield from sorted((ROOT / package).rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of all that a module imports, those for type checking included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide who imports whom"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str, rooms: set[str]) -> str | None:
    """The most specific of `rooms` that a dotted name is in."""
    within = (room for room in rooms if name == room or name.startswith(f"{room}."))
    return max(within, key=len, default=None)


def strangers(module: str, tree: ast.Module) -> set[str]:
    """What a module imports beyond what the table of docs/architecture.md allows."""
    room = room_of(module, set(MAY))
    assert room, f"{module} is in no row of the table"
    found = set()
    for name in imported(tree):
        if name.partition(".")[0] in sys.stdlib_module_names:
            continue
        theirs = room_of(name, set(MAY))
        # A room with a row of its own must be named itself; naming what holds it is not enough.
        allowed = {may for may in MAY[room] | {room} if theirs is None or len(may) >= len(theirs)}
        if room_of(name, allowed) is None:
            found.add(name)
    return found


def test_imports_keep_to_the_table() -> None:
    found = {module_of(path): strangers(module_of(path), ast.parse(path.read_text("utf-8"))) for path in sources()}
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("domain.worker", "import psycopg"),
        ("domain.worker", "from registry.app import Registry"),
        ("card.verify", "import psycopg"),
        ("card.verify", "from domain import codes"),
        ("registry.app", "from projections.runner import Runner"),
        ("registry.app", "from registry.cli.site import Site"),
        ("registry.app", "from registry import cli"),
        ("registry.app", "from registry.sample import generate"),
        ("registry.app", "import fastapi"),
        ("registry.app", "from faker import Faker"),
        ("registry.cli.up", "from api import create_app"),
        ("projections.record", "from registry.app import Registry"),
        ("api.app", "from registry.cli.site import Site"),
        ("keys.jws", "from card import jws"),
    ],
)
def test_a_stranger_is_noticed(module: str, line: str) -> None:
    assert strangers(module, ast.parse(line))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("registry.app", "from registry.store import heads"),
        ("registry.app", "from registry import settings"),
        ("projections.record", "from registry.store import heads"),
        ("registry.cli.up", "from registry.sample import generate"),
        ("api.app", "from projections.runner import Runner"),
        ("domain.worker", "import zoneinfo"),
    ],
)
def test_a_neighbour_is_let_in(module: str, line: str) -> None:
    assert not strangers(module, ast.parse(line))


def test_every_package_is_listed_and_every_listed_one_is_there() -> None:
    there = {module_of(path) for path in sources() if path.name == "__init__.py"}
    assert sorted(there) == sorted(PACKAGES)


def test_every_package_has_a_row_in_the_table() -> None:
    assert set(OURS) <= set(MAY)


def test_our_names_are_ours_alone() -> None:
    distributions = packages_distributions()
    assert {name: distributions.get(name) for name in OURS} == {name: ["kets"] for name in OURS}


def test_nobody_uploads_it_by_mistake() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


# -- the repository -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Tracked files; all files that are not ignored, where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("NOT TESTED: not a git work tree")
    found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in found if path.is_file()]


def test_no_large_file(tracked: list[Path]) -> None:
    assert {str(path): size for path in tracked if (size := path.stat().st_size) > LARGEST} == {}


def test_no_private_key(tracked: list[Path]) -> None:
    marks = (b"BEGIN " + b"PRIVATE KEY", b"BEGIN EC " + b"PRIVATE KEY", b"BEGIN RSA " + b"PRIVATE KEY")
    assert [str(path) for path in tracked if any(mark in path.read_bytes() for mark in marks)] == []


def test_the_locks_pin_with_hashes_and_name_no_host() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert "--hash=sha256:" in text, lock.name
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in pinned), lock.name


# -- services -------------------------------------------------------------------------------------------------------
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_services_are_published_on_loopback_only() -> None:
    block = re.search(r"^ +ports:\n((?: +- .*\n)+)", COMPOSE, re.MULTILINE)
    assert block
    assert COMPOSE.count("ports:") == 1
    assert all(line.strip().startswith('- "127.0.0.1:') for line in block[1].splitlines())


def test_no_secret_of_the_services_has_a_default() -> None:
    assert set(re.findall(r"PASSWORD: (\S*)", COMPOSE)) == {"${KETS_DB_PASSWORD:?set"}


def test_the_image_holds_our_packages_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY") and line.split()[1] != "requirements.lock"]
    assert copied == OURS
    assert "USER kets" in lines
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == {*OURS, "requirements.lock"}


def test_ci_is_a_program_that_skips_nothing() -> None:
    program = ROOT / ".ci" / "run"
    assert program.stat().st_mode & 0o111
    text = program.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "KETS_REQUIRE=all" in text


APART = sorted([*ROOT.glob("tests/**/bench_*.py"), *ROOT.glob("tests/**/drill_*.py")])


@pytest.mark.parametrize("path", APART, ids=module_of)
def test_what_make_test_does_not_run_can_be_run(path: Path) -> None:
    """Benchmarks and drills at least find all that they import."""
    import_module(module_of(path))
