"""What whoever minds the broadcast does to it. None of it shows more of the room than the session itself allows."""

from datetime import datetime
from typing import assert_never

from orchestrator.council.authority import minds_broadcast, require
from orchestrator.council.commands import (
    BroadcastCommand,
    ChangeChannel,
    RestartEncoder,
    ResumeBroadcast,
    ShowSlate,
)
from orchestrator.council.effects import Picture
from orchestrator.council.events import BroadcastResumed, ChannelOrdered, EncoderRestarted, Events, SlateShown
from orchestrator.council.members import ChannelId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase, Session

CARDS = frozenset({Picture.WAITING, Picture.RECESS, Picture.SECRET, Picture.TROUBLE})
"""What may be put on the air by hand: never the room, and the end is the session's own."""


def mind_broadcast(session: Session, command: BroadcastCommand, now: datetime) -> Events:
    """The events of a command about the broadcast. Raises Refused."""
    require(minds_broadcast(session, command.asker))
    if not session.has_broadcast:
        raise Refused(Reason.NO_BROADCAST)
    match command:
        case ChangeChannel(asker=asker, channel=channel):
            return () if _goes_to(session, channel) else (ChannelOrdered(at=now, channel=channel, by=asker),)
        case ShowSlate(asker=asker, picture=picture):
            if picture not in CARDS:
                raise Refused(Reason.NOT_A_CARD, picture=picture)
            if picture is session.airing.card:
                raise Refused(Reason.CARD_IS_SHOWN, picture=picture)
            return (SlateShown(at=now, picture=picture, by=asker),)
        case ResumeBroadcast(asker=asker):
            if session.airing.card is None:
                raise Refused(Reason.NO_CARD_SHOWN)
            return (BroadcastResumed(at=now, by=asker),)
        case RestartEncoder(asker=asker):
            if not needs_encoder(session):
                raise Refused(Reason.NO_ENCODER)
            return (EncoderRestarted(at=now, by=asker),)
        case _:
            assert_never(command)


def needs_encoder(session: Session) -> bool:
    """Whether an encoder belongs in the room. Alone in it, it gives up after half a minute (Jibri's empty-call check):
    it is for when people come."""
    has_people = session.phase is not Phase.CONVENED or bool(session.attendance.present())
    return session.has_broadcast and session.phase is not Phase.ADJOURNED and has_people


def _goes_to(session: Session, channel: ChannelId) -> bool:
    """Whether it goes there already, or is ordered to. Also before the session."""
    airing = session.airing
    is_there = airing.ordered is None and airing.reach is not None and airing.reach.channel == channel
    return airing.ordered == channel or (is_there and channel not in airing.failed)
