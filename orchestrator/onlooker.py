"""What a bot without a journal sees of one room, in the words of the council. Pure: presence in, observations out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.events import LeaveReason, OccupantChanged, OccupantJoined, OccupantLeft, RoomEntered
from bot.occupant import Occupant
from orchestrator.council.observations import (
    ChamberEntered,
    Departure,
    Grade,
    HandLowered,
    HandRaised,
    MemberConnected,
    MemberDisconnected,
    Observation,
    Sighting,
)
from orchestrator.witness import device_of, member_of

_DEPARTURES: Final = {
    LeaveReason.KICKED: Departure.KICKED,
    LeaveReason.BANNED: Departure.KICKED,
    LeaveReason.LEFT: Departure.LEFT,
}


@dataclass(slots=True)
class Onlooker:
    """One room as the bot sees it from its own seat. `occupants` are all the others, by nick."""

    occupants: dict[str, Occupant] = field(default_factory=dict)

    def everybody(self, at: datetime) -> tuple[Observation, ...]:
        """The whole room, for somebody who has not been looking."""
        there = tuple(self.occupants.values())
        devices = tuple((member, device_of(o)) for o in there if (member := member_of(o)))
        hands = (observation for occupant in there for observation in _hand(occupant, at))
        return (ChamberEntered(seen=_seen(at), devices=devices), *hands)

    def hear(self, event: RoomEntered | OccupantJoined | OccupantChanged | OccupantLeft) -> tuple[Observation, ...]:
        """What an event comes to."""
        match event:
            case RoomEntered(occupants=occupants, at=at):
                self.occupants = {o.nick: o for o in occupants}
                return self.everybody(at)
            case OccupantJoined(occupant=occupant, at=at):
                self.occupants[occupant.nick] = occupant
                return _joined(occupant, at)
            case OccupantChanged(before=before, after=after, at=at):
                self.occupants[after.nick] = after
                return _changed(before, after, at)
            case OccupantLeft(occupant=occupant, reason=reason, at=at):
                self.occupants.pop(occupant.nick, None)
                return _left(occupant, _DEPARTURES.get(reason, Departure.LOST), at)


def _joined(occupant: Occupant, at: datetime) -> tuple[Observation, ...]:
    if member := member_of(occupant):
        return (MemberConnected(seen=_seen(at), member=member, device=device_of(occupant)), *_hand(occupant, at))
    return ()


def _changed(before: Occupant, after: Occupant, at: datetime) -> tuple[Observation, ...]:
    if member_of(before) != member_of(after):
        return (*_left(before, Departure.LEFT, at), *_joined(after, at))
    if before.claims.has_raised_hand != after.claims.has_raised_hand and (member := member_of(after)):
        hand = HandRaised if after.claims.has_raised_hand else HandLowered
        return (hand(seen=_seen(at), member=member),)
    return ()


def _left(occupant: Occupant, departure: Departure, at: datetime) -> tuple[Observation, ...]:
    if member := member_of(occupant):
        device = device_of(occupant)
        return (MemberDisconnected(seen=_seen(at), member=member, device=device, departure=departure),)
    return ()


def _hand(occupant: Occupant, at: datetime) -> tuple[Observation, ...]:
    if (member := member_of(occupant)) and occupant.claims.has_raised_hand:
        return (HandRaised(seen=_seen(at), member=member),)
    return ()


def _seen(at: datetime) -> Sighting:
    return Sighting(grade=Grade.PRESENCE, at=at)
