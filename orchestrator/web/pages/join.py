"""Where a personal link leads: which session it is, whether this browser will do, and the way into the room.

The token comes in the body of a POST, from the fragment of the link; from then on a cookie says which link it was.
The room's address, with a token of Jitsi's that is good for minutes, is the answer to a press of the button and stands
on no page.
"""

from datetime import timedelta

from aiohttp import hdrs, web

from orchestrator.access import TokenRejected
from orchestrator.council.observations import Grade, LinkUsedTwice, Sighting
from orchestrator.council.session import Session
from orchestrator.entrance import PATH, Door, Visit, door, link_of, opens_at, sign_visit, visit_of
from orchestrator.jitsi import join_link
from orchestrator.store.entrances import BrowserId, Link, new_id
from orchestrator.web.house import House
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import SESSION_LANGUAGE, house_of, language_of, wants
from orchestrator.web.route import Route

CHECK = f"{PATH}/check"
"""Where the connection check is."""

COOKIE = "plenari_join"
_KEPT = 400 * 24 * 3600
_JUST_NOW = timedelta(minutes=2)
"""So long after it was let in a browser may still be on its way into the room."""


async def show(request: web.Request) -> web.Response:
    """The page of the link that was opened here last; without one, how to come by one."""
    visit = _visit(request)
    if visit is None:
        return _private(page(request, "join_nothing.html", language_of(request), {"is_bad": False}))
    link, session = await _invited(request, visit)
    return _private(_landing(request, link, session))


async def redeem(request: web.Request) -> web.Response:
    """A link was opened: its token becomes a cookie."""
    house = house_of(request)
    token = str((await request.post()).get("token", "")).strip()
    try:
        link = link_of(token, secret=house.token_secret)
    except TokenRejected:
        return _private(page(request, "join_nothing.html", language_of(request), {"is_bad": True}, 401))
    known = _visit(request)
    visit = Visit(link=link, browser=known.browser if known else BrowserId(new_id()))
    response = web.Response(status=303, headers={hdrs.LOCATION: PATH})
    response.set_cookie(
        COOKIE,
        sign_visit(visit, secret=house.token_secret),
        path=PATH,
        max_age=_KEPT,
        httponly=True,
        secure=house.public_url.startswith("https:"),
        samesite="Lax",
    )
    return _private(response)


async def enter(request: web.Request) -> web.Response:
    """Into the room: the address that the browser goes on to. Without a script, a page with a link to it."""
    house, visit = house_of(request), _visit(request)
    if visit is None:
        raise Problem(Kind.NO_LINK)
    link, session = await _invited(request, visit)
    _require_open(house, link, session)
    is_confirmed = (await request.post()).get("confirmed") == "yes"
    if await _is_in_use(house, link, session, visit):
        if not is_confirmed:
            raise Problem(Kind.LINK_IN_USE)
        seen = Sighting(grade=Grade.DESK, at=house.now())
        await house.inbox.report(link.session, LinkUsedTwice(seen=seen, member=link.member))
    await house.entrances.enter(link, visit.browser, house.now())
    way = _way(house, session, link)
    if wants(request, "text/html"):
        return _private(page(request, "join_enter.html", language_of(request), {"way": way}))
    return _private(web.json_response({"link": way}))


async def guest_of(request: web.Request) -> tuple[Link, Session]:
    """Whose link was opened in this browser, and its session. Raises `Problem` (NO_LINK) where there is none that is
    in force."""
    visit = _visit(request)
    if visit is None:
        raise Problem(Kind.NO_LINK)
    link, session = await _invited(request, visit)
    if link.revoked_at is not None:
        raise Problem(Kind.NO_LINK)
    return link, session


def _visit(request: web.Request) -> Visit | None:
    try:
        return visit_of(request.cookies.get(COOKIE, ""), secret=house_of(request).token_secret)
    except TokenRejected:
        return None


async def _invited(request: web.Request, visit: Visit) -> tuple[Link, Session]:
    house = house_of(request)
    link = await house.entrances.link(visit.link)
    if link is None:
        raise Problem(Kind.NO_LINK)
    session = (await house.read(link.session)).session
    request[SESSION_LANGUAGE] = session.convened.language
    return link, session


def _require_open(house: House, link: Link, session: Session) -> None:
    match _door(house, link, session):
        case Door.OPEN:
            return
        case Door.REVOKED:
            raise Problem(Kind.NO_LINK)
        case Door.EARLY | Door.OVER:
            raise Problem(Kind.ROOM_NOT_OPEN)


def _door(house: House, link: Link, session: Session) -> Door:
    return door(session, is_revoked=link.revoked_at is not None, gathering=house.gathering, now=house.now())


async def _is_in_use(house: House, link: Link, session: Session, visit: Visit) -> bool:
    """Whether somebody went in by the link from elsewhere and is in the room, or may be on the way."""
    elsewhere = await house.entrances.last_entry_elsewhere(link.id, visit.browser)
    if elsewhere is None:
        return False
    return bool(session.attendance.of(link.member).devices) or house.now() - elsewhere < _JUST_NOW


def _way(house: House, session: Session, link: Link) -> str:
    jitsi = house.jitsi(session.convened.entity.id)
    member = session.body.member(link.member)
    return join_link(jitsi, room=session.convened.room, member=member, now=house.now()).link


def _landing(request: web.Request, link: Link, session: Session) -> web.Response:
    house = house_of(request)
    values = {
        "call": session.convened,
        "member": session.body.member(link.member),
        "door": _door(house, link, session).value,
        "opens_at": opens_at(session, house.gathering),
        "now": house.now(),
        "check_path": CHECK,
    }
    return page(request, "join.html", language_of(request), values)


def _private(response: web.Response) -> web.Response:
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


ROUTES = (
    Route(method="GET", path=PATH, operation="join", handler=show, summary="Where a personal link leads"),
    Route(method="POST", path=PATH, operation="join_redeem", handler=redeem, summary="A personal link was opened"),
    Route(method="POST", path=f"{PATH}/room", operation="join_room", handler=enter, summary="Into the room"),
)
