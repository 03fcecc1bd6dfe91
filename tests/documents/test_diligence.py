"""The draft of the diligència of a session that was not held: what is known, and blanks for what is not."""

import pytest

from orchestrator.council.commands import DeclareNotHeld, ExcuseAbsence, Role
from orchestrator.council.convocation import Cause
from orchestrator.documents.diligence import BLANK, diligence
from orchestrator.wording import Language
from tests.scenarios.play import JOAN, MAYOR, NURIA, PAU, SECRETARY, Play


def not_held(**changes: object) -> Play:
    play = Play(**changes).watched(MAYOR, PAU, SECRETARY)
    play.waits(30 * 60)
    play.says(None, DeclareNotHeld, role=Role.SECRETARY, excused=(JOAN, NURIA))
    assert play.refusal is None
    return play


def test_it_says_why_who_came_who_was_excused_and_when_it_meets_again() -> None:
    text = diligence(not_held().session, "ca")
    for part in (
        "la sessió ordinària de l'òrgan Ple (Ajuntament de la Vila)",
        "primera convocatòria",
        "dijous, 26 de març del 2026 a les 20:00",
        "2 de 13 membres i en calien 5 (LRBRL 46.2.c)",
        "Hi han comparegut: Marta Roca, Pau Ferrer, Rosa Bosch.",
        "Joan Mas, Núria Puig",
        "segona convocatòria dissabte, 28 de març del 2026 a les 20:00 (ROF 90.2)",
        "20:30",
    ):
        assert part in text


@pytest.mark.parametrize("language", Language)
def test_it_is_drafted_in_every_language_before_it_is_declared_with_blanks(language: Language) -> None:
    play = Play().watched(MAYOR)
    text = diligence(play.session, language)
    assert "Marta Roca" in text
    assert text.count(BLANK) == 3
    assert "{" not in text


def test_in_second_call_the_items_wait_for_another_session_rof_90_2() -> None:
    text = diligence(not_held(call=2).session, "en")
    assert "wait for another session" in text
    assert "ROF 90.2" in text


def test_who_sent_an_excuse_is_excused_in_the_draft_and_on_the_record() -> None:
    play = Play().watched(MAYOR)
    play.says(None, ExcuseAbsence, role=Role.SECRETARY, member=JOAN, reason="malaltia")
    assert "assistència: Joan Mas." in diligence(play.session, "ca")
    play.waits(30 * 60)
    play.says(None, DeclareNotHeld, role=Role.SECRETARY)
    assert "assistència: Joan Mas." in diligence(play.session, "ca")
    assert "malaltia" not in diligence(play.session, "ca")


def test_an_empty_chair_is_told() -> None:
    play = Play().watched(MAYOR)
    assert "secretaria" in diligence(play.session, "ca")


def test_a_cause_that_nobody_wrote_down_is_a_blank() -> None:
    play = Play().watched(MAYOR)
    play.says(MAYOR, DeclareNotHeld, cause=Cause.OTHER)
    text = diligence(play.session, "es")
    assert f"Causa: {BLANK}." in text
    assert "quórum" not in text
    assert "convocatoria el" not in text
