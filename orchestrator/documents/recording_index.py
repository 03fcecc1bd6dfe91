"""Where in the recording each item and each speaker begins: WebVTT chapters, JSON, lines for a video's description.

Offsets count from the recording's first picture. What happened before it has no place in it and is left out. Of a
secret item there is nothing but that it was held: the public saw a card meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.council import events as e
from orchestrator.council.convocation import Convocation
from orchestrator.council.observations import Link
from orchestrator.documents.proceedings import Stretch, proceedings
from orchestrator.facts import Recorded, name_of
from orchestrator.wording import word

LEAST_CHAPTERS, LEAST_LENGTH = 3, timedelta(seconds=10)
"""What YouTube wants of the lines in a description, the first of which must say 00:00, or it shows no chapters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of the recording: an item (or what stands between items), or one turn to speak."""

    kind: Literal["item", "speech"]
    start: timedelta
    end: timedelta
    title: str
    item: int | None


def began_at(records: Sequence[Recorded]) -> datetime | None:
    """When the recording began: as whoever made it said; else when the encoder was first on; None if it never was."""
    if (made := _made(records)) and made.began_at:
        return made.began_at
    links = (record.event for record in records)
    return next((event.at for event in links if isinstance(event, e.LinkRestored) and event.link is Link.ENCODER), None)


def _made(records: Sequence[Recorded]) -> e.RecordingFinished | None:
    found = (record.event for record in reversed(records))
    return next((event for event in found if isinstance(event, e.RecordingFinished)), None)


def recording_index(
    convocation: Convocation, records: Sequence[Recorded], began: datetime, at: datetime, language: str
) -> tuple[Mark, ...]:
    """Items and turns in order. What still lasts ends `at`."""
    marks = (
        mark
        for stretch in proceedings(convocation, records)
        for mark in _marks(convocation, stretch, began, at, language)
    )
    return tuple(sorted(marks, key=lambda mark: (mark.start, mark.kind)))


def webvtt(marks: Sequence[Mark]) -> str:
    """Chapters for a player (W3C WebVTT, "only nested cues"): the items, and within each the turns."""
    cues = [
        f"{number}\n{_vtt(mark.start)} --> {_vtt(mark.end)}\n{_vtt_text(mark.title)}\n"
        for number, mark in enumerate((m for m in marks if m.end > m.start), start=1)
    ]
    return "\n".join(["WEBVTT", "", *cues])


def description_lines(marks: Sequence[Mark], opening: str) -> str:
    """A line an item, `12:05 Punt 2: …`; empty when there are too few for YouTube to make chapters of.

    Items shorter than ten seconds are drawn into the one before, and the first line stands at 00:00.
    """
    items = [mark for mark in marks if mark.kind == "item"]
    is_at_once = bool(items) and items[0].start < LEAST_LENGTH
    lines = [(timedelta(0), items[0].title if is_at_once else opening)]
    for mark in items:
        if mark.start - lines[-1][0] >= LEAST_LENGTH:
            lines.append((mark.start, mark.title))
    if len(lines) < LEAST_CHAPTERS:
        return ""
    has_hours = lines[-1][0] >= timedelta(hours=1)
    return "".join(f"{_stamp(start, has_hours)} {' '.join(title.split())}\n" for start, title in lines)


class MarkOut(BaseModel):
    """A stretch of the recording, in seconds from its beginning."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["item", "speech"]
    start_s: float
    end_s: float
    title: str
    item: int | None


class BlindOut(BaseModel):
    """A stretch of which nothing was recorded."""

    model_config = ConfigDict(frozen=True)

    start_s: float
    end_s: float


class IndexOut(BaseModel):
    """Where in the recording each item and speaker begins, and what it lacks."""

    model_config = ConfigDict(frozen=True)

    document: Literal["urn:plenari:index:1"] = "urn:plenari:index:1"
    session_id: str
    began_at: AwareDatetime = Field(description="The recording's first picture")
    marks: tuple[MarkOut, ...]
    blind: tuple[BlindOut, ...] = ()


def index_json(
    convocation: Convocation, records: Sequence[Recorded], began: datetime, marks: Sequence[Mark]
) -> IndexOut:
    """The index as JSON; `IndexOut.model_json_schema()` describes it."""
    made = _made(records)
    return IndexOut(
        session_id=convocation.session,
        began_at=began,
        marks=tuple(
            MarkOut(
                kind=mark.kind,
                start_s=mark.start.total_seconds(),
                end_s=mark.end.total_seconds(),
                title=mark.title,
                item=mark.item,
            )
            for mark in marks
        ),
        blind=tuple(
            BlindOut(start_s=(stretch.since - began).total_seconds(), end_s=(stretch.until - began).total_seconds())
            for stretch in (made.blind if made else ())
        ),
    )


def _marks(convocation: Convocation, stretch: Stretch, began: datetime, at: datetime, language: str) -> Iterable[Mark]:
    item, end = stretch.item, (stretch.end or at) - began
    if end <= timedelta(0):
        return
    number = item.number if item else None
    if item:
        title = word(language, "item.called", number=item.number, title=item.title)
        yield Mark(kind="item", start=max(stretch.start - began, timedelta(0)), end=end, title=title, item=number)
    for speech in stretch.speeches:
        over = (speech.end or at) - began
        if over > timedelta(0):
            start = max(speech.start - began, timedelta(0))
            name = name_of(convocation, speech.member)
            yield Mark(kind="speech", start=start, end=over, title=name, item=number)


def _vtt(offset: timedelta) -> str:
    milliseconds = round(offset.total_seconds() * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _vtt_text(text: str) -> str:
    """On one line, and without what WebVTT takes for markup or for the arrow between times."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(offset: timedelta, has_hours: bool) -> str:
    minutes, seconds = divmod(int(offset.total_seconds()), 60)
    if not has_hours:
        return f"{minutes:02}:{seconds:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
