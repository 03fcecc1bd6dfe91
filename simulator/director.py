"""Performs a play: does what its steps say, over HTTP and XMPP like any client, and waits for what must be seen."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

from simulator.councillor import Councillor, Line, Seat
from simulator.ears import Ears, Fact, Heard, Recorded, Shown
from simulator.play import (
    ApiCommand,
    ChatHeard,
    Deed,
    EventSeen,
    Person,
    PictureShown,
    Play,
    PrivateHeard,
    QuorumShown,
    Sight,
    Step,
)
from simulator.screen import Screen
from simulator.town import Town

_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a sight: how long after its cause it was seen (milliseconds), or that it was not."""

    sight: str
    is_seen: bool
    reaction_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What became of a step."""

    step: str
    at: datetime
    outcomes: tuple[Outcome, ...]
    broken: tuple[str, ...] = ()

    @property
    def failures(self) -> list[str]:
        """What was not seen, and what was though it must not."""
        return [f"no s'ha vist: {o.sight}" for o in self.outcomes if not o.is_seen] + [
            f"no havia de passar: {name}" for name in self.broken
        ]


@dataclass(slots=True)
class Director:
    """One performance of a play in a town."""

    play: Play
    town: Town
    ears: Ears
    screen: Screen
    now: Callable[[], datetime]
    speed: float = 1.0
    session: str = ""
    performed: list[Performed] = field(default_factory=list)
    _people: dict[str, Councillor] = field(default_factory=dict)
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    _listening: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @asynccontextmanager
    async def council(self) -> AsyncIterator[None]:
        """The town's people, and who listens to them. On the way out everybody leaves."""
        async with self._listening, self._exits:
            yield
            await self._exits.aclose()
            for task in self._tasks:
                task.cancel()

    async def perform(self) -> None:
        """Play all steps. What was not seen is in `performed`; the play goes on all the same."""
        start = self.now()
        async with self.council():
            for step in self.play.steps:
                due = start + timedelta(seconds=step.at / self.speed)
                await asyncio.sleep(max(0.0, (due - self.now()).total_seconds()))
                self.screen.begin(step.name)
                performed = await self._perform(step)
                self.performed.append(performed)
                self.screen.end(step.name, "; ".join(performed.failures) or None)

    def failed(self, step: str, failure: str) -> None:
        """Something beyond the script did not happen."""
        outcome = Outcome(sight=failure, is_seen=False)
        self.performed.append(Performed(step=step, at=self.now(), outcomes=(outcome,)))

    async def _perform(self, step: Step) -> Performed:
        since, at, listeners = len(self.ears.facts), self.now(), self._inside()
        await self._do(step.do)
        outcomes = tuple([await self._see(sight, since, at, listeners) for sight in step.see])
        recorded = {fact.name.partition(".")[0] for fact in self.ears.facts[since:] if isinstance(fact, Recorded)}
        return Performed(step=step.name, at=at, outcomes=outcomes, broken=tuple(n for n in step.never if n in recorded))

    # --- what happens in the town ------------------------------------------------------------------------------------

    async def _do(self, deed: Deed) -> None:
        match deed:
            case Deed(convene=True):
                await self.convene()
                self._listen()
            case Deed(say=line) if line:
                await self.say(line.who, line.text)
            case Deed(command=command) if command:
                await self._command(command)
            case Deed(raise_hand=member) if member:
                await self._people[member].raise_hand()
            case Deed(lower_hand=member) if member:
                await self._people[member].lower_hand()
            case Deed(kill="encoder"):
                os.kill(self.town.encoder_pid(), signal.SIGKILL)
            case Deed():
                await self._do_each(deed)

    async def _do_each(self, deed: Deed) -> None:
        for member in deed.enter:
            await self.enter(member)
        for member in deed.leave:
            await self._people[member].leave()
        for member in deed.drop:
            await self._people[member].drop()
        for member, choice in deed.vote.items():
            await self.say(member, f"!vota {choice}")

    async def convene(self) -> None:
        """Make the entity, the body and its members, and convene the session of the play."""
        play, api = self.play, self.town.api
        entity, body = f"/entities/{play.entity.id}", f"/entities/{play.entity.id}/bodies/{play.body.id}"
        await api.post("/entities", play.entity.model_dump(), role="admin")
        await api.post(f"{entity}/bodies", play.body.model_dump(), role="admin")
        members = [person.model_dump(exclude_none=True) for person in play.members]
        await api.put(f"{body}/members", {"members": members}, role="secretary")
        convened = await api.post("/sessions", self._convocation(), role="secretary")
        self.session = convened["id"]

    def _listen(self) -> None:
        self._tasks = [
            self._listening.create_task(self._follow_record(), name="record"),
            self._listening.create_task(self._follow_state(), name="state"),
        ]

    def _convocation(self) -> dict[str, Any]:
        play = self.play
        return {
            "entity": play.entity.id,
            "body": play.body.id,
            "kind": "ordinary",
            "starts_at": (self.now() + timedelta(minutes=1)).isoformat(),
            "time_zone": play.time_zone,
            "language": play.language,
            "public": True,
            "ground": "lrbrl_46_3",
            "agenda": [item.model_dump() for item in play.agenda],
            "policy": {
                "grace_s": play.grace / self.speed,
                "edge_pause_s": 2 * play.grace / self.speed,
                "floor_limit_s": play.floor,
            },
        }

    async def enter(self, member: str) -> None:
        """A member comes into the room, for the first time or again."""
        if member not in self._people:
            self._people[member] = await self._exits.enter_async_context(
                await self._councillor(self.play.person(member))
            )
        await self._people[member].enter()

    async def _councillor(self, person: Person) -> Councillor:
        sent = await self.town.api.post(f"/sessions/{self.session}/members/{person.id}/link", {}, role="secretary")
        room, _, token = (await self.town.api.way_in(sent["link"])).partition("#jwt=")
        seat = Seat(
            name=person.name,
            websocket=self.town.websocket,
            domain=self.town.domain,
            room=room.rpartition("/")[2],
            token=token,
        )

        def hear(line: Line) -> None:
            # What the other councillors say is noted where it is said; what counts here is the bot.
            if line.nick in ("plenari", ""):  # the bot, or the room in its name
                self._listening.create_task(self._hear(person, line))

        return Councillor(seat, self.now, on_line=hear)

    async def _hear(self, person: Person, line: Line) -> None:
        is_first = not any(
            isinstance(f, Heard) and f.text == line.text and line.at - f.at < timedelta(seconds=1)
            for f in self.ears.facts
        )
        await self.ears.note(Heard(by=person.id, text=line.text, is_private=line.is_private, at=line.at))
        if line.is_private:
            self.screen.said(line.at, f"Plenari → {person.name}", line.text)
        elif is_first:
            self.screen.said(line.at, "Plenari", line.text)

    async def say(self, member: str, text: str) -> None:
        """A member writes a line in the room's chat."""
        self.screen.said(self.now(), self.play.person(member).name, text)
        await self._people[member].say(text)

    async def _command(self, command: ApiCommand) -> None:
        body = {"name": command.name, **command.fields}
        await self.town.api.post(f"/sessions/{self.session}/commands", body, role=command.role)

    # --- what is seen ------------------------------------------------------------------------------------------------

    async def _follow_record(self) -> None:
        async for raw in self.town.api.events(f"/sessions/{self.session}/events", role="secretary"):
            name = str(raw["name"]).partition(".")[0]
            await self.ears.note(Recorded(name=name, body=raw["body"], raw=raw, at=self.now()))

    async def _follow_state(self) -> None:
        while True:
            self.screen.live = await self.town.api.get(f"/sessions/{self.session}/live", role="secretary")
            shown = [fact for fact in self.ears.facts if isinstance(fact, Shown)]
            self.screen.picture = shown[-1].picture if shown else "–"
            await asyncio.sleep(0.25)

    async def _see(self, sight: Sight, since: int, at: datetime, listeners: tuple[str, ...]) -> Outcome:
        """`listeners` were in the room when the step began; of them, those who still are hear what is said to all."""
        try:
            seen_at = await self._seen_at(sight, since, [m for m in listeners if self._people[m].is_inside])
        except TimeoutError:
            return Outcome(sight=_label(sight), is_seen=False)
        reaction = (seen_at - self._cause(since, at)).total_seconds() * 1000
        return Outcome(sight=_label(sight), is_seen=True, reaction_ms=round(reaction, 1))

    async def _seen_at(self, sight: Sight, since: int, listeners: list[str]) -> datetime:
        """When it was seen. Raises TimeoutError."""
        match sight:
            case EventSeen(event=name, fields=fields):
                return await self._wait(lambda fact: _is_event(fact, name, fields), since, sight.within)
            case ChatHeard(chat=text):
                return await self._wait_for_all(text, listeners, since, sight.within, is_private=False)
            case PrivateHeard(private=text, to=to):
                return await self._wait_for_all(text, to, since, sight.within, is_private=True)
            case QuorumShown(quorum=wanted):
                return await self._wait_for_quorum(wanted, sight.within)
            case PictureShown(public=picture):
                return await self._wait_for_picture(picture, since, sight.within)
            case _:
                assert_never(sight)

    def _cause(self, since: int, at: datetime) -> datetime:
        """When that happened to which the system reacts: the last stanza of who came, the end of the grace of who went,
        or the deed itself."""
        causes = [at]
        for fact in self.ears.facts[since:]:
            match fact:
                case Recorded(name="member_arrived" | "member_returned", body=body):
                    causes.append(datetime.fromisoformat(body["at"]))
                case Recorded(name="member_dropped", body=body) if self._has_left(body, since):
                    causes.append(datetime.fromisoformat(body["until"]))
                case _:
                    continue
        return max(causes)

    def _has_left(self, dropped: dict[str, Any], since: int) -> bool:
        return any(
            isinstance(f, Recorded) and f.name == "member_left" and f.body["member"] == dropped["member"]
            for f in self.ears.facts[since:]
        )

    def _inside(self) -> tuple[str, ...]:
        return tuple(member for member, person in self._people.items() if person.is_inside)

    async def _wait(self, is_it: Callable[[Fact], bool], since: int, patience: float) -> datetime:
        return (await self.ears.wait_for(is_it, since, patience)).at

    async def _wait_for_all(
        self, text: str, who: Sequence[str], since: int, patience: float, *, is_private: bool
    ) -> datetime:
        """When the last of them heard it. Nobody else may hear what is private."""
        heard = [
            await self._wait(lambda f, w=member: _is_heard(f, text, is_private) and f.by == w, since, patience)  # type: ignore[misc]
            for member in who
        ]
        others = {
            f.by for f in self.ears.facts[since:] if isinstance(f, Heard) and _is_heard(f, text, is_private)
        } - set(who)
        if is_private and others:
            raise TimeoutError(f"heard by {sorted(others)} as well")
        return max(heard)

    async def _wait_for_quorum(self, wanted: dict[str, Any], patience: float) -> datetime:
        async with asyncio.timeout(patience):
            while True:
                quorum = await self.town.api.get(f"/sessions/{self.session}/quorum", role="secretary")
                if all(quorum.get(key) == value for key, value in wanted.items()):
                    return self.now()
                await asyncio.sleep(_LOOK_SECONDS)

    async def _wait_for_picture(self, picture: str, since: int, patience: float) -> datetime:
        """When the public saw it, which may already be the case."""
        shown = [fact for fact in self.ears.facts[:since] if isinstance(fact, Shown)]
        if shown and shown[-1].picture == picture and not any(isinstance(f, Shown) for f in self.ears.facts[since:]):
            return self.now()
        return await self._wait(lambda f: isinstance(f, Shown) and f.picture == picture, since, patience)


def _label(sight: Sight) -> str:
    match sight:
        case EventSeen(event=name, fields=fields):
            return " ".join([name, *(str(value) for value in fields.values())])
        case ChatHeard(chat=text):
            return f"xat: {text}"
        case PrivateHeard(private=text):
            return f"en privat: {text}"
        case QuorumShown(quorum=wanted):
            return f"quòrum: {wanted}"
        case PictureShown(public=picture):
            return f"el públic veu: {picture}"
        case _:
            assert_never(sight)


def _is_event(fact: Fact, name: str, fields: dict[str, Any]) -> bool:
    return isinstance(fact, Recorded) and fact.name == name and all(fact.body.get(k) == v for k, v in fields.items())


def _is_heard(fact: Fact, text: str, is_private: bool) -> bool:
    return isinstance(fact, Heard) and fact.is_private == is_private and text.casefold() in fact.text.casefold()
