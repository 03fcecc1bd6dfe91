"""The cards of a session's broadcast, in its language: what the public reads when the room is not to be seen."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date

from orchestrator.council.convocation import Convocation
from orchestrator.wording import word
from recorder.cards import Card
from recorder.modes import Mode

_LOCALES = {"en": "en_GB"}
_ACCENT = "#3FB8A9"
_ACCENTS = {Mode.RECESS: "#E0B04C", Mode.SECRET: "#A99BE0", Mode.TROUBLE: "#E58A63", Mode.LIVE: "#E58A63"}


def cards_of(call: Convocation, crest: Path | None) -> Mapping[Mode, Card]:
    """One for each mode; LIVE's is shown while the room's picture is missing."""
    return {mode: card_of(mode, call, crest) for mode in Mode}


def card_of(mode: Mode, call: Convocation, crest: Path | None, at: datetime | None = None) -> Card:
    """The card of a mode; with `at` it has a clock that says so (UTC)."""
    zone, language = ZoneInfo(call.time_zone), call.language
    starts = call.starts_at.astimezone(zone)
    entity = call.entity.name
    date = format_date(starts.date(), "full", locale=_LOCALES.get(language, language))
    kind = word(language, f"kind.{call.kind}")
    return Card(
        heading=f"{word(language, 'document.rehearsal_mark')} · {entity}" if call.is_rehearsal else entity,
        under=call.body.name,
        title=word(language, f"slate.{mode}.title"),
        line=word(language, f"slate.{mode}.line", hour=f"{starts:%H:%M}"),
        foot=f"{kind[:1].upper()}{kind[1:]} · {date}, {starts:%H:%M}",
        clock=f"{at.astimezone(zone):%H:%M}" if at else "",
        accent=_ACCENTS.get(mode, _ACCENT),
        crest=crest,
    )


def keep_crest(folder: Path, image: bytes) -> Path:
    """The crest as a file that is named after what it shows."""
    file = folder / f"{sha256(image).hexdigest()[:24]}.png"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_bytes(image)
        fresh.replace(file)
    return file
