"""One channel of YouTube: broadcasts and the stream that they use again and again, by Google's discovery document.

No request is written by hand: aiogoogle builds and checks each from the document. What comes back is ours at once.
Facts of the service are YouTube's reference of liveBroadcasts and liveStreams. What they cost is counted (`Quota`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiogoogle import Aiogoogle, GoogleAPI
from aiogoogle.auth.creds import ClientCreds, UserCreds
from aiogoogle.auth.data import WELLKNOWN_OPENID_CONFIGS
from aiogoogle.excs import AuthError, HTTPError
from aiogoogle.models import Request
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from recorder.errors import RecorderError

log = structlog.get_logger()

SCOPE: Final = "https://www.googleapis.com/auth/youtube"
"""All that live streaming needs: the narrower scopes do not reach liveBroadcasts.insert."""
_TIMEOUT_SECONDS: Final = 20
_TITLE_CHARACTERS, _DESCRIPTION_BYTES = 100, 5000


class YouTubeFailed(RecorderError):
    """YouTube does not do it; `cause` is a short code, `reason` is YouTube's own."""

    is_retryable = False

    def __init__(self, cause: str, reason: str = "") -> None:
        super().__init__(f"{cause} ({reason})" if reason else cause)
        self.cause = cause
        self.reason = reason


class YouTubeBusy(YouTubeFailed):
    """Not now: it is overloaded, asked too often, or cannot be reached."""

    is_retryable = True


class Lifecycle(StrEnum):
    """Where a broadcast is in its life. COMPLETE and REVOKED have no way back; GONE: there is none of that id."""

    CREATED = "created"
    READY = "ready"
    TEST_STARTING = "testStarting"
    TESTING = "testing"
    LIVE_STARTING = "liveStarting"
    LIVE = "live"
    COMPLETE = "complete"
    REVOKED = "revoked"
    GONE = "gone"

    @property
    def is_over(self) -> bool:
        """Whether nobody will see anything more of it."""
        return self in (Lifecycle.COMPLETE, Lifecycle.REVOKED, Lifecycle.GONE)

    @property
    def is_live(self) -> bool:
        """Whether the public sees it, or will in a moment."""
        return self in (Lifecycle.LIVE_STARTING, Lifecycle.LIVE)


class Health(StrEnum):
    """What YouTube says of what it receives; UNKNOWN before it has said anything."""

    GOOD = "good"
    OK = "ok"
    BAD = "bad"
    NO_DATA = "noData"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Privacy(StrEnum):
    """Who may see a broadcast."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Our client at Google, and what the channel's owner gave us leave with. Nothing of it is ever shown."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where Google gives and takes back tokens."""

    authorization: str = WELLKNOWN_OPENID_CONFIGS["authorization_endpoint"]
    token: str = WELLKNOWN_OPENID_CONFIGS["token_endpoint"]
    revocation: str = WELLKNOWN_OPENID_CONFIGS["revocation_endpoint"]

    def configs(self) -> dict[str, object]:
        """In aiogoogle's words."""
        return {
            "authorization_endpoint": self.authorization,
            "token_endpoint": self.token,
            "revocation_endpoint": self.revocation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the public is told of a broadcast. `mark` is ours: by it a broadcast is found again that YouTube made while
    we did not hear the answer."""

    title: str
    description: str
    starts_at: datetime
    privacy: Privacy
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """Where a stream is sent: the addresses without the key, the second for a second encoder or way."""

    stream: str
    primary: str
    backup: str
    key: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Quota:
    """What was spent today of what a project may spend in a day (10,000 units); the day is California's.

    Source: YouTube's table of quota costs.
    """

    limit: int = 10_000
    spent: int = 0
    _day: str = ""

    def spend(self, method: str, now: datetime) -> None:
        """A `list` costs 1 unit, everything else 50; also when it fails."""
        day = now.astimezone(ZoneInfo("America/Los_Angeles")).date().isoformat()
        if day != self._day:
            self._day, self.spent = day, 0
        self.spent += 1 if method == "list" else 50

    @property
    def is_short(self) -> bool:
        """Whether what is left should be kept for what must be: going live, and ending."""
        return self.spent > self.limit * 0.9


async def fetch_document() -> dict[str, Any]:
    """YouTube's discovery document, from Google. Raises `YouTubeBusy`."""
    with worded():
        async with Aiogoogle() as google:
            api = await google.discover("youtube", "v3")
    return dict(api.discovery_document)


@dataclass(slots=True, kw_only=True)
class YouTube:
    """A channel whose owner has consented. Every method raises `YouTubeFailed`, and `YouTubeBusy` once it has tried
    for a while."""

    document: Mapping[str, Any]
    consent: Consent
    quota: Quota
    now: Callable[[], datetime]
    endpoints: Endpoints = field(default_factory=Endpoints)
    _user: UserCreds | None = field(default=None, repr=False)
    _api: GoogleAPI | None = field(default=None, repr=False)

    async def check(self) -> None:
        """Returns when the channel can be asked: the consent holds, and it may broadcast live."""
        await self._ask("liveBroadcasts", "list", part=["id"], broadcastStatus="upcoming", maxResults=1)

    async def ingest(self, stream: str, title: str) -> Ingest:
        """The channel's stream of that id if it still has it, else one made anew. Its key never changes."""
        found = (await self._ask("liveStreams", "list", part=["id", "cdn"], id=[stream]))["items"] if stream else []
        if not found:
            made = {
                "snippet": {"title": title[:_TITLE_CHARACTERS]},
                # Fixed values would have YouTube complain of any other picture; they cannot be changed afterwards.
                "cdn": {"ingestionType": "rtmp", "resolution": "variable", "frameRate": "variable"},
                "contentDetails": {"isReusable": True},
            }
            found = [
                await self._ask("liveStreams", "insert", part=["id", "snippet", "cdn", "contentDetails"], json=made)
            ]
        info = found[0]["cdn"]["ingestionInfo"]
        return Ingest(
            stream=found[0]["id"],
            primary=info.get("rtmpsIngestionAddress") or info["ingestionAddress"],
            backup=info.get("rtmpsBackupIngestionAddress") or info.get("backupIngestionAddress", ""),
            key=info["streamName"],
        )

    async def announce(self, announcement: Announcement, stream: str) -> str:
        """A broadcast that will show the stream; returns its id, which is the video's. One of the same mark that waits
        already is taken, and told anew what it is."""
        video = await self._waiting(announcement.mark)
        told = _told(announcement)
        if video is None:
            parts = ["id", "snippet", "status", "contentDetails"]
            video = (await self._ask("liveBroadcasts", "insert", part=parts, json=told))["id"]
        else:
            known = {"id": video, "snippet": told["snippet"], "status": told["status"]}
            await self._ask("liveBroadcasts", "update", part=["id", "snippet", "status"], json=known)
        await self._ask("liveBroadcasts", "bind", part=["id", "contentDetails"], id=video, streamId=stream)
        return str(video)

    async def lifecycle(self, video: str) -> Lifecycle:
        """Where the broadcast is in its life."""
        found = (await self._ask("liveBroadcasts", "list", part=["id", "status"], id=[video]))["items"]
        return Lifecycle(found[0]["status"]["lifeCycleStatus"]) if found else Lifecycle.GONE

    async def health(self, stream: str) -> Health:
        """What YouTube says of what it receives."""
        found = (await self._ask("liveStreams", "list", part=["id", "status"], id=[stream]))["items"]
        status = found[0].get("status", {}).get("healthStatus", {}).get("status", "") if found else ""
        return Health(status) if status in set(Health) else Health.UNKNOWN

    async def go_live(self, video: str) -> bool:
        """Show it to the public. False while YouTube does not receive anything that it could show."""
        try:
            await self._transition(video, "live")
        except YouTubeFailed as failure:
            if failure.reason == "errorStreamInactive":
                return False
            if failure.reason == "invalidTransition":  # its state does not allow it: it may be there already
                return (await self.lifecycle(video)).is_live
            raise
        return True

    async def complete(self, video: str) -> None:
        """The broadcast is over, for good. One that never went live is taken away: nobody would ever see anything of
        it."""
        state = await self.lifecycle(video)
        if state.is_live or state is Lifecycle.TESTING:
            await self._transition(video, "complete")
        elif not state.is_over:
            await self._ask("liveBroadcasts", "delete", id=video)

    async def _transition(self, video: str, state: str) -> None:
        """A transition that is under way or done already is no failure."""
        try:
            await self._ask("liveBroadcasts", "transition", part=["id", "status"], id=video, broadcastStatus=state)
        except YouTubeFailed as failure:
            if failure.reason != "redundantTransition":
                raise

    async def _waiting(self, mark: str) -> str | None:
        """A broadcast of ours that has not begun. One that was begun and ended does not count."""
        asked = {"part": ["id", "snippet", "status"], "broadcastStatus": "upcoming", "maxResults": 50}
        for found in (await self._ask("liveBroadcasts", "list", **asked))["items"]:
            if found["snippet"].get("description", "").rstrip().endswith(mark):
                return str(found["id"])
        return None

    async def _ask(self, resource: str, method: str, **arguments: Any) -> Any:
        """Ask, and ask again while that can help. What makes something new is not asked twice where the answer was
        lost: `announce` looks for it first."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(YouTubeBusy),
            stop=stop_after_attempt(1 if method == "insert" else 4),
            wait=wait_exponential_jitter(multiplier=0.5, max=6),
            reraise=True,
        ):
            with attempt:
                return await self._ask_once(resource, method, arguments)
        raise AssertionError("unreachable")

    async def _ask_once(self, resource: str, method: str, arguments: Mapping[str, Any]) -> Any:
        if self._api is None:
            self._api = GoogleAPI(dict(self.document))
        call = getattr(getattr(self._api, resource), method)
        request: Request = call(validate=True, **arguments)
        self.quota.spend(method, self.now())
        client = ClientCreds(client_id=self.consent.client_id, client_secret=self.consent.client_secret)
        user = self._user or UserCreds(refresh_token=self.consent.refresh_token)
        with worded():
            async with Aiogoogle(client_creds=client, user_creds=user) as google:
                google.oauth2.openid_configs = self.endpoints.configs()
                answer = await google.as_user(request, timeout=_TIMEOUT_SECONDS)
                self._user = google.user_creds
        return answer


def _told(announcement: Announcement) -> dict[str, Any]:
    """The resource of a new broadcast. What has no name here cannot be changed once it is live."""
    return {
        "snippet": {
            "title": _plain(announcement.title)[:_TITLE_CHARACTERS],
            "description": _description(announcement),
            "scheduledStartTime": announcement.starts_at.isoformat(),
        },
        "status": {"privacyStatus": announcement.privacy.value, "selfDeclaredMadeForKids": False},
        "contentDetails": {
            "enableAutoStart": False,
            # With it YouTube would end the broadcast a minute after the last packet, for good.
            "enableAutoStop": False,
            "enableDvr": True,
            "enableEmbed": True,
            "recordFromStart": True,
            "latencyPreference": "low",
            "monitorStream": {"enableMonitorStream": False},
        },
    }


def _description(announcement: Announcement) -> str:
    """As much as fits, and our mark at the end."""
    room = _DESCRIPTION_BYTES - len(announcement.mark.encode()) - 2
    text = _plain(announcement.description).encode()[:room].decode(errors="ignore").rstrip()
    return f"{text}\n\n{announcement.mark}"


def _plain(text: str) -> str:
    """YouTube refuses angle brackets."""
    return text.replace("<", "‹").replace(">", "›")


_CAUSES: Final[Mapping[str, str]] = {
    "liveStreamingNotEnabled": "live_not_enabled",
    "insufficientLivePermissions": "live_not_enabled",
    "livePermissionBlocked": "live_not_enabled",
    "youtubeSignupRequired": "live_not_enabled",
    "concurrentBroadcastsExceedLimit": "too_many_broadcasts",
    "sharedIngestionBroadcastsExceedLimit": "too_many_broadcasts",
    "quotaExceeded": "quota_spent",
    "dailyLimitExceeded": "quota_spent",
    "authError": "consent_revoked",
    "invalid_grant": "consent_revoked",
    "invalid_client": "client_refused",
    "unauthorized_client": "client_refused",
    "accountClosed": "consent_revoked",
    "accountDelegationForbidden": "consent_revoked",
}
_BUSY: Final = frozenset(
    {
        "userRequestsExceedRateLimit",
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "errorExecutingTransition",
        "backendError",
    }
)


@contextmanager
def worded() -> Iterator[None]:
    """What went wrong, in our words. Neither a token nor an address with one gets into them."""
    try:
        yield
    except HTTPError as error:
        raise _failure(error) from None
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise YouTubeBusy("youtube_unavailable") from None


def _failure(error: HTTPError) -> YouTubeFailed:
    status = error.res.status_code if error.res is not None else 0
    reason = _reason(error)
    if reason in _BUSY or status == 429 or status >= 500:
        return YouTubeBusy("youtube_unavailable", reason)
    default = "consent_revoked" if isinstance(error, AuthError) or status == 401 else "youtube_refused"
    return YouTubeFailed(_CAUSES.get(reason, default), reason)


def _reason(error: HTTPError) -> str:
    """YouTube's own code: of an error of the API, or of the token endpoint (RFC 6749, 5.2)."""
    said: Any = error.res.json if error.res is not None else None
    with suppress(KeyError, IndexError, TypeError):
        if isinstance(said["error"], str):
            return str(said["error"])
        return str(said["error"]["errors"][0]["reason"])
    return ""
