"""Entity tags (RFC 9110, 8.8.3): what was read is what is changed, or the change is not made.

A tag is the hash of a representation, so that it needs no column and no counter.
"""

import hashlib

from aiohttp import hdrs, web
from pydantic import BaseModel

from orchestrator.web.problems import Kind, Problem
from orchestrator.web.route import Parameter

IF_MATCH = Parameter(
    name="If-Match",
    where="header",
    description="The ETag of what is to be replaced, as it was read; `*`: whatever it is. Needed once there is any",
)
IF_NONE_MATCH = Parameter(name="If-None-Match", where="header", description="The ETag that is known already: 304 then")

NOT_MODIFIED = {304: "The bearer has it already"}
"""What else a route answers that understands `IF_NONE_MATCH`."""


def tag_of(model: BaseModel) -> str:
    """The strong tag of what a model says, quotes included."""
    return f'"{hashlib.sha256(model.model_dump_json(by_alias=True).encode()).hexdigest()[:32]}"'


def tagged(request: web.Request, model: BaseModel, tag: str | None = None) -> web.Response:
    """The model with its tag; 304 and nothing more to whoever has it already. `tag` if it is not the model's own."""
    tag = tag or tag_of(model)
    if tag in _tags(request, hdrs.IF_NONE_MATCH, is_weak_enough=True):
        return web.Response(status=304, headers={hdrs.ETAG: tag})
    return web.Response(
        text=model.model_dump_json(by_alias=True), content_type="application/json", headers={hdrs.ETAG: tag}
    )


def require_match(request: web.Request, current: str | None) -> None:
    """That the sender has seen what is there now, whose tag is `current`; None: there is nothing to overwrite.

    Raises `Problem`: PRECONDITION_REQUIRED (428) when nothing was said, PRECONDITION_FAILED (412) when it is another.
    """
    if hdrs.IF_MATCH not in request.headers:
        if current is not None:
            raise Problem(Kind.PRECONDITION_REQUIRED)
        return
    seen = _tags(request, hdrs.IF_MATCH)
    if current is None or not ("*" in seen or current in seen):
        raise Problem(Kind.PRECONDITION_FAILED)


def _tags(request: web.Request, header: str, *, is_weak_enough: bool = False) -> set[str]:
    tags = {tag.strip() for value in request.headers.getall(header, ()) for tag in value.split(",")}
    return {tag.removeprefix("W/") for tag in tags} if is_weak_enough else tags
