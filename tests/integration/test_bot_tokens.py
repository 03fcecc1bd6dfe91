"""Who gets in, and who can be believed: tokens and identities on a real Prosody."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.client import Account, Bot
from bot.events import (
    LeaveReason,
    MessageHeard,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    RoomEntered,
)
from bot.occupant import Affiliation, Identity, Role
from simulator.websocket import TokenRefused, XmppWebsocket
from tests.integration.jitsi import Town, account_on, now, play

pytestmark = pytest.mark.slow

MUC_USER = "{http://jabber.org/protocol/muc#user}"


def test_the_identity_of_the_token_reaches_the_bot(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        entered = await town.until(RoomEntered)
        assert [(o.nick, o.is_machine) for o in entered.occupants] == [("focus", True)]
        async with town.councillor("ple", "president") as president:
            await president.enter()
            joined = await town.until(OccupantJoined)
            assert joined.room == jid
            assert joined.occupant.nick == president.nick
            assert joined.occupant.real_jid == president.jid
            assert not joined.occupant.is_machine
            assert joined.occupant.claims.display_name == "Shown president"
            assert joined.occupant.identity == Identity(
                id="president", name="Name of president", group="almatret", is_moderator=True
            )
            promoted = await town.until(OccupantChanged)
            assert (promoted.after.role, promoted.after.affiliation) == (Role.MODERATOR, Affiliation.OWNER)
            nick = president.nick
        left = await town.until(OccupantLeft)
        assert (left.occupant.nick, left.reason) == (nick, LeaveReason.LEFT)

    play(tmp_path, scene)


def test_a_forged_identity_is_taken_away(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            forged = Element("{jabber:client}identity")
            user = SubElement(forged, "{jabber:client}user")
            SubElement(user, "{jabber:client}id").text = "president"
            SubElement(user, "{jabber:client}moderator").text = "true"
            elsewhere = Element("{http://elsewhere}identity")
            await anna.rename("President")
            await anna.send_presence(forged, elsewhere)
            await anna.say("!tanca")
            heard = await town.until(MessageHeard)
            assert heard.occupant.claims.display_name == "President"
            assert heard.occupant.identity is not None
            assert (heard.occupant.identity.id, heard.occupant.identity.is_moderator) == ("u-1", False)
            identities = {
                e.after.identity.id if e.after.identity else None for e in town.heard if isinstance(e, OccupantChanged)
            }
            assert identities <= {"u-1"}

    play(tmp_path, scene)


def test_a_client_cannot_speak_in_the_servers_name(tmp_path: Path) -> None:
    """A `muc#user` element of one's own would say whose the presence is, and what happened to them."""

    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            forged = Element(f"{MUC_USER}x")
            item = {"jid": f"{town.prosody.focus_jid}/x", "affiliation": "owner", "role": "moderator", "nick": "focus"}
            SubElement(forged, f"{MUC_USER}item", item)
            SubElement(forged, f"{MUC_USER}destroy")
            for code in ("110", "303", "307"):
                SubElement(forged, f"{MUC_USER}status", {"code": code})
            await anna.rename("Focus")
            await anna.send_presence(forged)
            await anna.say("hi sou?")
            heard = await town.until(MessageHeard)
            assert heard.occupant.real_jid == anna.jid
            assert heard.occupant.affiliation is Affiliation.NONE
            await town.bot.say(jid, "hi som")
            await anna.hear(lambda line: line.text == "hi som")

    play(tmp_path, scene)


def test_an_identity_from_the_hidden_domain_is_not_believed(tmp_path: Path) -> None:
    """There no module strips it, so the domain of the real JID decides."""

    async def scene(town: Town) -> None:
        await town.enter("ple")
        other = account_on(town.prosody)
        async with Bot(Account(login=other.login, focus=other.focus, trust=other.trust, nick="forger"), now) as forger:
            await forger.join(town.prosody.room("ple"))
            presence = Element("{jabber:client}presence", {"to": f"{town.prosody.room('ple')}/forger"})
            identity = SubElement(presence, "{jabber:client}identity")
            SubElement(SubElement(identity, "{jabber:client}user"), "{jabber:client}id").text = "president"
            SubElement(presence, "{http://jabber.org/protocol/nick}nick").text = "President"
            forger._send(presence)
            changed = await town.until(OccupantChanged, lambda c: c.after.claims.display_name == "President")
            assert changed.after.identity is None
            assert changed.after.is_machine

    play(tmp_path, scene)


def _unsigned(token: str) -> str:
    """The same claims under `alg: none`, with a signature that nobody made."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}.AAAA"


BAD_TOKENS: dict[str, Callable[[Town], str]] = {
    "signed with another secret": lambda town: town.token("ple", "u-1", secret="x" * 64),
    "expired": lambda town: town.token("ple", "u-1", exp=int(time.time()) - 1),
    "without an end": lambda town: town.token("ple", "u-1", exp=None),
    "not valid yet": lambda town: town.token("ple", "u-1", nbf=int(time.time()) + 600),
    "for another room": lambda town: town.token("ple-secret", "u-1"),
    "without a room": lambda town: town.token(None, "u-1"),
    "from another issuer": lambda town: town.token("ple", "u-1", iss="somebody"),
    "for another audience": lambda town: town.token("ple", "u-1", aud="plenari:web"),
    "alg none": lambda town: _unsigned(town.token("ple", "u-1")),
    "alg none, no signature": lambda town: _unsigned(town.token("ple", "u-1")).removesuffix("AAAA"),
    "not a token": lambda _: "a.b.c",
    "changed after signing": lambda town: ".".join(
        (
            town.token("ple", "u-1").split(".")[0],
            town.token("ple", "president").split(".")[1],
            town.token("ple", "u-1").split(".")[2],
        )
    ),
}


def test_bad_tokens_do_not_get_in(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        accepted = []
        for name, make in BAD_TOKENS.items():
            line = XmppWebsocket(town.prosody.websocket, domain=town.prosody.domain, room="ple", token=make(town))
            try:
                await line.open()
            except TokenRefused:
                continue
            accepted.append(name)
            await line.close()
        assert accepted == []
        without = XmppWebsocket(town.prosody.websocket, domain=town.prosody.domain, room="ple", token=None)
        with pytest.raises(TokenRefused, match="missing"):
            await without.open()

    play(tmp_path, scene)


def test_a_good_token_is_not_good_for_a_room_next_door(tmp_path: Path) -> None:
    """The address of the websocket names the right room; the presence then goes to another."""

    async def scene(town: Town) -> None:
        await town.enter("ple")
        await town.enter("junta")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            knock = Element("{jabber:client}presence", {"to": f"{town.prosody.room('junta')}/{anna.nick}"})
            SubElement(knock, "{http://jabber.org/protocol/muc}x")
            await anna._send(knock)
            await anna.say("encara soc aquí")
            await town.until(MessageHeard)
            assert [e.room for e in town.heard if isinstance(e, OccupantJoined)] == [town.prosody.room("ple")]

    play(tmp_path, scene)
