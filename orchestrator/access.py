"""Who may ask for what, and the signed tokens that say who somebody is.

Ours and Jitsi's (`jitsi.py`) are JWTs signed with HS256, each with its own secret, issuer and audience, so that neither
passes for the other. What a role may ask of the web is `MAY`; what it may do in a session is `council.decide`'s to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import jwt

from orchestrator.council.commands import Role
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import EntityId, MemberId
from orchestrator.store.scope import EVERYTHING

Clock = Callable[[], datetime]

ALGORITHM = "HS256"
_ISSUER = "plenari"
_AUDIENCE = "plenari:web"
UNBOUND = frozenset({Role.ADMIN, Role.OPERATOR})
LEAST_SECRET = 32
"""Bytes: RFC 7518, 3.2 wants a key no shorter than the hash."""


class Operation(StrEnum):
    """Everything that can be asked of the web, by the name of its route."""

    CREATE_ENTITY = "create_entity"
    LIST_ENTITIES = "list_entities"
    READ_ENTITY = "read_entity"
    CREATE_BODY = "create_body"
    LIST_BODIES = "list_bodies"
    READ_BODY = "read_body"
    READ_MEMBERS = "read_members"
    REPLACE_MEMBERS = "replace_members"
    DOWNLOAD_MEMBERS = "download_members"
    LIST_ENCODERS = "list_encoders"
    READ_CREST = "read_crest"
    PUT_CREST = "put_crest"
    REMOVE_CREST = "remove_crest"
    READ_RULES = "read_rules"
    REPLACE_RULES = "replace_rules"
    CONVENE_AGAIN = "convene_again"
    READ_DILIGENCE = "read_diligence"
    CONVENE_SESSION = "convene_session"
    LIST_SESSIONS = "list_sessions"
    READ_SESSION = "read_session"
    READ_QUORUM = "read_quorum"
    READ_LIVE = "read_live"
    READ_ATTENDANCE = "read_attendance"
    LIST_DOCUMENTS = "list_documents"
    READ_DOCUMENT = "read_document"
    READ_ALLOWANCES = "read_allowances"
    READ_EVENTS = "read_events"
    READ_TURNS = "read_turns"
    READ_VOTES = "read_votes"
    READ_INCIDENTS = "read_incidents"
    READ_SEALS = "read_seals"
    READ_BUNDLE = "read_bundle"
    COMMAND_SESSION = "command_session"
    LIST_CHANNELS = "list_channels"
    LIST_USABLE_CHANNELS = "list_usable_channels"
    PUT_CHANNEL = "put_channel"
    REMOVE_CHANNEL = "remove_channel"
    LIST_STREAMS = "list_streams"
    PAGE_CHANNELS = "page_channels"
    PAGE_PUT_CHANNEL = "page_put_channel"
    PAGE_REMOVE_CHANNEL = "page_remove_channel"
    PAGE_ASK_CONSENT = "page_ask_consent"
    PAGE_TAKE_CONSENT = "page_take_consent"
    LINK_MEMBER = "link_member"
    READ_METRICS = "read_metrics"
    LIST_ALERTS = "list_alerts"
    READ_ALERT = "read_alert"
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    NOTE_ALERT = "note_alert"
    ESCALATE_ALERT = "escalate_alert"
    REVOKE_LINK = "revoke_link"
    LIST_LINKS = "list_links"
    READ_AUDIT = "read_audit"
    PAGE_AUDIT = "page_audit"
    PAGE_ACCOUNTS = "page_accounts"
    PAGE_ADD_ACCOUNT = "page_add_account"
    PAGE_CHANGE_ACCOUNT = "page_change_account"
    PAGE_MAKE_TOKEN = "page_make_token"  # noqa: S105 - a name
    PAGE_REVOKE_TOKEN = "page_revoke_token"  # noqa: S105 - a name
    LIST_WEBHOOKS = "list_webhooks"
    ADD_WEBHOOK = "add_webhook"
    READ_WEBHOOK = "read_webhook"
    REPLACE_WEBHOOK = "replace_webhook"
    REMOVE_WEBHOOK = "remove_webhook"
    ROTATE_WEBHOOK = "rotate_webhook"
    TEST_WEBHOOK = "test_webhook"
    LIST_WEBHOOK_MESSAGES = "list_webhook_messages"
    REPLAY_WEBHOOK = "replay_webhook"
    REPLAY_WEBHOOK_MESSAGE = "replay_webhook_message"
    PAGE_WEBHOOKS = "page_webhooks"
    PAGE_ADD_WEBHOOK = "page_add_webhook"
    PAGE_WEBHOOK = "page_webhook"
    PAGE_ACT_ON_WEBHOOK = "page_act_on_webhook"
    PAGE_SESSIONS = "page_sessions"
    PAGE_LIVE = "page_live"
    PAGE_FEED = "page_feed"
    PAGE_DOCUMENTS = "page_documents"
    PAGE_LINKS = "page_links"
    PAGE_LINK_MEMBER = "page_link_member"
    PAGE_REVOKE_LINK = "page_revoke_link"
    PAGE_COMMAND = "page_command"
    PAGE_SECOND_CALL = "page_second_call"
    PAGE_WALL = "page_wall"
    PAGE_WALL_FEED = "page_wall_feed"
    PAGE_ALERTS = "page_alerts"
    PAGE_ALERTS_FEED = "page_alerts_feed"
    PAGE_TIMELINE = "page_timeline"
    PAGE_TIMELINE_FEED = "page_timeline_feed"
    PAGE_ACKNOWLEDGE = "page_acknowledge"
    PAGE_NOTE = "page_note"
    PAGE_ESCALATE = "page_escalate"
    PAGE_CONVENE = "page_convene"
    PAGE_CONVENE_SEND = "page_convene_send"
    PAGE_CONVENE_CHECKS = "page_convene_checks"
    PAGE_PEOPLE = "page_people"
    PAGE_PREFLIGHT = "page_preflight"
    READ_PREFLIGHT = "read_preflight"
    PAGE_CONTACTS = "page_contacts"
    PAGE_INVITE = "page_invite"
    PAGE_CANCEL = "page_cancel"
    PAGE_POSTPONE = "page_postpone"
    PAGE_DRILL = "page_drill"
    PAGE_STEPS = "page_steps"
    READ_FIGURES = "read_figures"
    PAGE_CONSORTIUM = "page_consortium"


_EVERYBODY = frozenset(Role)
_HOUSE = frozenset(Role) - {Role.PRESS}
_CONVENERS = frozenset({Role.ADMIN, Role.SECRETARY})
_RECORD_READERS = _HOUSE - {Role.MEMBER, Role.SPOKESPERSON}
_PARTICIPANTS = _HOUSE - {Role.STAFF, Role.AUDITOR}
_OPERATORS = frozenset({Role.ADMIN, Role.OPERATOR})
_LINKERS = _CONVENERS | {Role.OPERATOR}
_ACCOUNTANTS = _CONVENERS | {Role.OPERATOR, Role.STAFF, Role.AUDITOR}
_BROADCASTERS = _CONVENERS | {Role.OPERATOR}

MAY: Mapping[Operation, frozenset[Role]] = {
    Operation.CREATE_ENTITY: frozenset({Role.ADMIN}),
    Operation.LIST_ENTITIES: _EVERYBODY,
    Operation.READ_ENTITY: _EVERYBODY,
    Operation.CREATE_BODY: _CONVENERS,
    Operation.LIST_BODIES: _EVERYBODY,
    Operation.READ_BODY: _EVERYBODY,
    Operation.READ_MEMBERS: _EVERYBODY,
    Operation.REPLACE_MEMBERS: _CONVENERS,
    Operation.LIST_ENCODERS: _OPERATORS,
    Operation.READ_CREST: _EVERYBODY,
    Operation.PUT_CREST: _CONVENERS,
    Operation.REMOVE_CREST: _CONVENERS,
    Operation.DOWNLOAD_MEMBERS: _CONVENERS | {Role.STAFF},
    Operation.READ_RULES: _EVERYBODY,
    Operation.REPLACE_RULES: _CONVENERS,
    Operation.CONVENE_AGAIN: _CONVENERS,
    Operation.READ_DILIGENCE: _RECORD_READERS,
    Operation.CONVENE_SESSION: _CONVENERS,
    Operation.LIST_SESSIONS: _EVERYBODY,
    Operation.READ_SESSION: _EVERYBODY,
    Operation.READ_QUORUM: _EVERYBODY,
    Operation.READ_LIVE: _HOUSE,
    Operation.READ_ATTENDANCE: _RECORD_READERS | {Role.SPOKESPERSON},
    Operation.LIST_DOCUMENTS: _EVERYBODY,
    Operation.READ_DOCUMENT: _EVERYBODY,
    Operation.READ_ALLOWANCES: _ACCOUNTANTS,
    Operation.READ_EVENTS: _RECORD_READERS,
    Operation.READ_TURNS: _RECORD_READERS,
    Operation.READ_VOTES: _RECORD_READERS,
    Operation.READ_INCIDENTS: _RECORD_READERS,
    Operation.READ_SEALS: _RECORD_READERS,
    Operation.READ_BUNDLE: _CONVENERS | {Role.OPERATOR, Role.AUDITOR},
    Operation.COMMAND_SESSION: _PARTICIPANTS,
    Operation.LIST_CHANNELS: _BROADCASTERS,
    Operation.LIST_USABLE_CHANNELS: _BROADCASTERS,
    Operation.PUT_CHANNEL: _BROADCASTERS,
    Operation.REMOVE_CHANNEL: _BROADCASTERS,
    Operation.LIST_STREAMS: _EVERYBODY,
    Operation.PAGE_CHANNELS: _BROADCASTERS,
    Operation.PAGE_PUT_CHANNEL: _BROADCASTERS,
    Operation.PAGE_REMOVE_CHANNEL: _BROADCASTERS,
    Operation.PAGE_ASK_CONSENT: _BROADCASTERS,
    Operation.PAGE_TAKE_CONSENT: _BROADCASTERS,
    Operation.LINK_MEMBER: _PARTICIPANTS,
    Operation.READ_METRICS: _OPERATORS,
    Operation.LIST_ALERTS: _OPERATORS | {Role.SECRETARY, Role.AUDITOR},
    Operation.READ_ALERT: _OPERATORS | {Role.SECRETARY, Role.AUDITOR},
    Operation.ACKNOWLEDGE_ALERT: _OPERATORS,
    Operation.NOTE_ALERT: _OPERATORS,
    Operation.ESCALATE_ALERT: _OPERATORS,
    Operation.REVOKE_LINK: _PARTICIPANTS,
    Operation.LIST_LINKS: _LINKERS,
    Operation.READ_AUDIT: _CONVENERS | {Role.AUDITOR},
    Operation.PAGE_AUDIT: _CONVENERS | {Role.AUDITOR},
    Operation.PAGE_ACCOUNTS: frozenset({Role.ADMIN}),
    Operation.PAGE_ADD_ACCOUNT: frozenset({Role.ADMIN}),
    Operation.PAGE_CHANGE_ACCOUNT: frozenset({Role.ADMIN}),
    Operation.PAGE_MAKE_TOKEN: frozenset({Role.ADMIN}),
    Operation.PAGE_REVOKE_TOKEN: frozenset({Role.ADMIN}),
    **{operation: _CONVENERS for operation in Operation if "webhook" in operation},
    Operation.PAGE_SESSIONS: _EVERYBODY,
    Operation.PAGE_LIVE: _HOUSE,
    Operation.PAGE_FEED: _HOUSE,
    Operation.PAGE_DOCUMENTS: _EVERYBODY,
    Operation.PAGE_LINKS: _LINKERS,
    Operation.PAGE_LINK_MEMBER: _LINKERS,
    Operation.PAGE_REVOKE_LINK: _LINKERS,
    Operation.PAGE_COMMAND: _PARTICIPANTS,
    Operation.PAGE_SECOND_CALL: _CONVENERS,
    Operation.PAGE_WALL: _OPERATORS,
    Operation.PAGE_WALL_FEED: _OPERATORS,
    Operation.PAGE_ALERTS: _OPERATORS,
    Operation.PAGE_ALERTS_FEED: _OPERATORS,
    Operation.PAGE_TIMELINE: _OPERATORS,
    Operation.PAGE_TIMELINE_FEED: _OPERATORS,
    Operation.PAGE_ACKNOWLEDGE: _OPERATORS,
    Operation.PAGE_NOTE: _OPERATORS,
    Operation.PAGE_ESCALATE: _OPERATORS,
    Operation.PAGE_CONVENE: _CONVENERS,
    Operation.PAGE_CONVENE_SEND: _CONVENERS,
    Operation.PAGE_CONVENE_CHECKS: _CONVENERS,
    Operation.PAGE_PEOPLE: _CONVENERS | {Role.OPERATOR},
    Operation.PAGE_PREFLIGHT: _CONVENERS | {Role.OPERATOR, Role.PRESIDENT},
    Operation.READ_PREFLIGHT: _CONVENERS | {Role.OPERATOR, Role.PRESIDENT},
    Operation.PAGE_CONTACTS: _CONVENERS,
    Operation.PAGE_INVITE: _CONVENERS,
    Operation.PAGE_CANCEL: _CONVENERS,
    Operation.PAGE_POSTPONE: _CONVENERS,
    Operation.PAGE_DRILL: _OPERATORS,
    Operation.PAGE_STEPS: _CONVENERS | {Role.OPERATOR},
    Operation.READ_FIGURES: _OPERATORS,
    Operation.PAGE_CONSORTIUM: _OPERATORS,
}
"""Which roles may ask for what. An operation that is not here may be asked for by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is known of whoever asks. All but administrators and operators belong to one entity.

    `name` is the person's or the machine's, `account` what it comes in by; a signed token has neither.
    """

    role: Role
    expires: datetime
    entity: EntityId | None = None
    member: MemberId | None = None
    name: str = ""
    account: str = ""

    def __post_init__(self) -> None:
        if self.role not in UNBOUND and not self.entity:
            raise ValueError(f"a token for the role {self.role} must name its entity")
        if self.role in (Role.MEMBER, Role.SPOKESPERSON) and not self.member:
            raise ValueError(f"a {self.role}'s token must name the member")

    @property
    def signature(self) -> str:
        """Who it is, as it is written beside what they did."""
        who = self.name or self.member
        return f"{self.role}:{who}" if who else self.role.value

    @property
    def scope(self) -> EntityId:
        """Whose rows of the database may be read for the bearer."""
        return EVERYTHING if self.entity is None or self.role in UNBOUND else self.entity

    def reaches(self, entity: EntityId) -> bool:
        """Whether anything of that entity may be shown to the bearer."""
        return self.role in UNBOUND or self.entity == entity

    def sees(self, call: Convocation) -> bool:
        """Whether anything of that session may be shown to the bearer: the press sees what is held in public."""
        is_open = call.is_public and not call.is_rehearsal
        return self.reaches(call.entity.id) and (is_open or self.role is not Role.PRESS)

    def may(self, operation: Operation) -> bool:
        """Whether the role may ask for it at all."""
        return self.role in MAY.get(operation, frozenset())

    def may_link(self, member: MemberId) -> bool:
        """Whether the bearer may have a member's way into the room: their own, or anybody's for who runs sessions."""
        return self.role in _LINKERS or self.member == member


class Rejection(StrEnum):
    """Why a token was not accepted."""

    BAD_TOKEN = "bad_token"  # noqa: S105 - a code
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code


class TokenRejected(Exception):
    """The token says nothing that we believe. Neither the token nor what is in it is part of the message."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.value)
        self.rejection = rejection


def mint(access: Access, *, secret: str, now: datetime) -> str:
    """An access token. Raises ValueError when the secret is too short to sign with."""
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "iat": seconds(now),
        "exp": seconds(access.expires),
        "role": access.role.value,
        "entity": access.entity,
        "member": access.member,
    }
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, strong(secret), algorithm=ALGORITHM)


def read(token: str, *, secret: str, now: datetime) -> Access:
    """What an access token says. Raises `TokenRejected` for one that is forged, malformed, not for us, or expired."""
    key = strong(secret)
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            options={"require": ["exp", "iat", "role"], "verify_exp": False, "verify_iat": False},
        )
        access = _access(claims)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        raise TokenRejected(Rejection.BAD_TOKEN) from None
    if access.expires <= now:
        raise TokenRejected(Rejection.TOKEN_EXPIRED)
    return access


def _access(claims: Mapping[str, Any]) -> Access:
    entity, member = claims.get("entity"), claims.get("member")
    if not all(value is None or isinstance(value, str) for value in (entity, member)):
        raise TypeError("entity and member are strings")
    return Access(
        role=Role(claims["role"]),
        expires=datetime.fromtimestamp(int(claims["exp"]), UTC),
        entity=EntityId(entity) if entity else None,
        member=MemberId(member) if member else None,
    )


def seconds(at: datetime) -> int:
    """As tokens count time: whole seconds since 1970."""
    return int(at.timestamp())


def strong(secret: str) -> str:
    """The secret, if it may sign. Raises ValueError for one that can be guessed."""
    if len(secret.encode()) < LEAST_SECRET:
        raise ValueError(f"a secret that signs tokens must have {LEAST_SECRET} bytes or more")
    return secret
