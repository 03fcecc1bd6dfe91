"""What the web answers when it does not do what was asked: problem details (RFC 9457), with types that never change."""

from collections.abc import Mapping
from enum import StrEnum

from aiohttp import web

from orchestrator.council.refusals import Refused
from orchestrator.wording import word

TYPE = "urn:plenari:problem:"
"""What every type begins with; after it comes the `Kind`."""


class Kind(StrEnum):
    """The kinds of problem. `problem.<kind>` of the catalogues words them; `REFUSED` is worded by its reason."""

    UNAUTHENTICATED = "unauthenticated"
    BAD_TOKEN = "bad_token"  # noqa: S105 - a code
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code
    FORBIDDEN = "forbidden"
    CROSS_SITE = "cross_site"
    NOT_FOUND = "not_found"
    NO_LINK = "no_link"
    ROOM_NOT_OPEN = "room_not_open"
    LINK_IN_USE = "link_in_use"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_SEALED = "not_sealed"
    NEVER_SEALED = "never_sealed"
    NO_MAIL = "no_mail"
    IN_PROGRESS = "in_progress"
    PRECONDITION_FAILED = "precondition_failed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID = "invalid"
    KEY_REUSED = "key_reused"
    PRECONDITION_REQUIRED = "precondition_required"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


STATUS: Mapping[Kind, int] = {
    Kind.UNAUTHENTICATED: 401,
    Kind.BAD_TOKEN: 401,
    Kind.TOKEN_EXPIRED: 401,
    Kind.FORBIDDEN: 403,
    Kind.CROSS_SITE: 403,
    Kind.NO_LINK: 401,
    Kind.ROOM_NOT_OPEN: 409,
    Kind.LINK_IN_USE: 409,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.REFUSED: 409,
    Kind.NOT_SEALED: 409,
    Kind.NEVER_SEALED: 409,
    Kind.NO_MAIL: 409,
    Kind.IN_PROGRESS: 409,
    Kind.PRECONDITION_FAILED: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED_MEDIA_TYPE: 415,
    Kind.INVALID: 422,
    Kind.KEY_REUSED: 422,
    Kind.PRECONDITION_REQUIRED: 428,
    Kind.TOO_MANY_REQUESTS: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
}
_BY_STATUS = {
    404: Kind.NOT_FOUND,
    405: Kind.METHOD_NOT_ALLOWED,
    413: Kind.TOO_LARGE,
    415: Kind.UNSUPPORTED_MEDIA_TYPE,
}


class Problem(Exception):
    """Ends a request. `more` are members of the answer beside RFC 9457's own, such as `reason` or `errors`."""

    def __init__(self, kind: Kind, **more: object) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.more = more

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.kind]

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's head says of it."""
        match self.kind:
            case Kind.TOO_MANY_REQUESTS | Kind.IN_PROGRESS:
                return {"Retry-After": str(self.more.get("retry_after_s", 1))}
            case _ if self.status == 401:
                return {"WWW-Authenticate": 'Bearer realm="plenari"'}
            case _:
                return {}

    def detail(self, language: str) -> str:
        """The sentence for people."""
        if self.kind is Kind.REFUSED:
            return word(language, f"refused.{self.more['reason']}")
        return word(language, f"problem.{self.kind}")

    def response(self, language: str) -> web.Response:
        """The answer as `application/problem+json`."""
        members = {"type": f"{TYPE}{self.kind}", "status": self.status, "title": self.kind.value.replace("_", " ")}
        return web.json_response(
            {**members, "detail": self.detail(language), **self.more},
            status=self.status,
            content_type="application/problem+json",
            headers={"Content-Language": language, **self.headers},
        )


def refused(refusal: Refused) -> Problem:
    """A refusal of the council as a problem: what it is about goes along."""
    about = {name: str(value) for name, value in refusal.detail.items()}
    return Problem(Kind.REFUSED, reason=refusal.reason.value, about=about)


def from_status(error: web.HTTPException) -> Problem:
    """What aiohttp itself raised, as one of ours."""
    return Problem(_BY_STATUS.get(error.status, Kind.INVALID if error.status < 500 else Kind.INTERNAL))
