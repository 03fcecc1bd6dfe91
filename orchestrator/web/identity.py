"""Who asks: from a signed token, a machine's token or a login; and what is written down of what they asked for."""

from aiohttp import hdrs, web

from orchestrator.access import Access, Operation, TokenRejected, read
from orchestrator.store.accounts import LOGIN_MARK, TOKEN_MARK, Account
from orchestrator.store.audit import Trace
from orchestrator.web.house import House
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import CONCERNS, access_of, house_of

ACCESS_COOKIE = "plenari"
"""Holds a login, or a signed token; scripts cannot read it."""

SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})

_QUIET = frozenset({Operation.PAGE_FEED, Operation.READ_LIVE, Operation.READ_QUORUM})
"""What a page asks for again and again by itself once somebody has opened it: that they did is written down."""


async def access_by(house: House, text: str) -> Access:
    """Whose token or cookie it is. Raises `Problem` for one that is nobody's, or nobody's any more."""
    now = house.now()
    if text.startswith(LOGIN_MARK):
        login = await house.accounts.login(text, now)
        if login is None:
            raise Problem(Kind.TOKEN_EXPIRED)
        account = login.account
        return Access(
            role=account.role,
            expires=login.expires_at,
            entity=account.entity,
            member=account.member,
            name=account.name,
            account=account.id,
        )
    if text.startswith(TOKEN_MARK):
        token = await house.accounts.token(text, now)
        if token is None:
            raise Problem(Kind.BAD_TOKEN)
        return Access(role=token.role, expires=token.expires_at, entity=token.entity, name=token.name, account=token.id)
    try:
        return read(text, secret=house.token_secret, now=now)
    except TokenRejected as rejected:
        raise Problem(Kind(rejected.rejection)) from None


async def note(request: web.Request, operation: Operation, status: int) -> None:
    """Write down who asked for what, and what they were answered."""
    if operation in _QUIET and not 400 <= status < 500:
        return
    access = access_of(request)
    entity, session = request.get(CONCERNS, (access.entity, None))
    await house_of(request).audit.add(
        Trace(
            at=house_of(request).now(),
            who=access.name or access.member or access.role.value,
            account=access.account or None,
            role=access.role,
            entity=entity,
            session=session,
            operation=operation.value,
            is_change=request.method not in SAFE,
            status=status,
        )
    )


async def note_arrival(house: House, account: Account, operation: str, status: int) -> None:
    """Write down that somebody came in, or tried to."""
    trace = Trace(
        at=house.now(),
        who=account.name,
        account=account.id,
        role=account.role,
        entity=account.entity,
        session=None,
        operation=operation,
        is_change=True,
        status=status,
    )
    await house.audit.add(trace)
