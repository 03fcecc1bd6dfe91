"""Who may ask for what, and what must hold for it. Each function raises Refused, or returns what it found.

The role is what the signed token says; the chair is whose it is *now*: the office's holder or, when the holder is not
present or has withdrawn from the item, the first substitute who is. "Conduct" is to open, suspend, resume and adjourn,
call items and end them, open and close debates, votes and secrecy, give and take the floor, and ask for it on
another's behalf. "Keep the register" is to take down others' votes, ticks, excuses, corrections and the roll. "Mind the
air" is to put a card on the air and take it off, to change the channel, and to have another encoder.

| role                            | convene | conduct                  | own floor, vote, conflict | keep the register |
| ------------------------------- | ------- | ------------------------ | ------------------------- | ----------------- |
| ADMIN                           | yes     | yes                      | -                         | -                 |
| SECRETARY                       | yes     | yes                      | as a member               | yes               |
| PRESIDENT                       | -       | yes                      | as a member               | -                 |
| MEMBER, SPOKESPERSON            | -       | in the president's chair | yes                       | secretary, deputy |
| OPERATOR, STAFF, PRESS, AUDITOR | -       | -                        | -                         | -                 |

ADMIN, OPERATOR and whoever keeps the register mind the air.
"""

from orchestrator.council.agenda import AgendaItem
from orchestrator.council.commands import Asker, Role
from orchestrator.council.members import MemberId, Office
from orchestrator.council.quorum import Verdict
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase, Session
from orchestrator.council.voting import VoteEvent

_SEATED = (Role.MEMBER, Role.SPOKESPERSON)
"""Whose rights follow from the office held now."""


def may_conduct(session: Session, asker: Asker) -> bool:
    """Whether the asker conducts the session."""
    match asker.role:
        case Role.ADMIN | Role.SECRETARY | Role.PRESIDENT:
            return True
        case Role.MEMBER | Role.SPOKESPERSON:
            return asker.member is not None and asker.member == session.acting(Office.PRESIDENT)
        case Role.OPERATOR | Role.STAFF | Role.PRESS | Role.AUDITOR:
            return False


def keeps_register(session: Session, asker: Asker) -> bool:
    """Whether the asker is the secretary, also before anybody is there and after everybody has gone, or sits in the
    secretary's chair."""
    if asker.role not in _SEATED or asker.member is None:
        return asker.role is Role.SECRETARY
    is_secretary = session.body.has(asker.member) and session.body.member(asker.member).office is Office.SECRETARY
    return is_secretary or asker.member == session.acting(Office.SECRETARY)


def minds_broadcast(session: Session, asker: Asker) -> bool:
    """Whether the asker minds the broadcast: who operates the installation, or, in a town without such a person, who
    keeps the register."""
    return asker.role in (Role.ADMIN, Role.OPERATOR) or keeps_register(session, asker)


def is_own(asker: Asker, member: MemberId) -> bool:
    """Whether the asker asks for themselves."""
    return asker.member == member and asker.role in (*_SEATED, Role.PRESIDENT, Role.SECRETARY)


def require(is_allowed: bool) -> None:
    """Refused (NOT_ALLOWED) to whom it is not for."""
    if not is_allowed:
        raise Refused(Reason.NOT_ALLOWED)


def require_conductor(session: Session, asker: Asker) -> None:
    """Refused (NOT_ALLOWED) to who does not conduct the session."""
    require(may_conduct(session, asker))


def require_open(session: Session) -> None:
    """Refused (NOT_OPEN) before the session, after it, and in a recess."""
    if session.phase is not Phase.OPEN:
        raise Refused(Reason.NOT_OPEN)


def require_no_vote(session: Session) -> None:
    """Refused (VOTE_IS_OPEN) while a vote is open: nothing else may happen then (ROF 98.3)."""
    if session.vote:
        raise Refused(Reason.VOTE_IS_OPEN, number=session.vote.item)


def require_quorum(session: Session) -> Verdict:
    """The body may act (LRBRL 46.2.c), else Refused (NO_QUORUM)."""
    verdict = session.verdict
    if not verdict.is_met:
        missing = [office.value for office in verdict.missing]
        raise Refused(Reason.NO_QUORUM, present=verdict.present, needed=verdict.needed, missing=missing)
    return verdict


def require_member(session: Session, member: MemberId) -> None:
    """Refused (NO_SUCH_MEMBER) for a stranger."""
    if not session.body.has(member):
        raise Refused(Reason.NO_SUCH_MEMBER, member=member)


def require_present(session: Session, member: MemberId) -> None:
    """Refused (MEMBER_ABSENT) for who is not there."""
    require_member(session, member)
    if member not in session.attendance.present():
        raise Refused(Reason.MEMBER_ABSENT, member=member)


def require_part(session: Session, member: MemberId) -> None:
    """Refused (ALREADY_IN_CONFLICT) for who takes no part in the item."""
    require_present(session, member)
    if member in session.conflicted:
        raise Refused(Reason.ALREADY_IN_CONFLICT, member=member)


def require_item(session: Session) -> AgendaItem:
    """The item that the session is on, else Refused (NO_ITEM_CALLED)."""
    if session.agenda.on is None:
        raise Refused(Reason.NO_ITEM_CALLED)
    return session.agenda.on


def require_vote(session: Session) -> VoteEvent:
    """The vote that is open, else Refused (NO_VOTE_OPEN)."""
    if session.vote is None:
        raise Refused(Reason.NO_VOTE_OPEN)
    return session.vote
