"""What the bot may do in a room through mod_plenari, and a plain client connection cannot."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from xml.etree.ElementTree import Element

from bot.errors import RequestRefused
from bot.focus import Request
from bot.journal import build_command

_PATIENCE: Final = 10.0


class Media(StrEnum):
    """What is moderated, each by itself (Jitsi's AV moderation)."""

    AUDIO = "audio"
    VIDEO = "video"
    DESKTOP = "desktop"


@dataclass(frozen=True, slots=True)
class Moderation:
    """Orders to the module at an address. All raise RequestRefused, RequestUnanswered, ConnectionLost."""

    module: str
    request: Request

    async def turn(self, room: str, *, is_on: bool, media: Media = Media.AUDIO) -> None:
        """From now on only whom a moderator approves can unmute; or everybody again."""
        await self._order(build_command("moderation", room, on=_word(is_on), media=media))

    async def approve(self, room: str, nick: str, media: Media = Media.AUDIO) -> bool:
        """Let somebody unmute. False when nothing is moderated, so that nothing need be done."""
        return await self._order_if_moderated(build_command("approve", room, nick=nick, media=media))

    async def revoke(self, room: str, nick: str, media: Media = Media.AUDIO) -> bool:
        """Take the approval back; an open microphone stays open. False when nothing is moderated."""
        return await self._order_if_moderated(build_command("revoke", room, nick=nick, media=media))

    async def turn_lobby(self, room: str, *, is_on: bool) -> None:
        """Have newcomers wait until they are admitted; or let everybody in again."""
        await self._order(build_command("lobby", room, on=_word(is_on)))

    async def admit(self, room: str, real_jid: str) -> None:
        """Let in somebody who waits in the lobby (a full JID)."""
        await self._order(build_command("admit", room, jid=real_jid))

    async def notify(self, room: str, nick: str, text: str, name: str) -> None:
        """A notice that only one occupant sees, from the room itself under that name."""
        await self._order(build_command("notice", room, text, nick=nick, name=name))

    async def _order(self, command: Element) -> None:
        await self.request("set", self.module, command, _PATIENCE)

    async def _order_if_moderated(self, command: Element) -> bool:
        try:
            await self._order(command)
        except RequestRefused as refusal:
            if refusal.condition == "unexpected-request":
                return False
            raise
        return True


def _word(is_on: bool) -> str:
    return "true" if is_on else "false"
