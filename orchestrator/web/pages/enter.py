"""The way in: by the entity's identity provider, by a password, or by a signed token. Each becomes a cookie.

What is secret comes in a POST, never in an address that a log could keep; the provider's code does, and is good once.
"""

from datetime import datetime, timedelta

import structlog
from aiohttp import hdrs, web

from orchestrator.access import TokenRejected, read
from orchestrator.oidc import IdentityRefused, Person, Provider, new_attempt
from orchestrator.passwords import matches
from orchestrator.store.accounts import LOGIN_MARK, Account
from orchestrator.web.attempts import read_attempt, sign_attempt
from orchestrator.web.house import House
from orchestrator.web.identity import ACCESS_COOKIE, note_arrival
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, language_of
from orchestrator.web.route import Route

_LASTING = timedelta(hours=12)
"""How long a login is good: a long evening, and no second one."""

_RETURN = "/enter/provider/return"
_ATTEMPT_COOKIE = "plenari_attempt"
_ATTEMPT_LASTING = timedelta(minutes=10)

log = structlog.get_logger()


async def show(request: web.Request) -> web.Response:
    """The ways in; the script takes the token out of a link that has one in its fragment."""
    return _form(request, _next(request.query.get("next", "/")))


async def enter(request: web.Request) -> web.StreamResponse:
    """With a signed token: set the cookie, and go where the person was going."""
    house = house_of(request)
    form = await request.post()
    token, onward = str(form.get("token", "")).strip(), _next(str(form.get("next", "/")))
    try:
        access = read(token, secret=house.token_secret, now=house.now())
    except TokenRejected as rejected:
        return _form(request, onward, f"problem.{rejected.rejection}")
    return _let_in(house, token, access.expires, onward)


async def enter_with_password(request: web.Request) -> web.StreamResponse:
    """With an account of our own, for when there is no provider. What was wrong is not said."""
    house = house_of(request)
    form = await request.post()
    onward = _next(str(form.get("next", "/")))
    account = await house.accounts.by_login(str(form.get("login", "")).strip())
    kept = await house.accounts.password(account.id, house.now()) if account else None
    if not await matches(str(form.get("password", "")), kept) or account is None:
        if account is not None:
            await house.accounts.failed(account.id, house.now())
            await note_arrival(house, account, "enter_with_password", 401)
        return _form(request, onward, "enter.wrong")
    return await _log_in(house, account, "enter_with_password", onward)


async def ask_provider(request: web.Request) -> web.StreamResponse:
    """On to the provider, who says who it is."""
    house, attempt = house_of(request), new_attempt()
    onward = _next(request.query.get("next", "/"))
    try:
        way = await _provider(house).way(attempt, _return_address(request))
    except IdentityRefused as refused:
        return _form(request, onward, f"enter.{refused.cause}")
    response = web.Response(status=303, headers={hdrs.LOCATION: way, hdrs.CACHE_CONTROL: "no-store"})
    response.set_cookie(
        _ATTEMPT_COOKIE,
        sign_attempt(attempt, onward, secret=house.token_secret, until=house.now() + _ATTEMPT_LASTING),
        path="/enter",
        max_age=int(_ATTEMPT_LASTING.total_seconds()),
        httponly=True,
        secure=_is_secure(house),
        samesite="Lax",
    )
    return response


async def come_back(request: web.Request) -> web.StreamResponse:
    """Back from the provider. Only in the browser that went there, and once."""
    house = house_of(request)
    cookie = request.cookies.get(_ATTEMPT_COOKIE, "")
    known = read_attempt(cookie, secret=house.token_secret, now=house.now())
    if known is None or known[0].state != request.query.get("state", ""):
        return _form(request, "/", "enter.attempt_over")
    attempt, onward = known
    if "code" not in request.query:
        return _forget_attempt(_form(request, onward, "enter.declined"))
    try:
        person = await _provider(house).person(request.query["code"], attempt, _return_address(request))
    except IdentityRefused as refused:
        log.warning("identity_refused", cause=refused.cause)
        return _forget_attempt(_form(request, onward, f"enter.{refused.cause}"))
    account = await _account_of(house, person)
    if account is None or account.is_disabled:
        if account is not None:
            await note_arrival(house, account, "enter_by_provider", 401)
        return _forget_attempt(_form(request, onward, "enter.no_account"))
    return _forget_attempt(await _log_in(house, account, "enter_by_provider", onward))


async def leave(request: web.Request) -> web.StreamResponse:
    """Forget who this is, here and in the cookie."""
    held = request.cookies.get(ACCESS_COOKIE, "")
    if held.startswith(LOGIN_MARK):
        await house_of(request).accounts.end_login(held)
    response = web.Response(status=303, headers={hdrs.LOCATION: "/enter"})
    response.del_cookie(ACCESS_COOKIE)
    return response


async def _account_of(house: House, person: Person) -> Account | None:
    """Who has come in as that person before; the first time, the account with that login, which is theirs then."""
    account = await house.accounts.by_subject(person.issuer, person.subject)
    if account is not None or not person.login:
        return account
    account = await house.accounts.by_login(person.login)
    if account is None or account.subject is not None:
        return None
    await house.accounts.bind(account.id, person.issuer, person.subject)
    return account


async def _log_in(house: House, account: Account, operation: str, onward: str) -> web.Response:
    text = await house.accounts.begin_login(account.id, house.now(), _LASTING)
    await note_arrival(house, account, operation, 200)
    return _let_in(house, text, house.now() + _LASTING, onward)


def _let_in(house: House, text: str, until: datetime, onward: str) -> web.Response:
    response = web.Response(status=303, headers={hdrs.LOCATION: onward, hdrs.CACHE_CONTROL: "no-store"})
    response.set_cookie(
        ACCESS_COOKIE,
        text,
        max_age=max(0, int((until - house.now()).total_seconds())),
        httponly=True,
        secure=_is_secure(house),
        samesite="Lax",
    )
    return response


def _form(request: web.Request, onward: str, fault: str = "") -> web.Response:
    provider = house_of(request).provider
    values = {"next": onward, "fault": fault, "provider": provider.name if provider else "", "path": "/enter"}
    return page(request, "enter.html", language_of(request), values, 401 if fault else 200)


def _forget_attempt(response: web.Response) -> web.Response:
    response.del_cookie(_ATTEMPT_COOKIE, path="/enter")
    return response


def _provider(house: House) -> Provider:
    if house.provider is None:
        raise Problem(Kind.NOT_FOUND)
    return house.provider


def _return_address(request: web.Request) -> str:
    """Where the provider sends people back to; it must be told beforehand."""
    base = house_of(request).public_url or str(request.url.origin())
    return f"{base.rstrip('/')}{_RETURN}"


def _is_secure(house: House) -> bool:
    return house.public_url.startswith("https:")


def _next(path: str) -> str:
    """Only a page of ours: `//elsewhere` and `/\\elsewhere` are other sites to a browser."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours else "/"


ROUTES = (
    Route(method="GET", path="/enter", operation="enter", handler=show, summary="The way in"),
    Route(method="POST", path="/enter", operation="enter_token", handler=enter, summary="Enter with a token"),
    Route(
        method="POST",
        path="/enter/password",
        operation="enter_password",
        handler=enter_with_password,
        summary="Enter with a password",
    ),
    Route(
        method="GET",
        path="/enter/provider",
        operation="enter_provider",
        handler=ask_provider,
        summary="Enter by the identity provider",
    ),
    Route(method="GET", path=_RETURN, operation="enter_return", handler=come_back, summary="Back from the provider"),
    Route(method="POST", path="/leave", operation="leave", handler=leave, summary="Leave"),
)
