"""Entities, their bodies, and who is in them."""

from collections import Counter
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestrator.access import Operation
from orchestrator.council.members import Body, BodyId, BodyKind, Entity, EntityId, Member, MemberId, Office
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, require_entity
from orchestrator.web.route import Route

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["vall-daigua"])]
"""An id that people may choose: it becomes part of addresses and of the name of a room."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class In(BaseModel):
    """What is sent to us: nothing that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class EntityIn(In):
    """A town council, county council or consortium."""

    id: Slug
    name: Name


class EntityOut(BaseModel):
    """An entity."""

    id: str
    name: str


class EntitiesOut(BaseModel):
    """All that the bearer may see."""

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

    def member(self) -> Member:
        """As the council knows it."""
        return Member(
            id=MemberId(self.id),
            name=self.name,
            office=self.office,
            group=self.group,
            deputises=self.deputises,
            substitutes=self.substitutes,
        )


class MembersIn(In):
    """The whole list, in the order in which it is to be shown."""

    members: Annotated[tuple[MemberIn, ...], Field(max_length=500)]

    @model_validator(mode="after")
    def _is_a_body(self) -> Self:
        """Nobody is in it twice, and no chair has two holders."""
        ids = Counter(member.id for member in self.members)
        offices = Counter(member.office for member in self.members)
        deputies = Counter(member.deputises for member in self.members if member.deputises)
        if twice := [name for name, count in ids.items() if count > 1]:
            raise ValueError(f"more than one member with the id {', '.join(twice)}")
        if any(offices[office] > 1 for office in (Office.PRESIDENT, Office.SECRETARY)):
            raise ValueError("more than one president or secretary")
        if any(count > 1 for count in deputies.values()):
            raise ValueError("more than one deputy in the same place")
        return self


class BodyIn(MembersIn):
    """A collegiate body. `legal_number` is the number of members by law, vacancies included (LOREG 179)."""

    id: Slug
    name: Name
    kind: BodyKind
    legal_number: Annotated[int, Field(ge=1, le=500)]
    members: Annotated[tuple[MemberIn, ...], Field(max_length=500)] = ()


class MemberOut(BaseModel):
    """One person of a body."""

    id: str
    name: str
    office: Office
    group: str
    deputises: int | None
    substitutes: Office | None
    is_counted: bool = Field(description="Whether presence counts towards the quorum (ROF 90.1)")


class BodyOut(BaseModel):
    """A body as it stands."""

    id: str
    name: str
    kind: BodyKind
    legal_number: int
    members: tuple[MemberOut, ...]


def body_out(body: Body) -> BodyOut:
    """A body for the wire."""
    return BodyOut(
        id=body.id,
        name=body.name,
        kind=body.kind,
        legal_number=body.legal_number,
        members=tuple(
            MemberOut(
                id=m.id,
                name=m.name,
                office=m.office,
                group=m.group,
                deputises=m.deputises,
                substitutes=m.substitutes,
                is_counted=m.is_counted,
            )
            for m in body.members
        ),
    )


def json(model: BaseModel, status: int = 200, **headers: str) -> web.Response:
    """A model as the answer."""
    return web.Response(
        text=model.model_dump_json(by_alias=True), status=status, content_type="application/json", headers=headers
    )


async def create_entity(request: web.Request) -> web.Response:
    """Add an entity, or rename it."""
    entity = await body_of(request, EntityIn)
    await house_of(request).records.put_entity(Entity(id=EntityId(entity.id), name=entity.name))
    return json(EntityOut(id=entity.id, name=entity.name), 201)


async def list_entities(request: web.Request) -> web.Response:
    """Those that the bearer may see."""
    entities = await house_of(request).records.entities()
    seen = (e for e in entities if access_of(request).reaches(e.id))
    return json(EntitiesOut(entities=tuple(EntityOut(id=e.id, name=e.name) for e in seen)))


async def create_body(request: web.Request) -> web.Response:
    """Add a body with its members, or replace it. Sessions already convened keep the body as it was."""
    entity = _entity(request)
    sent = await body_of(request, BodyIn)
    body = Body(
        id=BodyId(sent.id),
        name=sent.name,
        kind=sent.kind,
        legal_number=sent.legal_number,
        members=tuple(member.member() for member in sent.members),
    )
    await house_of(request).records.put_body(entity, body)
    return json(body_out(body), 201)


async def replace_members(request: web.Request) -> web.Response:
    """From now on the body's members are these."""
    entity, body = _entity(request), BodyId(request.match_info["body"])
    sent = await body_of(request, MembersIn)
    records = house_of(request).records
    await records.put_members(entity, body, [member.member() for member in sent.members])
    stored = await records.body(entity, body)
    if stored is None:
        raise Problem(Kind.NOT_FOUND)
    return json(body_out(stored))


def _entity(request: web.Request) -> EntityId:
    entity = EntityId(request.match_info["entity"])
    require_entity(request, entity)
    return entity


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/entities",
        operation=Operation.CREATE_ENTITY,
        handler=create_entity,
        summary="Add an entity, or rename it",
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
    ),
    Route(
        method="POST",
        path="/api/v1/entities/{entity}/bodies",
        operation=Operation.CREATE_BODY,
        handler=create_body,
        summary="Add a body with its members, or replace it",
        takes=BodyIn,
        gives=BodyOut,
        status=201,
    ),
    Route(
        method="PUT",
        path="/api/v1/entities/{entity}/bodies/{body}/members",
        operation=Operation.REPLACE_MEMBERS,
        handler=replace_members,
        summary="Replace the members of a body",
        takes=MembersIn,
        gives=BodyOut,
    ),
)
