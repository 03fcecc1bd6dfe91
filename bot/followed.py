"""The rooms whose journal we are told: asks mod_plenari for them, and takes in what it sends."""

from collections.abc import Callable, Iterator
from typing import Final
from xml.etree.ElementTree import Element

from bot.errors import RequestRefused, RequestUnanswered
from bot.focus import Request
from bot.journal import (
    FEATURE,
    JOURNAL,
    Following,
    JournalEvent,
    Mark,
    build_acknowledgement,
    build_subscribe,
    build_unsubscribe,
    parse_entries,
    parse_opened,
)
from bot.occupant import Trust
from bot.stanzas import DISCO

_PATIENCE: Final = 10.0


class Followed:
    """What a connection follows, through the module at an address."""

    def __init__(self, module: str, trust: Trust, request: Request, send: Callable[[Element], None]) -> None:
        self._module = module
        self._trust = trust
        self._request = request
        self._send = send
        self._rooms: dict[str, Following] = {}

    async def is_there(self) -> bool:
        """Whether the module answers at all. Raises ConnectionLost."""
        if not self._module:
            return False
        try:
            answer = await self._request("get", self._module, Element(f"{DISCO}query"), _PATIENCE)
        except (RequestRefused, RequestUnanswered):
            return False
        return any(f.get("var") == FEATURE for f in answer.iterfind(f"{DISCO}query/{DISCO}feature"))

    async def follow(self, room: str, since: Mark | None) -> None:
        """See `Bot.follow`."""
        self._rooms[room] = Following(room, since)
        try:
            await self._request("set", self._module, build_subscribe(room, since), _PATIENCE)
        except BaseException:
            self._rooms.pop(room, None)
            raise

    async def unfollow(self, room: str) -> None:
        """See `Bot.unfollow`."""
        if self._rooms.pop(room, None):
            await self._request("set", self._module, build_unsubscribe(room), _PATIENCE)

    def acknowledge(self, room: str, read: Mark) -> None:
        """See `Bot.acknowledge`."""
        self._send(build_acknowledgement(self._module, room, read))

    def is_from_module(self, stanza: Element) -> bool:
        """Whether the module sent it: nobody else can bear that address."""
        return bool(self._module) and stanza.get("from") == self._module

    def take(self, stanza: Element) -> Iterator[JournalEvent]:
        """What an answer or a message of the module tells that is news. Raises OutOfOrder."""
        for journal in stanza.iterfind(JOURNAL):
            following = self._rooms.get(journal.get("room", ""))
            if following is None:
                continue
            if stanza.get("type") == "result":
                opened = parse_opened(journal, self._trust)
                if opened is not None:
                    following.open(opened)
                    yield opened
            else:
                yield from (entry for entry in parse_entries(journal, self._trust) if following.take(entry))
