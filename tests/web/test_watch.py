"""The citizen's page: what is on the air and what was, whatever channel it is on, and nothing that is closed."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.council.commands import AdjournSession, CallItem, OpenSession
from orchestrator.council.events import SecretOpened
from orchestrator.council.members import ChannelId, Entity, SessionId
from orchestrator.council.observations import ChannelOpened, Grade, Link, LinkDown, Reach, Sighting
from orchestrator.council.session import Session, evolve
from orchestrator.council.voting import Tally
from orchestrator.web.watching import FRAMES, State, _showing, player
from tests.scenarios.play import EIGHT, FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY, Play
from tests.stage import ADMIN, PRESIDENT, SESSION, connected
from tests.web.town import HERE, Town, served

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
PAGE, NOW = f"/directe/{HERE}", f"/directe/{HERE}/now"
VIDEO, OTHER = "abcdefghijk", "ABCDEFGHIJK"


async def founded(town: Town) -> None:
    await town.house.records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))


async def shown(town: Town, channel: str, cause: str = "planned", session: SessionId = SESSION, **more: Any) -> None:
    seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
    reach = Reach(channel=ChannelId(channel), name=channel, **more)
    await town.see(ChannelOpened(seen=seen, reach=reach, cause=cause), session)


async def text_of(town: Town, path: str, language: str = "ca", **headers: str) -> str:
    async with town.client.get(path, headers={"Accept": "text/html", "Accept-Language": language, **headers}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


def test_it_says_what_comes_when_nothing_is_on_the_air_and_what_to_expect_when_nothing_does(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            text = await text_of(town, PAGE)
            assert "Ara no s&#39;emet cap sessió." in text
            assert "Encara no n&#39;hi ha cap de convocada." in text
            assert "<iframe" not in text
            await town.convened(starts_at=EIGHT + timedelta(days=2))
            text = await text_of(town, PAGE)
            assert "La propera: Ple, dissabte, 28 de març del 2026, a les 20:00." in text
            assert "No session is being broadcast now." in await text_of(town, PAGE, "en")
            assert "Ahora no se emite ninguna sesión." in await text_of(town, PAGE, "es")

    asyncio.run(main())


def test_a_session_is_shown_with_its_player_state_and_item_and_the_page_follows_it_to_another_channel(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            await town.gathered(*QUORUM)
            await shown(town, "vila", video=VIDEO, watch=f"https://www.youtube.com/watch?v={VIDEO}")
            text = await text_of(town, PAGE)
            assert f'src="{FRAMES}/embed/{VIDEO}?' in text
            assert "a punt de començar" in text
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            await town.sessions.ask(SESSION, CallItem(asker=PRESIDENT, number=2))
            text = await text_of(town, NOW)
            assert "en directe" in text
            assert "2. Pressupost" in text
            await town.see(
                LinkDown(seen=connected(town.clock(), PAU).seen, link=Link.RELAY, cause="destination_closed")
            )
            assert "incidència tècnica" in await text_of(town, NOW)
            await shown(town, "consorci", "relay_lost", video=OTHER, is_shared=True)
            text = await text_of(town, NOW)
            assert f"{FRAMES}/embed/{OTHER}" in text
            assert VIDEO not in text
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))
            text = await text_of(town, PAGE)
            assert text.index(VIDEO) < text.index(OTHER), "the index of what was is whole, in its order"
            assert "Ara no s&#39;emet cap sessió." in text

    asyncio.run(main())


def test_who_has_the_latest_is_told_so_and_only_youtubes_player_may_be_framed(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            async with town.client.get(NOW) as answer:
                tag = answer.headers["ETag"]
                assert answer.headers["Cache-Control"] == "public, max-age=5"
            async with town.client.get(NOW, headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
            async with town.client.get(PAGE) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert f"frame-src {FRAMES};" in policy + ";"
                assert "script-src 'self';" in policy
            async with town.client.get("/directe/nowhere") as answer:
                assert answer.status == 404

    asyncio.run(main())


def test_nothing_that_is_not_public_is_there(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            await town.convened(session=SessionId("board"), room="closed", is_public=False)
            await town.convened(session=SessionId("try"), room="vila-ple-assaig", is_rehearsal=True)
            await shown(town, "tub", session=SessionId("try"), video=VIDEO, is_private=True)
            for path in (PAGE, NOW):
                text = await text_of(town, path)
                assert VIDEO not in text
                assert "board" not in text
                assert "Ara no s&#39;emet cap sessió." in text

    asyncio.run(main())


def test_without_a_channel_the_towns_own_broadcast_plays(dsn, tmp_path: Path):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            town.house.broadcasts = tmp_path
            await town.gathered(*QUORUM)
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            assert "no en tenim imatge" in await text_of(town, PAGE)
            (tmp_path / SESSION / "page").mkdir(parents=True)
            (tmp_path / SESSION / "page" / "live.m3u8").write_text("#EXTM3U\n")
            text = await text_of(town, PAGE)
            assert f'<video src="/hls/{SESSION}/live.m3u8"' in text
            assert "<iframe" not in text

    asyncio.run(main())


def test_of_a_closed_part_not_even_the_title_is_shown():
    play = Play().opened(*QUORUM)
    session: Session = evolve(play.session, SecretOpened(at=EIGHT, number=2, tally=Tally(yes=13, no=0, abstain=0)))
    showing = _showing(session, "")
    assert (showing.state, showing.item) == (State.SECRET, "")


@pytest.mark.parametrize(
    ("watch", "frame"),
    [
        (f"https://www.youtube.com/watch?v={VIDEO}&t=3", f"{FRAMES}/embed/{VIDEO}"),
        (f"https://youtu.be/{VIDEO}?si=x", f"{FRAMES}/embed/{VIDEO}"),
        (f"https://youtube.com/live/{VIDEO}", f"{FRAMES}/embed/{VIDEO}"),
        (
            "https://m.youtube.com/channel/UC0123456789012345678901/live",
            f"{FRAMES}/embed/live_stream?channel=UC0123456789012345678901",
        ),
        ("https://www.youtube.com/@vila/live", ""),
        ("https://youtube.com.evil.example/watch?v=abcdefghijk", ""),
        ('https://youtu.be/"><script>', ""),
        ("https://tv.example/directe", ""),
        ("", ""),
    ],
)
def test_the_addresses_that_people_copy_lead_to_a_player(watch: str, frame: str):
    assert player(video="", watch=watch).frame == frame


def test_a_link_is_what_is_left():
    assert player(video="", watch="https://tv.example/directe", film="/hls/x").film == "/hls/x"
    assert player(video="", watch="https://tv.example/directe").link == "https://tv.example/directe"
