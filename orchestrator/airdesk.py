"""`plenari broadcast …`: what an operator does about a broadcast from a terminal, over the API like anybody else.

The token comes from PLENARI_ACCESS_TOKEN, never from an argument, which a process list would show; where there is none,
one for an operator is made with the secret of this machine's settings, good for some minutes.
"""

import asyncio
import json
import os
import time
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from orchestrator import credentials
from orchestrator.access import Access, mint
from orchestrator.app import now
from orchestrator.council.commands import Role
from orchestrator.settings import Settings
from recorder.errors import ViewingFailed
from recorder.look import is_true
from recorder.sight import Observer, Patience
from recorder.viewing import can_view, view

cli = typer.Typer(help="A broadcast: how it is, and what can be done about it.", no_args_is_help=True)
console = Console()
errors = Console(stderr=True)

T = TypeVar("T")
_TOKEN = "PLENARI_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
_LIFETIME = timedelta(minutes=5)
_LIMIT = aiohttp.ClientTimeout(total=30)
_QUICK = Patience(stalled=15, black=4, frozen=8, silent=5)
_SIGNS = {"up": "[green]✓ up[/]", "down": "[red]✗ down[/]", "idle": "[dim]– not known[/]"}
_LINKS = {"encoder": "the encoder runs", "relay": "the relay sends", "public": "the public sees"}

SessionArgument = Annotated[str, typer.Argument(help="The session's id, as `plenari session list` shows it.")]
UrlOption = Annotated[str, typer.Option("--url", envvar="PLENARI_URL", help="The API; this machine's if not given.")]


class Slate(StrEnum):
    """What may be put on the air by hand; OFF takes it off again."""

    WAITING = "waiting"
    RECESS = "recess"
    SECRET = "secret"  # noqa: S105 - a card
    TROUBLE = "trouble"
    OFF = "off"


class _Failed(Exception):
    """The API did not do it; the message is for people."""


@cli.command()
def status(
    session: SessionArgument,
    url: UrlOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
) -> None:
    """How a session's broadcast is: the three states, the card, the alerts and what to do about each."""
    live, encoders = _run(_status(session, url))
    if as_json:
        said = {"broadcast": live["broadcast"], "alerts": live["alerts"], "encoders": encoders}
        console.print_json(json.dumps(said, ensure_ascii=False))
        return
    _show(live, encoders)


@cli.command()
def slate(
    mode: Annotated[Slate, typer.Argument(help="The card; `off` takes it off and resumes the broadcast.")],
    session: SessionArgument,
    url: UrlOption = "",
) -> None:
    """Put a card on the air in the room's place, or take it off."""
    if mode is Slate.OFF:
        _run(_command(session, url, {"name": "resume_broadcast"}))
        console.print("[green]✓[/] The card is off: the public sees again what the session is at.")
    else:
        _run(_command(session, url, {"name": "show_slate", "picture": mode.value}))
        console.print(f"[green]✓[/] The public sees the card “{mode}” until `plenari broadcast slate off {session}`.")


@cli.command("restart-encoder")
def restart_encoder(session: SessionArgument, url: UrlOption = "") -> None:
    """Have another encoder take the room; the public sees a card meanwhile."""
    _run(_command(session, url, {"name": "restart_encoder"}))
    console.print("[green]✓[/] Another encoder is asked for; it takes up to half a minute to enter the room.")


@cli.command()
def probe(
    what: Annotated[str, typer.Argument(help="A session's id, or the address of a stream (rtmp, rtmps, .m3u8).")],
    seconds: Annotated[float, typer.Option(help="For how long to watch.", min=3, max=300)] = 12,
    url: UrlOption = "",
) -> None:
    """Watch as the public does, from this machine, and say what is to be seen. Status 1 if it is not well."""
    address = what if "://" in what else _run(_public_address(what, url))
    if not can_view(address):
        _complain(f"{urlsplit(address).netloc or what} shows a page, not a stream: probe an rtmp or .m3u8 address.")
    found = _run(_watched(address, seconds))
    table = Table.grid(padding=(0, 2))
    for name, value in found.items():
        table.add_row(f"[dim]{name}[/]", str(value))
    console.print(table)
    raise typer.Exit(0 if found["verdict"] == "well" else 1)


def _show(live: Mapping[str, Any], encoders: list[Mapping[str, Any]]) -> None:
    broadcast = live["broadcast"]
    console.print(f"[bold]{live['entity']}[/] · {live['body']} · {live['phase']}", highlight=False)
    if not broadcast["is_planned"]:
        console.print("This session is not broadcast.")
        return
    table = Table.grid(padding=(0, 2))
    for link, words in _LINKS.items():
        table.add_row(words, _SIGNS[broadcast[link]])
    by_hand = "  [yellow](put on by hand)[/]" if broadcast["card"] else ""
    table.add_row("on the air", f"{broadcast['picture']}{by_hand}")
    console.print(table)
    for alert in live["alerts"]:
        console.print(f"[red]![/] [bold]{alert['text']}[/]", highlight=False, soft_wrap=True)
        for number, step in enumerate(alert["steps"], 1):
            console.print(f"    {number}. {step}", highlight=False, soft_wrap=True)
    if encoders:
        pool = Table("encoder", "state", "session", "last failure", box=None)
        for one in encoders:
            pool.add_row(one["url"], one["state"], one["session"] or "", one["cause"])
        console.print(pool)


async def _status(session: str, url: str) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    live = await _ask("GET", f"sessions/{quote(session)}/live?lang=en", url)
    try:
        encoders = (await _ask("GET", "encoders", url))["encoders"]
    except _Failed:
        encoders = []  # they are shown to operators only
    return live, encoders


async def _command(session: str, url: str, command: Mapping[str, str]) -> None:
    await _ask("POST", f"sessions/{quote(session)}/commands?lang=en", url, command)


async def _public_address(session: str, url: str) -> str:
    streams = (await _ask("GET", f"sessions/{quote(session)}/streams", url))["streams"]
    if not streams or not streams[-1]["watch"]:
        raise _Failed("It is not known where the public watches this session: name the address of the stream.")
    return str(streams[-1]["watch"])


async def _watched(address: str, seconds: float) -> dict[str, object]:
    observer = Observer(_QUICK, time.monotonic())
    start, octets, pictures, keyframes = time.monotonic(), 0, 0, 0
    problem = ""
    async with aiohttp.ClientSession() as client:
        try:
            async with asyncio.timeout(seconds):
                async for tag in view(address, client):
                    observer.feed(tag, time.monotonic())
                    octets += len(tag.body)
                    pictures += tag.is_video
                    keyframes += tag.is_keyframe
        except TimeoutError:
            pass
        except ViewingFailed as failure:
            problem = str(failure)
    lasted = max(time.monotonic() - start, 0.001)
    if not problem and not observer.has_pictures:
        problem = "public_stalled"
    suspects = sorted(observer.suspicions(time.monotonic()))
    flaws = [flaw.value for flaw in suspects if await is_true(flaw, observer)]
    return {
        "verdict": problem or ", ".join(flaws) or "well",
        "watched": f"{lasted:.0f} s",
        "pictures": f"{pictures} ({keyframes} keyframes)",
        "rate": f"{octets * 8 / 1000 / lasted:.0f} kbit/s",
    }


async def _ask(method: str, path: str, url: str, body: Mapping[str, str] | None = None) -> Any:
    """Raises `_Failed`."""
    settings = Settings()
    place = url or settings.public_url or f"http://{settings.host}:{settings.port}"
    headers = {"Authorization": f"Bearer {os.environ.get(_TOKEN) or _own_token(settings)}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_LIMIT) as client,
            client.request(method, f"{place.rstrip('/')}/api/v1/{path}", json=body, headers=headers) as answer,
        ):
            said = await answer.json(content_type=None)
            if answer.status >= 400:
                raise _Failed(said.get("detail") or f"HTTP {answer.status}")
            return said
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise _Failed(f"Plenari does not answer at {place}: is `plenari serve` running? Name it with --url.") from None


def _own_token(settings: Settings) -> str:
    access = Access(role=Role.OPERATOR, expires=now() + _LIFETIME)
    return mint(access, secret=credentials.token_secret(settings), now=now())


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except _Failed as failure:
        _complain(str(failure))
        raise


def _complain(words: str) -> None:
    errors.print(f"[red]✗[/] {words}", highlight=False, soft_wrap=True)
    raise typer.Exit(2)
