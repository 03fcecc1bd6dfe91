"""What the terminal shows while a play runs: clock, quorum, attendance, chat, broadcast, alerts, and the step."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.align import Align
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from simulator.play import Play

_SIGNS = {"connected": ("●", "green"), "in_grace": ("↻", "yellow"), "absent": ("–", "bright_black")}
_PRESENCE = {"connected": "present", "in_grace": "reconnectant", "absent": "absent"}
CHAT_LINES = 12
STEP_LINES = 7


@dataclass(slots=True)
class Screen:
    """What is shown. The director writes it, `render` draws it; `live` is the session as the HTTP API gives it."""

    play: Play
    now: Callable[[], datetime]
    page: str = ""
    live: dict[str, Any] = field(default_factory=dict)
    picture: str = "–"
    chat: deque[tuple[datetime, str, str]] = field(default_factory=lambda: deque(maxlen=CHAT_LINES))
    steps: deque[Text] = field(default_factory=lambda: deque(maxlen=STEP_LINES))
    all_chat: list[tuple[datetime, str, str]] = field(default_factory=list)
    on_step: Callable[[Text], None] = lambda _: None

    def said(self, at: datetime, who: str, text: str) -> None:
        """A line of chat was heard in the room."""
        self.chat.append((at, who, text))
        self.all_chat.append((at, who, text))

    def begin(self, step: str) -> None:
        """A step of the play begins."""
        self.steps.append(Text.assemble(("… ", "yellow"), step))

    def end(self, step: str, failure: str | None) -> None:
        """A step ended; `failure` says what was not seen."""
        sign, style = ("✓ ", "green") if failure is None else ("✗ ", "red")
        self.steps[-1] = Text.assemble((sign, style), step, (f"  {failure}" if failure else "", "red"))
        self.on_step(self.steps[-1])

    def render(self) -> RenderableType:
        """The whole screen as it is now."""
        layout = Layout()
        layout.split_column(
            Layout(self._header(), size=3),
            Layout(self._quorum(), size=4),
            Layout(name="body"),
            Layout(self._steps(), size=STEP_LINES + 2),
        )
        layout["body"].split_row(Layout(self._roll(), ratio=5), Layout(name="right", ratio=6))
        layout["right"].split_column(Layout(self._chat()), Layout(self._broadcast(), size=6))
        return layout

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.play.time_zone)):%H:%M:%S}"

    def _header(self) -> RenderableType:
        table = Table.grid(expand=True)
        table.add_column(ratio=1)
        table.add_column(justify="right")
        title = Text.assemble((self.play.title, "bold"), f" · {self.play.entity.name}", (f"   {self.page}", "cyan"))
        table.add_row(title, Text(self._local(self.now()), style="bold"))
        return Panel(table, border_style="bright_black")

    def _quorum(self) -> RenderableType:
        quorum = self.live.get("quorum") or {}
        if not quorum:
            return Panel(Align.center(Text("…", style="bright_black")), title="Quòrum", border_style="bright_black")
        style = "green" if quorum["met"] else "red"
        missing = ", ".join(quorum.get("missing", ()))
        words = "✓ Hi ha quòrum" if quorum["met"] else "✗ No hi ha quòrum"
        count = f" · {quorum['present']} de {quorum['base']} (en calen {quorum['needed']})"
        line = Text.assemble((words, f"bold {style}"), count, (f" · falta: {missing}" if missing else "", "red"))
        return Panel(
            Group(line, Text(quorum.get("article", ""), style="bright_black")), title="Quòrum", border_style=style
        )

    def _roll(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(ratio=1, no_wrap=True)
        table.add_column(justify="right")
        presence = {m["id"]: m["presence"] for m in self.live.get("members", ())}
        for person in self.play.members:
            state = presence.get(person.id, "absent")
            sign, style = _SIGNS[state]
            office = {"president": " (presidència)", "secretary": " (secretaria)"}.get(person.office, "")
            table.add_row(
                Text(sign, style),
                Text(person.name + office, style if state == "absent" else ""),
                Text(_PRESENCE[state], style),
            )
        return Panel(table, title="Assistència", border_style="bright_black")

    def _chat(self) -> RenderableType:
        lines = [
            Text.assemble((f"{self._local(at)} ", "bright_black"), (f"{who}: ", "cyan"), text)
            for at, who, text in self.chat
        ]
        return Panel(Group(*lines), title="Xat de la sala", border_style="bright_black")

    def _broadcast(self) -> RenderableType:
        shown = {"live": Text("● en directe", style="green"), "slate": Text("▣ cartel·la", style="yellow")}
        alerts = self.live.get("alerts", ())
        lines: list[RenderableType] = [
            Text.assemble("El públic veu: ", shown.get(self.picture, Text(self.picture, style="bright_black"))),
            Text(f"Sessió: {self.live.get('phase', '…')}", style="bright_black"),
        ]
        lines += [Text(f"! {alert.get('text', alert.get('key', ''))}", style="bold red") for alert in alerts]
        return Panel(Group(*lines), title="Emissió i avisos", border_style="red" if alerts else "bright_black")

    def _steps(self) -> RenderableType:
        return Panel(Group(*self.steps), title="L'obra", border_style="bright_black")
