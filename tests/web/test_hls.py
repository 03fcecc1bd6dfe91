"""The broadcast from our own web server: who gets what, and that nothing else of its folder gets out."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.stage import SESSION
from tests.web.town import HERE, Town, served

LIST = "#EXTM3U\n#EXTINF:2.0,\n190000-00000.ts\n"


def play(dsn: str, folder: Path, story: Callable[[Town], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(dsn) as town:
            town.house.broadcasts = folder
            await story(town)

    asyncio.run(run())


def put_on_air(folder: Path) -> None:
    page = folder / SESSION / "page"
    page.mkdir(parents=True)
    (page / "live.m3u8").write_text(LIST)
    (page / "190000-00000.ts").write_bytes(b"\x47")
    (folder / SESSION / "config.json").write_text("the keys of the broadcast")


def test_the_address_of_the_entity_leads_to_what_is_on_the_air(dsn: str, tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await town.convened()
        address = f"/directe/{HERE}/live.m3u8"
        async with town.client.get(address) as answer:
            assert answer.status == 404
        put_on_air(tmp_path)
        async with town.client.get(address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (307, f"/hls/{SESSION}/live.m3u8")
            assert answer.headers["Cache-Control"] == "no-store"
        async with town.client.get(address) as answer:
            assert await answer.text() == LIST
            assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        async with town.client.get(f"/hls/{SESSION}/190000-00000.ts") as answer:
            assert (await answer.read(), answer.headers["Content-Type"]) == (b"\x47", "video/mp2t")
        async with town.client.get("/directe/another-town/live.m3u8") as answer:
            assert answer.status == 404

    play(dsn, tmp_path, story)


def test_a_session_that_is_closed_to_the_public_is_led_to_by_nobody(dsn: str, tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await town.convened(is_public=False)
        put_on_air(tmp_path)
        async with town.client.get(f"/directe/{HERE}/live.m3u8") as answer:
            assert answer.status == 404

    play(dsn, tmp_path, story)


def test_nothing_else_of_the_folder_gets_out(dsn: str, tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        put_on_air(tmp_path)
        for name in ("..%2Fconfig.json", "%2e%2e/config.json", "config.json", "live.m3u8%00", "other.ts", ".ts"):
            async with town.client.get(f"/hls/{SESSION}/{name}") as answer:
                assert answer.status == 404, name
        async with town.client.get(f"/hls/..%2F{SESSION}/live.m3u8") as answer:
            assert answer.status == 404

    play(dsn, tmp_path, story)
