"""Somebody on the demo's machine who looks at all that is to be seen from beside it: processes, figures, pages."""

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psutil

from orchestrator.access import Access, mint
from orchestrator.council.commands import Role

_SECRET = re.compile(r"SECRET|PASSWORD")
_PLACES = ("/metrics", "/", "/wall", "/alerts")
_OF_A_SESSION = ("", "/documents", "/timeline")
_PROCESSES_EVERY, _PLACES_EVERY = 0.5, 5.0
"""Seconds."""


@dataclass(slots=True)
class Pry:
    """What was seen while `is_over` was not set. Secrets are known by the environment of Plenari's own process."""

    command_lines: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    """The newest body of each address that answered."""
    secrets: dict[str, str] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)
    _port: str = ""

    def run(self, pid: int) -> None:
        """Look at what the process of that id starts, until it is over."""
        looked = 0.0
        while not self.is_over.wait(_PROCESSES_EVERY):
            self._look_at_processes(pid)
            if self._port and time.monotonic() - looked > _PLACES_EVERY:
                looked = time.monotonic()
                self._look_at_places()

    def _look_at_processes(self, pid: int) -> None:
        with suppress(psutil.Error):
            for process in psutil.Process(pid).children(recursive=True):
                with suppress(psutil.Error):
                    line = process.cmdline()
                    self.command_lines.add(" ".join(line))
                    if "serve" in line and not self._port:
                        self._learn(process.environ())

    def _learn(self, environment: dict[str, str]) -> None:
        if "PLENARI_PORT" not in environment:
            return
        self.secrets = {name: value for name, value in environment.items() if _SECRET.search(name) and value}
        self.secrets["key of the channel"] = environment["PLENARI_CHANNEL"].rpartition("/")[2]
        self._port = environment["PLENARI_PORT"]

    def _look_at_places(self) -> None:
        for place in self._places():
            with suppress(OSError, urllib.error.URLError):
                self.answers[place] = self._get(place)

    def _places(self) -> Iterator[str]:
        yield from _PLACES
        for session in sorted(set(re.findall(r'href="/sessions/([\w-]+)"', self.answers.get("/", "")))):
            yield from (f"/sessions/{session}{part}" for part in _OF_A_SESSION)

    def _get(self, place: str) -> str:
        now = datetime.now(UTC)  # noqa: TID251 - the demo lives by the clock on the wall
        access = Access(role=Role.ADMIN, expires=now + timedelta(minutes=1))
        token = mint(access, secret=self.secrets["PLENARI_TOKEN_SECRET"], now=now)
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{place}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - the same
            body: bytes = answer.read()
        return body.decode()
