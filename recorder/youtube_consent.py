"""The consent of a channel's owner, by OAuth's code flow with PKCE (RFC 6749 4.1, RFC 7636)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from aiogoogle import Aiogoogle
from aiogoogle.models import Request

from recorder.youtube import SCOPE, Endpoints, YouTubeFailed, worded

_TIMEOUT_SECONDS = 20


def consent_address(endpoints: Endpoints, *, client_id: str, state: str, challenge: str, back: str) -> str:
    """Where the owner is asked. `consent` has Google give a refresh token every time, not the first time only."""
    asked = {
        "client_id": client_id,
        "redirect_uri": back,
        "response_type": "code",
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{endpoints.authorization}?{urlencode(asked)}"


async def exchange(
    endpoints: Endpoints, *, client_id: str, client_secret: str, code: str, verifier: str, back: str
) -> str:
    """The refresh token for the code that came back. Raises `YouTubeFailed`."""
    said = await _post(
        endpoints.token,
        {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client_id,
            "client_secret": client_secret,
            "redirect_uri": back,
            "code_verifier": verifier,
        },
    )
    if not said.get("refresh_token") or SCOPE not in str(said.get("scope", "")).split():
        raise YouTubeFailed("consent_incomplete")
    return str(said["refresh_token"])


async def revoke(endpoints: Endpoints, token: str) -> None:
    """Give a token back. The owner can do so as well, so a failure is none of ours."""
    with suppress(YouTubeFailed):
        await _post(endpoints.revocation, {"token": token})


async def _post(url: str, form: Mapping[str, str]) -> dict[str, Any]:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = Request("POST", url=url, headers=headers, data=dict(form))
    with worded():
        async with Aiogoogle() as google:
            said = await google.as_anon(request, timeout=_TIMEOUT_SECONDS)
    return said if isinstance(said, dict) else {}
