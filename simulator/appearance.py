"""What a browser with lib-jitsi-meet shows of itself in its presence (`tests/bot/captures` holds real ones)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from bot.stanzas import CLIENT, NICK

_CAPS: Final = "{http://jabber.org/protocol/caps}c"
_CAPABILITIES: Final = {"node": "https://jitsi.org/jitsi-meet", "hash": "sha-1", "ver": "dtzK/3xhISaXUMVg59IpXxdvKyQ="}
_CODECS: Final = "av1,vp9,vp8,h264"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What is shown: the name, since when the hand is up, whether picture and sound are on."""

    name: str
    raised_at: datetime | None = None
    is_sending: bool = False

    def build(self, room: str, nick: str) -> Element:
        """The whole presence: each one says everything anew, and what it leaves out is gone."""
        presence = Element(f"{CLIENT}presence", {"to": f"{room}/{nick}"})
        SubElement(presence, f"{CLIENT}stats-id").text = f"{self.name.split()[0]}-{nick[:3]}"
        SubElement(presence, _CAPS, _CAPABILITIES)
        SubElement(presence, f"{CLIENT}SourceInfo").text = json.dumps(self._sources(nick), separators=(",", ":"))
        SubElement(presence, f"{CLIENT}jitsi_participant_codecList").text = _CODECS
        SubElement(presence, NICK).text = self.name
        if self.raised_at is not None:
            milliseconds = str(int(self.raised_at.timestamp() * 1000))
            SubElement(presence, f"{CLIENT}jitsi_participant_raisedHand").text = milliseconds
        return presence

    def _sources(self, nick: str) -> dict[str, dict[str, bool]]:
        if not self.is_sending:
            return {}
        return {f"{nick}-a0": {"muted": False}, f"{nick}-v0": {"muted": False}}
