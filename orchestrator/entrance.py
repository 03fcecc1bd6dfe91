"""Personal links: one person's way to one session. Signed, good around the session, and taken back when it must be.

A link carries its token in the fragment of its address, which browsers send to nobody: it is in no log of ours or of
anybody between. The page it leads to hands the token in once, in the body of a POST, and has a cookie from then on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import jwt

from orchestrator.access import Rejection, TokenRejected, strong
from orchestrator.council.session import Phase, Session
from orchestrator.store.entrances import BrowserId, LinkId

PATH = "/join"
LATEST = timedelta(hours=24)
"""How long after its hour a session that nobody has adjourned may still be entered."""

_ALGORITHM = "HS256"
_LINK, _VISIT = "plenari:join", "plenari:visit"


class Door(StrEnum):
    """Whether a link leads into the room now."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What the cookie of a landing page says: which link was opened, in which browser."""

    link: LinkId
    browser: BrowserId


def address(link: LinkId, *, base: str, secret: str) -> str:
    """The link as it is sent to its person. The same link has the same address whenever it is asked for."""
    token = jwt.encode({"aud": _LINK, "jti": link}, strong(secret), algorithm=_ALGORITHM)
    return f"{base.rstrip('/')}{PATH}#{token}"


def link_of(token: str, *, secret: str) -> LinkId:
    """Which link it is. Raises `TokenRejected` for one that we did not sign."""
    return LinkId(_claims(token, _LINK, secret)["jti"])


def sign_visit(visit: Visit, *, secret: str) -> str:
    """What the cookie holds."""
    claims = {"aud": _VISIT, "jti": visit.link, "sub": visit.browser}
    return jwt.encode(claims, strong(secret), algorithm=_ALGORITHM)


def visit_of(token: str, *, secret: str) -> Visit:
    """What a cookie says. Raises `TokenRejected`."""
    claims = _claims(token, _VISIT, secret)
    return Visit(link=LinkId(claims["jti"]), browser=BrowserId(claims.get("sub", "")))


def opens_at(session: Session, gathering: timedelta) -> datetime:
    """From when the room may be entered: while it is watched."""
    return session.convened.starts_at - gathering


def closes_at(session: Session) -> datetime:
    """From when it may not be entered any more, if nobody adjourns it before."""
    return session.adjourned_at or session.convened.starts_at + LATEST


def door(session: Session, *, is_revoked: bool, gathering: timedelta, now: datetime) -> Door:
    """Whether a personal link of the session leads into its room."""
    if is_revoked:
        return Door.REVOKED
    if session.phase is Phase.ADJOURNED or now >= closes_at(session):
        return Door.OVER
    return Door.EARLY if now < opens_at(session, gathering) else Door.OPEN


def _claims(token: str, audience: str, secret: str) -> dict[str, str]:
    try:
        claims: dict[str, str] = jwt.decode(
            token, strong(secret), algorithms=[_ALGORITHM], audience=audience, options={"require": ["jti"]}
        )
    except jwt.InvalidTokenError:
        raise TokenRejected(Rejection.BAD_TOKEN) from None
    return claims
