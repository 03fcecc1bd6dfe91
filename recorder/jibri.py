"""One Jibri, by its HTTP API (jibri `api/http/HttpApi.kt`). Jobs started this way are invisible to Jicofo."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp

from recorder.errors import JibriBusy, JibriRefused, JibriUnavailable

_API = "jibri/api/v1.0"
_QUICK = aiohttp.ClientTimeout(total=5)
_START = aiohttp.ClientTimeout(total=90)


class Busyness(StrEnum):
    """Whether this Jibri can take a session; EXPIRED: it wants to be restarted and takes none."""

    IDLE = "IDLE"
    BUSY = "BUSY"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class JibriHealth:
    """What a Jibri says of itself. Sick ones must be restarted."""

    busyness: Busyness
    is_healthy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """With which account of the hidden domain the Jibri's browser enters the room."""

    domain: str
    username: str
    password: str = field(repr=False)


class Jibri:
    """`url` is the address of the API, such as http://127.0.0.1:2222. The caller owns the HTTP client."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client = client
        self.url = url.rstrip("/")

    async def health(self) -> JibriHealth:
        """Raises `JibriUnavailable`."""
        said = await self._ask("GET", "health", None, _QUICK)
        try:
            status = said["status"]
            return JibriHealth(
                busyness=Busyness(status["busyStatus"]),
                is_healthy=status["health"]["healthStatus"] == "HEALTHY",
            )
        except (KeyError, TypeError, ValueError):
            raise JibriUnavailable("its health cannot be read") from None

    async def start(self, *, session: str, base: str, room: str, address: str, account: Account) -> None:
        """Have the room streamed to an RTMP address (in full, with the key: Jibri shows it in its process list).

        `base` is the address of the Jitsi, such as https://meet.example.cat. With an `account` on its hidden domain no
        token is needed; without one Jibri takes no stream (412, as if it were busy; jibri `HttpApi.kt`). Answered as
        soon as Jibri has begun: that pictures come is the ingest's to say. Raises `JibriBusy`, `JibriUnavailable`,
        `JibriRefused`."""
        call: dict[str, Any] = {
            "sessionId": session,
            "callParams": {"callUrlInfo": {"baseUrl": base, "callName": room}},
            "callLoginParams": {
                "domain": account.domain,
                "username": account.username,
                "password": account.password,
            },
            "sinkType": "stream",
            "youTubeStreamKey": address,
        }
        await self._ask("POST", "startService", call, _START)

    async def stop(self) -> None:
        """End whatever it does; nothing if it does nothing. Raises `JibriUnavailable`."""
        await self._ask("POST", "stopService", None, _QUICK)

    async def _ask(self, method: str, what: str, body: dict[str, Any] | None, limit: aiohttp.ClientTimeout) -> Any:
        try:
            async with self._client.request(method, f"{self.url}/{_API}/{what}", json=body, timeout=limit) as answer:
                match answer.status:
                    case 200:
                        return await answer.json(content_type=None)
                    case 412:
                        raise JibriBusy("it serves another session")
                    case status if 400 <= status < 500:
                        raise JibriRefused(f"HTTP {status}")
                    case status:
                        raise JibriUnavailable(f"HTTP {status}")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise JibriUnavailable(type(error).__name__) from None
