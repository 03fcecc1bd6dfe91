"""Who may do what: the table at the head of `council/conduct.py`, row by row."""

import pytest

from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    Channel,
    Convene,
    GrantFloor,
    OpenSession,
    OpenVote,
    RequestFloor,
    Role,
    SuspendSession,
)
from orchestrator.council.convocation import Policy
from orchestrator.council.decide import decide
from orchestrator.council.members import MemberId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Session
from orchestrator.council.voting import Choice
from tests.scenarios.play import AUDITOR, FIRST, JOAN, MAYOR, PAU, QUORATE, SECOND, SECRETARY, Play, convocation


def asker(role: Role) -> Asker:
    return Asker(role=role, channel=Channel.WEB)


def refusal_of_convening(role: Role, **changes: object) -> Reason | None:
    play = Play()
    command = Convene(asker=asker(role), convocation=convocation(**changes))
    try:
        decide(Session(), command, play.now)
    except Refused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("role", Role)
def test_admin_and_secretary_convene(role: Role) -> None:
    allowed = role in (Role.ADMIN, Role.SECRETARY)
    assert refusal_of_convening(role) is (None if allowed else Reason.NOT_ALLOWED)


def test_a_session_is_convened_once_and_under_a_known_rule() -> None:
    play = Play()
    play.tell(Convene(asker=asker(Role.ADMIN), convocation=convocation()))
    assert play.refusal is Reason.ALREADY_CONVENED
    assert refusal_of_convening(Role.ADMIN, policy=Policy(rule="PLE-9")) is Reason.NO_SUCH_RULE


@pytest.mark.parametrize("role", Role)
def test_a_token_without_a_member_conducts_by_its_role_alone(role: Role) -> None:
    play = Play().watched(*QUORATE, JOAN)
    play.says(None, OpenSession, role=role)
    allowed = role in (Role.ADMIN, Role.SECRETARY, Role.PRESIDENT)
    assert play.refusal is (None if allowed else Reason.NOT_ALLOWED)


@pytest.mark.parametrize("member", [FIRST, PAU, SECRETARY, AUDITOR, MemberId("stranger"), None])
def test_no_member_conducts_while_the_president_is_there(member: MemberId | None) -> None:
    play = Play().opened(*QUORATE, JOAN, AUDITOR)
    play.says(member, CallItem, number=1)
    assert play.refusal is Reason.NOT_ALLOWED


def test_the_president_conducts_while_in_grace_and_not_when_absent() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.drops(MAYOR)
    play.says(FIRST, CallItem, number=1)
    assert play.refusal is Reason.NOT_ALLOWED
    play.waits(30)
    play.says(MAYOR, SuspendSession)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(FIRST, SuspendSession)
    assert play.happened == ["SessionSuspended"]


def test_deputies_preside_in_their_order() -> None:
    play = Play().opened(*QUORATE, SECOND, JOAN)
    play.leaves_for_good(MAYOR)
    play.says(SECOND, CallItem, number=1)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(FIRST, CallItem, number=1)
    assert play.refusal is None
    play.leaves_for_good(FIRST)
    play.says(SECOND, AdjournSession)
    assert play.happened[-1] == "SessionAdjourned"


def test_members_ask_for_themselves_and_who_conducts_for_anybody() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(PAU, RequestFloor, member=JOAN)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, RequestFloor, member=JOAN)
    assert play.refusal is None
    play.says(PAU, RequestFloor, member=PAU, role=Role.AUDITOR)
    assert play.refusal is Reason.NOT_ALLOWED


def test_the_secretarys_substitute_notes_votes_down_only_while_in_the_chair() -> None:
    play = Play().opened(*QUORATE, JOAN, AUDITOR)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    play.says(AUDITOR, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is Reason.NOT_ALLOWED
    play.leaves_for_good(SECRETARY)
    play.says(AUDITOR, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is None


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OPERATOR, Role.AUDITOR, Role.PRESIDENT])
def test_no_other_role_votes_for_a_member(role: Role) -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    play.says(None, CastVote, member=PAU, choice=Choice.YES, role=role)
    assert play.refusal is Reason.NOT_ALLOWED


def test_a_session_that_never_was_can_be_lifted() -> None:
    play = Play().watched(*QUORATE)
    play.says(MAYOR, AdjournSession)
    assert play.happened == ["SessionAdjourned"]


def test_nothing_is_asked_of_a_session_that_is_not_convened() -> None:
    with pytest.raises(Refused) as refused:
        decide(Session(), GrantFloor(asker=asker(Role.ADMIN), member=PAU), Play().now)
    assert refused.value.reason is Reason.NOT_CONVENED
