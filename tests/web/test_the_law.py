"""The law over HTTP: entities and bodies by population, lists of members as CSV, own rules, and the second call."""

import asyncio

from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId
from orchestrator.store.records import Records
from tests.scenarios.play import MAYOR, PAU, SECRETARY
from tests.stage import connected, entered
from tests.web.test_api import CALL, MEMBERS, convened
from tests.web.town import HERE, served

ENTITY = "/api/v1/entities/vila"
PLENARY = {"id": "ple", "name": "P", "kind": "plenary"}
OWN = {
    "id": "ROM-PLE",
    "body_kinds": ["plenary"],
    "numerator": 1,
    "denominator": 1,
    "floor": 3,
    "norm": "ROM",
    "article": "12",
}


async def founded(town, **entity):
    """An entity, and the headers of its administrator."""
    admin = town.bearer(Role.ADMIN)
    sent = {"id": HERE, "name": "La Vila", **entity}
    assert (await town.client.post("/api/v1/entities", json=sent, headers=admin)).status == 201
    return admin


LEGAL_NUMBERS = (
    ({"population": 7_500}, {"kind": "plenary"}, 13),  # LOREG 179
    ({"population": 7_500}, {"kind": "plenary", "legal_number": 12}, 12),
    ({"population": 7_500}, {"kind": "plenary", "population": 900}, 7),
    ({"population": 7_500}, {"kind": "government_board"}, 5),  # LRBRL 23.1
    ({"population": 7_500}, {"kind": "government_board", "members": MEMBERS}, 2),
    ({"population": 800_000, "kind": "province"}, {"kind": "plenary"}, 27),  # LOREG 204
    ({}, {"kind": "information_committee", "members": MEMBERS}, 2),
)


def test_the_legal_number_follows_from_the_population_unless_it_is_given(dsn):
    async def main():
        async with served(dsn) as town:
            for entity, body, number in LEGAL_NUMBERS:
                admin = await founded(town, **entity)
                sent = {"id": "b", "name": "B", **body}
                answer = await town.client.post(f"{ENTITY}/bodies", json=sent, headers=admin)
                assert (answer.status, (await answer.json())["legal_number"]) == (201, number)
                stored = await Records(town.store.pool).body(EntityId(HERE), "b")
                assert stored is not None
                assert stored.legal_number == number

    asyncio.run(main())


def test_a_number_that_follows_from_nothing_is_asked_for(dsn):
    async def main():
        async with served(dsn) as town:
            admin = await founded(town)
            sent = {"id": "b", "name": "B", "kind": "plenary"}
            answer = await town.client.post(f"{ENTITY}/bodies", json=sent, headers=admin)
            assert answer.status == 422
            assert [e["at"] for e in (await answer.json())["errors"]] == ["legal_number"]

    asyncio.run(main())


def test_members_come_and_go_as_csv_in_the_readers_language(dsn):
    async def main():
        async with served(dsn) as town:
            admin = await founded(town, population=900)
            await town.client.post(
                f"{ENTITY}/bodies", json={"id": "ple", "name": "P", "kind": "plenary"}, headers=admin
            )
            csv_headers = admin | {"Content-Type": "text/csv"}
            template = await town.client.get(f"{ENTITY}/bodies/ple/members.csv?lang=es", headers=admin)
            assert template.content_type == "text/csv"
            assert '"Nombre";"Cargo"' in await template.text()
            sent = "Nom;Càrrec\nNúria Puig;alcaldessa\nRosa Bosch;secretària\n".encode("cp1252")
            answer = await town.client.put(f"{ENTITY}/bodies/ple/members", data=sent, headers=csv_headers)
            assert answer.status == 200
            assert [m["id"] for m in (await answer.json())["members"]] == ["nuria-puig", "rosa-bosch"]

            wrong = b"Nom;Carrec\nPere;rei\nAnna;regidora\n"
            answer = await town.client.put(
                f"{ENTITY}/bodies/ple/members", data=wrong, headers=csv_headers | {"Accept-Language": "es"}
            )
            assert answer.status == 422
            (mistake,) = (await answer.json())["errors"]
            assert (mistake["line"], mistake["column"], mistake["kind"]) == ("2", "Carrec", "not_an_office")
            assert "Escriba presidencia" in mistake["remedy"]
            back = await town.client.get(f"{ENTITY}/bodies/ple/members.csv?lang=ca", headers=admin)
            assert "Núria Puig" in await back.text()
            assert "Pere" not in await back.text()

    asyncio.run(main())


def test_a_list_that_contradicts_itself_is_refused_as_json_too(dsn):
    async def main():
        async with served(dsn) as town:
            admin = await founded(town, population=900)
            await town.client.post(
                f"{ENTITY}/bodies", json={"id": "ple", "name": "P", "kind": "plenary"}, headers=admin
            )
            members = [*MEMBERS, {"id": "x", "name": "X", "stands_for": "nobody-here"}]
            answer = await town.client.put(f"{ENTITY}/bodies/ple/members", json={"members": members}, headers=admin)
            assert answer.status == 422
            assert "x, stands_for: nobody" in (await answer.json())["errors"][0]["message"]

    asyncio.run(main())


def test_an_entity_reads_the_law_with_its_sources(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town, kind="county")
            answer = await (await town.client.get(f"{ENTITY}/rules", headers=town.bearer(Role.MEMBER))).json()
            law = {rule["id"]: rule for rule in answer["law"]}
            assert (answer["version"], answer["own"]) == (0, [])
            assert "CC" in law
            assert "PLE-1" not in law
            assert law["JGL-ROF-1"]["next_call"] == {
                "days": 0,
                "wait": "PT1H",
                "rule": "JGL-ROF-2",
                "citation": "ROF 113.1.c",
            }
            assert [d["id"] for d in answer["deferrals"]] == ["CALC", "DIST"]
            assert all(rule["url"].startswith("https://") for rule in answer["law"])

    asyncio.run(main())


def test_an_own_rule_is_entered_versioned_and_frozen_in_the_calls_made_under_it(dsn):
    async def main():
        async with served(dsn) as town:
            before = await (await convened(town)).json()
            admin = town.bearer(Role.ADMIN)
            sent = {"rules": [OWN], "switches": {"figures": "state"}}
            answer = await town.client.put(f"{ENTITY}/rules", json=sent, headers=town.bearer(Role.SECRETARY))
            entered_ = await answer.json()
            assert (answer.status, entered_["version"], entered_["own"][0]["version"]) == (200, 1, 1)
            during = await (await town.client.post("/api/v1/sessions", json=CALL, headers=admin)).json()
            seen = admin | {"If-Match": answer.headers["ETag"]}
            await town.client.put(f"{ENTITY}/rules", json={"rules": [OWN | {"note": "new text"}]}, headers=seen)
            after = await (await town.client.post("/api/v1/sessions", json=CALL, headers=admin)).json()
            for headers, status in ((admin, 428), (seen, 412), (admin | {"If-Match": "*"}, 200)):
                answer = await town.client.put(f"{ENTITY}/rules", json={}, headers=headers)
                assert answer.status == status
            rules = [
                (s["rule"]["id"], s["rule"]["version"])
                for made in (before, during, after)
                for s in [await (await town.client.get(f"/api/v1/sessions/{made['id']}", headers=admin)).json()]
            ]
            assert rules == [("PLE-1", 1), ("ROM-PLE", 1), ("ROM-PLE", 2)]
            assert (await Records(town.store.pool).regulation(HERE)).version == 3

    asyncio.run(main())


def test_the_law_has_its_say_about_an_own_rule_in_words(dsn):
    async def main():
        async with served(dsn) as town:
            admin = await founded(town)
            for change, kind, text in (
                ({"denominator": 4}, "asks_less", "LRBRL 46.2.c"),
                ({"source": "statutes"}, "not_replaceable", "LRBRL 46.2.c"),
                ({"id": "PLE-1"}, "taken", "identificador"),
            ):
                answer = await town.client.put(f"{ENTITY}/rules", json={"rules": [OWN | change]}, headers=admin)
                assert answer.status == 422
                mistake = (await answer.json())["errors"][0]
                assert (mistake["at"], mistake["kind"]) == ("rules/0", kind)
                assert text in mistake["message"]
            assert (await Records(town.store.pool).regulation(HERE)).version == 0

    asyncio.run(main())


def test_nobody_has_rules_where_there_is_no_entity(dsn):
    async def main():
        async with served(dsn) as town:
            admin = town.bearer(Role.ADMIN)
            assert (await town.client.get(f"{ENTITY}/rules", headers=admin)).status == 404
            assert (await town.client.put(f"{ENTITY}/rules", json={}, headers=admin)).status == 404

    asyncio.run(main())


def test_a_body_without_figures_in_the_law_is_convened_once_its_own_are_entered(dsn):
    async def main():
        async with served(dsn) as town:
            admin = await founded(town)
            body = {"id": "ple", "name": "Districte", "kind": "district_board", "members": MEMBERS}
            await town.client.post(f"{ENTITY}/bodies", json=body, headers=admin)
            refused = await town.client.post("/api/v1/sessions", json=CALL, headers=admin)
            problem = await refused.json()
            assert (refused.status, problem["reason"]) == (409, "needs_own_rule")
            assert problem["about"] == {"law": "ROF 139"}
            own = OWN | {"body_kinds": ["district_board"], "bodies": ["ple"], "floor": 0, "denominator": 3}
            await town.client.put(f"{ENTITY}/rules", json={"rules": [own]}, headers=admin)
            made = await (await town.client.post("/api/v1/sessions", json=CALL, headers=admin)).json()
            assert made["rule"]["article"] == "12"

    asyncio.run(main())


def test_a_session_that_is_not_held_has_its_diligence_and_meets_again_once(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            session_id = await town.gathered(MAYOR, SECRETARY, PAU)
            at = f"/api/v1/sessions/{session_id}"
            secretary = town.bearer(Role.SECRETARY)
            early = await town.client.post(f"{at}/second-call", headers=secretary)
            assert (early.status, (await early.json())["reason"]) == (409, "no_second_call")
            declare = {"name": "declare_not_held", "excused": ["joan"]}
            refused = await town.client.post(f"{at}/commands", json=declare, headers=secretary)
            assert (await refused.json())["reason"] == "still_waiting"

            town.clock.jump(31 * 60)
            await town.see(entered(town.clock(), MAYOR, SECRETARY))
            done = await town.client.post(f"{at}/commands", json=declare, headers=secretary)
            assert done.status == 200
            read = await (await town.client.get(at, headers=secretary)).json()
            assert (read["not_held"], read["second_call_at"]) == (True, "2026-03-28T19:00:00Z")

            draft = await town.client.get(f"{at}/diligence?lang=ca", headers=secretary)
            text = await draft.text()
            assert draft.content_type == "text/plain"
            assert "Joan Mas" in text
            assert "dissabte, 28 de març del 2026 a les 20:00" in text

            again = await town.client.post(f"{at}/second-call", headers=secretary)
            made = await again.json()
            assert (again.status, made["call"], made["follows"]) == (201, 2, session_id)
            assert (made["starts_at"], made["rule"]["id"]) == ("2026-03-28T19:00:00Z", "PLE-2")
            assert made["is_at_weekend"]
            assert made["room"] != read["room"]
            twice = await (await town.client.post(f"{at}/second-call", headers=secretary)).json()
            assert twice["id"] == made["id"]

    asyncio.run(main())


def test_the_page_offers_to_declare_it_and_then_the_second_call(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            session_id = await town.gathered(MAYOR, SECRETARY)
            at, site = f"/sessions/{session_id}", {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
            secretary, member = town.bearer(Role.SECRETARY) | site, town.bearer(Role.MEMBER, member=PAU) | site
            assert "declare_not_held" not in await (await town.client.get(at, headers=secretary)).text()
            town.clock.jump(31 * 60)
            await town.see(connected(town.clock(), PAU))
            assert "declare_not_held" in await (await town.client.get(at, headers=secretary)).text()
            assert "declare_not_held" not in await (await town.client.get(at, headers=member)).text()
            declared = {"name": "declare_not_held"}
            await town.client.post(f"{at}/commands", data=declared, headers=secretary, allow_redirects=False)
            page = await (await town.client.get(f"{at}?lang=en", headers=secretary)).text()
            assert "The session was not held" in page
            assert f"{at}/second-call" in page
            assert f"{at}/second-call" not in await (await town.client.get(at, headers=member)).text()
            moved = await town.client.post(f"{at}/second-call", headers=secretary, allow_redirects=False)
            assert moved.status == 303
            second = await (await town.client.get(moved.headers["Location"], headers=secretary)).text()
            assert "second call" in second.lower()

    asyncio.run(main())


def test_a_session_that_was_held_has_no_diligence(dsn):
    async def main():
        async with served(dsn) as town:
            session_id = await town.gathered(MAYOR, PAU, SECRETARY, "first_deputy", "nuria", "joan")
            at, secretary = f"/api/v1/sessions/{session_id}", town.bearer(Role.SECRETARY)
            await town.client.post(f"{at}/commands", json={"name": "open_session"}, headers=secretary)
            answer = await town.client.get(f"{at}/diligence", headers=secretary)
            assert (answer.status, (await answer.json())["reason"]) == (409, "already_open")

    asyncio.run(main())
