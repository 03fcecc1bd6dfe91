"""The hub's control socket: JSON lines both ways, on a Unix socket that only its owner may open.

Asked `{"do": "status"}`, `{"do": "mode", "mode": "secret"}`, `{"do": "destinations", "destinations": […]}`,
`{"do": "slate", "mode": "recess", "file": "…"}`, `{"do": "subscribe"}` or `{"do": "stop"}`, the hub answers with one
line: its status, or `{"error": "…"}`. After `subscribe` a status follows on every change and each second.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from recorder.config import Destination, parse_destinations
from recorder.errors import HubSilent, HubUnavailable, SlateFailed
from recorder.flv import FlvError
from recorder.modes import Mode
from recorder.status import Status, build_status, parse_status

SOCKET = "control.sock"
_PERIOD = 1.0
_ANSWER_LIMIT = 5.0


class Controlled(Protocol):
    """What can be asked of a hub."""

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change of the status."""

    def status(self) -> Status:
        """How it is now."""

    def show(self, mode: Mode) -> None:
        """Returns when the mode is on disk and on the air. Raises `OSError` when it cannot be written."""

    def relay_to(self, destinations: Sequence[Destination]) -> None:
        """Where the public watches, from now on."""

    def renew(self, mode: Mode, file: Path) -> None:
        """Another slate for the mode. Raises `OSError`, `ValueError`, `SlateFailed`, and then keeps the one it has."""

    def stop(self) -> None:
        """Begin to end."""


@asynccontextmanager
async def _address(folder: Path) -> AsyncIterator[str]:
    """A Unix socket's address may have 107 bytes, a folder's path may have more: go through its descriptor."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


async def open_control(folder: Path, hub: Controlled, tasks: asyncio.TaskGroup) -> asyncio.Server:
    """Listen in the folder; a socket that a killed hub left is replaced. Each connection is one of the tasks."""

    def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.create_task(_receive(reader, writer, hub))

    (folder / SOCKET).unlink(missing_ok=True)
    async with _address(folder) as address:
        return await asyncio.start_unix_server(receive, address)


async def _receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hub: Controlled) -> None:
    try:
        await _serve(reader, writer, hub)
    except OSError:
        pass  # whoever asked is gone
    finally:
        writer.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hub: Controlled) -> None:
    async for line in reader:
        try:
            asked = json.loads(line)
            does_subscribe = _obey(asked, hub)
        except (ValueError, TypeError, KeyError, OSError, FlvError, SlateFailed) as error:
            writer.write(_line({"error": f"{type(error).__name__}: {error}"}))
            continue
        writer.write(_line(build_status(hub.status())))
        await writer.drain()
        while does_subscribe:
            try:
                async with asyncio.timeout(_PERIOD):
                    await hub.changed.wait()
            except TimeoutError:
                pass
            writer.write(_line(build_status(hub.status())))
            await writer.drain()


def _obey(asked: dict[str, Any], hub: Controlled) -> bool:
    """Do what is asked; True for a subscription."""
    match asked["do"]:
        case "mode":
            hub.show(Mode(asked["mode"]))
        case "destinations":
            hub.relay_to(parse_destinations(asked["destinations"]))
        case "slate":
            hub.renew(Mode(asked["mode"]), Path(asked["file"]))
        case "stop":
            hub.stop()
        case "status" | "subscribe":
            pass
        case other:
            raise ValueError(f"cannot do {other}")
    return bool(asked["do"] == "subscribe")


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, default=str).encode() + b"\n"


async def ask(folder: Path, **request: Any) -> Status:
    """Ask the hub of the folder once. Raises `HubUnavailable` when it is not there, dies, or refuses."""
    try:
        async with asyncio.timeout(_ANSWER_LIMIT):
            async with _connected(folder) as (reader, writer):
                writer.write(_line(request))
                return _status(await reader.readline())
    except TimeoutError:
        raise HubUnavailable("no answer") from None


async def subscribe(folder: Path) -> AsyncIterator[Status]:
    """The hub's status, on every change and each second. Raises `HubUnavailable` when it is not there or dies,
    `HubSilent` when it hangs."""
    async with _connected(folder) as (reader, writer):
        writer.write(_line({"do": "subscribe"}))
        while True:
            try:
                async with asyncio.timeout(_ANSWER_LIMIT):
                    line = await reader.readline()
            except TimeoutError:
                raise HubSilent("it has fallen silent") from None
            yield _status(line)


@asynccontextmanager
async def _connected(folder: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    try:
        async with _address(folder) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
    except OSError as error:
        raise HubUnavailable(type(error).__name__) from None


def _status(line: bytes) -> Status:
    if not line:
        raise HubUnavailable("it has closed the connection")
    said = json.loads(line)
    if "error" in said:
        raise HubUnavailable(str(said["error"]))
    return parse_status(said)
