"""One occupant of a room: what the server vouches for, and what the client merely claims.

The trust table is in the protocol notes of Jitsi: role, affiliation and real JID are the server's; the identity is the
server's only where Prosody stamps it from the verified token; everything else is the client's own word.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """XEP-0045, section 5.1."""

    MODERATOR = "moderator"
    PARTICIPANT = "participant"
    VISITOR = "visitor"
    NONE = "none"


class Affiliation(StrEnum):
    """XEP-0045, section 5.2."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    OUTCAST = "outcast"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the signed token says it is, as stamped by the server (Jitsi: mod_presence_identity)."""

    id: str
    name: str = ""
    group: str = ""
    email: str = ""
    is_moderator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the client says of itself. It may be false; nothing that counts may hang on it."""

    display_name: str = ""
    has_raised_hand: bool = False
    is_audio_muted: bool = True
    is_video_muted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupant:
    """`nick` is the resource of the occupant JID (Jitsi: the endpoint id, new at every connection).

    `identity` is None for whoever came without a verified token. `is_machine` holds for the focus, recorders,
    transcribers and everybody else on the domains where no people log in.
    """

    nick: str
    real_jid: str
    role: Role
    affiliation: Affiliation
    is_machine: bool
    identity: Identity | None = None
    claims: Claims = Claims()
