"""An alert on the page of a session: what to do about it, and the buttons that can do no harm."""

import asyncio

from orchestrator.council.commands import Role
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting
from tests.scenarios.play import JOAN, QUORATE
from tests.stage import SESSION
from tests.web.town import served


def test_who_minds_the_broadcast_is_told_what_to_do_and_others_only_what_is_wrong(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORATE, JOAN)
            at = Sighting(grade=Grade.PRESENCE, at=town.clock())
            await town.see(LinkUp(seen=at, link=Link.RELAY))
            await town.see(LinkDown(seen=at, link=Link.PUBLIC, cause="picture_black"))
            for role, minds in ((Role.OPERATOR, True), (Role.SECRETARY, True), (Role.PRESIDENT, False)):
                answer = await town.client.get(f"/sessions/{SESSION}?lang=ca", headers=town.bearer(role))
                page = await answer.text()
                assert answer.status == 200
                assert "la imatge és negra" in page
                assert ("perquè la gent sàpiga què passa" in page) is minds
                for button in ("act-public-show_slate", "act-public-restart_encoder", "ask-show_slate"):
                    assert (f'id="{button}"' in page) is minds

    asyncio.run(main())
