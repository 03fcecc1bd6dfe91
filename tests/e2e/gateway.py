"""What nginx is to a real Jitsi: it serves the client's page, and hands its websocket on to Prosody.

The client puts its token into the address; addresses end up in logs, so from here on it travels in the header.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"


@asynccontextmanager
async def gateway(websocket: str) -> AsyncIterator[str]:
    """The page's address while the block lasts; `websocket` is Prosody's."""
    async with aiohttp.ClientSession() as http:

        async def hand_on(request: web.Request) -> web.StreamResponse:
            browser = web.WebSocketResponse(protocols=("xmpp",))
            query = dict(request.query)
            headers = {"Authorization": f"Bearer {query.pop('token', '')}"}
            async with http.ws_connect(websocket, params=query, headers=headers, protocols=("xmpp",)) as server:
                await browser.prepare(request)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_pump(browser, server))
                    tasks.create_task(_pump(server, browser))
            return browser

        app = web.Application()
        app.router.add_get("/xmpp-websocket", hand_on)
        app.router.add_static("/modules", MODULES)
        app.router.add_static("/", FOLDER)
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: _Socket, drain: _Socket) -> None:
    """Hand on every frame; when one side closes, so does the other."""
    async for frame in source:
        if frame.type is aiohttp.WSMsgType.TEXT and not drain.closed:
            await drain.send_str(frame.data)
    await drain.close()
