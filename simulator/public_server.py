"""A real RTMP server in YouTube's place: nginx with its rtmp module, on free ports of the loopback.

It records what it receives, byte for byte as it arrives, and logs each publish session. It is started with a
configuration of its own and does not touch the system's nginx.
"""

import asyncio
import contextlib
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.etree import ElementTree

import aiohttp
import psutil

_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
_START_LIMIT = 10.0
APP = "live2"


class PublicServer:
    """`async with` it; `address` is where to publish. `kill()` and `start()` are for what may happen to it."""

    def __init__(self, folder: Path, *, has_hls: bool = False) -> None:
        self._folder = folder
        self._has_hls = has_hls
        self._rtmp, self._http = _free_port(), _free_port()
        self._nginx: Process | None = None

    @property
    def address(self) -> str:
        """Where to publish, without the key."""
        return f"rtmp://127.0.0.1:{self._rtmp}/{APP}"

    def playlist(self, key: str) -> str:
        """Where a stream is to be watched over HTTP, if the server has HLS."""
        return f"http://127.0.0.1:{self._http}/hls/{key}.m3u8"

    def recordings(self) -> list[Path]:
        """What the public saw, one FLV file a publish session, oldest first."""
        return sorted(self._folder.glob("public/*.flv"), key=lambda file: file.stat().st_ctime_ns)

    def sessions(self) -> int:
        """How often somebody began to publish."""
        log = self._folder / "publish.log"
        return log.read_text().count("call=publish&") if log.exists() else 0

    async def receiving(self) -> Mapping[str, int]:
        """The keys that somebody publishes under now, and the bytes a second of video that come in."""
        try:
            async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{self._http}/stat") as answer:
                said = ElementTree.fromstring(await answer.text())  # noqa: S314 - our own server's words
        except (aiohttp.ClientError, OSError):
            return {}
        return {
            stream.findtext("name", ""): int(stream.findtext("bw_in", "0")) // 8
            for stream in said.iter("stream")
            if stream.find("publishing") is not None
        }

    @property
    def worker_pids(self) -> list[int]:
        """The processes that serve, without the master."""
        if self._nginx is None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(self._nginx.pid).children()]
        return []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._nginx and self._nginx.returncode is None:
            self._nginx.send_signal(signal.SIGQUIT if kind is None else signal.SIGTERM)
            try:
                async with asyncio.timeout(3):
                    await self._nginx.wait()
            except TimeoutError:
                await self.kill()

    async def start(self) -> None:
        """Start it (again), on the same ports; returns when it listens."""
        (self._folder / "public").mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "nginx.conf"
        configuration.write_text(self._configuration())
        command = ["nginx", "-p", str(self._folder), "-c", str(configuration), "-e", str(self._folder / "error.log")]
        self._nginx = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
        async with asyncio.timeout(_START_LIMIT):
            while not await self._listens():
                if self._nginx.returncode is not None:
                    raise RuntimeError(f"nginx did not start: see {self._folder / 'error.log'}")
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """kill -9 of the master and of its workers: a master alone would leave them serving."""
        if self._nginx is None:
            return
        workers = self.worker_pids
        for pid in (self._nginx.pid, *workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self._nginx.wait()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._http)
        except OSError:
            return False
        writer.close()
        return True

    def _configuration(self) -> str:
        folder = self._folder
        # As root, nginx's workers would be nobody and could not write here.
        hls = f"hls on; hls_path {folder}/hls; hls_fragment 1s; hls_playlist_length 6s;" if self._has_hls else ""
        user = "user root;" if os.geteuid() == 0 else ""
        return f"""
load_module {_MODULE};
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
rtmp {{
  access_log off;
  server {{
    listen 127.0.0.1:{self._rtmp};
    chunk_size 4096;
    application {APP} {{
      live on;
      on_publish http://127.0.0.1:{self._http}/publish;
      record all;
      record_path {folder}/public;
      record_unique on;
      record_suffix .flv;
      {hls}
    }}
  }}
}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  log_format session '$msec $args $request_body';
  server {{
    listen 127.0.0.1:{self._http};
    location /publish {{
      access_log {folder}/publish.log session;
      client_body_in_single_buffer on;
      proxy_pass http://127.0.0.1:{self._http}/yes;
    }}
    location /hls {{ root {folder}; }}
    location /yes {{ return 204; }}
    location /stat {{ rtmp_stat all; }}
  }}
}}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
