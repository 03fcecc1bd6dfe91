"""The jobs `send_letters` and `remind_members`: what waits is written, handed in, and what became of it is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from orchestrator.council.members import MemberId, Office, SessionId
from orchestrator.council.session import Phase, Session
from orchestrator.entrance import address
from orchestrator.notices.calendar import Calling, first_calling
from orchestrator.notices.letters import Letter, Sender, compose
from orchestrator.notices.post import Counter, NotSent, Post
from orchestrator.store.contacts import Contact, Contacts
from orchestrator.store.entrances import Entrances
from orchestrator.store.ledger import Ledger
from orchestrator.store.letters import IN_HAND, Delivery, EventOf, Kind, Letters, State
from orchestrator.store.records import Records
from orchestrator.wording import Language

REMINDED_BEFORE: Final = timedelta(hours=24)
_GIVEN_UP_AFTER: Final = timedelta(hours=24)
_LONGEST_PAUSE: Final = timedelta(minutes=15)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What letters are written and sent with. `base` is the address under which people reach us; personal links are
    signed with `secret`."""

    ledger: Ledger
    post: Post
    base: str
    secret: str = field(repr=False)
    now: Callable[[], datetime]

    async def send(self, session_id: SessionId) -> None:
        """Send what waits. What could not be sent is planned again, with growing pauses, for a day."""
        deliveries = Letters(self.ledger.pool)
        if waiting := await deliveries.take(session_id, self.now()):
            await self._send_all(session_id, waiting)
        late = [delivery for delivery in await deliveries.of(session_id) if delivery.state is State.WAITING]
        if late:
            attempt = max(delivery.attempts for delivery in late)
            pause = min(timedelta(minutes=2 ** min(attempt - 1, 8)), _LONGEST_PAUSE)
            # What somebody has in hand may be left over by a worker that died.
            await deliveries.again(session_id, pause if waiting else IN_HAND, f"again {self.now().isoformat()}")

    async def _send_all(self, session_id: SessionId, waiting: Sequence[Delivery]) -> None:
        session = await Records(self.ledger.pool).replayed(session_id)
        calling = await calling_of(self.ledger, session)
        contacts = await Contacts(self.ledger.pool).of(session.convened.entity.id)
        try:
            async with self.post.open() as counter:
                for delivery in waiting:
                    await self._send(counter, delivery, session, calling, contacts)
        except NotSent as closed:
            for delivery in waiting:
                await self._put_back(delivery, closed)

    async def remind(self, session_id: SessionId) -> None:
        """Remind those who were called of a session that still stands."""
        session = await Records(self.ledger.pool).replayed(session_id)
        if session.phase is not Phase.CONVENED or session.convened.starts_at <= self.now():
            return
        deliveries = Letters(self.ledger.pool)
        called = [d.member for d in await deliveries.of(session_id) if d.kind in (Kind.CALL, Kind.MOVED)]
        await deliveries.ask(session_id, dict.fromkeys(called), Kind.REMINDER, self.now())

    async def _send(
        self,
        counter: Counter,
        delivery: Delivery,
        session: Session,
        calling: Calling,
        contacts: dict[MemberId, Contact],
    ) -> None:
        deliveries, contact = Letters(self.ledger.pool), contacts.get(delivery.member, Contact())
        if not contact.email or not session.body.has(delivery.member):
            await deliveries.settle(delivery.id, State.FAILED, self.now(), "no_address")
            return
        if _is_pointless(delivery.kind, session):
            await deliveries.settle(delivery.id, State.FAILED, self.now(), "overtaken")
            return
        letter = Letter(
            kind=delivery.kind,
            call=session.convened,
            calling=calling,
            member=session.body.member(delivery.member),
            email=contact.email,
            language=Language(contact.language or session.convened.language),
            sender=Sender(address=self.post.sender, replies=_secretary(session, contacts)),
            link="" if delivery.kind is Kind.CANCELLED else await self._link(delivery),
            note=session.not_held.note if session.not_held else "",
        )
        try:
            await counter.hand_in(compose(letter, self.now()))
        except NotSent as refused:
            await self._put_back(delivery, refused)
            return
        await deliveries.settle(delivery.id, State.SENT, self.now())
        log.info("letter_sent", session_id=delivery.session, kind=delivery.kind)

    async def _put_back(self, delivery: Delivery, refused: NotSent) -> None:
        """To be tried again, or given up."""
        is_over = not refused.is_retryable or self.now() - delivery.asked_at > _GIVEN_UP_AFTER
        state = State.FAILED if is_over else State.WAITING
        await Letters(self.ledger.pool).settle(delivery.id, state, self.now(), refused.problem)
        log.warning(
            "letter_not_sent", session_id=delivery.session, kind=delivery.kind, problem=refused.problem, state=state
        )

    async def _link(self, delivery: Delivery) -> str:
        link = await Entrances(self.ledger.pool).issue(delivery.session, delivery.member, by="mail", now=self.now())
        return address(link.id, base=self.base, secret=self.secret)


async def invite(ledger: Ledger, session: Session, members: Sequence[MemberId], now: datetime) -> None:
    """Have the call sent to these members, and them reminded the day before."""
    calling = await calling_of(ledger, session)
    await _keep(ledger, session.convened.session, calling)
    kind = Kind.MOVED if calling.moved_from else Kind.CALL
    await Letters(ledger.pool).ask(session.convened.session, members, kind, now)
    await _plan_reminder(ledger, session, now)


async def tell_cancelled(ledger: Ledger, session: Session, now: datetime) -> None:
    """Tell those who were called that it will not be held."""
    calling = await calling_of(ledger, session)
    if called := await _called(ledger, session):
        await _keep(ledger, session.convened.session, replace(calling, sequence=calling.sequence + 1))
        await Letters(ledger.pool).ask(session.convened.session, called, Kind.CANCELLED, now)


async def tell_moved(ledger: Ledger, before: Session, after: Session, now: datetime) -> None:
    """Tell those who were called that it is held at another hour: in their calendars it is the same event, moved."""
    calling, called = await calling_of(ledger, before), await _called(ledger, before)
    if called:
        moved = replace(calling, sequence=calling.sequence + 1, moved_from=before.convened.starts_at)
        await _keep(ledger, after.convened.session, moved)
        still = [member for member in called if after.body.has(member)]
        await Letters(ledger.pool).ask(after.convened.session, still, Kind.MOVED, now)
        await _plan_reminder(ledger, after, now)


async def _called(ledger: Ledger, session: Session) -> list[MemberId]:
    """Who has had the call."""
    found = await Letters(ledger.pool).of(session.convened.session)
    return [d.member for d in found if d.kind in (Kind.CALL, Kind.MOVED) and d.sent_at is not None]


async def _keep(ledger: Ledger, session: SessionId, calling: Calling) -> None:
    event = EventOf(uid=calling.uid, sequence=calling.sequence, moved_from=calling.moved_from)
    await Letters(ledger.pool).keep_event(session, event)


async def _plan_reminder(ledger: Ledger, session: Session, now: datetime) -> None:
    """For the day before; a call on the day itself is reminder enough."""
    delay = session.convened.starts_at - REMINDED_BEFORE - now
    if delay > timedelta(0):
        await Letters(ledger.pool).remind(session.convened.session, delay, session.convened.starts_at.isoformat())


async def calling_of(ledger: Ledger, session: Session) -> Calling:
    """Which event in people's calendars the session is: that of the session it was put off from, the second call of
    the one it follows, or its own."""
    call, deliveries = session.convened, Letters(ledger.pool)
    if kept := await deliveries.event_of(call.session):
        return Calling(uid=kept.uid, sequence=kept.sequence, moved_from=kept.moved_from)
    if call.follows and (first := await deliveries.event_of(call.follows)):
        second = Calling(uid=first.uid, sequence=first.sequence).second_uid
        return Calling(uid=second, sequence=first.sequence + 1)
    return first_calling(call)


def _is_pointless(kind: Kind, session: Session) -> bool:
    """Nobody is called to, or reminded of, a session that is not held any more."""
    return kind is not Kind.CANCELLED and session.phase is Phase.ADJOURNED


def _secretary(session: Session, contacts: dict[MemberId, Contact]) -> str:
    """The secretary's own address, for answers."""
    holders = (m.id for m in session.body.members if m.office is Office.SECRETARY)
    return next((contacts[m].email for m in holders if m in contacts), "")
