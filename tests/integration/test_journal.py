"""The journal that mod_plenari keeps in a real Prosody: in order, once, through everything, and for the bot only."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.client import Bot
from bot.connection import connection
from bot.errors import RequestRefused
from bot.events import RoomEntered
from bot.journal import (
    Changed,
    CommandHeard,
    Entry,
    Hand,
    Joined,
    JournalEvent,
    JournalOpened,
    JournalReason,
    Left,
    Mark,
    Noted,
    Spoke,
    build_acknowledgement,
    build_command,
    build_subscribe,
)
from bot.occupant import Role
from simulator.focus import focus
from tests.integration.jitsi import PATIENCE, Town, account_on, login_to, now, play

pytestmark = pytest.mark.slow

CLIENT = "{jabber:client}"


@asynccontextmanager
async def another_bot(town: Town) -> AsyncIterator[Bot]:
    async with Bot(account_on(town.prosody), now) as bot:
        yield bot


async def read(bot: Bot, room: str, since: Mark | None, *, till: int | None = None) -> list[JournalEvent]:
    """Follow, and take what is told up to an entry; without one, only up to what was there already."""
    told: list[JournalEvent] = []
    await bot.follow(room, since)
    async with asyncio.timeout(PATIENCE):
        async for event in bot.events():
            if isinstance(event, JournalOpened):
                told.append(event)
                if till is None and event.till is None:
                    return told
                till = till or event.till
            elif isinstance(event, Entry):
                told.append(event)
                if event.mark.seq == till:
                    return told
    raise AssertionError("the events ended")


def test_everything_that_counts_is_told_once_in_order_with_the_clock_of_the_server(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        assert town.bot.has_journal
        began = now()
        jid = await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "president") as president, town.councillor("ple", "u-1") as anna:
            await president.enter()
            await town.until(Changed, lambda c: c.occupant.role is Role.MODERATOR)
            await anna.enter()
            nick = anna.nick
            await anna.raise_hand()
            await town.until(Hand, lambda h: h.is_raised)
            await anna.lower_hand()
            await anna.say("això no compta")
            await anna.say("!quorum")
            await anna.whisper("plenari", "!torns")
            await town.until(CommandHeard, lambda c: c.is_private)
            report = Element("{http://jitsi.org/jitmeet}speakerstats", {"room": jid, "silence": "false"})
            message = Element(f"{CLIENT}message", {"to": f"speakerstats.{town.prosody.domain}"})
            message.append(report)
            await anna._send(message)
            await town.until(Spoke, lambda s: s.occupant.nick == nick and not s.is_silent)
            await president.kick(nick)
            await town.until(Left, lambda left: left.reason is JournalReason.KICKED)
            await anna.leave()
            await anna.enter()
            await anna.drop()
            await town.until(Left, lambda left: left.reason is JournalReason.TIMEOUT)
            await president.leave()
            await town.until(Left, lambda left: left.reason is JournalReason.LEFT)
        entries = town.entries()
        assert [e.mark.seq for e in entries] == list(range(1, len(entries) + 1))
        assert all(a.at <= b.at for a, b in pairwise(entries))
        assert began <= entries[0].at.replace(microsecond=999_999)
        assert entries[-1].at <= now()
        assert [(c.text, c.is_private) for c in entries if isinstance(c, CommandHeard)] == [
            ("!quorum", False),
            ("!torns", True),
        ]
        assert "created" in [e.kind for e in entries if isinstance(e, Noted)]
        joined = [e.occupant.identity.id for e in entries if isinstance(e, Joined) and e.occupant.identity]
        assert joined == ["president", "u-1", "u-1"]
        gone = [(e.occupant.identity.id, e.reason) for e in entries if isinstance(e, Left) and e.occupant.identity]
        assert gone == [
            ("u-1", JournalReason.KICKED),
            ("u-1", JournalReason.TIMEOUT),
            ("president", JournalReason.LEFT),
        ]

    play(tmp_path, scene)


def test_whoever_comes_back_is_told_what_was_missed_and_who_is_there(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna, town.councillor("ple", "u-2") as pau:
            await anna.enter()
            last = await town.until(Joined, lambda j: j.occupant.identity is not None)
            town.bot._xmpp.abort()
            await town.until_lost()
            await pau.enter()
            await anna.leave()
            await pau.raise_hand()
            await pau.ask(town.prosody.domain, Element("{urn:xmpp:ping}ping"), kind="get")
            async with another_bot(town) as second:
                opened, *missed = await read(second, jid, last.mark)
                assert isinstance(opened, JournalOpened)
                assert opened.is_complete
                there = {s.occupant.identity.id: s for s in opened.seats if s.occupant.identity}
                assert set(there) == {"u-2"}
                assert there["u-2"].occupant.claims.has_raised_hand
                people = [e for e in missed if not isinstance(e, Noted) and not e.occupant.is_machine]
                assert [type(e) for e in people] == [Joined, Left, Hand]
                assert all(last.at <= e.at <= now() for e in people)
                second.acknowledge(jid, missed[-1].mark)
            async with another_bot(town) as third:
                # What was acknowledged is no longer kept, and nothing is missing for that.
                opened, *missed = await read(third, jid, last.mark)
                assert isinstance(opened, JournalOpened)
                assert opened.is_complete
                assert [e for e in missed if isinstance(e, Joined) and not e.occupant.is_machine] == []

    play(tmp_path, scene)


def test_a_reload_of_the_module_loses_nothing_and_nobody(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna, town.councillor("ple", "u-2") as pau:
            await anna.enter()
            await town.until(Joined, lambda j: j.occupant.nick == anna.nick)
            printed = await town.prosody.shell("module", "reload", "plenari", town.prosody.journal)
            assert "OK" in printed
            await pau.enter()
            await anna.leave()
            await town.until(Left, lambda left: not left.occupant.is_machine)
        entries = town.entries()
        assert [e.mark.seq for e in entries] == list(range(1, len(entries) + 1))
        assert [e.occupant.identity.id for e in entries if isinstance(e, Joined) and e.occupant.identity] == [
            "u-1",
            "u-2",
        ]
        assert "the journal missed" not in town.prosody.log_path.read_text()

    play(tmp_path, scene)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_restart_of_the_server_ends_everybodys_presence_when_it_ended(tmp_path: Path, blow: signal.Signals) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            last = await town.until(Joined, lambda j: j.occupant.nick == anna.nick)
            await asyncio.sleep(0.6)  # the server's next sign of life
            struck = now()
            await town.prosody.end(blow)
            ended = now()
            await town.prosody.start()
            login = login_to(town.prosody, town.prosody.focus_jid, town.prosody.focus_password)
            async with focus(login, town.prosody.domain, now), another_bot(town) as second:
                await anna.leave()
                await anna.enter()
                opened, *missed = await read(second, jid, last.mark)
                assert isinstance(opened, JournalOpened)
                assert opened.is_complete
                people = [e for e in missed if not isinstance(e, Noted) and not e.occupant.is_machine]
                gone, *back = [e for e in people if isinstance(e, Left | Joined)]
                assert isinstance(gone, Left)
                assert [type(e) for e in back] == [Joined]
                if blow is signal.SIGKILL:
                    assert gone.reason is JournalReason.CRASH
                    assert 0 <= (struck - gone.at).total_seconds() < 1
                else:
                    assert gone.reason is JournalReason.SHUTDOWN
                    assert struck <= gone.at <= ended

    play(tmp_path, scene)


def test_what_a_client_forges_does_not_get_into_the_journal(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as eva, town.councillor("ple", "u-2") as pau:
            await eva.enter()
            await pau.enter()
            identity = Element(f"{CLIENT}identity")
            SubElement(SubElement(identity, f"{CLIENT}user"), f"{CLIENT}id").text = "president"
            await eva.send_presence(identity)
            await eva.rename("La presidenta")
            # A hand of another, and a journal of her own making.
            other = Element(f"{CLIENT}presence", {"to": f"{jid}/{pau.nick}"})
            SubElement(other, f"{CLIENT}jitsi_participant_raisedHand").text = "1"
            await eva._send(other)
            forged = Element(f"{CLIENT}message", {"to": f"{jid}/plenari", "type": "chat"})
            journal = SubElement(forged, "{urn:plenari:1}journal", {"room": jid, "id": "x"})
            SubElement(journal, "{urn:plenari:1}entry", {"seq": "1", "kind": "joined", "user": "president"})
            await eva._send(forged)
            report = Element(
                "{http://jitsi.org/jitmeet}speakerstats", {"room": jid, "silence": "false", "from": pau.nick}
            )
            message = Element(f"{CLIENT}message", {"to": f"speakerstats.{town.prosody.domain}"})
            message.append(report)
            await eva._send(message)
            await pau.say("!quorum")
            await town.until(CommandHeard)
            people = [e for e in town.entries() if not isinstance(e, Noted) and not e.occupant.is_machine]
            assert {e.occupant.identity.id for e in people if e.occupant.identity} == {"u-1", "u-2"}
            assert all(e.occupant.identity for e in people)
            assert [e.occupant.nick for e in people if isinstance(e, Hand)] == []
            assert {e.occupant.nick for e in people if isinstance(e, Spoke)} <= {eva.nick}

    play(tmp_path, scene)


def test_only_the_bots_account_is_told_anything_or_obeyed(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple")
        await town.enter("ple")
        orders = [
            build_subscribe(jid, None),
            build_command("moderation", jid, on="true"),
            build_command("lobby", jid, on="true"),
            build_command("notice", jid, "un avís", nick="plenari", name="Mesa"),
        ]
        async with town.councillor("ple", "president") as president:
            await president.enter()
            for order in orders:
                with pytest.raises(Exception, match="forbidden"):
                    await president.ask(town.prosody.journal, order)
            last = await town.until(Joined, lambda j: not j.occupant.is_machine)
            login = login_to(town.prosody, town.prosody.jibri_jid, town.prosody.jibri_password)
            async with connection(login, hear=lambda _: False, on_loss=lambda _: None) as xmpp:
                xmpp.send_xml(build_acknowledgement(town.prosody.journal, jid, last.mark))
                for order in orders:
                    iq = xmpp.make_iq(ito=town.prosody.journal, itype="set")
                    iq.xml.append(order)
                    with pytest.raises(Exception, match="forbidden"):
                        await iq.send(timeout=PATIENCE)
        async with another_bot(town) as second:
            _, *all_of_it = await read(second, jid, Mark(journal=last.mark.journal, seq=0))
            assert [e.mark.seq for e in all_of_it if isinstance(e, Entry)][: last.mark.seq] == list(
                range(1, last.mark.seq + 1)
            )

    play(tmp_path, scene)


def test_a_journal_that_nobody_reads_stays_small_and_spares_those_who_came_and_went(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple")
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna, town.councillor("ple", "u-2") as pau:
            await anna.enter()
            first = await town.until(Joined, lambda j: not j.occupant.is_machine)
            await town.bot.unfollow(jid)
            for _ in range(40):
                await anna.raise_hand()
                await anna.lower_hand()
            await pau.enter()
            async with another_bot(town) as second:
                opened, *missed = await read(second, jid, first.mark)
                assert isinstance(opened, JournalOpened)
                assert opened.is_complete
                assert len(missed) <= 20
                assert [e.occupant.identity.id for e in missed if isinstance(e, Joined) and e.occupant.identity] == [
                    "u-2"
                ]
            for _ in range(15):
                await pau.leave()
                await pau.enter()
            async with another_bot(town) as third:
                opened, *missed = await read(third, jid, first.mark)
                assert isinstance(opened, JournalOpened)
                assert not opened.is_complete
                assert missed == []
            data = tmp_path / "prosody" / "plenari%2emeet%2eplenari"
            files = [file for file in data.rglob("*") if file.is_file()]
            assert files
            assert sum(f.stat().st_size for f in files) < 60_000

    play(tmp_path, scene, journal_size=20)


def test_a_mark_of_another_journal_is_a_gap(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.follow("ple", Mark(journal="of a server that lost its storage", seq=7))
        opened = await town.until(JournalOpened)
        assert (opened.room, opened.is_complete) == (jid, False)

    play(tmp_path, scene)


def test_without_the_module_the_bot_says_so_and_sees_what_any_occupant_sees(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        assert not town.bot.has_journal
        jid = await town.enter("ple")
        await town.until(RoomEntered)
        with pytest.raises(RequestRefused):
            await town.bot.follow(jid, None)
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            await town.bot.notify(jid, anna.nick, "només per a vós")
            line = await anna.hear(lambda line: line.is_private)
            assert (line.nick, line.text) == ("plenari", "només per a vós")

    play(tmp_path, scene, has_journal=False)
