"""The page of accounts and of machines' tokens. A password or a token that is made here is shown once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from aiohttp import hdrs, web
from pydantic import Field, ValidationError, model_validator

from orchestrator.access import UNBOUND, Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, MemberId
from orchestrator.passwords import hashed, invented
from orchestrator.store.accounts import AccountId, LoginTaken, TokenId
from orchestrator.web.api.entities import In, Name
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of, signature_of
from orchestrator.web.route import Route

_PAGE = "/accounts"
_SEATED = (Role.MEMBER, Role.SPOKESPERSON)
_MACHINES = tuple(role for role in Role if role not in _SEATED)


class _Bound(In):
    """A role, and the entity that it is for: needed by all but administrators and operators, who belong to none."""

    name: Name
    role: Role
    entity: str = ""

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if (self.role in UNBOUND) == bool(self.entity):
            raise ValueError("entity")
        return self


class AccountIn(_Bound):
    """A person who may come in."""

    login: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^\S+$")]
    member: Annotated[str, Field(max_length=60)] = ""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.role in _SEATED and not self.member:
            raise ValueError("member")
        return self


class TokenIn(_Bound):
    """A machine that may come in, for so many days."""

    days: Annotated[int, Field(ge=1, le=730)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What is shown once: a password or a token, and whose."""

    message: str
    name: str
    secret: str


async def show(request: web.Request) -> web.Response:
    """Who may come in."""
    return await _page(request)


async def add_account(request: web.Request) -> web.StreamResponse:
    """One more person. They come in by the provider, or get a password with the next button."""
    house, form = house_of(request), await _form(request)
    try:
        sent = AccountIn.model_validate(form)
        await _require_entity(request, sent.entity)
        await house.accounts.add(
            login=sent.login,
            name=sent.name,
            role=sent.role,
            entity=EntityId(sent.entity) if sent.entity else None,
            member=MemberId(sent.member) if sent.member else None,
            by=signature_of(request),
            now=house.now(),
        )
    except ValidationError as error:
        return await _page(request, typed=form, faults=_faults(error))
    except LoginTaken:
        return await _page(request, typed=form, faults={"taken"})
    return _back()


async def change_account(request: web.Request) -> web.StreamResponse:
    """A new password, which is shown once; no password; nobody in any more; in again."""
    house, form = house_of(request), await _form(request)
    account = await house.accounts.account(AccountId(request.match_info["account"]))
    if account is None:
        raise Problem(Kind.NOT_FOUND)
    match form.get("act"):
        case "password":
            password = invented()
            await house.accounts.set_password(account.id, await hashed(password))
            shown = _Shown(message="accounts.password_made", name=account.name, secret=password)
            return await _page(request, shown=shown)
        case "no_password":
            await house.accounts.set_password(account.id, None)
        case "disable" if account.id != access_of(request).account:
            await house.accounts.set_disabled(account.id, house.now())
        case "enable":
            await house.accounts.set_disabled(account.id, None)
        case _:
            raise Problem(Kind.INVALID)
    return _back()


async def make_token(request: web.Request) -> web.StreamResponse:
    """A token for a machine, shown once."""
    house, form = house_of(request), await _form(request)
    try:
        sent = TokenIn.model_validate(form)
    except ValidationError as error:
        return await _page(request, typed=form, faults={f"token_{fault}" for fault in _faults(error)})
    if sent.role not in _MACHINES:
        raise Problem(Kind.INVALID)
    await _require_entity(request, sent.entity)
    text = await house.accounts.make_token(
        name=sent.name,
        role=sent.role,
        entity=EntityId(sent.entity) if sent.entity else None,
        by=signature_of(request),
        now=house.now(),
        lasting=timedelta(days=sent.days),
    )
    return await _page(request, shown=_Shown(message="accounts.token_made", name=sent.name, secret=text))


async def revoke_token(request: web.Request) -> web.StreamResponse:
    """A machine that may not come in any more."""
    await house_of(request).accounts.revoke_token(TokenId(request.match_info["token"]), house_of(request).now())
    return _back()


async def _page(
    request: web.Request,
    *,
    shown: _Shown | None = None,
    typed: Mapping[str, str] | None = None,
    faults: set[str] | None = None,
) -> web.Response:
    house = house_of(request)
    entities = await house.records.entities()
    values = {
        "access": access_of(request),
        "path": _PAGE,
        "now": house.now(),
        "zone": house.time_zone.key,
        "accounts": await house.accounts.accounts(),
        "tokens": [token for token in await house.accounts.tokens() if token.revoked_at is None],
        "entities": entities,
        "names": {entity.id: entity.name for entity in entities},
        "roles": tuple(Role),
        "machine_roles": _MACHINES,
        "shown": shown,
        "typed": typed or {},
        "faults": faults or set(),
    }
    return page(request, "accounts.html", language_of(request), values, 422 if faults else 200)


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value.strip() for name, value in (await request.post()).items() if isinstance(value, str)}


async def _require_entity(request: web.Request, entity: str) -> None:
    if entity and await house_of(request).records.entity(EntityId(entity)) is None:
        raise Problem(Kind.INVALID)


def _faults(error: ValidationError) -> set[str]:
    """The fields that are wrong; a check of the whole says which one it was about."""
    mistakes = error.errors(include_url=False, include_input=False)
    return {str(m["loc"][0]) if m["loc"] else m["msg"].removeprefix("Value error, ") for m in mistakes}


def _back() -> web.Response:
    return web.Response(status=303, headers={hdrs.LOCATION: _PAGE})


ROUTES = (
    Route(method="GET", path=_PAGE, operation=Operation.PAGE_ACCOUNTS, handler=show, summary="Who may come in"),
    Route(method="POST", path=_PAGE, operation=Operation.PAGE_ADD_ACCOUNT, handler=add_account, summary="One more"),
    Route(
        method="POST",
        path=f"{_PAGE}/{{account}}",
        operation=Operation.PAGE_CHANGE_ACCOUNT,
        handler=change_account,
        summary="A button of an account",
    ),
    Route(
        method="POST",
        path="/machine-tokens",
        operation=Operation.PAGE_MAKE_TOKEN,
        handler=make_token,
        summary="A token for a machine",
    ),
    Route(
        method="POST",
        path="/machine-tokens/{token}/revocation",
        operation=Operation.PAGE_REVOKE_TOKEN,
        handler=revoke_token,
        summary="Take a machine's token back",
    ),
)
