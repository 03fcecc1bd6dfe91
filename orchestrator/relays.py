"""Where media go when they cannot go straight: STUN and TURN, as a browser needs them."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

_LIFETIME: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relays:
    """The servers' addresses (`stun:host:port`, `turn:host:port?transport=udp`), and the secret shared with TURN."""

    stun: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)

    def servers(self, now: datetime) -> list[dict[str, object]]:
        """`RTCConfiguration.iceServers`, with credentials for an hour (draft-uberti-behave-turn-rest-00: the name is
        when they end, the password its HMAC-SHA1; coturn calls it `use-auth-secret`)."""
        found: list[dict[str, object]] = [{"urls": list(self.stun)}] if self.stun else []
        if self.turn and self.secret:
            name = f"{int((now + _LIFETIME).timestamp())}:plenari"
            digest = hmac.new(self.secret.encode(), name.encode(), hashlib.sha1).digest()
            password = base64.b64encode(digest).decode()
            found.append({"urls": list(self.turn), "username": name, "credential": password})
        return found
