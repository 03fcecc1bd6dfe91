"""The API as another program uses it: from an empty house to the attendance of a session."""

import asyncio
import csv
import io
import json
from datetime import timedelta

import openpyxl
import pytest
from structlog.testing import capture_logs

from orchestrator.council.commands import Role
from orchestrator.store.ledger import verify
from orchestrator.web.house import Readiness
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.town import HERE, served

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
MEMBERS = [
    {"id": "mayor", "name": "Marta Roca", "office": "president", "group": "A"},
    {"id": "pau", "name": "Pau Ferrer", "group": "B", "deputises": 1},
    {"id": "secretary", "name": "Rosa Bosch", "office": "secretary"},
]
BODY = {"id": "ple", "name": "Ple", "kind": "plenary", "legal_number": 3}
CALL = {
    "entity": HERE,
    "body": "ple",
    "starts_at": "2026-03-26T20:00",
    "agenda": [{"title": "Acta anterior"}, {"title": "Pressupost", "majority": "absolute"}],
    "policy": {"grace_s": 3},
}


async def convened(town, **changes):
    """A body with three members, and a call for it, all over HTTP; the answer to the last request."""
    admin = town.bearer(Role.ADMIN)
    await town.client.post("/api/v1/entities", json={"id": HERE, "name": "La Vila"}, headers=admin)
    await town.client.post(f"/api/v1/entities/{HERE}/bodies", json=BODY, headers=admin)
    await town.client.put(f"/api/v1/entities/{HERE}/bodies/ple/members", json={"members": MEMBERS}, headers=admin)
    headers = admin | changes.pop("headers", {})
    return await town.client.post("/api/v1/sessions", json=CALL | changes, headers=headers)


def test_a_session_is_convened_from_nothing(dsn):
    async def main():
        async with served(dsn) as town:
            answer = await convened(town)
            assert answer.status == 201
            made = await answer.json()
            assert answer.headers["Location"] == f"/api/v1/sessions/{made['id']}"
            assert made["starts_at"] == "2026-03-26T19:00:00Z"
            assert [m["id"] for m in made["body"]["members"]] == ["mayor", "pau", "secretary"]
            assert made["agenda"][1] == {"number": 2, "title": "Pressupost", "majority": "absolute"}
            assert made["room"].startswith("vila-ple-20260326-")
            read = await (await town.client.get(answer.headers["Location"], headers=town.bearer())).json()
            assert read == made
            listed = await (await town.client.get("/api/v1/sessions", headers=town.bearer(Role.MEMBER))).json()
            assert [s["id"] for s in listed["sessions"]] == [made["id"]]

    asyncio.run(main())


def test_the_same_idempotency_key_convenes_once_and_is_for_no_other_call(dsn):
    async def main():
        async with served(dsn) as town:
            key = {"Idempotency-Key": "tonight"}
            first = await (await convened(town, headers=key)).json()
            again = await convened(town, headers=key)
            assert (again.status, await again.json()) == (201, first)
            other = await convened(town, headers=key, starts_at="2026-03-27T20:00")
            assert (other.status, (await other.json())["type"]) == (422, "urn:plenari:problem:key_reused")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"starts_at": "2026-03-29T02:30"}, ""),
        ({"starts_at": "2026-10-25T02:30"}, ""),
        ({"language": "fr"}, "language"),
        ({"agenda": [{"title": " "}]}, "agenda/0/title"),
        ({"colour": "blue"}, "colour"),
        ({"policy": {"grace_s": -1}}, "policy/grace_s"),
    ],
)
def test_a_call_that_makes_no_sense_is_told_where(dsn, changes, place):
    async def main():
        async with served(dsn) as town:
            answer = await convened(town, **changes)
            problem = await answer.json()
            assert answer.status == 422
            assert answer.content_type == "application/problem+json"
            assert problem["type"] == "urn:plenari:problem:invalid"
            assert [mistake["at"] for mistake in problem["errors"]] == [place]

    asyncio.run(main())


def test_an_hour_with_its_offset_is_taken_as_it_is(dsn):
    async def main():
        async with served(dsn) as town:
            made = await (await convened(town, starts_at="2026-10-25T02:30+01:00")).json()
            assert made["starts_at"] == "2026-10-25T01:30:00Z"

    asyncio.run(main())


def test_a_body_with_two_presidents_or_a_person_twice_is_refused(dsn):
    async def main():
        async with served(dsn) as town:
            await convened(town)
            for members in ([MEMBERS[0], MEMBERS[0]], [MEMBERS[0], MEMBERS[0] | {"id": "other"}]):
                answer = await town.client.put(
                    f"/api/v1/entities/{HERE}/bodies/ple/members", json={"members": members}, headers=town.bearer()
                )
                assert answer.status == 422

    asyncio.run(main())


def test_a_command_is_carried_out_and_one_that_is_not_allowed_now_is_refused_in_words(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            path, president = f"/api/v1/sessions/{SESSION}/commands", town.bearer(Role.PRESIDENT)
            answer = await town.client.post(path, json={"name": "suspend_session"}, headers=president)
            problem = await answer.json()
            assert (answer.status, answer.content_type) == (409, "application/problem+json")
            assert (problem["type"], problem["reason"]) == ("urn:plenari:problem:refused", "not_open")
            assert problem["detail"] == "La sessió no està oberta."
            english = president | {"Accept-Language": "en-GB, fr;q=0.5"}
            answer = await town.client.post(path, json={"name": "suspend_session"}, headers=english)
            assert (await answer.json())["detail"] == "The session is not open."
            answer = await town.client.post(path, json={"name": "open_session"}, headers=president)
            assert answer.status == 200
            assert (await answer.json())["version"] == len(await town.store.ledger.load(SESSION))
            session = await (await town.client.get(f"/api/v1/sessions/{SESSION}", headers=president)).json()
            assert session["phase"] == "open"

    asyncio.run(main())


def test_the_same_key_is_one_command_and_another_persons_key_is_not_ones_own(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            path = f"/api/v1/sessions/{SESSION}/commands"
            body = {"name": "request_floor"}
            pau = town.bearer(Role.MEMBER, member=PAU) | {"Idempotency-Key": "1"}
            nuria = town.bearer(Role.MEMBER, member=NURIA) | {"Idempotency-Key": "1"}
            first = await town.client.post(path, json=body, headers=pau)
            again = await town.client.post(path, json=body, headers=pau)
            assert (first.status, again.status) == (200, 200)
            assert await first.json() == await again.json()
            assert (await town.client.post(path, json=body, headers=nuria)).status == 200
            assert (await town.client.post(path, json={"name": "take_floor"}, headers=pau)).status == 422
            assert town.sessions.current(SESSION).floor.queue == (PAU, NURIA)

    asyncio.run(main())


@pytest.mark.parametrize(
    "command",
    [
        {"name": "convene"},
        {"name": "call_item"},
        {"name": "call_item", "number": 0},
        {"name": "grant_floor", "member": "pau", "limit_s": -5},
        {"name": "cast_vote", "choice": "maybe"},
        {"name": "open_session", "asker": "admin"},
        [],
    ],
)
def test_a_command_that_is_none_is_invalid(dsn, command):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            answer = await town.client.post(
                f"/api/v1/sessions/{SESSION}/commands", json=command, headers=town.bearer(Role.PRESIDENT)
            )
            assert answer.status == 422

    asyncio.run(main())


def test_the_quorum_says_by_which_law(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, FIRST, PAU, NURIA, JOAN)
            answer = await town.client.get(f"/api/v1/sessions/{SESSION}/quorum", headers=town.bearer(Role.AUDITOR))
            quorum = await answer.json()
            assert {k: quorum[k] for k in ("met", "present", "needed", "base", "missing", "rule", "article")} == {
                "met": False,
                "present": 5,
                "needed": 5,
                "base": 13,
                "missing": ["secretary"],
                "rule": "PLE-1",
                "article": "LRBRL 46.2.c",
            }

    asyncio.run(main())


def test_events_come_in_pages_that_join_and_are_what_was_hashed(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            path, headers = f"/api/v1/sessions/{SESSION}/events", town.bearer()
            page = await (await town.client.get(path, headers=headers)).json()
            later = await (await town.client.get(f"{path}?after=2", headers=headers)).json()
            assert page["next"] is None
            assert page["events"][2:] == later["events"]
            lines = [line async for line in town.store.ledger.record_lines(SESSION)]
            assert verify(lines) == page["version"] == len(page["events"])
            for line, event in zip(lines, page["events"], strict=True):
                recorded = json.loads(line)
                assert {k: recorded[k] for k in ("seq", "name", "hash")} == {
                    k: event[k] for k in ("seq", "name", "hash")
                }
                # What is personal is hashed as a commitment; whoever may read the events reads what it stands for.
                assert "sha256:" not in json.dumps(event["body"])
                assert recorded["body"].keys() == event["body"].keys()
            assert (await town.client.get(f"{path}?after=minus", headers=headers)).status == 422

    asyncio.run(main())


def test_the_attendance_is_to_be_had_in_three_formats_by_query_and_by_accept(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            path, headers = f"/api/v1/sessions/{SESSION}/attendance", town.bearer(Role.SECRETARY)
            as_json = await (await town.client.get(path, headers=headers)).json()
            answer = await town.client.get(f"{path}?format=csv", headers=headers)
            assert answer.headers["Content-Disposition"] == 'attachment; filename="assistencia-vila-ple-20260326.csv"'
            rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig")), delimiter=";"))
            assert [r["member_id"] for r in rows] == [m["member_id"] for m in as_json["members"]]
            answer = await town.client.get(f"{path}?format=xlsx", headers=headers)
            assert len(openpyxl.load_workbook(io.BytesIO(await answer.read())).sheetnames) == 3
            answer = await town.client.get(path, headers=headers | {"Accept": "text/csv"})
            assert answer.content_type == "text/csv"
            assert (await town.client.get(f"{path}?format=docx", headers=headers)).status == 406

    asyncio.run(main())


def test_a_member_has_one_personal_link(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            path = f"/api/v1/sessions/{SESSION}/members/{MAYOR}/link"
            answer = await town.client.post(path, headers=town.bearer(Role.SECRETARY))
            way = await answer.json()
            assert answer.headers["Cache-Control"] == "no-store"
            assert way["link"].startswith("http://plenari.example/join#")
            assert (way["member"], way["opens_at"]) == (MAYOR, "2026-03-26T18:00:00Z")
            stranger = f"/api/v1/sessions/{SESSION}/members/nobody/link"
            assert (await town.client.post(stranger, headers=town.bearer())).status == 404

    asyncio.run(main())


def test_problems_are_told_in_one_form_whatever_goes_wrong(dsn):
    async def main():
        async with served(dsn) as town:
            admin = town.bearer()
            cases = [
                ("GET", "/api/v1/nowhere", {}, 404, "not_found"),
                ("DELETE", "/api/v1/entities", {}, 405, "method_not_allowed"),
                ("GET", "/api/v1/sessions/none", {}, 404, "not_found"),
                ("POST", "/api/v1/entities", {"data": "id=x"}, 415, "unsupported_media_type"),
                ("POST", "/api/v1/entities", {"json": {"id": "x", "name": "n" * 600_000}}, 413, "too_large"),
                ("POST", f"/api/v1/entities/{HERE}/bodies", {"json": BODY}, 404, "not_found"),
            ]
            for method, path, sent, status, kind in cases:
                answer = await town.client.request(method, path, headers=admin, **sent)
                problem = await answer.json()
                assert (answer.status, problem["type"]) == (status, f"urn:plenari:problem:{kind}"), path
                assert answer.content_type == "application/problem+json"
                assert problem["detail"]

    asyncio.run(main())


def test_a_command_to_a_session_that_nobody_conducts_waits_and_then_says_so(dsn):
    async def main():
        async with served(dsn) as town:
            session_id = (await (await convened(town)).json())["id"]
            town.house.inbox = Unanswered(town.house.inbox)
            answer = await town.client.post(
                f"/api/v1/sessions/{session_id}/commands", json={"name": "open_session"}, headers=town.bearer()
            )
            assert (answer.status, (await answer.json())["type"]) == (503, "urn:plenari:problem:unavailable")

    asyncio.run(main())


class Unanswered:
    """The real inbox, with no patience."""

    def __init__(self, inbox):
        self._inbox = inbox

    async def ask(self, *arguments):
        return await self._inbox.ask(*arguments)

    async def answer(self, asked):
        return await self._inbox.answer(asked, timedelta(milliseconds=50))


def test_no_token_is_ever_logged(dsn):
    async def main():
        async with served(dsn) as town:
            with capture_logs() as logs:
                await town.convened()
                token = town.token(Role.ADMIN)
                headers = {"Authorization": f"Bearer {token}"}
                link = f"/api/v1/sessions/{SESSION}/members/{MAYOR}/link"
                way = await (await town.client.post(link, headers=headers)).json()
                await town.client.get(f"/api/v1/sessions?access_token={token}")
                await town.client.post("/enter", data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})
                await town.client.get("/", headers={"Authorization": f"Bearer {token[:-3]}xyz"})
            served_lines = [line for line in logs if line["event"] == "request_served"]
            assert len(served_lines) >= 4
            assert token[:40] not in repr(logs)
            assert way["link"][-40:] not in repr(logs)

    asyncio.run(main())


def test_the_service_says_how_it_is_without_a_token(dsn):
    async def main():
        async with served(dsn) as town:
            assert await (await town.client.get("/healthz")).text() == "ok\n"
            assert await (await town.client.get("/version")).json() == {"name": "plenari", "version": "0.0.0"}
            assert (await town.client.get("/readyz")).status == 200

            async def checks():
                parts = {"database": True, "xmpp": False}
                return Readiness(parts=parts, clock_ahead=timedelta(seconds=-0.25), clock_of="time_server")

            town.house.checks = checks
            answer = await town.client.get("/readyz")
            ready = await answer.json()
            assert (answer.status, ready["is_ready"], ready["parts"]) == (503, False, (await checks()).parts)
            assert (ready["clock_ahead_ms"], ready["clock_of"]) == (-250, "time_server")

    asyncio.run(main())
