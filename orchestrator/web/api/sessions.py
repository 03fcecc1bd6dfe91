"""Convening sessions, listing them, and reading one."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field, field_validator, model_validator

from orchestrator.access import Operation
from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.calls import rule_of
from orchestrator.council.commands import Asker, Channel, Convene, Role
from orchestrator.council.convocation import Convocation, DropInVote, Ground, Policy, SessionKind, room_name
from orchestrator.council.members import Body, BodyId, Entity, EntityId, MemberId, SessionId
from orchestrator.council.rules.publicity import publicity_of
from orchestrator.council.rules.shape import Certainty, Occasion
from orchestrator.council.session import Phase
from orchestrator.store.ledger import AlreadyConvened
from orchestrator.store.records import Entry
from orchestrator.web.api.entities import BodyOut, EntityOut, In, Name, Slug, body_out, entity_out, json
from orchestrator.web.house import Reading
from orchestrator.web.paging import PARAMETERS, PageOut, page_asked
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, require_entity, session_of
from orchestrator.web.route import Parameter, Route
from orchestrator.web.shown import QuorumView
from orchestrator.web.view import quorum_view
from orchestrator.wording import Language

_SPACE = uuid.UUID("6d0c5c06-6f3c-4d35-9c2b-0e6a4a0c7d11")
"""Of the ids of sessions that were convened with an idempotency key."""


class ItemIn(In):
    """An item of the agenda; items are numbered from 1 in the order given."""

    title: Name
    majority: Majority = Majority.SIMPLE


class PolicyIn(In):
    """What the entity decides where the law leaves it open; what is not given is the default."""

    grace_s: Annotated[float, Field(ge=0, le=600)] = 30
    edge_pause_s: Annotated[float, Field(ge=0, le=3600)] = 60
    ghost_patience_s: Annotated[float, Field(ge=0, le=600)] = 60
    floor_limit_s: Annotated[float, Field(ge=1, le=7200)] = 300
    floor_warning_s: Annotated[float, Field(ge=0, le=600)] = 30
    group_budget_s: Annotated[float, Field(ge=1, le=36000)] | None = None
    unchecked_counts: bool = True
    conflicted_counts: bool = False
    drop_in_vote: DropInVote = DropInVote.RECORD
    weights: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(
        default_factory=dict, max_length=100, description="By group: what the vote of one of its members weighs"
    )
    rule: Annotated[str, Field(max_length=40, description="Id of the quorum rule; empty: by body and call")] = ""
    tolerance_s: Annotated[float, Field(ge=0, le=14400, description="How long it waits for its quorum")] = 1800

    def policy(self) -> Policy:
        """As the council knows it."""
        return Policy(
            grace=timedelta(seconds=self.grace_s),
            edge_pause=timedelta(seconds=self.edge_pause_s),
            ghost_patience=timedelta(seconds=self.ghost_patience_s),
            floor_limit=timedelta(seconds=self.floor_limit_s),
            floor_warning=timedelta(seconds=self.floor_warning_s),
            group_budget=None if self.group_budget_s is None else timedelta(seconds=self.group_budget_s),
            unchecked_counts=self.unchecked_counts,
            conflicted_counts=self.conflicted_counts,
            drop_in_vote=self.drop_in_vote,
            weights=tuple(sorted(self.weights.items())),
            rule=self.rule,
            tolerance=timedelta(seconds=self.tolerance_s),
        )


class SessionIn(In):
    """A call. `starts_at` without an offset is the hour on the wall in `time_zone`."""

    entity: Slug
    body: Slug
    kind: SessionKind = SessionKind.ORDINARY
    starts_at: datetime = Field(examples=["2026-11-26T19:00"])
    time_zone: str = "Europe/Madrid"
    language: Language = Language.CA
    call: Annotated[int, Field(ge=1, le=2)] = 1
    public: bool | None = Field(default=None, description="Null: as the law has it for such a body (LRBRL 70.1)")
    rehearsal: bool = Field(default=False, description="Never official: own room, no public broadcast, no seal")
    ground: Ground = Ground.LRBRL_46_3
    agenda: Annotated[tuple[ItemIn, ...], Field(max_length=200)] = ()
    policy: PolicyIn = PolicyIn()
    occasion: Occasion = Field(default=Occasion.REGULAR, description="What a plenary meets for (LOREG 195-197 bis)")
    candidate: Slug | None = Field(default=None, description="Whom a motion of censure proposes: may not preside")

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not an IANA time zone")
        return name

    @model_validator(mode="after")
    def _is_an_hour(self) -> Self:
        """When the clocks go forward an hour is missing, and when they go back one comes twice."""
        if self.starts_at.tzinfo is None:
            local = self.starts_at.replace(tzinfo=ZoneInfo(self.time_zone))
            there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
            if there_and_back.replace(tzinfo=None) != self.starts_at:
                raise ValueError("the clocks skip that hour on that day")
            if local.utcoffset() != local.replace(fold=1).utcoffset():
                raise ValueError("that hour comes twice on that day: give starts_at with its offset")
        return self

    def convocation(self, session: SessionId, room: str, entity: Entity, body: Body) -> Convocation:
        """As the council knows it."""
        starts_at = self.starts_at if self.starts_at.tzinfo else self.starts_at.replace(tzinfo=ZoneInfo(self.time_zone))
        return Convocation(
            session=session,
            entity=entity,
            body=body,
            kind=self.kind,
            starts_at=starts_at.astimezone(UTC),
            time_zone=self.time_zone,
            language=self.language.value,
            room=room,
            call=self.call,
            is_public=publicity_of(body.kind).is_public if self.public is None else self.public,
            is_rehearsal=self.rehearsal,
            ground=self.ground,
            agenda=tuple(
                AgendaItem(number=number, title=item.title, majority=item.majority)
                for number, item in enumerate(self.agenda, start=1)
            ),
            policy=self.policy.policy(),
            occasion=self.occasion,
            candidate=MemberId(self.candidate) if self.candidate else None,
        )


class ItemOut(BaseModel):
    """An item of the call."""

    number: int
    title: str
    majority: Majority


class RuleInForceOut(BaseModel):
    """The rule that all verdicts of the session are made by, as it was when it was convened."""

    id: str
    version: int
    norm: str
    article: str
    url: str
    certainty: Certainty
    note: str


class SessionOut(BaseModel):
    """A session: its call, and where it is in its life."""

    id: str
    entity: EntityOut
    body: BodyOut
    kind: SessionKind
    call: int
    starts_at: AwareDatetime
    time_zone: str
    language: str
    room: str
    public: bool
    rehearsal: bool
    ground: Ground
    occasion: Occasion
    follows: str | None = Field(description="The session in first call that was not held")
    rule: RuleInForceOut
    agenda: tuple[ItemOut, ...]
    phase: Phase
    opened_at: AwareDatetime | None
    adjourned_at: AwareDatetime | None
    not_held: bool
    second_call_at: AwareDatetime | None = Field(description="Of a session not held: when the law has it meet again")
    version: int = Field(description="The seq of the last event of its record")


class SessionRowOut(BaseModel):
    """A session in a list."""

    id: str
    entity: str
    body: str
    title: str
    starts_at: AwareDatetime
    phase: Phase
    rehearsal: bool
    version: int


class SessionsOut(PageOut):
    """Sessions, earliest first."""

    sessions: tuple[SessionRowOut, ...]


def session_out(reading: Reading) -> SessionOut:
    """A session for the wire."""
    session, call = reading.session, reading.session.convened
    rule = rule_of(call)
    return SessionOut(
        id=call.session,
        entity=entity_out(call.entity),
        body=body_out(call.body),
        kind=call.kind,
        call=call.call,
        starts_at=call.starts_at,
        time_zone=call.time_zone,
        language=call.language,
        room=call.room,
        public=call.is_public,
        rehearsal=call.is_rehearsal,
        ground=call.ground,
        occasion=call.occasion,
        follows=call.follows,
        rule=RuleInForceOut(
            id=rule.id,
            version=rule.version,
            norm=rule.norm,
            article=rule.article,
            url=rule.url,
            certainty=rule.certainty,
            note=rule.note,
        ),
        agenda=tuple(ItemOut(number=i.number, title=i.title, majority=i.majority) for i in call.agenda),
        phase=session.phase,
        opened_at=session.opened_at,
        adjourned_at=session.adjourned_at,
        not_held=session.not_held is not None,
        second_call_at=session.not_held.second_call_at if session.not_held else None,
        version=reading.version,
    )


async def convene_session(request: web.Request) -> web.Response:
    """Put a call on the record."""
    house, access = house_of(request), access_of(request)
    sent = await body_of(request, SessionIn)
    entity_id = EntityId(sent.entity)
    require_entity(request, entity_id)
    entity = await house.records.entity(entity_id)
    body = await house.records.body(entity_id, BodyId(sent.body))
    if entity is None or body is None:
        raise Problem(Kind.NOT_FOUND)
    key = request.headers.get("Idempotency-Key")
    session_id = SessionId(str(uuid.uuid5(_SPACE, f"{entity_id} {key}") if key else uuid.uuid4()))
    convocation = sent.convocation(session_id, _room(sent), entity, body)
    asker = Asker(role=access.role, channel=Channel.WEB, member=access.member)
    regulation = await house.records.regulation(entity_id)
    try:
        await house.convene(Convene(asker=asker, convocation=convocation, regulation=regulation))
    except AlreadyConvened:
        # The same key again: what it convened is the answer, unless it was something else.
        if not _is_same_call(convocation, (await house.read(session_id)).session.convened):
            raise Problem(Kind.KEY_REUSED) from None
    return json(session_out(await house.read(session_id)), 201, Location=f"/api/v1/sessions/{session_id}")


async def list_sessions(request: web.Request) -> web.Response:
    """The bearer's sessions, or (`entity`) one entity's."""
    asked, access = request.query.get("entity"), access_of(request)
    entity = EntityId(asked) if asked else access.entity
    if entity is not None:
        require_entity(request, entity)
    page = page_asked(request, parts=2)
    start = page.moment()
    entries = await house_of(request).records.sessions(
        entity=entity,
        is_public_only=access.role is Role.PRESS,
        after=(start, SessionId(page.after[1])) if start and page.after else None,
        limit=page.limit + 1,
    )
    shown, following = page.cut(entries, lambda entry: (entry.starts_at.isoformat(), entry.id))
    return json(SessionsOut(sessions=tuple(map(_row, shown)), next=following))


async def read_session(request: web.Request) -> web.Response:
    """One session."""
    return json(session_out(await session_of(request)))


async def read_quorum(request: web.Request) -> web.Response:
    """Whether it may act, and by which law."""
    return json(quorum_view((await session_of(request)).session))


def _row(entry: Entry) -> SessionRowOut:
    return SessionRowOut(
        id=entry.id,
        entity=entry.entity,
        body=entry.body,
        title=entry.title,
        starts_at=entry.starts_at,
        phase=entry.phase,
        rehearsal=entry.is_rehearsal,
        version=entry.version,
    )


def _room(sent: SessionIn) -> str:
    mark = secrets.token_hex(4)
    return room_name(EntityId(sent.entity), BodyId(sent.body), sent.starts_at, mark, is_rehearsal=sent.rehearsal)


def _is_same_call(one: Convocation, other: Convocation) -> bool:
    """Whether both call the same session; the room's name is new each time."""
    return all(
        getattr(one, name) == getattr(other, name) for name in ("entity", "kind", "starts_at", "agenda", "language")
    ) and (one.body.id == other.body.id)


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/sessions",
        operation=Operation.CONVENE_SESSION,
        handler=convene_session,
        summary="Convene a session",
        takes=SessionIn,
        gives=SessionOut,
        status=201,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions",
        operation=Operation.LIST_SESSIONS,
        handler=list_sessions,
        summary="Sessions, earliest first",
        gives=SessionsOut,
        parameters=(Parameter(name="entity", description="Only this entity's"), *PARAMETERS),
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}",
        operation=Operation.READ_SESSION,
        handler=read_session,
        summary="A session: its call, and where it is in its life",
        gives=SessionOut,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/quorum",
        operation=Operation.READ_QUORUM,
        handler=read_quorum,
        summary="The quorum now, with the law it rests on",
        gives=QuorumView,
    ),
)
