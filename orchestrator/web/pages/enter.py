"""The way in: an access token becomes a cookie. It comes in a POST, never in an address that a log could keep."""

from aiohttp import hdrs, web

from orchestrator.access import Rejection, TokenRejected, read
from orchestrator.web.middleware import ACCESS_COOKIE
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import house_of, language_of
from orchestrator.web.route import Route


async def show(request: web.Request) -> web.Response:
    """A form to paste a token into; the script does it by itself for a link with the token in its fragment."""
    return _form(request, _next(request.query.get("next", "/")))


async def enter(request: web.Request) -> web.StreamResponse:
    """Set the cookie, and go where the person was going."""
    house = house_of(request)
    form = await request.post()
    token, onward = str(form.get("token", "")).strip(), _next(str(form.get("next", "/")))
    try:
        access = read(token, secret=house.token_secret, now=house.now())
    except TokenRejected as rejected:
        return _form(request, onward, rejected.rejection)
    response = web.Response(status=303, headers={hdrs.LOCATION: onward})
    response.set_cookie(
        ACCESS_COOKIE,
        token,
        max_age=max(0, int((access.expires - house.now()).total_seconds())),
        httponly=True,
        secure=house.public_url.startswith("https:"),
        samesite="Lax",
    )
    return response


async def leave(_request: web.Request) -> web.StreamResponse:
    """Forget who this is."""
    response = web.Response(status=303, headers={hdrs.LOCATION: "/enter"})
    response.del_cookie(ACCESS_COOKIE)
    return response


def _form(request: web.Request, onward: str, rejection: Rejection | None = None) -> web.Response:
    values = {"next": onward, "rejection": rejection}
    return page(request, "enter.html", language_of(request), values, 401 if rejection else 200)


def _next(path: str) -> str:
    """Only a page of ours: `//elsewhere` and `/\\elsewhere` are other sites to a browser."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else "/"


ROUTES = (
    Route(method="GET", path="/enter", operation="enter", handler=show, summary="The way in"),
    Route(method="POST", path="/enter", operation="enter_token", handler=enter, summary="Enter with a token"),
    Route(method="POST", path="/leave", operation="leave", handler=leave, summary="Leave"),
)
