"""What Prometheus reads: what stands in the rules and on the dashboard is exported, and no label names a person."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.council.commands import Role
from orchestrator.council.observations import Grade, Link, LinkDown, Sighting
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, SECRETARY
from tests.stage import SESSION
from tests.web.town import Town, served

DOCKER = Path(__file__).parents[2] / "docker"
QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
LABELS = {"phase", "entity", "link", "severity", "cause", "part", "method", "route", "status", "version", "le"}
ABOUT_THE_PROCESS = {"generation", "implementation", "major", "minor", "patchlevel"}
FUNCTIONS = {"sum", "min", "by", "rate", "abs", "histogram_quantile", "or", "vector", "le", "route", "part"}


async def scraped(town: Town) -> str:
    async with town.client.get("/metrics", headers=town.bearer(Role.OPERATOR)) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return await answer.text()


async def open_with_an_alert(town: Town) -> None:
    await town.gathered(*QUORUM)
    path, body = f"/api/v1/sessions/{SESSION}/commands", {"name": "open_session"}
    async with town.client.post(path, json=body, headers=town.bearer(Role.PRESIDENT, member=MAYOR)) as answer:
        assert answer.status == 200
    seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
    await town.see(LinkDown(seen=seen, link=Link.RELAY, cause="key_refused"))


def samples(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_sessions_and_their_alerts(dsn):
    async def main():
        async with served(dsn) as town:
            before = samples(await scraped(town))
            assert (before["plenari_sessions[open]"], before["plenari_alerts_unattended[critical]"]) == (0, 0)
            await open_with_an_alert(town)
            found = samples(await scraped(town))
            assert found["plenari_sessions[open]"] == 1
            assert found["plenari_quorum_met[vila]"] == found["plenari_room_watched[vila]"] == 1
            assert found["plenari_link_up[vila][relay]"] == 0
            assert found["plenari_alerts_open[key_refused][critical]"] == 1
            assert found["plenari_alerts_unattended[critical]"] == 1
            assert found["plenari_part_ready[database]"] == 1
            assert found["plenari_http_request_seconds_count[GET][/metrics][2xx]"] == 1

    asyncio.run(main())


def test_no_label_names_a_person_a_session_or_a_secret_and_there_are_few(dsn):
    async def main():
        async with served(dsn) as town:
            await open_with_an_alert(town)
            for path in (f"/sessions/{SESSION}", "/nowhere/at/all", f"/sessions/{SESSION}?token=hidden"):
                await town.client.get(path, headers=town.bearer(Role.SECRETARY))
            await town.client.request("BREW", "/", headers=town.bearer(Role.SECRETARY))
            text = await scraped(town)
            families = text_string_to_metric_families(text)
            names = {name for family in families for sample in family.samples for name in sample.labels}
            assert names <= LABELS | ABOUT_THE_PROCESS
            for word in (*(m.name for m in PLENARY.members), *QUORUM, f'"{SESSION}"', "hidden", "BREW", "nowhere"):
                assert word not in text, word

    asyncio.run(main())


def expressions() -> Iterator[str]:
    """Every query of the rules and of the dashboard."""
    for file in sorted((DOCKER / "prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    for file in sorted((DOCKER / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"])


def queried(expression: str) -> set[str]:
    """The metrics that a query names: the words that are neither a function, a label nor a text."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)", " ", expression)
    return set(re.findall(r"\b[a-z][a-z_]+\b", bare)) - FUNCTIONS


def test_every_metric_of_the_rules_and_of_the_dashboard_is_exported(dsn):
    async def main():
        async with served(dsn) as town:
            town.house.recordings = Path("/")
            town.house.youtube_spent = lambda: 250
            await open_with_an_alert(town)
            await scraped(town)
            return samples(await scraped(town))

    exported = {name.partition("[")[0] for name in asyncio.run(main())} | {"up"}
    asked = set().union(*map(queried, expressions()))
    assert len(asked) > 12
    assert asked - exported - {"plenari_clock_ahead_seconds"} == set()


def test_every_rule_says_how_bad_it_is_and_what_to_do():
    for file in (DOCKER / "prometheus/rules").glob("*.yml"):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
                assert rule["annotations"].keys() == {"summary", "runbook"}, rule["alert"]


def test_the_configurations_name_what_is_there():
    prometheus: dict[str, Any] = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text())
    assert prometheus["scrape_configs"][0]["job_name"] == "plenari"
    alertmanager: dict[str, Any] = yaml.safe_load((DOCKER / "alertmanager/alertmanager.yml").read_text())
    receivers = {receiver["name"] for receiver in alertmanager["receivers"]}
    routes = [alertmanager["route"], *alertmanager["route"]["routes"]]
    assert {route["receiver"] for route in routes} <= receivers
    dashboard = json.loads((DOCKER / "grafana/dashboards/plenari.json").read_text())
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(set(places)) == len(places)
    sources = yaml.safe_load((DOCKER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source["uid"] for source in sources}
