"""Requests to the focus (Jicofo), which makes the room and lets nobody in before it is there itself."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement

CONFERENCE: Final = "{http://jitsi.org/protocol/focus}conference"
_PROPERTY: Final = "{http://jitsi.org/protocol/focus}property"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """The focus's answer: whether it sits in the room already, and under which account."""

    is_ready: bool
    focus_jid: str


def build_conference_request(room: str, machine_uid: str) -> Element:
    """Ask for a conference in `room` (a bare JID).

    `machine_uid` says for the focus which machine asks; it stays the same for a connection. The property
    `visitors-version` is left out on purpose: with it the focus may send us to a visitors' server.
    """
    conference = Element(CONFERENCE, {"room": room, "machine-uid": machine_uid})
    SubElement(conference, _PROPERTY, {"name": "rtcstatsEnabled", "value": "false"})
    return conference


def parse_conference(conference: Element) -> Conference:
    """What the focus answered."""
    return Conference(is_ready=conference.get("ready") == "true", focus_jid=conference.get("focusjid", ""))
