"""Requests to the focus (Jicofo), which makes the rooms, keeps whoever is not to speak muted, and hires the Jibris."""

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol
from xml.etree.ElementTree import Element, SubElement

from bot.errors import BotError, FocusUnavailable, RequestRefused, RequestUnanswered, Scope

CONFERENCE: Final = "{http://jitsi.org/protocol/focus}conference"
JIBRI: Final = "{http://jitsi.org/protocol/jibri}jibri"
MUTE: Final = "{http://jitsi.org/jitmeet/audio}mute"
_PROPERTY: Final = "{http://jitsi.org/protocol/focus}property"

# Seconds. Jicofo tries for 15 s to come into a room; it asks six Jibris at most, for 15 s each, before it answers.
_CONFERENCE_PATIENCE: Final = 20.0
_MUTE_PATIENCE: Final = 10.0
_JIBRI_PATIENCE: Final = 120.0


class Request(Protocol):
    """One IQ and its answer. Raises RequestRefused, RequestUnanswered, ConnectionLost."""

    def __call__(
        self, kind: Literal["get", "set"], to: str, payload: Element, patience: float
    ) -> Awaitable[Element]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """The focus's answer: whether it sits in the room already, and under which account."""

    is_ready: bool
    focus_jid: str


class JibriProblem(StrEnum):
    """Why Jicofo starts or stops no Jibri (jicofo's jibri package; BaseJibri, JibriRecorder), and what an operator can
    do about it."""

    ALL_BUSY = "all_busy"
    """Every Jibri encodes for somebody: add one, or wait for a session to end."""
    NONE_THERE = "none_there"
    """No Jibri is connected and healthy: look at the Jibri container, its log and its account on the auth domain."""
    NOT_CONFIGURED = "not_configured"
    """No conference took the request: Jicofo has no Jibri brewery (ENABLE_RECORDING), or the conference is over."""
    ALREADY_RUNNING = "already_running"
    """This conference records or streams already, and it can do that once: adopt it, or stop it first."""
    NOT_RUNNING = "not_running"
    """There is nothing to stop."""
    NOT_IN_ROOM = "not_in_room"
    """The bot does not sit in the room."""
    NOT_MODERATOR = "not_moderator"
    """The bot is no moderator: load mod_plenari, or make its account a moderator."""
    BAD_REQUEST = "bad_request"
    """The address of the stream is missing or not allowed (`rtmp-allow-list`)."""
    BROKEN = "broken"
    """Jicofo itself failed: its log says why."""
    NO_ANSWER = "no_answer"
    """Jicofo is gone, or its Jibris answer to nobody: see what runs (`jibri-recording-status`) before asking again."""


_WORTH_ANOTHER_TRY: Final = frozenset(
    {JibriProblem.ALL_BUSY, JibriProblem.NONE_THERE, JibriProblem.BROKEN, JibriProblem.NOT_IN_ROOM}
)

_PROBLEMS: Final = {
    "resource-constraint": JibriProblem.ALL_BUSY,
    "unexpected-request": JibriProblem.ALREADY_RUNNING,
    "forbidden": JibriProblem.NOT_IN_ROOM,
    "not-allowed": JibriProblem.NOT_MODERATOR,
    "bad-request": JibriProblem.BAD_REQUEST,
    "internal-server-error": JibriProblem.BROKEN,
}


class JibriRefused(BotError):
    """Jicofo did not start or stop a Jibri; `problem` says why."""

    scope = Scope.ROOM

    def __init__(self, room: str, problem: JibriProblem) -> None:
        super().__init__(f"{room}: {problem}")
        self.room = room
        self.problem = problem
        self.is_retryable = problem in _WORTH_ANOTHER_TRY


@dataclass(frozen=True, slots=True)
class Focus:
    """The focus at an address, asked by `request`."""

    address: str
    request: Request

    async def open_conference(self, room: str, machine_uid: str) -> None:
        """Have the focus in the room, which makes it. Raises FocusUnavailable, ConnectionLost."""
        conference = build_conference_request(room, machine_uid)
        try:
            answer = await self.request("set", self.address, conference, _CONFERENCE_PATIENCE)
        except RequestRefused as refusal:
            raise FocusUnavailable(f"{room}: {refusal.condition}") from refusal
        except RequestUnanswered as late:
            raise FocusUnavailable(f"{room}: the focus did not answer") from late
        found = answer.find(CONFERENCE)
        if found is None or not parse_conference(found).is_ready:
            raise FocusUnavailable(f"{room}: the focus is not in the room")

    async def mute(self, room: str, nick: str) -> None:
        """Take an occupant's microphone. Only where the audio is moderated can they not open it again.

        Raises RequestRefused (internal-server-error for one who has no media yet), RequestUnanswered, ConnectionLost.
        """
        await self.request("set", f"{room}/focus", build_mute(room, nick), _MUTE_PATIENCE)

    async def start_stream(self, room: str, address: str, view_url: str = "") -> str:
        """Have a Jibri stream the room to an RTMP address, which is a secret. Returns the id of Jicofo's session.

        It is not on the air yet: a Jibri has answered that it will try. Raises JibriRefused, ConnectionLost.
        """
        answer = await self._ask_jibri(room, build_stream_start(address, view_url), is_start=True)
        started = answer.find(JIBRI)
        return "" if started is None else started.get("session_id", "")

    async def stop_stream(self, room: str) -> None:
        """Have it end, whoever started it. Raises JibriRefused (NOT_RUNNING), ConnectionLost."""
        await self._ask_jibri(room, build_stream_stop(), is_start=False)

    async def _ask_jibri(self, room: str, payload: Element, *, is_start: bool) -> Element:
        try:
            return await self.request("set", f"{room}/focus", payload, _JIBRI_PATIENCE)
        except RequestRefused as refusal:
            raise JibriRefused(room, _problem(refusal, is_start=is_start)) from None
        except RequestUnanswered:
            raise JibriRefused(room, JibriProblem.NO_ANSWER) from None


def _problem(refusal: RequestRefused, *, is_start: bool) -> JibriProblem:
    """Two conditions stand for two things each."""
    match refusal.condition:
        case "item-not-found":
            return JibriProblem.NOT_CONFIGURED if is_start else JibriProblem.NOT_RUNNING
        case "service-unavailable":
            return JibriProblem.NONE_THERE
        case condition:
            return _PROBLEMS.get(condition, JibriProblem.BROKEN)


def build_conference_request(room: str, machine_uid: str) -> Element:
    """Ask for a conference in `room` (a bare JID).

    `machine_uid` says for the focus which machine asks; it stays the same for a connection. The property
    `visitors-version` is left out on purpose: with it the focus may send us to a visitors' server.
    """
    conference = Element(CONFERENCE, {"room": room, "machine-uid": machine_uid})
    SubElement(conference, _PROPERTY, {"name": "rtcstatsEnabled", "value": "false"})
    return conference


def parse_conference(conference: Element) -> Conference:
    """What the focus answered."""
    return Conference(is_ready=conference.get("ready") == "true", focus_jid=conference.get("focusjid", ""))


def build_mute(room: str, nick: str) -> Element:
    """Ask for somebody else's microphone to be closed."""
    mute = Element(MUTE, {"jid": f"{room}/{nick}"})
    mute.text = "true"
    return mute


def build_stream_start(address: str, view_url: str) -> Element:
    """Ask for a stream to an RTMP address; `view_url` is what clients show as the place to watch it."""
    jibri = Element(JIBRI, {"action": "start", "recording_mode": "stream", "streamid": address})
    if view_url:
        jibri.set("you_tube_broadcast_id", view_url)
    return jibri


def build_stream_stop() -> Element:
    """Ask for the stream to end."""
    return Element(JIBRI, {"action": "stop", "recording_mode": "stream"})
