"""The list of the hour before, on its page and in the API: it ticks itself as things come about."""

import asyncio

from orchestrator.convening.connection import Measured, judge
from orchestrator.council.commands import Role
from orchestrator.lookout import Around
from orchestrator.store.connections import Connections
from orchestrator.store.contacts import Contact, Contacts
from orchestrator.store.letters import Kind, Letters, State
from tests.convening.test_connection import GOOD
from tests.scenarios.play import MAYOR, PAU, PLENARY, convocation
from tests.stage import SESSION, entered
from tests.web.town import HERE, served

PATH = f"/api/v1/sessions/{SESSION}/preflight"


async def states(town):
    answer = await town.client.get(PATH, headers=town.bearer(Role.PRESIDENT) | {"Accept-Language": "ca"})
    assert answer.status == 200
    found = await answer.json()
    return {item["topic"]: item["state"] for item in found["items"]}, found


def test_the_list_ticks_itself(dsn):
    async def main():
        async with served(dsn) as town:
            await town.house.records.put_entity(convocation().entity)
            await town.convened()
            before, found = await states(town)
            assert before["room"] == "ill"
            assert before["encoder"] == before["disk"] == "unknown"  # this machine looks at neither
            assert before["calls"] == "unknown"  # there is no mail server
            assert not found["is_ready"]
            assert next(item["text"] for item in found["items"] if item["topic"] == "disk") == (
                "No s'ha pogut mirar des d'aquí."
            )

            async def look_around():
                return Around(is_connected=True, disk_free=100 * 1024**3, encoders=2, free_encoders=2)

            town.house.look_around, town.house.has_mail = look_around, True
            members = tuple(member.id for member in PLENARY.members)
            await Contacts(town.store.pool).put(HERE, {m: Contact(email=f"{m}@vila.cat") for m in members})
            letters = Letters(town.store.pool)
            await letters.ask(SESSION, members, Kind.CALL, town.clock())
            for letter in await letters.of(SESSION):
                await letters.settle(letter.id, State.SENT, town.clock())
            for member in members:
                await Connections(town.store.pool).put(SESSION, member, judge(Measured(**GOOD)), town.clock())
            await town.see(entered(town.clock(), MAYOR))
            after, _ = await states(town)
            assert {
                topic: after[topic] for topic in ("room", "encoder", "disk", "calls", "connections")
            } == dict.fromkeys(("room", "encoder", "disk", "calls", "connections"), "well")
            await Connections(town.store.pool).put(
                SESSION, PAU, judge(Measured(**(GOOD | {"camera": "denied"}))), town.clock()
            )
            page = await town.client.get(f"/sessions/{SESSION}/preflight?lang=ca", headers=town.bearer(Role.SECRETARY))
            text = " ".join((await page.text()).split())
            assert "No l&#39;han feta, o no els ha anat bé: 1 (Pau Ferrer)." in text
            assert "ho mira la secretaria" in text
            assert "Encara no és tot a punt." in text

    asyncio.run(main())
