"""One occupant of a room: what the server vouches for, and what the client merely claims.

The trust table is in the protocol notes of Jitsi: role, affiliation and real JID are the server's; the identity is the
server's only where Prosody stamps it from the verified token; everything else is the client's own word.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


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
class OccupantPresence:
    """One presence of one occupant address as it came; nothing in it has been judged.

    `stamped` is the `<identity>` it carries, which is the server's word on some domains only. `new_nick` is set when
    the occupant goes on under another nick (XEP-0045, status 303).
    """

    room: str
    nick: str
    is_available: bool
    real_jid: str
    role: Role
    affiliation: Affiliation
    statuses: AbstractSet[int] = frozenset()
    is_destroyed: bool = False
    new_nick: str = ""
    stamped: Identity | None = None
    claims: Claims = Claims()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the domain of a real JID is worth on this Jitsi; a domain cannot be faked.

    `trusted_domains`: here Prosody stamps the identity from the token and strips what clients write themselves
    (mod_presence_identity is loaded on them). `machine_domains`: here no people log in (Jitsi's auth and hidden
    domains).
    """

    trusted_domains: AbstractSet[str]
    machine_domains: AbstractSet[str]


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

    @classmethod
    def from_presence(cls, presence: OccupantPresence, trust: Trust) -> Self:
        """Judge a presence: an identity from a domain that does not sign is a forgery and is dropped."""
        domain = domain_of(presence.real_jid)
        return cls(
            nick=presence.nick,
            real_jid=presence.real_jid,
            role=presence.role,
            affiliation=presence.affiliation,
            is_machine=domain in trust.machine_domains,
            identity=presence.stamped if domain in trust.trusted_domains else None,
            claims=presence.claims,
        )


def domain_of(jid: str) -> str:
    """The domain part of a JID (RFC 7622): what stands between the first @ and the first /."""
    bare = jid.partition("/")[0]
    return bare.partition("@")[2] if "@" in bare else bare
