"""The consent of a channel's owner: to Google and back. What must survive the way lies encrypted in a cookie of the
browser that was sent there, so that no other browser's answer is taken for it; no code stays in an address."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from aiohttp import hdrs, web

from orchestrator.access import Operation
from orchestrator.consents import ConsentFailed, Consents
from orchestrator.council.members import ChannelId
from orchestrator.store.channels import Channel, ChannelKind
from orchestrator.strongbox import Unreadable
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, require_entity
from orchestrator.web.route import Route

BACK = "/channels/consent"
"""Where Google leads back to; it must be entered there as it is, after our public address."""
_COOKIE = "plenari_consent"
_ABOUT = "consent under way"
_LIFETIME = timedelta(minutes=15)


async def ask(request: web.Request) -> web.StreamResponse:
    """On to Google, where the owner of the channel is asked."""
    consents, channel = _consents(request), await _channel(request, request.match_info["channel"])
    if channel.kind is not ChannelKind.YOUTUBE:
        raise Problem(Kind.NOT_FOUND)
    house = house_of(request)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    onward = consents.address(state=state, challenge=challenge, back=_back(request))
    kept = {"state": state, "verifier": verifier, "channel": channel.id, "until": (house.now() + _LIFETIME).isoformat()}
    locked = base64.urlsafe_b64encode(house.channels.box.lock(json.dumps(kept), _ABOUT)).decode()
    response = web.Response(status=303, headers={hdrs.LOCATION: onward})
    response.set_cookie(
        _COOKIE,
        locked,
        max_age=int(_LIFETIME.total_seconds()),
        path=BACK,
        httponly=True,
        secure=house.public_url.startswith("https:"),
        samesite="Lax",
    )
    return response


async def take(request: web.Request) -> web.StreamResponse:
    """Back from Google, with the owner's answer."""
    kept = _kept(request)
    if kept is None or not hmac.compare_digest(request.query.get("state", ""), kept["state"]):
        return _told("consent_stale")
    channel = await _channel(request, kept["channel"])
    if "code" not in request.query:
        return _told("consent_denied")
    try:
        token = await _consents(request).exchange(
            code=request.query["code"], verifier=kept["verifier"], back=_back(request)
        )
    except ConsentFailed:
        return _told("consent_failed")
    await house_of(request).channels.put_refresh_token(channel.id, token)
    return _told("consent_given")


def _told(word: str) -> web.Response:
    response = web.Response(status=303, headers={hdrs.LOCATION: f"/channels?told={word}"})
    response.del_cookie(_COOKIE, path=BACK)
    return response


def _kept(request: web.Request) -> dict[str, Any] | None:
    """What was given to this browser on the way there, unless it took too long."""
    house = house_of(request)
    try:
        locked = base64.urlsafe_b64decode(request.cookies.get(_COOKIE, ""))
        kept: dict[str, Any] = json.loads(house.channels.box.open(locked, _ABOUT))
    except (Unreadable, binascii.Error, ValueError):
        return None
    return kept if house.now() < datetime.fromisoformat(kept["until"]) else None


def _consents(request: web.Request) -> Consents:
    """Raises `Problem` where the installation has no client at Google."""
    consents = house_of(request).consents
    if consents is None:
        raise Problem(Kind.NOT_FOUND)
    return consents


async def _channel(request: web.Request, channel_id: str) -> Channel:
    channel = await house_of(request).channels.channel(ChannelId(channel_id))
    if channel is None:
        raise Problem(Kind.NOT_FOUND)
    require_entity(request, channel.entity)
    return channel


def _back(request: web.Request) -> str:
    return f"{house_of(request).public_url.rstrip('/') or request.url.origin()}{BACK}"


ROUTES = (
    Route(
        method="POST",
        path="/channels/{channel}/consent",
        operation=Operation.PAGE_ASK_CONSENT,
        handler=ask,
        summary="Ask a channel's owner",
    ),
    Route(method="GET", path=BACK, operation=Operation.PAGE_TAKE_CONSENT, handler=take, summary="The owner's answer"),
)
