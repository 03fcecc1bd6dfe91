"""What the encoder publishes to: an nginx with its rtmp module, in front of the hub, for one broadcast.

It asks for the key, keeps strangers out, and pushes the stream on to the hub. It outlives the hub: when the hub is
killed the encoder keeps its connection, and nginx tries the hub again until another one answers. (Jibri's ffmpeg never
reconnects: without it a crash of the hub would cost an encoder.) A hub that starts adopts the nginx that serves.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import structlog

from recorder.errors import FrontFailed
from recorder.ingest import APP
from recorder.modes import write_atomically

log = structlog.get_logger()

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
FOLDER = "front"
_PORTS = "ports"
_PERIOD = 1.0
_START_LIMIT = 10.0
_END_LIMIT = 3.0
_PAUSE = 0.02
_IDLE_LIMIT = 12
"""Seconds without media after which an encoder is put out, so that its successor is not refused. An encoder that stalls
for eight must find its connection again."""


class Front:
    """One nginx, in a folder of its own. It runs until `end()`, whoever has started it."""

    def __init__(self, broadcast: Path, *, host: str, key: str) -> None:
        self.port = 0
        self._broadcast = broadcast
        self._folder = broadcast / FOLDER
        self._child: Process | None = None
        self._host = host
        self._key = key

    async def open(self, hub_port: int) -> None:
        """Adopt the nginx that serves, or start one that pushes to this port of the loopback; then `port` is where the
        encoder publishes to. Its ports never change. Raises `FrontFailed`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self._folder / _PORTS
        if known.exists():
            self.port, gate = (int(port) for port in known.read_text().split())
        else:
            self.port, gate = _free_port(self._host), _free_port("127.0.0.1")
            write_atomically(known, f"{self.port} {gate}\n")
        write_atomically(self._folder / "nginx.conf", self._configuration(gate, hub_port))
        await self._ensure()

    def is_running(self) -> bool:
        return _is_running(self._folder)

    async def keep(self) -> None:
        """Start it again whenever it dies, without an end."""
        while True:
            await asyncio.sleep(_PERIOD)
            try:
                await self._ensure()
            except FrontFailed as failed:
                log.error("front_failed", reason=str(failed))

    async def end(self) -> None:
        """End it; the encoder is put out."""
        await end(self._broadcast)
        if self._child:
            await self._child.wait()

    async def _ensure(self) -> None:
        if self.is_running():
            return
        if not _has_module():
            raise FrontFailed(f"{MODULE} is missing: install nginx and libnginx-mod-rtmp")
        words = self._folder / "error.log"
        # A session of its own: a signal to the hub's terminal, or the hub's end, does not reach it.
        self._child = child = await asyncio.create_subprocess_exec(
            *("nginx", "-p", str(self._folder), "-c", str(self._folder / "nginx.conf"), "-e", str(words)),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
            pass_fds=(lock := _lock(self._folder),),
        )
        os.close(lock)  # it lives on in the child: whoever cannot take it knows that the child lives
        async with asyncio.timeout(_START_LIMIT):
            while not await self._listens():
                if child.returncode is not None:
                    raise FrontFailed(_last_line(words) or "nginx did not start")
                await asyncio.sleep(_PAUSE)
        log.info("front_started", port=self.port)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self._host, self.port)
        except OSError:
            return False
        writer.transport.abort()
        return True

    def _configuration(self, gate: int, hub_port: int) -> str:
        """nginx compares the key itself, in a block that only it can reach: an encoder is let in also while no hub
        runs. One process, so that a kill leaves none behind. Nothing is logged below `crit`: lines name streams."""
        folder = self._folder
        return f"""
load_module {MODULE};
daemon off;
master_process off;
pid "{folder}/nginx.pid";
error_log "{folder}/error.log" crit;
events {{ worker_connections 64; }}
rtmp {{
  access_log off;
  timeout 10s;
  ping 30s;
  ping_timeout 10s;
  server {{
    listen {self._host}:{self.port};
    chunk_size 4096;
    max_connections 24;
    notify_method get;
    application {APP} {{
      live on;
      idle_streams off;
      drop_idle_publisher {_IDLE_LIMIT}s;
      deny play all;
      on_publish http://127.0.0.1:{gate}/publish;
      push rtmp://127.0.0.1:{hub_port}/{APP};
      push_reconnect 300ms;
    }}
  }}
}}
http {{
  access_log off;
  client_body_temp_path "{folder}/body";
  proxy_temp_path "{folder}/proxy";
  fastcgi_temp_path "{folder}/fastcgi";
  uwsgi_temp_path "{folder}/uwsgi";
  scgi_temp_path "{folder}/scgi";
  server {{
    listen 127.0.0.1:{gate};
    location /publish {{
      if ($arg_name != "{self._key}") {{ return 403; }}
      return 204;
    }}
  }}
}}
"""


async def end(broadcast: Path) -> None:
    """End the nginx of a broadcast, if one runs; returns when it is gone."""
    folder = broadcast / FOLDER
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(round(_END_LIMIT / _PAUSE)):
            if not _is_running(folder):
                return
            with contextlib.suppress(OSError, ValueError):  # it has not written its process id yet, or no more
                os.kill(int((folder / "nginx.pid").read_text()), signal_number)
            await asyncio.sleep(_PAUSE)


def _lock(folder: Path) -> int:
    """Raises `BlockingIOError` when an nginx has it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise
    return lock


def _is_running(folder: Path) -> bool:
    """A process id alone may have passed on: only who holds the lock is our nginx."""
    if folder.exists():
        try:
            os.close(_lock(folder))
        except BlockingIOError:
            return True
    return False


def _has_module() -> bool:
    return MODULE.exists()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _last_line(file: Path) -> str:
    return file.read_text(errors="replace").strip().rpartition("\n")[2] if file.exists() else ""
