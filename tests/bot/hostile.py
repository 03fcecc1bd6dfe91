"""Stanzas that nobody should send: built from the words that we listen to, put together wrongly, by a seeded grammar.

What a client may do on Jitsi is modelled: it writes the children of its presences and messages as it likes; the
address, the `<x>` of the room and the `<identity>` of the token are the server's, which takes away what the client
wrote there itself (Prosody's MUC, mod_presence_identity).
"""

import json
import random
from typing import TypeVar
from xml.etree.ElementTree import Element, SubElement

_Choice = TypeVar("_Choice")

ROOM = "ple@muc.test"
EVIL = "e411e411"
PEOPLE = ("1a2b3c4d", "5e6f7a8b", EVIL)

_MUC = "http://jabber.org/protocol/muc"
_NAMESPACES = (
    "jabber:client",
    "jabber:client",
    "jabber:client",
    f"{_MUC}#user",
    _MUC,
    f"{_MUC}#admin",
    "http://jabber.org/protocol/nick",
    "http://jitsi.org/jitmeet",
    "http://jitsi.org/protocol/focus",
    "http://jitsi.org/protocol/jibri",
    "http://jitsi.org/protocol/display-name",
    "urn:xmpp:delay",
    "urn:xmpp:jingle:1",
    "urn:xmpp:ping",
    "urn:ietf:params:xml:ns:xmpp-stanzas",
    "http://example.org/JABBER:client",
    "",
)
_NAMES = (
    *("x", "item", "status", "destroy", "actor", "reason", "identity", "user", "id", "name", "group", "email"),
    *("moderator", "nick", "SourceInfo", "audiomuted", "videomuted", "jitsi_participant_raisedHand", "features"),
    *("feature", "bot", "error", "text", "not-authorized", "body", "delay", "json-message", "display-name", "jingle"),
    *("conference", "jibri-recording-status", "c", "stat", "presence", "message", "iq", "subject", "reply", "z" * 300),
)
_HEARD = (
    *("{jabber:client}SourceInfo", "{jabber:client}audiomuted", "{jabber:client}videomuted", "{jabber:client}body"),
    *("{jabber:client}jitsi_participant_raisedHand", "{http://jabber.org/protocol/nick}nick", "{urn:xmpp:delay}delay"),
    *("{jabber:client}identity", "{jabber:client}user", f"{{{_MUC}#user}}item", f"{{{_MUC}#user}}status"),
    *(f"{{{_MUC}#user}}destroy", "{jabber:client}error", "{http://jitsi.org/jitmeet}json-message"),
)
_ATTRIBUTES = (
    *("from", "to", "type", "id", "code", "jid", "nick", "role", "affiliation", "room", "name", "value", "status"),
    *("action", "xmlns", "stamp", "by", "ready", "focusjid", "{http://www.w3.org/XML/1998/namespace}lang"),
)
_TEXTS = (
    *(
        "",
        " ",
        "true",
        "false",
        "TRUE",
        "0",
        "1",
        "-1",
        "00",
        "1767225600123",
        "٣",
        "²",
        "110",
        "303",
        "307",
        "332",
        "1e9",
    ),
    *("error", "unavailable", "groupchat", "chat", "set", "get", "result", "owner", "moderator", "none", "participant"),
    *("anna", "president", "secretary", EVIL, *PEOPLE, f"{ROOM}/{PEOPLE[0]}", f"{ROOM}/focus", f"{ROOM}/plenari", ROOM),
    *("focus@auth.meet.test/x", "/", "@", "@/", "//", "a@b@c/d/e", "PLE@MUC.TEST", "\u202eanul\u202c", "A\u0301" * 400),
    *(
        "\u200b\u2066\ufeff",
        "\U000e0041",
        "\U0001f468\u200d\U0001f469",
        "a\nb\r\tc",
        "'; DROP TABLE event;--",
        "{0}{name}",
    ),
    *("!obre", "!vota sí", "!paraula anna 3", "! ", "!" * 500, "<x/>", "&amp;", "]]>", "\u2028", "x" * 20_000),
)


class Hostile:
    """An endless supply, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def from_inside(self) -> Element:
        """A presence or message of the occupant EVIL, as the server passes it on."""
        if self._random.random() < 0.3:
            kind = self._one(("groupchat", "groupchat", "chat", "chat", "normal", None))
            message = _stanza("message", f"{ROOM}/{EVIL}", kind)
            self._fill(message, depth=0)
            return message
        presence = _stanza("presence", f"{ROOM}/{EVIL}", None)
        self._fill(presence, depth=0)
        for child in list(presence):
            is_servers = child.tag.rpartition("}")[2] == "identity" or child.tag in (
                f"{{{_MUC}}}x",
                f"{{{_MUC}#user}}x",
            )
            if is_servers:
                presence.remove(child)
        presence.extend((stamp(EVIL), seat(EVIL)))
        return presence

    def from_outside(self) -> Element:
        """A stanza from anywhere but our room: other rooms, its bare address, clients and components."""
        others = (
            "",
            "muc.test",
            "evil@meet.test/x",
            f"other@muc.test/{PEOPLE[0]}",
            f"ple@evil.test/{PEOPLE[0]}",
            "/",
            ROOM,
        )
        stanza = _stanza(self._one(("presence", "message", "iq", "x")), self._one(others), self._maybe_text())
        self._fill(stanza, depth=0)
        return stanza

    def whatever(self) -> Element:
        """A stanza that not even a server would send."""
        stanza = (
            Element(self._tag())
            if self._random.random() < 0.2
            else _stanza(
                self._one(("presence", "message", "iq")), f"{ROOM}/{self._one((*PEOPLE, 'plenari', 'focus', ''))}", None
            )
        )
        self._dress(stanza)
        self._fill(stanza, depth=0)
        if self._random.random() < 0.5:
            codes = ("110", "303", "307", "333", "١١٠", "", "9" * 5_000)
            stanza.append(seat(self._one(PEOPLE), *(self._one(codes) for _ in range(self._random.randrange(3)))))
            stanza.set("type", self._one(("unavailable", "unavailable", "error", "groupchat", "chat", "subscribe")))
            if self._random.random() < 0.5:
                del stanza.attrib["type"]
        return stanza

    def _fill(self, element: Element, depth: int) -> None:
        for _ in range(self._random.choice((0, 1, 1, 2, 3, 5) if depth else (1, 2, 3, 5, 8))):
            element.append(self._child(depth + 1))
        if self._random.random() < 0.0005:
            _bury(element, self._tag(), 3_000)

    def _child(self, depth: int) -> Element:
        child = Element(self._tag())
        if child.tag == "{jabber:client}SourceInfo" or self._random.random() < 0.05:
            child.text = self._json()
            return child
        self._dress(child)
        child.text = self._maybe_text()
        if depth < 4 and self._random.random() < 0.4:
            self._fill(child, depth)
        return child

    def _dress(self, element: Element) -> None:
        for _ in range(self._random.choice((0, 0, 1, 2, 4))):
            element.set(self._one(_ATTRIBUTES), self._text())

    def _tag(self) -> str:
        if self._random.random() < 0.5:
            return self._one(_HEARD)
        return f"{{{self._one(_NAMESPACES)}}}{self._one(_NAMES)}"

    def _json(self) -> str:
        match self._random.randrange(8):
            case 0:
                return "[" * self._random.choice((10, 900, 8_000))
            case 1:
                return '{"a":' * 2_000
            case 2:
                return "9" * self._random.choice((4_000, 16_000, 60_000))
            case 3:
                return json.dumps([self._text(), None, {}])
            case 4:
                return "{" + ",".join(f'"{EVIL}-a{n}":{{"muted":false}}' for n in range(400)) + "}"
            case 5:
                return f'{{"{self._one(PEOPLE)}-a0":{{"muted":{self._one(("false", "0", "NaN", "1e999", "[]"))}}}}}'
            case 6:
                return f'{{"{EVIL}-a0":{{"muted":false}},"{EVIL}-a0":[],"{EVIL}-a\\ud800":{{"muted":false}}}}'
            case _:
                return self._text()

    def _maybe_text(self) -> str | None:
        return None if self._random.random() < 0.3 else self._text()

    def _text(self) -> str:
        text = self._one(_TEXTS)
        return text if self._random.random() < 0.9 else text + self._one(_TEXTS)

    def _one(self, choices: tuple[_Choice, ...]) -> _Choice:
        return choices[int(self._random.random() * len(choices))]


def arrival(nick: str, *statuses: str) -> Element:
    """The presence with which somebody with a token enters; status 110 makes it our own."""
    presence = _stanza("presence", f"{ROOM}/{nick}", None)
    presence.extend((stamp(nick), seat(nick, *statuses)))
    return presence


def stamp(nick: str) -> Element:
    """The identity that the server writes from the token."""
    identity = Element("{jabber:client}identity")
    user = SubElement(identity, "{jabber:client}user")
    SubElement(user, "{jabber:client}id").text = f"id of {nick}"
    return identity


def seat(nick: str, *statuses: str) -> Element:
    """What the room itself says of an occupant."""
    x = Element(f"{{{_MUC}#user}}x")
    item = {"jid": f"{nick}@meet.test/x", "role": "participant", "affiliation": "none"}
    SubElement(x, f"{{{_MUC}#user}}item", item)
    for status in statuses:
        SubElement(x, f"{{{_MUC}#user}}status", {"code": status})
    return x


def _stanza(name: str, sender: str, kind: str | None) -> Element:
    stanza = Element(f"{{jabber:client}}{name}", {"from": sender, "to": "bot@hidden.meet.test/plenari"})
    if kind is not None:
        stanza.set("type", kind)
    return stanza


def _bury(element: Element, tag: str, depth: int) -> None:
    for _ in range(depth):
        element = SubElement(element, tag)
