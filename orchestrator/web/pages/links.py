"""The page of a session's personal links, for whoever runs it: who has one, who has come in, a new one, no more."""

from aiohttp import hdrs, web

from orchestrator.access import Operation
from orchestrator.council.members import MemberId
from orchestrator.web.api.links import LinkOut, issue, revoke, states
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of, session_of, signature_of
from orchestrator.web.route import Route


async def show(request: web.Request) -> web.Response:
    """The list. A link is shown only in answer to the button that asks for it."""
    return await _list(request, None)


async def link_member(request: web.Request) -> web.Response:
    """The member's link, once, to be copied and sent to them."""
    session = (await session_of(request)).session
    member = MemberId(request.match_info["member"])
    return await _list(request, await issue(request, session, member))


async def revoke_link(request: web.Request) -> web.Response:
    """Take it back. Whoever pressed twice finds it done."""
    session = (await session_of(request)).session
    await revoke(house_of(request), session, MemberId(request.match_info["member"]), signature_of(request))
    return web.Response(status=303, headers={hdrs.LOCATION: f"/sessions/{session.convened.session}/links"})


async def _list(request: web.Request, shown: LinkOut | None) -> web.Response:
    session = (await session_of(request)).session
    house, call = house_of(request), session.convened
    values = {
        "access": access_of(request),
        "path": f"/sessions/{call.session}/links",
        "call": call,
        "now": house.now(),
        "links": states(session, await house.entrances.links(call.session)),
        "shown": shown,
    }
    return page(request, "links.html", language_of(request), values)


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{id}/links",
        operation=Operation.PAGE_LINKS,
        handler=show,
        summary="A session's personal links",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/links/{member}",
        operation=Operation.PAGE_LINK_MEMBER,
        handler=link_member,
        summary="The button that shows a member's link",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/links/{member}/revocation",
        operation=Operation.PAGE_REVOKE_LINK,
        handler=revoke_link,
        summary="The button that takes it back",
    ),
)
