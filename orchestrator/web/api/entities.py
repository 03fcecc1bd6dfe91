"""Entities, their bodies, and who is in them."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestrator.access import Operation
from orchestrator.council.members import (
    Body,
    BodyId,
    BodyKind,
    Entity,
    EntityId,
    EntityKind,
    Member,
    MemberId,
    Office,
    Regime,
)
from orchestrator.council.roster import discords
from orchestrator.council.rules.loreg import legal_number
from orchestrator.web.etags import IF_NONE_MATCH, NOT_MODIFIED, tagged
from orchestrator.web.paging import PARAMETERS, PageOut, page_asked
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, require_entity
from orchestrator.web.route import Route

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["vall-daigua"])]
"""An id that people may choose: it becomes part of addresses and of the name of a room."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class In(BaseModel):
    """What is sent to us: nothing that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, sent: object) -> object:
        """Postgres keeps no NUL."""
        if isinstance(sent, dict) and any(isinstance(value, str) and "\0" in value for value in sent.values()):
            raise ValueError("a NUL character is no text")
        return sent


Population = Annotated[int, Field(ge=1, le=100_000_000, description="Of the last official count")]


class EntityIn(In):
    """A town council, county council or consortium."""

    id: Slug
    name: Name
    kind: EntityKind = EntityKind.MUNICIPALITY
    regime: Regime = Regime.COMMON
    population: Population | None = None


class EntityOut(BaseModel):
    """An entity."""

    id: str
    name: str
    kind: EntityKind
    regime: Regime
    population: int | None


class EntitiesOut(PageOut):
    """What the bearer may see, by id."""

    entities: tuple[EntityOut, ...]


class MemberIn(In):
    """One person of a body, secretary and auditor included."""

    id: Slug
    name: Name
    office: Office = Office.MEMBER
    group: Annotated[str, Field(max_length=120)] = ""
    deputises: int | None = Field(
        default=None, ge=1, le=99, description="Place among those who take the chair when the president is away"
    )
    substitutes: Office | None = Field(default=None, description="The office held in its holder's absence")
    stands_for: Slug | None = Field(default=None, description="The member whose seat is taken in their absence")
    order: Annotated[int, Field(ge=1, le=99, description="Place among those who substitute the same")] = 1
    mandate_from: date | None = None
    mandate_until: date | None = Field(default=None, description="The last day")
    age_rank: int | None = Field(default=None, ge=1, le=500, description="1 for the eldest (LOREG 195.2)")
    is_councillor: bool = True
    represented_by: Slug | None = Field(default=None, description="Who carries the proxy (ROF 111.3)")

    def member(self) -> Member:
        """As the council knows it."""
        return Member(
            id=MemberId(self.id),
            name=self.name,
            office=self.office,
            group=self.group,
            deputises=self.deputises,
            substitutes=self.substitutes,
            stands_for=MemberId(self.stands_for) if self.stands_for else None,
            order=self.order,
            mandate_from=self.mandate_from,
            mandate_until=self.mandate_until,
            age_rank=self.age_rank,
            is_councillor=self.is_councillor,
            represented_by=MemberId(self.represented_by) if self.represented_by else None,
        )


class MembersIn(In):
    """The whole list, in the order in which it is to be shown."""

    members: Annotated[tuple[MemberIn, ...], Field(max_length=500)]

    @model_validator(mode="after")
    def _is_a_body(self) -> Self:
        """Nobody is in it twice, no chair has two holders, and who stands for somebody stands for one of the list."""
        members = [member.member() for member in self.members]
        if wrong := [f"{members[n].id}, {name}: {discord}" for n, name, discord in discords(members)]:
            raise ValueError("; ".join(wrong))
        return self


class BodyIn(MembersIn):
    """A collegiate body. `legal_number` is the number of members by law, vacancies included; when it is not given it
    follows from the population (LOREG 179 and 204, LRBRL 23.1), else it is how many members are listed."""

    id: Slug
    name: Name
    kind: BodyKind
    legal_number: Annotated[int, Field(ge=1, le=500)] | None = None
    population: Population | None = Field(default=None, description="When it is not the entity's")
    in_fact_by: Annotated[str, Field(max_length=200)] = Field(
        default="", description="The electoral board's order by which quorums are of the members in fact (ROF 99.4)"
    )
    members: Annotated[tuple[MemberIn, ...], Field(max_length=500)] = ()


class MemberOut(BaseModel):
    """One person of a body."""

    id: str
    name: str
    office: Office
    group: str
    deputises: int | None
    substitutes: Office | None
    stands_for: str | None
    order: int
    mandate_from: date | None
    mandate_until: date | None
    age_rank: int | None
    is_councillor: bool
    represented_by: str | None
    is_counted: bool = Field(description="Whether presence counts towards the quorum (ROF 90.1)")


class BodyOut(BaseModel):
    """A body as it stands."""

    id: str
    name: str
    kind: BodyKind
    legal_number: int
    in_fact_by: str
    members: tuple[MemberOut, ...]


def body_out(body: Body) -> BodyOut:
    """A body for the wire."""
    return BodyOut(
        id=body.id,
        name=body.name,
        kind=body.kind,
        legal_number=body.legal_number,
        in_fact_by=body.in_fact_by,
        members=tuple(
            MemberOut(
                id=m.id,
                name=m.name,
                office=m.office,
                group=m.group,
                deputises=m.deputises,
                substitutes=m.substitutes,
                stands_for=m.stands_for,
                order=m.order,
                mandate_from=m.mandate_from,
                mandate_until=m.mandate_until,
                age_rank=m.age_rank,
                is_councillor=m.is_councillor,
                represented_by=m.represented_by,
                is_counted=m.is_counted,
            )
            for m in body.members
        ),
    )


def entity_out(entity: Entity) -> EntityOut:
    """An entity for the wire."""
    return EntityOut(
        id=entity.id, name=entity.name, kind=entity.kind, regime=entity.regime, population=entity.population
    )


def json(model: BaseModel, status: int = 200, **headers: str) -> web.Response:
    """A model as the answer."""
    return web.Response(
        text=model.model_dump_json(by_alias=True), status=status, content_type="application/json", headers=headers
    )


async def create_entity(request: web.Request) -> web.Response:
    """Add an entity, or replace what is known of it."""
    sent = await body_of(request, EntityIn)
    entity = Entity(
        id=EntityId(sent.id), name=sent.name, kind=sent.kind, regime=sent.regime, population=sent.population
    )
    await house_of(request).records.put_entity(entity)
    return json(entity_out(entity), 201)


async def list_entities(request: web.Request) -> web.Response:
    """Those that the bearer may see."""
    asked = page_asked(request)
    after = asked.after[0] if asked.after else ""
    entities = sorted(await house_of(request).records.entities(), key=lambda entity: entity.id)
    seen = [e for e in entities if access_of(request).reaches(e.id) and e.id > after]
    page, following = asked.cut(seen, lambda entity: (entity.id,))
    return json(EntitiesOut(entities=tuple(map(entity_out, page)), next=following))


async def read_entity(request: web.Request) -> web.Response:
    """One of them, with its tag."""
    entity = await house_of(request).records.entity(entity_of(request))
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    return tagged(request, entity_out(entity))


async def create_body(request: web.Request) -> web.Response:
    """Add a body with its members, or replace it. Sessions already convened keep the body as it was."""
    entity_id = entity_of(request)
    sent = await body_of(request, BodyIn)
    records = house_of(request).records
    entity = await records.entity(entity_id)
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    body = Body(
        id=BodyId(sent.id),
        name=sent.name,
        kind=sent.kind,
        legal_number=_legal_number(sent, entity),
        members=tuple(member.member() for member in sent.members),
        in_fact_by=sent.in_fact_by,
    )
    await records.put_body(entity_id, body)
    return json(body_out(body), 201)


def _legal_number(sent: BodyIn, entity: Entity) -> int:
    """As sent; else what the law makes of the population; else those listed. A board's number is what was appointed,
    and the most that the law allows only while nobody is."""
    if sent.legal_number is not None:
        return sent.legal_number
    listed = sum(member.member().is_counted for member in sent.members)
    by_law = legal_number(replace(entity, population=sent.population or entity.population), sent.kind)
    if sent.kind is BodyKind.PLENARY and by_law:
        return by_law
    if number := listed or by_law:
        return number
    message = "needed: it does not follow from the population, and no members are listed"
    raise Problem(Kind.INVALID, errors=[{"at": "legal_number", "kind": "missing", "message": message}])


def entity_of(request: web.Request) -> EntityId:
    """The entity in the path. Raises `Problem` (NOT_FOUND) for one that is not the bearer's."""
    entity = EntityId(request.match_info["entity"])
    require_entity(request, entity)
    return entity


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/entities",
        operation=Operation.CREATE_ENTITY,
        handler=create_entity,
        summary="Add an entity, or replace what is known of it",
        takes=EntityIn,
        gives=EntityOut,
        status=201,
    ),
    Route(
        method="GET",
        path="/api/v1/entities",
        operation=Operation.LIST_ENTITIES,
        handler=list_entities,
        summary="The entities that the bearer may see",
        gives=EntitiesOut,
        parameters=PARAMETERS,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}",
        operation=Operation.READ_ENTITY,
        handler=read_entity,
        summary="An entity",
        gives=EntityOut,
        parameters=(IF_NONE_MATCH,),
        is_tagged=True,
        also_status=NOT_MODIFIED,
    ),
)
