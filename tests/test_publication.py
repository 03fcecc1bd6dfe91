"""Which channel a broadcast goes to, told by the record: own, shared, ordered; and what happens when one fails."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce

from orchestrator.council.commands import Asker, ChangeChannel, Role
from orchestrator.council.commands import Channel as Way
from orchestrator.council.decide import decide
from orchestrator.council.events import ChannelFailed, ChannelOrdered, ChannelTaken, Event, SessionConvened
from orchestrator.council.members import ChannelId, EntityId
from orchestrator.council.observations import Observation, Reach
from orchestrator.council.session import Session, evolve
from orchestrator.outlets import Moved, Opened, OutletFailed, destination_name
from orchestrator.publication import Publication
from orchestrator.store.channels import Channel, ChannelKind
from recorder.config import Destination
from recorder.events import BroadcastId, HubLost, OutputLive, OutputLost
from tests.scenarios.play import EIGHT, convocation
from tests.stage import SESSION, until

OWN, SHARED = (
    Channel(
        id=ChannelId(name),
        entity=EntityId(name),
        name=name,
        kind=ChannelKind.RTMP,
        is_ready=True,
        is_shared=name == "consorci",
    )
    for name in ("vila", "consorci")
)
OPERATOR = Asker(role=Role.OPERATOR, channel=Way.WEB)


@dataclass(slots=True)
class Town:
    """A record in memory, channels that may refuse, and a hub that does what it is told."""

    usable: list[Channel] = field(default_factory=lambda: [OWN, SHARED])
    refused: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    sent: list[list[str]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    publication: Publication = field(init=False)

    @property
    def session(self) -> Session:
        return reduce(evolve, self.events, Session())

    def record(self, *events: Event) -> None:
        self.events += events
        self.publication.see(self.session)

    async def report(self, observation: Observation) -> None:
        self.record(*decide(self.session, observation, EIGHT))

    async def list_usable(self, session: Session) -> Sequence[Channel]:
        return self.usable

    async def send(self, destinations: Sequence[Destination]) -> None:
        self.sent.append([destination.name for destination in destinations])

    def live(self, channel: Channel) -> None:
        self.publication.hear(OutputLive(broadcast=BroadcastId("b"), at=EIGHT, name=destination_name(channel.id)))

    def lost(self, channel: Channel) -> None:
        name = destination_name(channel.id)
        self.publication.hear(OutputLost(broadcast=BroadcastId("b"), at=EIGHT, name=name, cause="destination_closed"))

    async def goes_to(self, channel: Channel) -> None:
        def is_there() -> bool:
            reach = self.session.airing.reach
            return reach is not None and reach.channel == channel.id and self.session.airing.ordered is None

        await until(is_there)
        assert self.sent[-1] == [destination_name(channel.id)]

    def told(self) -> list[tuple[str, str]]:
        """What the record says of channels."""
        said = []
        for event in self.events:
            match event:
                case ChannelTaken(reach=reach, cause=cause):
                    said.append((reach.channel, cause))
                case ChannelFailed(channel=channel, cause=cause):
                    said.append((f"not {channel}", cause))
                case ChannelOrdered(channel=channel):
                    said.append((f"to {channel}", ""))
                case _:
                    pass
        return said


@dataclass(slots=True)
class FakeOutlet:
    town: Town
    channel: Channel

    async def open(self, session: Session) -> Opened:
        if cause := self.town.refused.get(self.channel.id):
            raise OutletFailed(cause)
        name = destination_name(self.channel.id)
        return Opened(
            reach=Reach(channel=self.channel.id, name=self.channel.name, is_shared=self.channel.is_shared),
            destinations=(Destination(name=name, address="rtmp://tv.example/app", key="k"),),
        )

    async def keep(self, session: Callable[[], Session], moved: Moved) -> None:
        await until(lambda: self.channel.id in self.town.refused, patience=60)
        raise OutletFailed(self.town.refused[self.channel.id])

    async def close(self) -> None:
        self.town.closed.append(self.channel.id)


@asynccontextmanager
async def publishing(town: Town, patience: float = 0.05, before: Sequence[Event] = ()) -> AsyncIterator[Town]:
    town.publication = Publication(
        session_id=SESSION,
        usable=town.list_usable,
        outlet=lambda channel: FakeOutlet(town, channel),
        send=town.send,
        report=town.report,
        now=lambda: EIGHT,
        patience=timedelta(seconds=patience),
    )
    town.record(SessionConvened(at=EIGHT, convocation=convocation()), *before)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(town.publication.run())
        yield town
        running.cancel()


def test_a_session_goes_to_its_entitys_own_channel_and_without_one_to_the_shared_one():
    async def main():
        async with publishing(Town()) as town:
            await town.goes_to(OWN)
        async with publishing(Town(usable=[SHARED])) as town:
            await town.goes_to(SHARED)
            assert town.session.airing.reach.is_shared
            assert town.told() == [("consorci", "planned")]

    asyncio.run(main())


def test_a_channel_that_takes_nothing_any_more_is_left_for_the_shared_one_and_closed():
    async def main():
        async with publishing(Town()) as town:
            await town.goes_to(OWN)
            town.live(OWN)
            town.lost(OWN)
            await town.goes_to(SHARED)
            await until(lambda: town.closed == ["vila"])
            assert town.told() == [("vila", "planned"), ("not vila", "relay_lost"), ("consorci", "relay_lost")]

    asyncio.run(main())


def test_a_short_loss_or_a_hub_that_comes_back_moves_nothing():
    async def main():
        async with publishing(Town(), patience=5) as town:
            await town.goes_to(OWN)
            for event in (town.lost, town.live):
                event(OWN)
            town.publication.hear(HubLost(broadcast=BroadcastId("b"), at=EIGHT))
            town.live(OWN)
            await asyncio.sleep(0.05)
            assert town.told() == [("vila", "planned")]

    asyncio.run(main())


def test_with_nowhere_else_to_go_it_stays_and_the_hub_goes_on_trying():
    async def main():
        async with publishing(Town(usable=[OWN, replace(SHARED, is_ready=False)])) as town:
            await town.goes_to(OWN)
            await asyncio.sleep(0.3)
            assert town.told() == [("vila", "planned")]

    asyncio.run(main())


def test_a_channel_that_cannot_be_opened_is_said_so_and_passed_by():
    async def main():
        async with publishing(Town(refused={"vila": "not_connected"})) as town:
            await town.goes_to(SHARED)
            assert town.told() == [("not vila", "not_connected"), ("consorci", "not_connected")]

    asyncio.run(main())


def test_an_order_is_followed_and_one_that_cannot_be_is_answered_on_the_record():
    async def main():
        async with publishing(Town(), patience=30) as town:
            await town.goes_to(OWN)
            town.live(OWN)
            town.record(*decide(town.session, ChangeChannel(asker=OPERATOR, channel=SHARED.id), EIGHT))
            await town.goes_to(SHARED)
            town.live(SHARED)
            town.refused["vila"] = "quota_spent"
            town.record(*decide(town.session, ChangeChannel(asker=OPERATOR, channel=OWN.id), EIGHT))
            await until(lambda: town.session.airing.ordered is None)
            await town.goes_to(SHARED)
            assert town.told()[1:] == [
                ("to consorci", ""),
                ("consorci", "ordered"),
                ("to vila", ""),
                ("not vila", "quota_spent"),
            ]
            assert town.closed == ["vila"]

    asyncio.run(main())


def test_a_channel_that_fails_by_its_own_word_is_left_at_once():
    async def main():
        async with publishing(Town(), patience=30) as town:
            await town.goes_to(OWN)
            town.live(OWN)
            town.refused["vila"] = "consent_revoked"
            await town.goes_to(SHARED)

    asyncio.run(main())


def test_after_a_restart_it_goes_on_where_the_record_has_it():
    async def main():
        on_shared = ChannelTaken(
            at=EIGHT, reach=Reach(channel=SHARED.id, name="consorci", is_shared=True), cause="relay_lost"
        )
        async with publishing(Town(), before=[on_shared]) as town:
            await until(lambda: town.sent != [])
            await town.goes_to(SHARED)
            assert town.told() == [("consorci", "relay_lost")]

    asyncio.run(main())
