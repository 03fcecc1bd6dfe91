"""By which law an entity's bodies meet: the law's rules, its own, and how it reads what the law leaves open."""

from datetime import date, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.access import Operation
from orchestrator.council.members import BodyId, BodyKind, Entity, EntityKind, Office, Regime
from orchestrator.council.rules import DEFERRALS, QUORUM_RULES
from orchestrator.council.rules.own import objections
from orchestrator.council.rules.shape import (
    Basis,
    Certainty,
    Days,
    Figures,
    Hold,
    NextCall,
    Occasion,
    QuorumRule,
    Regulation,
    Rounding,
    SmallCouncil,
    Source,
    Switches,
)
from orchestrator.web.api.entities import In, Name, Slug, entity_of
from orchestrator.web.etags import IF_MATCH, IF_NONE_MATCH, NOT_MODIFIED, require_match, tag_of, tagged
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import body_of, house_of, language_of, signature_of
from orchestrator.web.route import Route
from orchestrator.wording import word

Short = Annotated[str, Field(max_length=200)]


class SwitchesIn(In):
    """How the entity reads what the law leaves open."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    figures: Figures = Field(default=Figures.CATALAN, description="Boards and committees: whose figures hold")
    small_council: SmallCouncil = Field(default=SmallCouncil.ALL, description="LRBRL 46.2.c, up to 100 residents")
    open_hold: Hold = Field(default=Hold.CONTINUOUS, description="Where it is disputed whether the quorum must last")
    second_call_days: Days = Field(default=Days.CALENDAR, description="How the two days of ROF 90.2 are counted")


class NextCallIn(In):
    """When the second call is: days later at the same hour, or seconds later; `rule` is what it is held under."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    days: Annotated[int, Field(ge=0, le=31)] = 0
    wait: timedelta = Field(default=timedelta(0), ge=timedelta(0), le=timedelta(days=1))
    rule: Annotated[str, Field(max_length=40)] = ""
    citation: Name


class RuleIn(In):
    """A rule of the entity's own: of its regulation (ROM), of the statutes of a body, or of custom."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40, examples=["ROM-JGL-1"])]
    body_kinds: Annotated[frozenset[BodyKind], Field(min_length=1)]
    bodies: Annotated[frozenset[Slug], Field(description="Only these bodies; empty: all of those kinds")] = frozenset()
    call: Annotated[int, Field(ge=1, le=2)] | None = None
    numerator: Annotated[int, Field(ge=0, le=100)]
    denominator: Annotated[int, Field(ge=1, le=100)]
    rounding: Rounding = Rounding.UP
    is_strict: bool = Field(default=False, description="More than the fraction")
    floor: Annotated[int, Field(ge=0, le=500)] = 0
    basis: Basis = Basis.LEGAL_NUMBER
    offices: tuple[Office, ...] = (Office.PRESIDENT, Office.SECRETARY)
    hold: Hold = Hold.CONTINUOUS
    next_call: NextCallIn | None = None
    source: Source = Field(default=Source.REGULATION, description="Anything but `law`")
    norm: Name
    article: Name
    url: Short = ""
    note: Short = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def rule(self) -> QuorumRule:
        """As the council knows it; the version is given when it is stored."""
        fields = self.model_dump(exclude={"bodies", "next_call"})
        following = NextCall(**self.next_call.model_dump()) if self.next_call else None
        return QuorumRule(version=0, bodies=frozenset(map(BodyId, self.bodies)), next_call=following, **fields)


class RulesIn(In):
    """The entity's own law, whole: what is not in it is not any more."""

    rules: Annotated[tuple[RuleIn, ...], Field(max_length=100)] = ()
    switches: SwitchesIn = SwitchesIn()


class RuleOut(BaseModel):
    """A rule, with its source and how sure we are of it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    body_kinds: frozenset[BodyKind]
    entity_kinds: frozenset[EntityKind]
    regimes: frozenset[Regime]
    bodies: frozenset[str]
    most_residents: int | None
    occasion: Occasion
    call: int | None
    reading: Figures | SmallCouncil | None
    valid_from: date | None
    valid_until: date | None
    numerator: int
    denominator: int
    rounding: Rounding
    is_strict: bool
    floor: int
    basis: Basis
    offices: tuple[Office, ...]
    is_secretary_counted: bool
    has_councillor_majority: bool
    hold: Hold
    is_hold_open: bool
    next_call: NextCallIn | None
    source: Source
    norm: str
    article: str
    url: str
    certainty: Certainty
    note: str
    overridden_by: frozenset[Source]
    is_least: bool


class DeferralOut(BaseModel):
    """Where the law gives no figures and sends to another text."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    body_kinds: frozenset[BodyKind]
    to: Source
    norm: str
    article: str
    url: str
    note: str


class RulesOut(BaseModel):
    """What an entity's bodies meet under. `own` goes first where it fits; in `law` the first that fits holds."""

    version: int = Field(description="Of the entity's own law; 0: it has entered none")
    switches: SwitchesIn
    own: tuple[RuleOut, ...]
    law: tuple[RuleOut, ...]
    deferrals: tuple[DeferralOut, ...]


async def read_rules(request: web.Request) -> web.Response:
    """What an entity's bodies meet under."""
    entity = await _entity(request)
    return tagged(request, _out(entity, await house_of(request).records.regulation(entity.id)))


async def replace_rules(request: web.Request) -> web.Response:
    """From now on the entity's own law is this. Sessions already convened keep the rule they were convened under."""
    entity, house = await _entity(request), house_of(request)
    sent = await body_of(request, RulesIn)
    rules = [rule.rule() for rule in sent.rules]
    switches = Switches(**sent.switches.model_dump())
    _require_lawful(request, rules, switches, entity)
    by = signature_of(request)

    def unchanged(stored: Regulation) -> None:
        require_match(request, tag_of(_out(entity, stored)) if stored.version else None)

    regulation = await house.records.put_regulation(entity.id, rules, switches, by=by, now=house.now(), guard=unchanged)
    return tagged(request, _out(entity, regulation))


def _require_lawful(request: web.Request, rules: list[QuorumRule], switches: Switches, entity: Entity) -> None:
    language = language_of(request)
    if errors := [
        {
            "at": f"rules/{objection.position}",
            "kind": objection.fault.value,
            "message": word(language, f"rule_fault.{objection.fault}", law=objection.law),
        }
        for objection in objections(rules, switches, entity)
    ]:
        raise Problem(Kind.INVALID, errors=errors)


def _out(entity: Entity, regulation: Regulation) -> RulesOut:
    def concerns(kinds: frozenset[EntityKind]) -> bool:
        return not kinds or entity.kind in kinds

    return RulesOut(
        version=regulation.version,
        switches=SwitchesIn.model_validate(regulation.switches),
        own=tuple(RuleOut.model_validate(rule) for rule in regulation.rules),
        law=tuple(RuleOut.model_validate(rule) for rule in QUORUM_RULES if concerns(rule.entity_kinds)),
        deferrals=tuple(DeferralOut.model_validate(d) for d in DEFERRALS if concerns(d.entity_kinds)),
    )


async def _entity(request: web.Request) -> Entity:
    entity = await house_of(request).records.entity(entity_of(request))
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    return entity


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/rules",
        operation=Operation.READ_RULES,
        handler=read_rules,
        summary="By which law the entity's bodies meet: its own rules, and those of the law with their sources",
        gives=RulesOut,
        parameters=(IF_NONE_MATCH,),
        is_tagged=True,
        also_status=NOT_MODIFIED,
    ),
    Route(
        method="PUT",
        path="/api/v1/entities/{entity}/rules",
        operation=Operation.REPLACE_RULES,
        handler=replace_rules,
        summary="Enter the entity's own law: rules of its regulation or statutes, and its reading of contested points",
        takes=RulesIn,
        gives=RulesOut,
        parameters=(IF_MATCH,),
        is_tagged=True,
    ),
)
