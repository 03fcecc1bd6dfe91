"""Alerts over HTTP: who sees which, and what an operator says to one."""

import asyncio

from orchestrator.council.commands import Role
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting
from tests.scenarios.play import MAYOR, SECRETARY
from tests.web.town import ELSEWHERE, HERE, Town, served

ALERTS = "/api/v1/alerts"


async def alarmed(town: Town) -> int:
    """A session whose channel refuses the key; the number of its alert. The house has an alert too."""
    await town.gathered(MAYOR, SECRETARY)
    seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
    await town.see(LinkDown(seen=seen, link=Link.RELAY, cause="key_refused"))
    await town.house.alerts.reconcile("house", {(None, "disk.one"): "disk_low"}, town.clock())
    listed = await get(town, f"{ALERTS}?session=s1")
    return listed["alerts"][0]["id"]


async def get(town: Town, path: str, status: int = 200, role: Role = Role.OPERATOR, entity: str = HERE):
    async with town.client.get(path, headers=town.bearer(role, entity)) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def post(town: Town, path: str, status: int = 200, role: Role = Role.OPERATOR, **body: object):
    async with town.client.post(path, headers=town.bearer(role), **body) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


def test_an_alert_is_acknowledged_noted_escalated_and_resolved(dsn):
    async def main():
        async with served(dsn) as town:
            number = await alarmed(town)
            one = f"{ALERTS}/{number}"
            said = await get(town, one)
            assert (said["severity"], said["cause"], said["entity"]) == ("critical", "key_refused", HERE)
            assert said["text"] == "Enviament: el canal no admet la clau"
            assert (await get(town, f"{one}?lang=en"))["text"] == "Relay: the channel does not accept the key"
            await post(town, f"{one}/acknowledge")
            await post(town, f"{one}/notes", 201, json={"text": "  He demanat una clau nova  "})
            await post(town, f"{one}/escalate")
            await town.see(LinkUp(seen=Sighting(grade=Grade.PRESENCE, at=town.clock()), link=Link.RELAY))
            over = await get(town, one)
            assert over["acknowledged_by"] == "operator"
            assert over["resolved_at"] >= over["escalated_at"] >= over["acknowledged_at"]
            assert [line["deed"] for line in over["history"]] == [
                "raised",
                "acknowledged",
                "noted",
                "escalated",
                "resolved",
            ]
            assert over["history"][2]["note"] == "He demanat una clau nova"
            assert [a["key"] for a in (await get(town, ALERTS))["alerts"]] == ["disk.one"]
            assert [a["key"] for a in (await get(town, f"{ALERTS}?state=all"))["alerts"]] == ["disk.one", "relay"]

    asyncio.run(main())


def test_a_town_sees_its_own_alerts_and_only_operators_answer_them(dsn):
    async def main():
        async with served(dsn) as town:
            number = await alarmed(town)
            own = await get(town, ALERTS, role=Role.SECRETARY)
            assert [alert["key"] for alert in own["alerts"]] == ["relay"]
            assert (await get(town, ALERTS, role=Role.SECRETARY, entity=ELSEWHERE))["alerts"] == []
            await get(town, f"{ALERTS}/{number}", role=Role.AUDITOR)
            await get(town, f"{ALERTS}/{number}", 404, role=Role.AUDITOR, entity=ELSEWHERE)
            await get(town, f"{ALERTS}/{number + 1}", 404, role=Role.SECRETARY)
            await post(town, f"{ALERTS}/{number}/acknowledge", 403, role=Role.SECRETARY)

    asyncio.run(main())


def test_the_list_comes_in_pages_and_nonsense_is_told_apart(dsn):
    async def main():
        async with served(dsn) as town:
            many = {(None, f"disk.{n}"): "disk_low" for n in range(130)}
            await town.house.alerts.reconcile("house", many, town.clock())
            first = await get(town, ALERTS)
            rest = await get(town, f"{ALERTS}?before={first['next']}")
            keys = {alert["key"] for page in (first, rest) for alert in page["alerts"]}
            assert (len(first["alerts"]), rest["next"], len(keys)) == (100, None, 130)
            await get(town, f"{ALERTS}?before=x", 422)
            await get(town, f"{ALERTS}?state=some", 422)
            await get(town, f"{ALERTS}/x", 404)
            await post(town, f"{ALERTS}/{first['next']}/notes", 422, json={"text": " "})

    asyncio.run(main())
