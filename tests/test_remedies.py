"""Every alert says what to do about it, in every language, and what it offers can be asked for."""

import pytest

from orchestrator.council.commands import Asker, Channel, Role
from orchestrator.council.troubles import Trouble
from orchestrator.remedies import _ACTS, acts_against, steps_against
from orchestrator.web.api.asked import CommandIn, command_of
from orchestrator.wording import Language, catalogue

OF_LINKS = (
    *("room_missing", "bot_disconnected", "hub_lost"),
    *("source_closed", "source_stalled", "encoder_died", "no_encoder_free", "encoder_sends_nothing"),
    *("destination_refused", "destination_unknown", "destination_unreachable", "destination_stalled"),
    *("public_unreachable", "public_refused", "public_stalled", "picture_black", "picture_frozen", "sound_silent"),
    *("disk_full", "recorder_died", "recorder_stalled", "recorder_cannot_start"),
    *("youtube_bad", "youtube_nodata", "youtube_revoked"),
    *("encoder_gave_up", "encoder_left", "encoder_sick", "encoder_unreachable"),
    *("destination_closed", "destination_garbled", "certificate_refused", "key_refused"),
)
CAUSES = (*OF_LINKS, *Trouble)
OPERATOR = Asker(role=Role.OPERATOR, channel=Channel.WEB)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("cause", [*CAUSES, "other"])
def test_each_cause_has_three_steps(language: Language, cause: str) -> None:
    assert f"alert.{cause}.steps" in catalogue(language)
    steps = steps_against(language, cause)
    assert len(steps) == 3
    assert all(step == step.strip() and step.endswith(".") and len(step) < 170 for step in steps)


def test_a_cause_that_nobody_has_described_has_steps_as_well() -> None:
    assert steps_against("ca", "martians") == steps_against("ca", "other")
    assert acts_against("martians") == ()


def test_what_is_offered_is_a_command() -> None:
    assert set(_ACTS) <= set(CAUSES)
    for act in {act.name: act for acts in _ACTS.values() for act in acts}.values():
        sent = CommandIn.model_validate({"name": act.name, **act.fields})
        assert command_of(sent, OPERATOR)
        assert f"act.{act.name}" in catalogue(Language.CA)
