"""`plenari demo`: the world of a town, a play in it, and what it leaves behind."""

import asyncio
import json
import shutil
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.live import Live
from rich.table import Table

from bot.errors import BotError
from recorder.errors import RecorderError
from simulator.director import Director, Performed
from simulator.ears import Ears, Heard, Shown
from simulator.play import Play
from simulator.prosody import ProsodyDidNotStart
from simulator.screen import Screen
from simulator.town import PlenariDidNotStart, first_free_port, town
from simulator.viewer import Viewer

_PORT = 8080
_FRAMES_A_SECOND = 8
_RECORDING_PATIENCE_SECONDS = 60.0
_SEAL_PATIENCE_SECONDS = 60.0


def now() -> datetime:
    """The clock of the demo: UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the demo is a program of its own, with a clock of its own


async def run(
    play: Play, output: Path, *, port: int, speed: float, is_exiting: bool, is_only_serving: bool, console: Console
) -> int:
    """Run the demo and return its exit status: 0 if all that the script expects was seen to happen."""
    folder = output / "world"
    if output.exists() and any(output.iterdir()):
        if not folder.exists():
            console.print(f"[red]✗[/] {output} no és buida i no és d'una demo: trieu una altra carpeta amb --output.")
            return 2
        shutil.rmtree(output)
    folder.mkdir(parents=True)
    _log_to(folder / "simulator.log")
    console.print("Engeguem Prosody, Postgres, el servidor RTMP i Plenari…", style="dim")
    status = 1
    try:
        async with town(folder, play.entity.id, now, port=port or first_free_port(_PORT)) as world:
            screen = Screen(play=play, now=now, page=world.api.base)
            director = Director(play=play, town=world, ears=Ears(), screen=screen, now=now, speed=speed)
            if is_only_serving:
                await _serve(director, console)
                return 0
            await _perform(director, console)
            await _keep(director, output)
            _tell(director, output, console)
            status = 1 if any(step.failures for step in director.performed) else 0
            if not is_exiting:
                console.print(f"  La pàgina de la sessió: {_page(director)}", soft_wrap=True, highlight=False)
                console.print("Plenari continua obert; Ctrl-C per acabar.", style="dim")
                await _until_interrupted()
    except* (PlenariDidNotStart, ProsodyDidNotStart, RecorderError, BotError, OSError) as failures:
        console.print(f"[red]✗[/] La demo no ha pogut continuar: {_innermost(failures)}", highlight=False)
        console.print(f"  Els registres són a {folder}.", highlight=False)
    return status


def _innermost(error: BaseException) -> BaseException:
    return _innermost(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _log_to(file: Path) -> None:
    """The terminal is the play's; what the simulated parts log goes to a file."""
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file.open("a", encoding="utf-8")))


async def _serve(director: Director, console: Console) -> None:
    """A town with a session convened for now, and nobody in it yet."""
    await director.convene()
    console.print("[green]✓[/] Tot engegat, amb una sessió convocada. Entreu-hi com a secretària:")
    console.print(f"  {_page(director)}", soft_wrap=True, highlight=False)
    console.print(f"  L'API: {director.town.api.base}/api/v1    Ctrl-C per acabar.", highlight=False)
    await _until_interrupted()


async def _until_interrupted() -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    await interrupted.wait()


def _page(director: Director) -> str:
    """The live page, with an access token in the fragment, which browsers send to no server."""
    api = director.town.api
    return f"{api.base}/enter#token={api.token('secretary')}&next=/sessions/{director.session}"


async def _perform(director: Director, console: Console) -> None:
    """Play, with the screen kept up to date; without a terminal, a line a step."""
    world = director.town
    viewer = Viewer(world.folder / "public", world.data / "broadcasts" / "slates", director.ears, now)
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(viewer.run(), name="viewer")]
        if console.is_terminal:
            beside.append(tasks.create_task(_draw(director.screen, console), name="screen"))
        else:
            director.screen.on_step = lambda line: console.print(line, highlight=False, soft_wrap=True)
        await director.perform()
        await _until_recorded(director)
        for task in beside:
            task.cancel()


async def _draw(screen: Screen, console: Console) -> None:
    with Live(screen.render(), console=console, auto_refresh=False, screen=True) as live:
        while True:
            live.update(screen.render(), refresh=True)
            await asyncio.sleep(1 / _FRAMES_A_SECOND)


async def _until_recorded(director: Director) -> None:
    """Wait for the last card and the finished recording; a recording that does not come is a failure of the play."""
    recording = director.town.data / "recordings" / f"{director.session}.mp4"
    with suppress(TimeoutError):
        async with asyncio.timeout(_RECORDING_PATIENCE_SECONDS):
            while not recording.exists():
                await asyncio.sleep(0.2)
    if not recording.exists():
        director.failed("Arxiu", "no hi ha l'enregistrament")


async def _keep(director: Director, output: Path) -> None:
    """Put what a secretary takes home, what the public saw, and the report into the output folder."""
    world, session = director.town, director.session
    await _keep_evidence(director, output)
    for kind in ("csv", "xlsx"):
        file = await world.api.download(f"/sessions/{session}/attendance", role="secretary", format=kind)
        (output / f"attendance.{kind}").write_bytes(file)
    (output / "record.jsonl").write_bytes(await world.plenari("export", session, "--format", "jsonl"))
    recording = world.data / "recordings" / f"{session}.mp4"
    if recording.exists():
        shutil.copyfile(recording, output / "recording.mp4")
    (output / "public").mkdir()
    for number, seen in enumerate(world.public.recordings(), start=1):
        # The server names its files after the key.
        shutil.copy(seen, output / "public" / f"broadcast-{number}.flv")
    (output / "chat.txt").write_text(_chat(director), encoding="utf-8")
    (output / "report.json").write_text(
        json.dumps(report(director), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )


async def _keep_evidence(director: Director, output: Path) -> None:
    """The sealed bundle, verified as anybody would; one that does not come or hold is a failure of the play."""
    plenari, bundle = director.town.plenari, output / "evidence.zip"
    try:
        async with asyncio.timeout(_SEAL_PATIENCE_SECONDS):
            while not (await director.town.api.get(f"/sessions/{director.session}/seals", role="secretary"))[
                "is_current"
            ]:
                await asyncio.sleep(0.2)
        await plenari("bundle", director.session, "--output", str(bundle))
        await plenari("verify", str(bundle))
    except (TimeoutError, RuntimeError) as error:
        director.failed("Proves", f"no hi ha proves segellades que es puguin comprovar: {error}")


def _chat(director: Director) -> str:
    return "".join(f"{at:%H:%M:%S.%f} {who}: {text}\n" for at, who, text in director.screen.all_chat)


def report(director: Director) -> dict[str, Any]:
    """For each step: when it happened, what was seen, and how many milliseconds after its cause."""
    return {
        "session": director.session,
        "publish_sessions": director.town.public.sessions(),
        "steps": [_step(step) for step in director.performed],
        "pictures": [
            {"at": fact.at.isoformat(), "picture": fact.picture}
            for fact in director.ears.facts
            if isinstance(fact, Shown)
        ],
        "lines_heard": sum(isinstance(fact, Heard) for fact in director.ears.facts),
    }


def _step(step: Performed) -> dict[str, Any]:
    return {
        "step": step.step,
        "at": step.at.isoformat(),
        "seen": [
            {"what": outcome.sight, "is_seen": outcome.is_seen, "reaction_ms": outcome.reaction_ms}
            for outcome in step.outcomes
        ],
        "failures": step.failures,
    }


def _tell(director: Director, output: Path, console: Console) -> None:
    """Say where everything lies, and what was not seen."""
    failures = [(step.step, failure) for step in director.performed for failure in step.failures]
    table = Table.grid(padding=(0, 2))
    for name, what in _FILES.items():
        if (output / name).exists():
            table.add_row(f"  {output / name}", what)
    sign, verdict = (
        ("[green]✓[/]", "Tot el que diu el guió s'ha vist.") if not failures else ("[red]✗[/]", "No tot s'ha vist:")
    )
    console.print(f"{sign} {verdict}")
    for step, failure in failures:
        console.print(f"   {step}: {failure}", style="red")
    console.print(table)


_FILES = {
    "attendance.csv": "l'assistència, amb intervals",
    "attendance.xlsx": "l'assistència, per a Excel",
    "record.jsonl": "l'acta electrònica: cada fet, amb el seu hash",
    "evidence.zip": "les proves segellades: acta, documents i arxiu; plenari verify les comprova",
    "recording.mp4": "l'arxiu de la sessió",
    "public": "el que ha vist el públic",
    "chat.txt": "el xat de la sala",
    "report.json": "cada pas del guió i el temps de reacció",
}
