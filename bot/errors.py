"""What can go wrong at the edge to XMPP. `is_retryable`: trying again can help; `scope`: what the error concerns."""

from enum import StrEnum


class Scope(StrEnum):
    """What the error concerns: the whole connection, or one room."""

    CONNECTION = "connection"
    ROOM = "room"


class BotError(Exception):
    """Base of all errors of the bot."""

    scope = Scope.CONNECTION
    is_retryable = True


class ConnectionLost(BotError):
    """The connection to the XMPP server is gone or could not be made."""


class LoginRefused(BotError):
    """The server does not accept the bot's account or password."""

    is_retryable = False


class JoinRefused(BotError):
    """The room did not let the bot in. `condition` is the XMPP error condition (RFC 6120, section 8.3.3)."""

    scope = Scope.ROOM

    def __init__(self, room: str, condition: str, text: str = "") -> None:
        super().__init__(f"{room}: {condition} {text}".strip())
        self.room = room
        self.condition = condition
        self.is_retryable = condition not in {"not-authorized", "registration-required", "not-acceptable"}


class FocusUnavailable(BotError):
    """Jicofo did not answer, or refused, the request for a conference."""

    scope = Scope.ROOM


class NotInRoom(BotError):
    """The bot was asked to speak in a room in which it does not sit (any more)."""

    scope = Scope.ROOM


class LineWithheld(BotError):
    """The server is there and did not pass a line of ours on: something in it mutes us (mod_muc_limit_messages,
    mod_filter_messages, moderation)."""

    scope = Scope.ROOM
    is_retryable = False


class RequestRefused(BotError):
    """A request (IQ) was answered with an error. `condition` as in RFC 6120, section 8.3.3."""

    scope = Scope.ROOM
    is_retryable = False

    def __init__(self, to: str, condition: str, text: str = "") -> None:
        super().__init__(f"{to}: {condition} {text}".strip())
        self.to = to
        self.condition = condition
        self.text = text


class RequestUnanswered(BotError):
    """A request (IQ) was not answered in time; what it asked for may have been done all the same."""

    scope = Scope.ROOM
