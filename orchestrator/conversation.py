"""The manners of the chat: who is answered, in which language, and what was asked of them before. No input or output.

- An answer goes to whoever asked, in private, in the language of the order they used; where an order has the same name
  in several languages, in the one they used last, else in the session's.
- What we asked back is remembered for `_PATIENCE`: a bare number or name answers it.
- During a vote nobody is answered but the table, and a voter on the vote itself (ROF 98.3).
- Nobody gets more than `_MOST_ORDERS` answers in a minute.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from orchestrator import answers
from orchestrator.answers import Said
from orchestrator.chat import Order, Verb, parse
from orchestrator.council.commands import Asker, Command
from orchestrator.council.members import SessionId
from orchestrator.council.refusals import Refused
from orchestrator.council.session import Session
from orchestrator.orders import Lookup, Misunderstood, Question, meaning

_PATIENCE: Final = timedelta(minutes=2)
_MOST_ORDERS: Final = 20
_MINUTE: Final = timedelta(minutes=1)
_LONGEST_ANSWER: Final = 80
_MOST_TALKS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command that somebody gave in chat. `is_answered`: whether they hear if it is refused."""

    command: Command
    language: str
    is_answered: bool = True

    def refused(self, refusal: Refused) -> tuple[Said, ...]:
        """What they are told when it is not carried out; nothing if they are not to be disturbed."""
        if not self.is_answered:
            return ()
        return (Said(language=self.language, message=f"refused.{refusal.reason}", params=refusal.detail),)


@dataclass(slots=True)
class _Talk:
    """What we remember of one person in one session."""

    language: str
    question: Question | None = None
    asked_at: datetime | None = None
    orders: deque[datetime] = field(default_factory=lambda: deque(maxlen=_MOST_ORDERS))


class Conversation:
    """All the talks with people in rooms; the oldest are forgotten when there are too many."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._talks: OrderedDict[tuple[SessionId, str], _Talk] = OrderedDict()

    def language_of(self, session_id: SessionId, person: str, session: Session) -> str:
        """In which language a person is spoken to."""
        talk = self._talks.get((session_id, person))
        return talk.language if talk else session.convened.language

    def hear(
        self, session_id: SessionId, session: Session, asker: Asker, person: str, line: str
    ) -> Asked | tuple[Said, ...]:
        """What comes of a line: a command to be carried out, or what the person is told (nothing, for conversation).

        `person` tells people apart who are not members: the member's id, else the nick.
        """
        order = parse(line)
        if order is None:
            return self._answered(session_id, person, line) or ()
        talk = self._talk(session_id, person, session)
        if not self._has_breath(talk):
            return ()
        talk.question = None
        talk.language = _language(order, talk.language)
        is_answered = session.vote is None or order.verb is Verb.VOTE or asker.member in answers.table(session)
        match meaning(order, asker, session):
            case Lookup(about=about):
                said = _looked_up(about, session, talk.language, asker)
            case Misunderstood(message=message, params=params):
                said = (Said(language=talk.language, message=message, params=dict(params)),)
            case Question() as question:
                said = (Said(language=talk.language, message=question.message, params=dict(question.params)),)
                talk.question, talk.asked_at = question, self._now()
            case command:
                return Asked(command=command, language=talk.language, is_answered=is_answered)
        return said if is_answered else ()

    def _answered(self, session_id: SessionId, person: str, line: str) -> Asked | None:
        """A bare line may answer what we asked."""
        talk = self._talks.get((session_id, person))
        if talk is None or talk.question is None or talk.asked_at is None or len(line) > _LONGEST_ANSWER:
            return None
        if self._now() - talk.asked_at > _PATIENCE:
            talk.question = None
            return None
        command = talk.question.answer(line)
        if command is None:
            return None
        talk.question = None
        return Asked(command=command, language=talk.language)

    def _talk(self, session_id: SessionId, person: str, session: Session) -> _Talk:
        talk = self._talks.setdefault((session_id, person), _Talk(language=session.convened.language))
        self._talks.move_to_end((session_id, person))
        if len(self._talks) > _MOST_TALKS:
            self._talks.popitem(last=False)
        return talk

    def _has_breath(self, talk: _Talk) -> bool:
        now = self._now()
        is_full = len(talk.orders) == _MOST_ORDERS
        if is_full and now - talk.orders[0] < _MINUTE:
            return False
        talk.orders.append(now)
        return True


def _language(order: Order, before: str) -> str:
    if not order.languages or before in order.languages:
        return before
    return order.languages[0]


def _looked_up(about: Verb, session: Session, language: str, asker: Asker) -> tuple[Said, ...]:
    match about:
        case Verb.QUORUM:
            return answers.quorum(session, language)
        case Verb.ATTENDANCE:
            return answers.attendance(session, language, asker.member)
        case Verb.TURNS:
            return answers.turns(session, language)
        case _:
            return answers.instructions(session, language, asker.member)
