"""An entity's own rules: what the law has against them, and how their versions are counted."""

from dataclasses import replace

import pytest

from orchestrator.council.members import BodyKind, Entity, EntityId, EntityKind, Office, Regime
from orchestrator.council.rules.own import Fault, Objection, objections, revised
from orchestrator.council.rules.shape import Figures, Hold, Occasion, QuorumRule, Regulation, Source, Switches
from tests.council.test_law import own_rule

TOWN = Entity(id=EntityId("e"), name="E", population=7_500)
BY_DEFAULT = Switches()


def faults(*rules: QuorumRule, entity: Entity = TOWN, switches: Switches = BY_DEFAULT) -> list[tuple[Fault, str]]:
    return [(objection.fault, objection.law) for objection in objections(rules, switches, entity)]


def board(**changes: object) -> QuorumRule:
    return own_rule(body_kinds=frozenset({BodyKind.GOVERNMENT_BOARD}), **changes)


def test_a_regulation_may_ask_more_than_the_basic_law_and_never_less_lrbrl_46_2_c() -> None:
    assert faults(own_rule()) == []
    less = [(Fault.ASKS_LESS, "LRBRL 46.2.c"), (Fault.ASKS_LESS, "ROF 90.2")]
    assert faults(own_rule(denominator=4)) == less
    assert faults(own_rule(denominator=3, floor=2)) == less
    assert faults(own_rule(offices=(Office.PRESIDENT,))) == less
    assert faults(own_rule(hold=Hold.AT_CONSTITUTION)) == less


def test_a_regulation_with_the_rofs_figures_is_stricter_than_catalan_law_trlmrlc_112_2() -> None:
    assert faults(board(is_strict=True, floor=0)) == []
    assert faults(board(numerator=1, denominator=5, floor=0)) == [(Fault.ASKS_LESS, "TRLMRLC 112.2")]


def test_the_states_fallback_figures_give_way_to_any_regulation_rof_113() -> None:
    state = Switches(figures=Figures.STATE)
    assert faults(board(numerator=1, denominator=5, floor=0), switches=state) == []


@pytest.mark.parametrize("occasion", [Occasion.CONSTITUTIVE, Occasion.CENSURE, Occasion.CONFIDENCE])
def test_loreg_cannot_be_replaced(occasion: Occasion) -> None:
    assert {fault for fault, _ in faults(own_rule(occasion=occasion))} == {Fault.NOT_REPLACEABLE}


def test_statutes_and_custom_only_where_the_law_lets_them() -> None:
    assert faults(own_rule(source=Source.STATUTES))[0] == (Fault.NOT_REPLACEABLE, "LRBRL 46.2.c")
    mancomunitat = replace(TOWN, kind=EntityKind.MANCOMUNITAT)
    assert faults(own_rule(source=Source.STATUTES, denominator=5), entity=mancomunitat) == []
    open_council = replace(TOWN, regime=Regime.OPEN_COUNCIL)
    assembly = own_rule(body_kinds=frozenset({BodyKind.ASSEMBLY}), source=Source.CUSTOM, denominator=10)
    assert (Fault.NOT_REPLACEABLE, "ROF 111.3") not in faults(assembly, entity=open_council)


def test_where_the_law_has_no_figures_there_is_nothing_against_any() -> None:
    assert faults(own_rule(body_kinds=frozenset({BodyKind.DISTRICT_BOARD}), denominator=10, floor=0)) == []


def test_an_id_is_nobody_elses() -> None:
    assert (Fault.TAKEN, "") in faults(own_rule(id="PLE-1"))
    twice = objections((own_rule(), own_rule()), BY_DEFAULT, TOWN)
    assert twice == (Objection(position=1, fault=Fault.TWICE),)


def test_a_version_changes_with_what_the_rule_says_and_only_then() -> None:
    first = revised(Regulation(), (own_rule(version=0), own_rule(version=0, id="ROM-2")), BY_DEFAULT)
    assert (first.version, [rule.version for rule in first.rules]) == (1, [1, 1])
    second = revised(first, (own_rule(version=0), own_rule(version=0, id="ROM-2", floor=4)), BY_DEFAULT)
    assert (second.version, [rule.version for rule in second.rules]) == (2, [1, 2])
