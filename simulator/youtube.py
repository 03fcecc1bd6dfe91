"""A YouTube that is not there: its live streaming API and its consent, over HTTP on the loopback.

Every request is judged by Google's own discovery document (`youtube_document.py`). States, transitions and errors are
those of YouTube's reference; what a stream receives is what the RTMP server in its place really receives.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web

from simulator.youtube_document import BadRequest, Method, methods

AUTHORIZE, TOKEN, REVOKE = "/o/oauth2/v2/auth", "/token", "/revoke"
CLIENT_ID, CLIENT_SECRET = "client.apps.example", "the-secret-of-the-client"
_LIVE_AFTER_SECONDS = 0.3
"""How long `liveStarting` takes; at the real one it is some seconds."""

Receiving = Callable[[], Awaitable[Mapping[str, int]]]
"""The keys that are published now, with bytes a second."""


@dataclass(frozen=True, slots=True)
class ApiError(Exception):
    """An error as YouTube words it."""

    status: int
    reason: str
    message: str = ""


@dataclass(slots=True)
class SimulatedYouTube:
    """`async with` it. `faults` are raised one a call, by method. `ingest` is where streams are received, `reserve` a
    second time; `calls` are the methods that were asked for."""

    document: Mapping[str, Any]
    receiving: Receiving
    ingest: str = "rtmp://127.0.0.1:1935/live2"
    reserve: str = ""
    broadcasts: dict[str, dict[str, Any]] = field(default_factory=dict)
    streams: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, list[ApiError]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refresh_tokens: set[str] = field(default_factory=set)
    most_live: int = 3
    is_enabled: bool = True
    _access_tokens: set[str] = field(default_factory=set)
    _codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    _live_at: dict[str, float] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def here(self) -> dict[str, Any]:
        """The discovery document, with this place for Google's."""
        return {**deepcopy(dict(self.document)), "rootUrl": f"{self.url}/", "baseUrl": f"{self.url}/"}

    async def __aenter__(self) -> Self:
        app = web.Application()
        by_place: dict[tuple[str, str], Method] = {
            (method.verb, method.path): method for method in methods(self.document, ("liveBroadcasts", "liveStreams"))
        }
        for (verb, path), method in by_place.items():
            app.router.add_route(verb, path, self._handler(method))
        app.router.add_get(AUTHORIZE, self._authorize)
        app.router.add_post(TOKEN, self._token)
        app.router.add_post(REVOKE, self._revoke)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    # --- what may happen to it ---------------------------------------------------------------------------------------

    def consent(self) -> str:
        """A channel's owner has consented: the refresh token."""
        token = f"1//{secrets.token_urlsafe(24)}"
        self.refresh_tokens.add(token)
        return token

    def withdraw(self) -> None:
        """All consents are withdrawn."""
        self.refresh_tokens.clear()
        self._access_tokens.clear()

    def end(self, video: str) -> None:
        """YouTube ends a broadcast by itself."""
        self._status(video)["lifeCycleStatus"] = "complete"

    def state(self, video: str) -> str:
        """Where a broadcast is in its life."""
        status = self._status(video)
        if status["lifeCycleStatus"] == "liveStarting" and _now() >= self._live_at[video]:
            status["lifeCycleStatus"] = "live"
        return str(status["lifeCycleStatus"])

    # --- its consent (RFC 6749, 7636) --------------------------------------------------------------------------------

    async def _authorize(self, request: web.Request) -> web.Response:
        """The owner is asked, and says yes at once."""
        query = request.query
        asked = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "access_type")
        if missing := [name for name in asked if not query.get(name)]:
            return web.Response(status=400, text=f"missing {missing}")
        if query["client_id"] != CLIENT_ID or query.get("code_challenge_method") != "S256":
            return web.Response(status=400, text="invalid_request")
        code = secrets.token_urlsafe(16)
        self._codes[code] = (query["code_challenge"], query["redirect_uri"])
        onward = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return web.Response(status=302, headers={"Location": onward})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        granted = {"token_type": "Bearer", "expires_in": 3599, "scope": "https://www.googleapis.com/auth/youtube"}
        match form.get("grant_type"):
            case "authorization_code":
                challenge, redirect = self._codes.pop(str(form.get("code")), ("", ""))
                verifier = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
                proof = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
                if not challenge or challenge != proof or redirect != form.get("redirect_uri"):
                    return web.json_response({"error": "invalid_grant"}, status=400)
                granted["refresh_token"] = self.consent()
            case "refresh_token":
                if form.get("refresh_token") not in self.refresh_tokens:
                    return web.json_response({"error": "invalid_grant"}, status=400)
            case _:
                return web.json_response({"error": "unsupported_grant_type"}, status=400)
        granted["access_token"] = secrets.token_urlsafe(24)
        self._access_tokens.add(str(granted["access_token"]))
        return web.json_response(granted)

    async def _revoke(self, request: web.Request) -> web.Response:
        self.refresh_tokens.discard(str((await request.post()).get("token")))
        return web.Response()

    # --- its API -----------------------------------------------------------------------------------------------------

    def _handler(self, method: Method) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            self.calls.append(method.name.removeprefix("youtube."))
            try:
                return await self._answer(method, request)
            except ApiError as error:
                return _error(error)
            except BadRequest as bad:
                return _error(ApiError(400, "badRequest", str(bad)))

        return handle

    async def _answer(self, method: Method, request: web.Request) -> web.Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._access_tokens:
            raise ApiError(401, "authError", "Invalid Credentials")
        name = method.name.removeprefix("youtube.")
        if faults := self.faults.get(name):
            raise faults.pop(0)
        query = {key: [part for v in request.query.getall(key) for part in v.split(",")] for key in request.query}
        body: Any = json.loads(await request.text()) if request.can_read_body else None
        method.check(query, body)
        if not self.is_enabled:
            raise ApiError(403, "liveStreamingNotEnabled")
        first = {key: values[0] for key, values in query.items()}
        match name:
            case "liveStreams.insert":
                return web.json_response(self._insert_stream(body))
            case "liveStreams.list":
                found = [self.streams[i] for i in query.get("id", ()) if i in self.streams]
                return _listed([_only(await self._with_status(stream), query["part"]) for stream in found])
            case "liveBroadcasts.insert":
                return web.json_response(_only(self._insert_broadcast(body), query["part"]))
            case "liveBroadcasts.list":
                return _listed([_only(found, query["part"]) for found in self._listed_broadcasts(query)])
            case "liveBroadcasts.update":
                return web.json_response(_only(self._update(body), query["part"]))
            case "liveBroadcasts.bind":
                return web.json_response(_only(self._bind(first["id"], first.get("streamId", "")), query["part"]))
            case "liveBroadcasts.transition":
                done = await self._transition(first["id"], first["broadcastStatus"])
                return web.json_response(_only(done, query["part"]))
            case "liveBroadcasts.delete":
                self._broadcast(first["id"])
                del self.broadcasts[first["id"]]
                return web.Response(status=204)
            case _:
                raise ApiError(501, "notImplemented")

    def _insert_stream(self, body: dict[str, Any]) -> dict[str, Any]:
        stream = secrets.token_urlsafe(9)
        body["cdn"]["ingestionInfo"] = {
            "streamName": "-".join(secrets.token_hex(2) for _ in range(5)),
            "ingestionAddress": self.ingest,
            "backupIngestionAddress": self.reserve,
        }
        self.streams[stream] = {"id": stream, "kind": "youtube#liveStream", **body, "status": {"streamStatus": "ready"}}
        return self.streams[stream]

    async def _with_status(self, stream: dict[str, Any]) -> dict[str, Any]:
        """Good above a hundred kilobits a second, bad below, no data when nobody publishes."""
        rates = await self.receiving()
        rate = rates.get(stream["cdn"]["ingestionInfo"]["streamName"])
        was = stream["status"]["streamStatus"]
        state = "active" if rate is not None else "ready" if was == "ready" else "inactive"
        health = "noData" if rate is None else "good" if rate > 100_000 / 8 or rate == 0 else "bad"
        stream["status"] = {"streamStatus": state, "healthStatus": {"status": health}}
        return stream

    def _insert_broadcast(self, body: dict[str, Any]) -> dict[str, Any]:
        for name in ("title", "description"):
            if {"<", ">"} & set(body["snippet"].get(name, "")):
                raise ApiError(400, f"invalid{name.title()}")
        if not 0 < len(body["snippet"]["title"]) <= 100:
            raise ApiError(400, "invalidTitle")
        if len(body["snippet"].get("description", "").encode()) > 5000:
            raise ApiError(400, "invalidDescription")
        video = secrets.token_urlsafe(8)[:11]
        body["status"]["lifeCycleStatus"] = "created"
        self.broadcasts[video] = {"id": video, "kind": "youtube#liveBroadcast", **body}
        return self.broadcasts[video]

    def _listed_broadcasts(self, query: Mapping[str, list[str]]) -> list[dict[str, Any]]:
        filters = [name for name in ("id", "broadcastStatus", "mine") if name in query]
        if len(filters) != 1:
            raise ApiError(400, "incompatibleParameters" if filters else "missingRequiredParameter")
        if "id" in query:
            wanted = [video for video in query["id"] if video in self.broadcasts]
        else:
            states = {"upcoming": ("created", "ready"), "active": ("testing", "liveStarting", "live")}
            allowed = states.get(query.get("broadcastStatus", ["all"])[0])
            wanted = [video for video in self.broadcasts if allowed is None or self.state(video) in allowed]
        for video in wanted:
            self.state(video)
        return [self.broadcasts[video] for video in wanted]

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        known = self._broadcast(body["id"])
        known["snippet"] |= body.get("snippet", {})
        known["status"] |= body.get("status", {})
        return known

    def _bind(self, video: str, stream: str) -> dict[str, Any]:
        broadcast = self._broadcast(video)
        if stream not in self.streams:
            raise ApiError(404, "liveStreamNotFound")
        broadcast.setdefault("contentDetails", {})["boundStreamId"] = stream
        if self.state(video) == "created":
            self._status(video)["lifeCycleStatus"] = "ready"
        return broadcast

    async def _transition(self, video: str, wanted: str) -> dict[str, Any]:
        broadcast, state = self._broadcast(video), self.state(video)
        if wanted == state or (wanted == "live" and state == "liveStarting"):
            raise ApiError(403, "redundantTransition")
        if wanted == "complete" and state not in ("live", "testing"):
            raise ApiError(403, "invalidTransition")
        if wanted == "live":
            monitored = broadcast["contentDetails"].get("monitorStream", {}).get("enableMonitorStream", True)
            if state != ("testing" if monitored else "ready"):
                raise ApiError(403, "invalidTransition")
            if sum(self.state(other) in ("live", "liveStarting") for other in self.broadcasts) >= self.most_live:
                raise ApiError(403, "concurrentBroadcastsExceedLimit")
        if wanted in ("live", "testing"):
            stream = await self._with_status(self.streams[broadcast["contentDetails"]["boundStreamId"]])
            if stream["status"]["streamStatus"] != "active":
                raise ApiError(403, "errorStreamInactive")
            self._live_at[video] = _now() + _LIVE_AFTER_SECONDS
        self._status(video)["lifeCycleStatus"] = {"live": "liveStarting"}.get(wanted, wanted)
        return broadcast

    def _broadcast(self, video: str) -> dict[str, Any]:
        if video not in self.broadcasts:
            raise ApiError(404, "liveBroadcastNotFound")
        return self.broadcasts[video]

    def _status(self, video: str) -> dict[str, Any]:
        status: dict[str, Any] = self.broadcasts[video]["status"]
        return status


def _now() -> float:
    return asyncio.get_running_loop().time()


def _only(resource: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name in (*parts, "id", "kind")}


def _listed(items: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"items": items, "pageInfo": {"totalResults": len(items), "resultsPerPage": 50}})


def _error(error: ApiError) -> web.Response:
    said = {"code": error.status, "message": error.message or error.reason}
    errors = [{"domain": "youtube.liveBroadcast", "reason": error.reason, "message": said["message"]}]
    return web.json_response({"error": {**said, "errors": errors}}, status=error.status)
