"""What to do about an alert: three steps in plain words, and the acts that can do no harm, one press each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.wording import Language, catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command that helps, as `POST /sessions/{id}/commands` takes it: its name and its fields."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


_RESTART = Act(name="restart_encoder")
_SLATE = Act(name="show_slate", fields={"picture": "trouble"})

_ACTS: Mapping[str, tuple[Act, ...]] = {
    "source_closed": (_RESTART,),
    "source_stalled": (_RESTART, _SLATE),
    "encoder_died": (_RESTART,),
    "encoder_sends_nothing": (_RESTART,),
    "encoder_gave_up": (_RESTART,),
    "encoder_left": (_RESTART,),
    "encoder_sick": (_RESTART,),
    "encoder_unreachable": (_RESTART,),
    "picture_black": (_SLATE, _RESTART),
    "picture_frozen": (_RESTART, _SLATE),
    "sound_silent": (_RESTART,),
}


def acts_against(cause: str) -> tuple[Act, ...]:
    """What may be pressed. Whether it may be asked for now, and by whom, is the council's to say."""
    return _ACTS.get(cause, ())


def steps_against(language: str, cause: str) -> tuple[str, ...]:
    """What to do, in order; for a cause that nobody has described, whom to ask."""
    texts = catalogue(Language(language))
    return tuple(texts.get(f"alert.{cause}.steps", texts["alert.other.steps"]).splitlines())
