"""`Idempotency-Key`: a POST of the API that is sent again with its key is answered as it was, and not done again.

Only what was done is remembered. What was refused, or failed, may be asked again with the same key. (As in the IETF's
draft-ietf-httpapi-idempotency-key-header, which gives the statuses as well.)
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from orchestrator.store.answered import Given
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import ACCESS, house_of, principal_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADER: Final = "Idempotency-Key"
_LONGEST: Final = 255
_REMEMBERED: Final = (hdrs.LOCATION, hdrs.ETAG, hdrs.CONTENT_TYPE, hdrs.CONTENT_LANGUAGE)


@web.middleware
async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Inside the check of access: whose key it is, is known."""
    key = request.headers.get(HEADER)
    access = request.get(ACCESS)
    if key is None or access is None or request.method != hdrs.METH_POST or not request.path.startswith("/api/v1/"):
        return await handler(request)
    _require_key(key)
    house, principal = house_of(request), principal_of(access)
    known = await house.answered.claim(principal, key, await _digest(request), house.now())
    if known is not None:
        headers = {**known.headers, "Idempotent-Replayed": "true"}
        return web.Response(text=known.body, status=known.status, headers=headers)
    try:
        response = await handler(request)
    except Exception:
        await house.answered.release(principal, key)
        raise
    if response.status < 300 and isinstance(response, web.Response) and isinstance(response.text, str | None):
        headers = {name: response.headers[name] for name in _REMEMBERED if name in response.headers}
        given = Given(status=response.status, headers=headers, body=response.text or "")
        await house.answered.keep(principal, key, given)
    else:
        await house.answered.release(principal, key)
    return response


def _require_key(key: str) -> None:
    if not (key.isascii() and key.isprintable() and 1 <= len(key) <= _LONGEST):
        message = f"up to {_LONGEST} printable characters of ASCII"
        raise Problem(Kind.INVALID, errors=[{"at": HEADER, "kind": "value", "message": message}])


async def _digest(request: web.Request) -> bytes:
    """Of all that makes it the same request; its credentials and what it wants back are no part of it."""
    digest = hashlib.sha256()
    for part in (request.method, request.path_qs, request.content_type):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    digest.update(await request.read())
    return digest.digest()
