"""Jitsi's elements: theirs → ours (`parse_…`), ours → theirs (`build_…`).

XML goes no further inward than this file. A stanza that makes no sense to us is None: a client may send what it likes.
Jitsi's children of presence stand in the client's own namespace (jabber:client); the ones that matter are catalogued in
lib-jitsi-meet's ChatRoom and in the XEPs named below.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from xml.etree.ElementTree import Element, SubElement

from bot.occupant import Affiliation, Claims, Identity, OccupantPresence, Role

CLIENT: Final = "{jabber:client}"
MUC: Final = "{http://jabber.org/protocol/muc}"
MUC_USER: Final = "{http://jabber.org/protocol/muc#user}"
NICK: Final = "{http://jabber.org/protocol/nick}nick"
DISPLAY_NAME: Final = "{http://jitsi.org/protocol/display-name}display-name"
DELAY: Final = "{urn:xmpp:delay}delay"
JINGLE: Final = "{urn:xmpp:jingle:1}jingle"
PING: Final = "{urn:xmpp:ping}ping"
DISCO: Final = "{http://jabber.org/protocol/disco#info}"
_ERRORS: Final = "{urn:ietf:params:xml:ns:xmpp-stanzas}"

# A browser's SourceInfo is some hundred characters, a name some dozens; more is hostile or broken.
_SOURCE_INFO_LIMIT: Final = 16_384
_NAME_LIMIT: Final = 200
_SOURCE_INDEX: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRefused:
    """An error presence: the room did not take ours. `condition` as in RFC 6120, section 8.3.3."""

    room: str
    condition: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """A message with a body from an occupant address. `is_history`: it was said before we came (XEP-0203)."""

    room: str
    nick: str
    text: str
    is_private: bool
    is_history: bool


def parse_presence(stanza: Element) -> OccupantPresence | EntryRefused | None:
    """The presence of an occupant (XEP-0045), or the refusal to let us in."""
    room, nick = _split(stanza.get("from", ""))
    kind = stanza.get("type")
    if kind == "error":
        return _parse_refusal(stanza, room)
    x = stanza.find(f"{MUC_USER}x")
    if x is None or not room or not nick or kind not in (None, "unavailable"):
        return None
    item = x.find(f"{MUC_USER}item")
    if item is None:
        return None
    return OccupantPresence(
        room=room,
        nick=nick,
        is_available=kind is None,
        real_jid=_lowered(item.get("jid", "")),
        role=_member(Role, item.get("role"), Role.NONE),
        affiliation=_member(Affiliation, item.get("affiliation"), Affiliation.NONE),
        statuses=frozenset(_status_codes(x)),
        is_destroyed=x.find(f"{MUC_USER}destroy") is not None,
        new_nick=item.get("nick", ""),
        stamped=_parse_identity(stanza),
        claims=_parse_claims(stanza, nick),
    )


def parse_chat(stanza: Element) -> ChatLine | None:
    """A line of chat, public (`groupchat`) or whispered to us (`chat`); None for whatever else messages carry."""
    kind = stanza.get("type")
    room, nick = _split(stanza.get("from", ""))
    text = stanza.findtext(f"{CLIENT}body")
    if kind not in ("groupchat", "chat") or not room or not nick or not text:
        return None
    return ChatLine(
        room=room,
        nick=nick,
        text=text,
        is_private=kind == "chat",
        is_history=stanza.find(DELAY) is not None,
    )


def build_entry(room: str, nick: str, display_name: str, password: str | None) -> Element:
    """The presence that asks to be let in.

    Without history; as a `poltergeist`, so that a lone browser does not start a peer-to-peer call with us
    (lib-jitsi-meet, JitsiConference).
    """
    presence = Element(f"{CLIENT}presence", {"to": f"{room}/{nick}"})
    x = SubElement(presence, f"{MUC}x")
    SubElement(x, f"{MUC}history", {"maxchars": "0"})
    if password is not None:
        SubElement(x, f"{MUC}password").text = password
    SubElement(presence, NICK).text = display_name
    SubElement(presence, f"{CLIENT}bot", {"type": "poltergeist"})
    SubElement(presence, f"{CLIENT}SourceInfo").text = "{}"
    return presence


def build_leave(room: str, nick: str) -> Element:
    """The presence that leaves a room."""
    return Element(f"{CLIENT}presence", {"to": f"{room}/{nick}", "type": "unavailable"})


def build_line(room: str, text: str, display_name: str, message_id: str) -> Element:
    """A public line. Jitsi shows hidden senders under the name that travels with the message."""
    message = Element(f"{CLIENT}message", {"to": room, "type": "groupchat", "id": message_id})
    SubElement(message, f"{CLIENT}body").text = text
    SubElement(message, DISPLAY_NAME).text = display_name
    return message


def build_whisper(room: str, nick: str, text: str, display_name: str, message_id: str) -> Element:
    """A line for one occupant only."""
    message = Element(f"{CLIENT}message", {"to": f"{room}/{nick}", "type": "chat", "id": message_id})
    SubElement(message, f"{CLIENT}body").text = text
    SubElement(message, f"{MUC_USER}x")
    SubElement(message, DISPLAY_NAME).text = display_name
    return message


def _split(jid: str) -> tuple[str, str]:
    bare, _, resource = jid.partition("/")
    return bare.lower(), resource


def _lowered(jid: str) -> str:
    bare, slash, resource = jid.partition("/")
    return bare.lower() + slash + resource


def _parse_refusal(stanza: Element, room: str) -> EntryRefused | None:
    error = stanza.find(f"{CLIENT}error")
    if error is None or not room:
        return None
    conditions = (child.tag.removeprefix(_ERRORS) for child in error if child.tag.startswith(_ERRORS))
    condition = next((name for name in conditions if name != "text"), "undefined-condition")
    return EntryRefused(room=room, condition=condition, text=error.findtext(f"{_ERRORS}text", ""))


_Word = TypeVar("_Word", bound=StrEnum)


def _member(words: type[_Word], word: str | None, otherwise: _Word) -> _Word:
    return next((known for known in words if known == word), otherwise)


def _status_codes(x: Element) -> Iterator[int]:
    for status in x.iterfind(f"{MUC_USER}status"):
        code = status.get("code", "")
        if len(code) == 3 and code.isdecimal():
            yield int(code)


def _parse_identity(stanza: Element) -> Identity | None:
    stamps = stanza.findall(f"{CLIENT}identity")
    # The server stamps once. A second one means that somebody else wrote, and we cannot tell which.
    if len(stamps) != 1:
        return None
    stamp = stamps[0]
    user = {child.tag.removeprefix(CLIENT): (child.text or "").strip() for child in stamp.iterfind(f"{CLIENT}user/*")}
    if not user.get("id"):
        return None
    return Identity(
        id=user["id"],
        name=user.get("name", ""),
        group=stamp.findtext(f"{CLIENT}group", "").strip(),
        email=user.get("email", ""),
        is_moderator=user.get("moderator") == "true",
    )


def _parse_claims(stanza: Element, nick: str) -> Claims:
    source_info = stanza.findtext(f"{CLIENT}SourceInfo")
    if source_info is None:
        # Telephones and old clients.
        is_audio_muted = stanza.findtext(f"{CLIENT}audiomuted", "true") != "false"
        is_video_muted = stanza.findtext(f"{CLIENT}videomuted", "true") != "false"
    else:
        sending = _sources_sending(source_info)
        is_audio_muted = not any(_is_source(name, f"{nick}-a") for name in sending)
        is_video_muted = not any(_is_source(name, f"{nick}-v") for name in sending)
    return Claims(
        display_name=_plain(stanza.findtext(NICK, "")),
        has_raised_hand=_is_raised(stanza.findtext(f"{CLIENT}jitsi_participant_raisedHand", "")),
        is_audio_muted=is_audio_muted,
        is_video_muted=is_video_muted,
    )


def _sources_sending(source_info: str) -> list[str]:
    """Names of the sources said to be not muted (Jicofo's SourceInfo: what is not said is muted)."""
    if len(source_info) > _SOURCE_INFO_LIMIT:
        return []
    try:
        sources = json.loads(source_info)
    except (ValueError, RecursionError):
        return []
    if not isinstance(sources, dict):
        return []
    return [name for name, source in sources.items() if isinstance(source, dict) and source.get("muted") is False]


def _is_source(name: str, prefix: str) -> bool:
    # Only an occupant's own sources count: the prefix of the name is its nick.
    return name.startswith(prefix) and _SOURCE_INDEX.fullmatch(name, len(prefix)) is not None


def _is_raised(value: str) -> bool:
    """Milliseconds of the client's clock when raised; 0, empty or absent when lowered; old clients say true, false."""
    word = value.strip()
    return word == "true" or (word.isdecimal() and word.strip("0") != "")


def _plain(name: str) -> str:
    """A name that is safe to show: composed (NFC), on one line, without control or direction marks."""
    composed = unicodedata.normalize("NFC", name[:_NAME_LIMIT])
    # C… are control, format (zero width, right to left), private and unassigned; Z… are separators.
    shown = (c if unicodedata.category(c)[0] not in "CZ" else " " for c in composed)
    return " ".join("".join(shown).split())
