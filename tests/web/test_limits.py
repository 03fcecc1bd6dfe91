"""How often one may ask: a person, an address, and whoever comes through a proxy."""

import asyncio
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from orchestrator.council.commands import Role
from orchestrator.web.limits import Buckets, Limits, seconds_to_wait
from tests.web.town import served


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_and_nobody_drinks_from_anothers():
    watch = Watch()
    buckets = Buckets(60, watch)
    assert [buckets.take("a") for _ in range(15)] == [0.0] * 15
    assert buckets.take("a") == 1.0
    assert buckets.take("b") == 0.0
    watch.now = 0.25
    assert buckets.take("a") == 0.75
    watch.now = 1.0
    assert (buckets.take("a"), buckets.take("a") > 0) == (0.0, True)
    watch.now = 1e6
    assert [buckets.take("a") for _ in range(16)].count(0.0) == 15


def test_one_a_minute_is_one_and_no_limit_is_none():
    watch = Watch()
    assert [Buckets(1, watch).take("a") for _ in range(2)] == [0.0, 0.0]
    buckets = Buckets(1, watch)
    assert (buckets.take("a"), buckets.take("a")) == (0.0, 60.0)
    free = Buckets(0, watch)
    assert {free.take("a") for _ in range(9999)} == {0.0}
    assert [seconds_to_wait(wait) for wait in (0.01, 1.0, 1.01)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("127.0.0.1", (), None),
        ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.2", ("6.6.6.6, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.2", ("6.6.6.6, 198.51.100.1, 10.0.0.3",), "198.51.100.1"),
        ("10.0.0.2", ("6.6.6.6", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.2", ("nonsense",), "10.0.0.2"),
        ("::ffff:203.0.113.9", (), "203.0.113.9"),
        ("::1", ("2001:db8::1",), "2001:db8::1"),
        ("", (), None),
    ],
)
def test_only_our_own_proxies_say_where_a_request_comes_from(peer, forwarded, address):
    proxies = tuple(map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8")))
    headers = [("X-Forwarded-For", value) for value in forwarded]
    request = make_mocked_request("GET", "/", headers=headers)
    assert Limits(proxies=proxies).address_of(request.clone(remote=peer)) == address


def test_who_asks_too_often_is_told_when_to_come_back(dsn):
    async def main():
        async with served(dsn) as town:
            watch = Watch()
            town.house.limits = Limits(
                people=Buckets(8, watch), addresses=Buckets(20, watch), proxies=(ip_network("127.0.0.0/8"),)
            )
            member, secretary = town.bearer(Role.MEMBER), town.bearer(Role.SECRETARY)
            for status in (200, 200, 429):
                answer = await town.client.get("/api/v1/entities", headers=member)
                assert answer.status == status
            assert answer.headers["Retry-After"] == "8"
            assert (await answer.json())["type"] == "urn:plenari:problem:too_many_requests"
            page = await town.client.get("/", headers=member | {"Accept": "text/html"})
            assert (page.status, page.content_type, page.headers["Retry-After"]) == (429, "text/html", "8")
            assert (await town.client.get("/api/v1/entities", headers=secretary)).status == 200
            far = {"X-Forwarded-For": "198.51.100.1"}
            statuses = [(await town.client.get("/version", headers=far)).status for _ in range(6)]
            assert statuses == [200] * 5 + [429]
            assert (await town.client.get("/version", headers={"X-Forwarded-For": "198.51.100.2"})).status == 200

    asyncio.run(main())


def test_what_is_no_text_is_not_found_or_not_valid(dsn):
    async def main():
        async with served(dsn) as town:
            admin = town.bearer()
            for path, status in (
                ("/api/v1/entities/%00", 404),
                ("/api/v1/sessions/a%00b/quorum", 404),
                ("/api/v1/sessions?entity=%00", 422),
            ):
                assert (await town.client.get(path, headers=admin)).status == status
            sent = {"id": "vila", "name": "La\0Vila"}
            assert (await town.client.post("/api/v1/entities", json=sent, headers=admin)).status == 422

    asyncio.run(main())
