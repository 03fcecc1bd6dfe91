"""What a rule of law looks like as data.

A rule says when a body may act; `orchestrator.council.quorum.evaluate` applies it. Rules are written down once, in the
tables of this folder, each with its source and how sure we are of it, and are never edited: a change of the law is a
new `version`. The rule that a session meets under is frozen in its call, so its verdicts never change.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from orchestrator.council.members import BodyId, BodyKind, Entity, EntityKind, Office, Regime


class Basis(StrEnum):
    """What the fraction is taken of.

    LEGAL_NUMBER: the members by law, vacancies included; where vacancies cannot be filled, those in fact (ROF 99.4).
    STATUTORY: the number in the statutes, vacancies included. MEMBERS: those on the list. ELECTED: those proclaimed
    by the electoral board (the list of a constitutive session). RESIDENTS: those entitled in an open council, where
    who is represented counts as present (ROF 111.3).
    """

    LEGAL_NUMBER = "legal_number"
    STATUTORY = "statutory"
    MEMBERS = "members"
    ELECTED = "elected"
    RESIDENTS = "residents"


class Rounding(StrEnum):
    """What a fraction that is no whole number comes to. The law is silent; only UP reaches the fraction."""

    UP = "up"
    NEAREST = "nearest"
    DOWN = "down"


class Hold(StrEnum):
    """Whether the quorum must last all through the session or is asked for when the body is constituted."""

    CONTINUOUS = "continuous"
    AT_CONSTITUTION = "at_constitution"


class Certainty(StrEnum):
    """Read in the text of the law; known from practice but not looked up; or read in more than one way."""

    VERIFIED = "verified"
    RECALLED = "recalled"
    CONTESTED = "contested"


class Occasion(StrEnum):
    """What a plenary meets for, where the law has rules of its own for it (LOREG 195-197 bis)."""

    REGULAR = "regular"
    CONSTITUTIVE = "constitutive"
    CENSURE = "censure"
    CONFIDENCE = "confidence"


class Source(StrEnum):
    """Where a rule comes from: the law, or what the law lets stand in its place."""

    LAW = "law"
    REGULATION = "regulation"
    STATUTES = "statutes"
    CUSTOM = "custom"


# --- Contested points: the entity says how it reads the law, `Switches` says how when it does not ---


class Figures(StrEnum):
    """Whose figures hold for boards and committees: Catalan law's, or the state's (ROF, Ley 40/2015)."""

    CATALAN = "catalan"
    STATE = "state"


class SmallCouncil(StrEnum):
    """Up to 100 residents: all three councillors, or two ("never under two", LRBRL 46.2.c)."""

    ALL = "all"
    TWO = "two"


class Days(StrEnum):
    """How the two days of ROF 90.2 are counted: by the calendar, as the letter has it, or working days."""

    CALENDAR = "calendar"
    WORKING = "working"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How an entity reads what the law leaves open; each default is the reading that puts no agreement at risk.

    `open_hold` is for the rules whose hold is disputed (`QuorumRule.is_hold_open`).
    """

    figures: Figures = Figures.CATALAN
    small_council: SmallCouncil = SmallCouncil.ALL
    open_hold: Hold = Hold.CONTINUOUS
    second_call_days: Days = Days.CALENDAR

    @property
    def readings(self) -> frozenset[Figures | SmallCouncil]:
        """The readings that choose between rules."""
        return frozenset({self.figures, self.small_council})


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCall:
    """When the body meets in second call: `days` later at the same hour on the wall, or (`days` 0) after `wait`.

    `rule` is the id of the rule it meets under; empty: the same one.
    """

    days: int = 0
    wait: timedelta = timedelta(0)
    rule: str = ""
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumRule:
    """How many members, and which offices, a kind of body needs to act.

    For whom: `body_kinds`, of `entity_kinds` and `regimes` (empty: any), only these `bodies` (empty: any), up to
    `most_residents`, on that `occasion`, in that `call` (1 or 2; None where the law knows one or treats both alike),
    under that `reading` of a contested point, from `valid_from` to `valid_until` (None: before and after any session
    kept here).

    How many: `numerator`/`denominator` of `basis`, rounded as `rounding` says (`is_strict`: more than that fraction),
    and never fewer than `floor`. `offices` must be held by their holder or a legal substitute; the president counts
    as a member, the secretary does not unless `is_secretary_counted`. `has_councillor_majority`: the councillors there
    must outnumber the others (LRBRL 126.2). `is_hold_open`: `hold` is disputed, and `Switches.open_hold` decides.

    By what: `source`, `norm` and `article`, `url` where it can be read, `note` what is open about it. Rules from
    `overridden_by` may stand in its place; `is_least`: only if they ask for no less.
    """

    id: str
    version: int
    body_kinds: frozenset[BodyKind]
    entity_kinds: frozenset[EntityKind] = frozenset()
    regimes: frozenset[Regime] = frozenset()
    bodies: frozenset[BodyId] = frozenset()
    most_residents: int | None = None
    occasion: Occasion = Occasion.REGULAR
    call: int | None
    reading: Figures | SmallCouncil | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    numerator: int
    denominator: int
    rounding: Rounding = Rounding.UP
    is_strict: bool = False
    floor: int = 0
    basis: Basis = Basis.LEGAL_NUMBER
    offices: tuple[Office, ...] = (Office.PRESIDENT, Office.SECRETARY)
    is_secretary_counted: bool = False
    has_councillor_majority: bool = False
    hold: Hold = Hold.CONTINUOUS
    is_hold_open: bool = False
    next_call: NextCall | None = None

    source: Source = Source.LAW
    norm: str
    article: str
    url: str
    certainty: Certainty = Certainty.VERIFIED
    note: str = ""
    overridden_by: frozenset[Source] = frozenset()
    is_least: bool = False

    @property
    def citation(self) -> str:
        """The source as it is quoted in a verdict: `LRBRL 46.2.c`."""
        return f"{self.norm} {self.article}"

    def needed(self, base: int) -> int:
        """How many of `base` members it asks for; never more than there are."""
        share = self.numerator * base
        if self.is_strict:
            least = share // self.denominator + 1
        else:
            match self.rounding:
                case Rounding.UP:
                    least = -(-share // self.denominator)
                case Rounding.NEAREST:
                    least = (2 * share + self.denominator) // (2 * self.denominator)
                case Rounding.DOWN:
                    least = share // self.denominator
        return min(max(least, self.floor), base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """Where the law gives no figures and sends to somebody else's text: the statutes, or the entity's regulation."""

    id: str
    body_kinds: frozenset[BodyKind]
    entity_kinds: frozenset[EntityKind] = frozenset()
    to: Source
    norm: str
    article: str
    url: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulation:
    """An entity's own law, as its secretary entered it: its own rules, and how it reads what the law leaves open.

    `version` counts from 1 with every change; 0 is that of an entity that has entered none.
    """

    version: int = 0
    rules: tuple[QuorumRule, ...] = ()
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the choice of a rule depends on: whose session, of which body, in which call, what for, on which day."""

    entity: Entity
    body: BodyId
    kind: BodyKind
    call: int
    day: date
    occasion: Occasion = Occasion.REGULAR

    def are_for(self, rule: QuorumRule, switches: Switches) -> bool:
        """Whether the rule is for them, under that reading of the law."""
        return (
            self.kind in rule.body_kinds
            and (not rule.entity_kinds or self.entity.kind in rule.entity_kinds)
            and (not rule.regimes or self.entity.regime in rule.regimes)
            and (not rule.bodies or self.body in rule.bodies)
            and rule.call in (None, self.call)
            and rule.occasion is self.occasion
            and (rule.reading is None or rule.reading in switches.readings)
            and self._are_of_size(rule)
            and self._are_in_time(rule)
        )

    def _are_of_size(self, rule: QuorumRule) -> bool:
        if rule.most_residents is None:
            return True
        return self.entity.population is not None and self.entity.population <= rule.most_residents

    def _are_in_time(self, rule: QuorumRule) -> bool:
        has_begun = rule.valid_from is None or rule.valid_from <= self.day
        return has_begun and (rule.valid_until is None or self.day <= rule.valid_until)
