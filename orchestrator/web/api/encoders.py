"""The encoders of the installation: who is free, booked, busy or sick."""

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.store.encoders import Encoder, EncoderState
from orchestrator.web.api.entities import json
from orchestrator.web.request import house_of
from orchestrator.web.route import Route


class EncoderOut(BaseModel):
    """A Jibri."""

    url: str
    state: EncoderState
    session: str | None = Field(description="Which of our sessions has it")
    since: AwareDatetime | None = Field(description="Since when")
    failed_at: AwareDatetime | None = Field(description="When it last failed a session")
    cause: str = Field(description="Why, as a short code")


class EncodersOut(BaseModel):
    """All that the settings name, in their order."""

    encoders: tuple[EncoderOut, ...]


async def list_encoders(request: web.Request) -> web.Response:
    """Each is asked now."""
    return json(EncodersOut(encoders=tuple(map(_out, await house_of(request).survey()))))


def _out(encoder: Encoder) -> EncoderOut:
    booking = encoder.booking
    has_it = booking if booking and encoder.state is EncoderState.BOOKED else None
    return EncoderOut(
        url=encoder.url,
        state=encoder.state,
        session=has_it.session if has_it else None,
        since=has_it.booked_at if has_it else None,
        failed_at=booking.failed_at if booking else None,
        cause=booking.cause if booking else "",
    )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/encoders",
        operation=Operation.LIST_ENCODERS,
        handler=list_encoders,
        summary="The encoders: free, booked, busy, sick",
        gives=EncodersOut,
    ),
)
