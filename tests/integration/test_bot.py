"""The bot in rooms on a real Prosody, with people who come by websocket and a focus that makes the rooms."""

import asyncio
import signal
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.client import Account, Bot
from bot.connection import connection
from bot.errors import ConnectionLost, JoinRefused, LineWithheld, NotInRoom
from bot.events import (
    LeaveReason,
    MessageHeard,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    RoomEntered,
    RoomLeft,
)
from bot.occupant import Affiliation, Role
from simulator.councillor import Declined
from tests.integration.jitsi import PATIENCE, Town, account_on, login_to, now, outcome, play

pytestmark = pytest.mark.slow

DISCO = "{http://jabber.org/protocol/disco#info}"


def test_whoever_is_there_is_named_on_entering_and_the_past_is_not_heard_again(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            jid = await town.enter("ple")
            entered = await town.until(RoomEntered)
            assert {o.identity.id if o.identity else o.nick for o in entered.occupants} == {"focus", "u-1"}
            await anna.say("abans")
            await town.until(MessageHeard)
            await town.bot.leave(jid)
            await town.bot.join(jid)
            await anna.say("ara")
            await town.until(MessageHeard, lambda m: m.text == "ara")
            assert [e.text for e in town.heard if isinstance(e, MessageHeard)] == ["abans", "ara"]

    play(tmp_path, scene)


def test_hands_and_microphones(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            await anna.raise_hand()
            await town.until(OccupantChanged, lambda c: c.after.claims.has_raised_hand)
            await anna.lower_hand()
            await town.until(
                OccupantChanged, lambda c: c.before.claims.has_raised_hand and not c.after.claims.has_raised_hand
            )
            await anna.unmute()
            await town.until(OccupantChanged, lambda c: not c.after.claims.is_audio_muted)
            await anna.mute()
            await town.until(
                OccupantChanged, lambda c: not c.before.claims.is_audio_muted and c.after.claims.is_audio_muted
            )

    play(tmp_path, scene)


def test_chat_both_ways_in_public_and_in_private(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "president") as president, town.councillor("ple", "u-1") as anna:
            await president.enter()
            await anna.enter()
            await president.say("!quorum")
            public = await town.until(MessageHeard, lambda m: not m.is_private)
            assert (public.text, public.occupant.nick) == ("!quorum", president.nick)
            await anna.whisper("plenari", "!torns")
            private = await town.until(MessageHeard, lambda m: m.is_private)
            assert (private.text, private.occupant.nick) == ("!torns", anna.nick)
            town.bot.whisper(jid, president.nick, "només per a vós")
            await town.bot.say(jid, "Hi ha quòrum: 7 de 13 <ROM art. 90> & més")
            for listener in (president, anna):
                line = await listener.hear(lambda line: not line.is_private and line.nick == "plenari")
                assert line.text == "Hi ha quòrum: 7 de 13 <ROM art. 90> & més"
                assert line.display_name == "Secretaria"
            assert [line.text for line in president.lines if line.is_private] == ["només per a vós"]
            assert [line for line in anna.lines if line.is_private] == []
            assert not [e for e in town.heard if isinstance(e, MessageHeard) and e.occupant.nick == "plenari"]

    play(tmp_path, scene)


def test_a_dropped_line_is_seen_and_the_person_comes_back_under_another_nick(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            old = anna.nick
            await anna.drop()
            left = await town.until(OccupantLeft)
            assert left.occupant.nick == old
            assert left.reason in (LeaveReason.TECHNICAL, LeaveReason.LEFT)
            await anna.enter()
            back = await town.until(OccupantJoined, lambda j: j.occupant.nick != old)
            assert back.occupant.identity is not None
            assert back.occupant.identity.id == "u-1"

    play(tmp_path, scene)


def test_a_kick(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        await town.enter("ple")
        async with town.councillor("ple", "president") as president, town.councillor("ple", "u-1") as anna:
            await president.enter()
            await anna.enter()
            await town.until(OccupantChanged, lambda c: c.after.role is Role.MODERATOR)
            with pytest.raises(Declined):
                await anna.kick(president.nick)
            nick = anna.nick
            await president.kick(nick, "desordre")
            left = await town.until(OccupantLeft)
            assert (left.occupant.nick, left.reason) == (nick, LeaveReason.KICKED)

    play(tmp_path, scene)


def test_a_line_is_said_when_the_room_has_passed_it_on_and_not_before(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "anna") as anna, asyncio.TaskGroup() as tasks:
            await anna.enter()
            town.prosody.process.send_signal(signal.SIGSTOP)
            saying = tasks.create_task(outcome(town.bot.say(jid, "S'ha perdut el quòrum")))
            done, _ = await asyncio.wait({saying}, timeout=0.3)
            assert not done
            town.prosody.process.send_signal(signal.SIGCONT)
            assert await saying is None
            await anna.hear(lambda line: "quòrum" in line.text)
            # The line breaks before the room has answered: nobody can know, so it is to be said again.
            town.prosody.process.send_signal(signal.SIGSTOP)
            saying = tasks.create_task(outcome(town.bot.say(jid, "Hi ha quòrum")))
            await asyncio.sleep(0)
            town.bot._xmpp.abort()
            assert isinstance(await saying, ConnectionLost)
            town.prosody.process.send_signal(signal.SIGCONT)

    play(tmp_path, scene)


def test_whoever_is_muted_by_the_server_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.client._LINE_PATIENCE", 0.3)

    async def scene(town: Town) -> None:
        async with town.councillor("ple", "president") as president:
            jid = await town.enter("ple")
            await president.enter()
            await town.until(OccupantChanged, lambda c: c.after.role is Role.MODERATOR)
            await president.configure({"muc#roomconfig_moderatedroom": "1"})
            await town.bot.leave(jid)
            await town.bot.join(jid)
            with pytest.raises(LineWithheld):
                await town.bot.say(jid, "hi ha algú?")

    play(tmp_path, scene, has_journal=False)


def test_the_bot_is_kicked_and_may_come_back(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "president") as president:
            await president.enter()
            await town.until(OccupantChanged, lambda c: c.after.role is Role.MODERATOR)
            await president.kick("plenari")
            gone = await town.until(RoomLeft)
            assert (gone.room, gone.reason) == (jid, LeaveReason.KICKED)
            with pytest.raises(NotInRoom):
                await town.bot.say(jid, "hi ha algú?")
            await town.bot.join(jid)
            await town.bot.say(jid, "aquí torno")
            await president.hear(lambda line: line.text == "aquí torno")

    play(tmp_path, scene)


def test_the_room_is_destroyed(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "president") as president:
            await president.enter()
            await town.until(OccupantChanged, lambda c: c.after.affiliation is Affiliation.OWNER)
            await president.destroy_room("s'ha acabat")
            gone = await town.until(RoomLeft)
            assert (gone.room, gone.reason) == (jid, LeaveReason.ROOM_DESTROYED)

    play(tmp_path, scene)


def test_leaving_lets_the_room_end(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        await town.bot.leave(jid)
        gone = await town.until(RoomLeft)
        assert gone.reason is LeaveReason.LEFT
        await town.bot.leave(jid)
        # A new life of the same room: the focus made it anew.
        await town.bot.join(jid)
        assert len([e for e in town.heard if isinstance(e, RoomEntered)]) >= 1

    play(tmp_path, scene)


def test_a_client_that_asks_for_a_call_is_declined_and_one_that_asks_who_we_are_is_told(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            call = Element("{urn:xmpp:jingle:1}jingle", {"action": "session-initiate", "sid": "s1"})
            with pytest.raises(Declined, match="feature-not-implemented"):
                await anna.ask(f"{jid}/plenari", call)
            answer = await anna.ask(f"{jid}/plenari", Element(f"{DISCO}query"), kind="get")
            identity = answer.find(f"{DISCO}query/{DISCO}identity")
            assert identity is not None
            assert (identity.get("category"), identity.get("type")) == ("client", "bot")

    play(tmp_path, scene)


def test_the_focus_may_invite_us_to_the_media_as_often_as_it_likes(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        login = login_to(town.prosody, town.prosody.focus_jid, town.prosody.focus_password)
        async with connection(login, hear=lambda _: False, on_loss=lambda _: None) as xmpp:
            presence = Element("{jabber:client}presence", {"to": f"{jid}/focus"})
            SubElement(presence, "{http://jabber.org/protocol/muc}x")
            xmpp.send_xml(presence)
            for action in ("session-initiate", "source-add", "session-terminate"):
                invitation = xmpp.make_iq(ito=f"{jid}/plenari", itype="set")
                invitation.append(Element("{urn:xmpp:jingle:1}jingle", {"action": action, "sid": "s1"}))
                answer = await invitation.send(timeout=PATIENCE)
                assert answer["type"] == "result"

    play(tmp_path, scene)


def test_thirty_rooms_on_one_connection(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        names = [f"ple-{number}" for number in range(30)]
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(town.enter(name))
        assert {e.room for e in town.heard if isinstance(e, RoomEntered)} == {town.prosody.room(n) for n in names}
        async with town.councillor("ple-7", "u-7") as seven, town.councillor("ple-23", "u-23") as other:
            await seven.enter()
            await other.enter()
            await town.bot.say(town.prosody.room("ple-7"), "només a la set")
            await seven.hear(lambda line: line.text == "només a la set")
            await other.say("hola des de la vint-i-tres")
            heard = await town.until(MessageHeard)
            assert heard.room == town.prosody.room("ple-23")
            assert other.lines == []

    play(tmp_path, scene)


def test_a_nick_that_is_taken_is_a_refusal(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        other = account_on(town.prosody)
        account = Account(login=other.login, focus=other.focus, trust=other.trust, nick="focus")
        async with Bot(account, now) as forger:
            await town.enter("ple")
            with pytest.raises(JoinRefused) as caught:
                await forger.join(town.prosody.room("ple"))
            assert caught.value.condition == "conflict"

    play(tmp_path, scene)
