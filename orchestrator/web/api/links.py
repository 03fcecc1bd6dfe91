"""Personal links: issued, taken back, and which of them were used."""

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Grade, LinkRevoked, Sighting
from orchestrator.council.session import Phase, Session
from orchestrator.entrance import address, closes_at, opens_at
from orchestrator.store.entrances import Link
from orchestrator.web.api.entities import json
from orchestrator.web.house import House
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, session_of, signature_of
from orchestrator.web.route import Route


class LinkOut(BaseModel):
    """One member's way in. `link` leads to the page of their session and from there into the room, between the two
    hours or until the session is adjourned. Whoever has it is taken for the member: send it to nobody else."""

    member: str
    link: str
    issued_at: AwareDatetime
    opens_at: AwareDatetime
    closes_at: AwareDatetime


class LinkStateOut(BaseModel):
    """Whether a member has a link in force, and what became of it; never the link itself."""

    member: str
    name: str
    issued_at: AwareDatetime | None
    entered_at: AwareDatetime | None = Field(description="When it last led into the room")
    browsers: int = Field(description="From how many browsers it has")
    is_shared: bool = Field(description="Whether it was used from two places at once and is still in force")


class LinksOut(BaseModel):
    """The members of the session, in the order of the call."""

    links: tuple[LinkStateOut, ...]


async def issue(request: web.Request, session: Session, member: MemberId) -> LinkOut:
    """The member's link that is in force; a new one where there is none. Raises `Problem` for a stranger."""
    house, by = house_of(request), signature_of(request)
    if not session.body.has(member):
        raise Problem(Kind.NOT_FOUND)
    link = await house.entrances.issue(session.convened.session, member, by=by, now=house.now())
    return LinkOut(
        member=member,
        link=address(link.id, base=house.public_url or str(request.url.origin()), secret=house.token_secret),
        issued_at=link.issued_at,
        opens_at=opens_at(session, house.gathering),
        closes_at=closes_at(session),
    )


async def revoke(house: House, session: Session, member: MemberId, by: str) -> bool:
    """The member's link opens nothing any more, and the record says so. False when there was none.

    Who is in the room already stays: that is the president's and the bot's to end.
    """
    call = session.convened
    if not await house.entrances.revoke(call.session, member, by=by, now=house.now()):
        return False
    if session.phase is not Phase.ADJOURNED:
        seen = Sighting(grade=Grade.DESK, at=house.now())
        await house.inbox.report(call.session, LinkRevoked(seen=seen, member=member))
    return True


def states(session: Session, links: list[Link]) -> tuple[LinkStateOut, ...]:
    """Member by member, what became of the links."""
    known = {link.member: link for link in links}
    return tuple(_state(session, m.id, m.name, known.get(m.id)) for m in session.body.members)


def _state(session: Session, member: MemberId, name: str, link: Link | None) -> LinkStateOut:
    return LinkStateOut(
        member=member,
        name=name,
        issued_at=link.issued_at if link else None,
        entered_at=link.entered_at if link else None,
        browsers=link.browsers if link else 0,
        is_shared=f"entrance:{member}" in session.alerts,
    )


async def link_member(request: web.Request) -> web.Response:
    """The link of a member, to be sent to them alone."""
    session, member = (await session_of(request)).session, MemberId(request.match_info["member"])
    if not access_of(request).may_link(member):
        raise Problem(Kind.FORBIDDEN)
    return json(await issue(request, session, member), 201)


async def revoke_link(request: web.Request) -> web.Response:
    """Take it back."""
    session, member = (await session_of(request)).session, MemberId(request.match_info["member"])
    if not access_of(request).may_link(member):
        raise Problem(Kind.FORBIDDEN)
    if not await revoke(house_of(request), session, member, signature_of(request)):
        raise Problem(Kind.NOT_FOUND)
    return web.Response(status=204)


async def list_links(request: web.Request) -> web.Response:
    """Who has a link, and who has come in by it."""
    session = (await session_of(request)).session
    return json(LinksOut(links=states(session, await house_of(request).entrances.links(session.convened.session))))


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/sessions/{id}/members/{member}/link",
        operation=Operation.LINK_MEMBER,
        handler=link_member,
        summary="A member's personal link; the one in force if there is one",
        gives=LinkOut,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/api/v1/sessions/{id}/members/{member}/link",
        operation=Operation.REVOKE_LINK,
        handler=revoke_link,
        summary="Take a member's personal link back; the next one is another",
        status=204,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/links",
        operation=Operation.LIST_LINKS,
        handler=list_links,
        summary="Which members have a personal link, and who has come in by it",
        gives=LinksOut,
    ),
)
