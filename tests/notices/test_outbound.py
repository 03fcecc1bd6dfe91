"""Nobody has us call our own house: not by an address, not by a name, not by a name that changes its mind."""

import asyncio

import pytest

from orchestrator.notices import outbound as subject
from orchestrator.notices.outbound import ForbiddenAddress, PublicResolver, is_forbidden_host, is_public, outbound


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - not bound to
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "2001:0:7f00:1::",
        "nonsense",
    ],
)
def test_what_is_not_of_the_public_internet(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "is_forbidden"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("db.internal", True),
        ("printer.local", True),
        ("example.cat", False),
        ("8.8.8.8", False),
        ("hall", False),
    ],
)
def test_hosts_that_say_so_themselves(host, is_forbidden):
    assert is_forbidden_host(host, ()) is is_forbidden
    assert not is_forbidden_host(host, (host,))


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f000001"])
def test_a_name_that_leads_home_is_found_out_when_it_is_resolved(name):
    async def main():
        with pytest.raises((ForbiddenAddress, OSError)):
            await PublicResolver(()).resolve(name, 80)
        found = await PublicResolver(("localhost",)).resolve("localhost", 80)
        assert found

    asyncio.run(main())


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    """A name that is public when it is looked at and ours a moment later is resolved once."""
    asked = []

    class Turncoat:
        async def resolve(self, host, port=0, family=0):
            asked.append(host)
            address = "192.0.2.1" if len(asked) > 1 else "127.0.0.1"
            return [{"hostname": host, "host": address, "port": port, "family": 2, "proto": 0, "flags": 0}]

        async def close(self):
            pass

    monkeypatch.setattr(subject, "ThreadedResolver", Turncoat)
    monkeypatch.setattr(subject, "is_public", lambda address: address == "127.0.0.1")

    async def main():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with outbound() as client:
            with pytest.raises(Exception, match="disconnected"):
                await client.post(f"http://turncoat.example:{port}/", allow_redirects=False)
        assert asked == ["turncoat.example"]
        server.close()
        await server.wait_closed()

    asyncio.run(main())
