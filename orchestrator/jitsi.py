"""Jitsi's own tokens: which room somebody may enter, as whom, and with what in their hands."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from orchestrator.access import ALGORITHM, seconds, strong
from orchestrator.council.members import Member, Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitsi:
    """The Jitsi Meet that sessions are held on, as its token check is configured.

    `address` is where people open it, `domain` its XMPP domain (the token's `sub`). A join token opens its room for
    `lifetime`: it is checked when a connection is made, and not again while that lives (mod_auth_token).
    """

    address: str
    domain: str
    app_id: str
    app_secret: str = field(repr=False)
    audience: str = "jitsi"
    lifetime: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLink:
    """One person's way into one room. `link` carries the token in its fragment, which no server is ever sent."""

    room: str
    address: str
    token: str = field(repr=False)
    expires: datetime

    @property
    def link(self) -> str:
        """The address that a browser opens (jitsi-meet reads `jwt` from the fragment as well as from the query)."""
        return f"{self.address}#jwt={self.token}"


def join_link(jitsi: Jitsi, *, room: str, member: Member, now: datetime) -> JoinLink:
    """The room, its address, and a token for exactly that member and that room (Prosody's `token/util.lib.lua`)."""
    presides = member.office in (Office.PRESIDENT, Office.SECRETARY)
    expires = now + jitsi.lifetime
    claims = {
        "iss": jitsi.app_id,
        "aud": jitsi.audience,
        "sub": jitsi.domain,
        "room": room,
        "iat": seconds(now),
        "nbf": seconds(now - timedelta(seconds=30)),
        "exp": seconds(expires),
        "context": {
            "user": {
                "id": member.id,
                "name": member.name,
                "moderator": presides,
                "affiliation": "owner" if presides else "member",
            },
            "group": member.group,
            "features": _features(presides),
        },
    }
    return JoinLink(
        room=room,
        address=f"{jitsi.address.rstrip('/')}/{room}",
        token=jwt.encode(claims, strong(jitsi.app_secret), algorithm=ALGORITHM),
        expires=expires,
    )


def _features(presides: bool) -> dict[str, bool]:
    """What the client offers its user. Recording and broadcast are ours, and so are votes: a poll would be taken for
    one. Those who preside send files and see who waits; everybody may show a document and write."""
    return {
        "livestreaming": False,
        "recording": False,
        "transcription": False,
        "outbound-call": False,
        "create-polls": False,
        "file-upload": presides,
        "list-visitors": presides,
        "screen-sharing": True,
        "send-groupchat": True,
    }
