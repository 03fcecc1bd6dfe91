"""What the bot can do in a room of a real Prosody beyond what any occupant can, and Jibri through the focus."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RequestRefused
from bot.events import OccupantChanged, RoomEntered, RoomLeft
from bot.focus import JibriProblem, JibriRefused
from bot.journal import Noted
from bot.occupant import Affiliation
from simulator.councillor import Councillor, Declined
from tests.integration.jitsi import PATIENCE, Town, play

pytestmark = pytest.mark.slow


async def news(councillor: Councillor, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            for told in councillor.news:
                if is_it(told):
                    return told
            await asyncio.sleep(0.01)


async def until_muted(town: Town, nick: str, *, is_muted: bool) -> None:
    await town.until(OccupantChanged, lambda c: c.after.nick == nick and c.after.claims.is_audio_muted is is_muted)


def test_whoever_is_approved_may_speak_until_the_approval_is_taken_back(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        moderation = town.bot.moderation
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            assert await moderation.approve(jid, anna.nick) is False
            await moderation.turn(jid, is_on=True)
            on = await news(anna, lambda n: n["type"] == "av_moderation" and "enabled" in n)
            assert (on["enabled"], on["mediaType"], on["actor"]) == (True, "audio", f"{jid}/plenari")
            assert await moderation.approve(jid, anna.nick) is True
            await news(anna, lambda n: n.get("approved") is True)
            await anna.unmute()
            await until_muted(town, anna.nick, is_muted=False)
            assert await moderation.revoke(jid, anna.nick) is True
            await news(anna, lambda n: n.get("removed") is True)
            town.heard.clear()
            await town.bot.focus.mute(jid, anna.nick)
            await until_muted(town, anna.nick, is_muted=True)
            with pytest.raises(RequestRefused, match="item-not-found"):
                await moderation.approve(jid, "nobody")
            with pytest.raises(RequestRefused, match="internal-server-error"):
                await town.bot.focus.mute(jid, "nobody")
            await moderation.turn(jid, is_on=False)
            await news(anna, lambda n: n.get("enabled") is False)
            async with town.councillor("ple", "u-2") as late:
                await moderation.turn(jid, is_on=True)
                await late.enter()
                await news(late, lambda n: n.get("enabled") is True)

    play(tmp_path, scene)


def test_a_notice_comes_from_the_room_itself_and_to_one_only(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna, town.councillor("ple", "u-2") as pau:
            await anna.enter()
            await pau.enter()
            await town.bot.notify(jid, anna.nick, "Teniu la paraula: «2 minuts» <ROM 94> & prou")
            line = await anna.hear(lambda line: line.is_private)
            assert (line.nick, line.display_name) == ("", "Secretaria")
            assert line.text == "Teniu la paraula: «2 minuts» <ROM 94> & prou"
            await town.bot.say(jid, "a tothom")
            await pau.hear(lambda line: line.text == "a tothom")
            assert [line for line in pau.lines if line.is_private] == []

    play(tmp_path, scene)


def test_the_bot_gets_in_where_a_password_a_lobby_and_a_full_room_keep_others_out(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        await town.follow("ple")
        async with town.councillor("ple", "president") as president, town.councillor("ple", "u-1") as anna:
            await president.enter()
            await town.until(OccupantChanged, lambda c: c.after.affiliation is Affiliation.OWNER)
            await president.configure(
                {"muc#roomconfig_roomsecret": "obert-sesam", "muc#roomconfig_passwordprotectedroom": "1"}
            )
            await town.bot.moderation.turn_lobby(jid, is_on=True)
            await town.until(Noted, lambda n: n.kind == "lobby" and n.text == "true")
            assert president.is_inside
            with pytest.raises(Declined):
                await anna.enter()
            town.heard.clear()
            await town.bot.leave(jid)
            await town.until(RoomLeft)
            await town.bot.join(jid)
            await town.until(RoomEntered)
            await town.bot.moderation.turn_lobby(jid, is_on=False)
            await town.until(Noted, lambda n: n.kind == "lobby" and n.text == "false")

    play(tmp_path, scene)


def test_a_room_in_which_we_no_longer_sit_is_noticed(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        await town.bot.check(jid)
        assert [e for e in town.heard if isinstance(e, RoomLeft)] == []
        # As if the news of it had been lost.
        town.bot._rooms[jid].nick = "somebody_else"
        await town.bot.check(jid)
        await town.until(RoomLeft)

    play(tmp_path, scene)


def test_a_stream_by_the_focus_and_every_way_in_which_there_is_none(tmp_path: Path) -> None:
    async def problem_of(attempt: Any) -> JibriProblem:
        with pytest.raises(JibriRefused) as refused:
            await attempt
        return refused.value.problem

    async def scene(town: Town) -> None:
        focus, address = town.bot.focus, "rtmp://127.0.0.1/live/SECRET"
        ple, junta = town.prosody.room("ple"), town.prosody.room("junta")
        assert await problem_of(focus.start_stream(ple, address)) in (
            JibriProblem.NOT_CONFIGURED,
            JibriProblem.NOT_IN_ROOM,
        )
        await town.enter("ple")
        await town.enter("junta")
        assert await problem_of(focus.stop_stream(ple)) is JibriProblem.NOT_RUNNING
        assert await problem_of(focus.start_stream(ple, "")) is JibriProblem.BAD_REQUEST
        session = await focus.start_stream(ple, address, view_url="https://vila.test/ple")
        assert session == town.jibris.streams[ple]
        assert await problem_of(focus.start_stream(ple, address)) is JibriProblem.ALREADY_RUNNING
        assert await problem_of(focus.start_stream(junta, address)) is JibriProblem.ALL_BUSY
        await focus.stop_stream(ple)
        town.jibris.healthy = 0
        assert await problem_of(focus.start_stream(ple, address)) is JibriProblem.NONE_THERE
        town.jibris.is_configured = False
        with pytest.raises(JibriRefused) as refused:
            await focus.start_stream(ple, address)
        assert refused.value.problem is JibriProblem.NOT_CONFIGURED
        assert not refused.value.is_retryable
        assert "SECRET" not in str(refused.value)

    play(tmp_path, scene)


def test_without_the_module_the_bot_is_no_moderator(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        with pytest.raises(JibriRefused) as refused:
            await town.bot.focus.start_stream(jid, "rtmp://127.0.0.1/live/KEY")
        assert refused.value.problem is JibriProblem.NOT_MODERATOR

    play(tmp_path, scene, has_journal=False)
