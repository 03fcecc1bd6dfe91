"""Real Jitsi clients in a real Chromium, on a real Prosody: what they see of each other, the bot sees as well."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext

from bot.events import LeaveReason, MessageHeard, OccupantChanged, OccupantJoined, OccupantLeft, RoomEntered
from bot.occupant import Occupant
from orchestrator.council.members import Member, MemberId, Office
from orchestrator.jitsi import Jitsi, join_link
from tests.e2e.gateway import MODULES, gateway
from tests.e2e.tab import PATIENCE, Tab, browser, open_tab
from tests.integration.jitsi import Town, jitsi, now

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MODULES.exists(), reason="tests/e2e/node_modules is missing: ./run test installs it"),
]

ROOM = "ple-vila"
MARTA = Member(id=MemberId("marta"), name="Marta Roca", office=Office.PRESIDENT)
PERE = Member(id=MemberId("pere"), name="Pere Vila")
NURIA = Member(id=MemberId("nuria"), name="Núria Puig")


@dataclass(slots=True)
class Hall:
    """A town's room with a browser in front of it. The bot is in the room before anybody else."""

    town: Town
    context: BrowserContext
    address: str
    room: str

    async def enter(self, member: Member) -> Tab:
        """A new tab of a member, by the link that Plenari gives them."""
        server = self.town.prosody
        way = Jitsi(address=self.address, domain=server.domain, app_id=server.app_id, app_secret=server.app_secret)
        token = join_link(way, room=ROOM, member=member, now=now()).token
        seat = {"domain": server.domain, "room": ROOM, "name": f"Es diu {member.name}", "token": token}
        return await open_tab(self.context, self.address, seat)

    def attendance(self) -> list[tuple[str, str, str | None]]:
        """What the bot has told of people, in order: joined or left, which device, and who that is by the token."""
        told = []
        for event in self.town.heard:
            if isinstance(event, OccupantJoined | OccupantLeft) and not event.occupant.is_machine:
                kind = "joined" if isinstance(event, OccupantJoined) else "left"
                told.append((kind, event.occupant.nick, _who(event.occupant)))
        return told

    def present(self) -> dict[str, str | None]:
        """Who is there now, by device, as the bot's events come to."""
        there: dict[str, str | None] = {}
        for kind, nick, who in self.attendance():
            if kind == "joined":
                there[nick] = who
            else:
                del there[nick]
        return there

    async def until_present(self, *devices: str) -> None:
        async with asyncio.timeout(PATIENCE), self.town.news:
            await self.town.news.wait_for(lambda: self.present().keys() == set(devices))


def _who(occupant: Occupant) -> str | None:
    return occupant.identity.id if occupant.identity else None


def meet(folder: Path, scene: Callable[[Hall], Awaitable[None]]) -> None:
    """Run a scene in a hall of its own."""

    async def run() -> None:
        async with (
            jitsi(folder) as town,
            gateway(town.prosody.websocket) as address,
            browser(folder / "profile") as context,
        ):
            room = await town.enter(ROOM)
            await town.until(RoomEntered)
            await scene(Hall(town, context, address, room))

    asyncio.run(run())


async def _sees(witness: Tab, hall: Hall) -> None:
    """The witness, who has been there from the beginning, has seen just what the bot has: who, when, in which order."""
    told = [e for e in await witness.told() if e["name"] in ("joined", "left") and e["id"] not in ("focus", "plenari")]
    others = [(kind, nick) for kind, nick, _ in hall.attendance() if nick != witness.id]
    assert [(e["name"], e["id"]) for e in told] == others
    by_token = {nick: who for kind, nick, who in hall.attendance() if kind == "joined" and nick != witness.id}
    assert {e["id"]: e["who"] for e in told if e["name"] == "joined"} == by_token
    at = [
        event.at.timestamp()
        for event in hall.town.heard
        if isinstance(event, OccupantJoined | OccupantLeft)
        and not event.occupant.is_machine
        and event.occupant.nick != witness.id
    ]
    assert all(abs(seen["at"] / 1000 - ours) < 2 for seen, ours in zip(told, at, strict=True))
    assert set(await witness.call("others")) - {"focus", "plenari"} == hall.present().keys() - {witness.id}


def test_attendance_is_what_the_clients_themselves_have_seen(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta = await hall.enter(MARTA)
        await hall.until_present(marta.id)
        pere = await hall.enter(PERE)
        nuria = await hall.enter(NURIA)
        await hall.until_present(marta.id, pere.id, nuria.id)
        assert hall.present() == {marta.id: "marta", pere.id: "pere", nuria.id: "nuria"}
        await pere.call("leave")
        await hall.until_present(marta.id, nuria.id)
        again = await hall.enter(PERE)
        assert again.id != pere.id
        await hall.until_present(marta.id, nuria.id, again.id)
        await marta.until("joined", lambda e: e["id"] == again.id)
        await _sees(marta, hall)
        assert [tab.complaints for tab in (marta, pere, nuria)] == [[], [], []]

    meet(tmp_path, scene)


def test_a_tab_that_is_closed_without_leaving_is_gone_for_all_at_once(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta, pere = await hall.enter(MARTA), await hall.enter(PERE)
        await hall.until_present(marta.id, pere.id)
        await pere.page.close()
        await hall.until_present(marta.id)
        await marta.until("left", lambda e: e["id"] == pere.id)
        await _sees(marta, hall)

    meet(tmp_path, scene)


def test_a_member_with_two_tabs_is_two_devices_of_one_person(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta = await hall.enter(MARTA)
        first, second = await hall.enter(PERE), await hall.enter(PERE)
        await hall.until_present(marta.id, first.id, second.id)
        assert hall.present()[first.id] == hall.present()[second.id] == "pere"
        await first.page.close()
        await hall.until_present(marta.id, second.id)
        assert hall.present()[second.id] == "pere"
        await marta.until("left", lambda e: e["id"] == first.id)
        await _sees(marta, hall)

    meet(tmp_path, scene)


def test_chat_goes_both_ways_in_public_and_in_private(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta, pere = await hall.enter(MARTA), await hall.enter(PERE)
        await hall.until_present(marta.id, pere.id)
        await marta.call("say", "!quòrum <i>&amp; més")
        public = await hall.town.until(MessageHeard, lambda m: not m.is_private)
        assert (public.text, public.occupant.nick, _who(public.occupant)) == ("!quòrum <i>&amp; més", marta.id, "marta")
        await pere.call("whisper", "plenari", "!torns")
        private = await hall.town.until(MessageHeard, lambda m: m.is_private)
        assert (private.text, private.occupant.nick, _who(private.occupant)) == ("!torns", pere.id, "pere")
        hall.town.bot.whisper(hall.room, pere.id, "Ningú no té la paraula.")
        await hall.town.bot.say(hall.room, "Hi ha quòrum: 7 de 13 <ROM art. 90> & més")
        for tab in (marta, pere):
            said = await tab.until("said", lambda e: e["id"] == "plenari")
            assert said["text"] == "Hi ha quòrum: 7 de 13 <ROM art. 90> & més"
        whispered = await pere.until("whispered")
        assert (whispered["id"], whispered["text"]) == ("plenari", "Ningú no té la paraula.")
        assert await marta.told("whispered") == []

    meet(tmp_path, scene)


def test_a_kick_by_the_president_is_a_kick_for_all(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta, pere, nuria = await hall.enter(MARTA), await hall.enter(PERE), await hall.enter(NURIA)
        await hall.until_present(marta.id, pere.id, nuria.id)
        await marta.until("role", lambda e: e["id"] == marta.id and e["role"] == "moderator")
        await marta.call("kick", pere.id)
        left = await hall.town.until(OccupantLeft)
        assert (left.occupant.nick, left.reason) == (pere.id, LeaveReason.KICKED)
        await pere.until("kicked")
        seen = await nuria.until("saw_kick")
        assert (seen["actor"], seen["id"]) == (marta.id, pere.id)
        await hall.until_present(marta.id, nuria.id)
        back = await hall.enter(PERE)
        await hall.until_present(marta.id, nuria.id, back.id)

    meet(tmp_path, scene)


def test_a_raised_hand_and_a_microphone_without_a_camera(tmp_path: Path) -> None:
    async def scene(hall: Hall) -> None:
        marta, pere = await hall.enter(MARTA), await hall.enter(PERE)
        await hall.until_present(marta.id, pere.id)
        await pere.call("raiseHand")
        raised = await hall.town.until(OccupantChanged, lambda c: c.after.claims.has_raised_hand)
        assert raised.after.nick == pere.id
        await marta.until(
            "property", lambda e: e["id"] == pere.id and e["property"] == "raisedHand" and e["value"] != "0"
        )
        await pere.call("lowerHand")
        lowered = await hall.town.until(OccupantChanged, lambda c: c.before.claims.has_raised_hand)
        assert not lowered.after.claims.has_raised_hand
        await pere.call("speak")
        speaking = await hall.town.until(OccupantChanged, lambda c: not c.after.claims.is_audio_muted)
        assert (speaking.after.nick, speaking.after.claims.is_video_muted) == (pere.id, True)
        await pere.call("mute")
        muted = await hall.town.until(OccupantChanged, lambda c: not c.before.claims.is_audio_muted)
        assert muted.after.claims.is_audio_muted

    meet(tmp_path, scene)
