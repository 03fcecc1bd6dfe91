"""Agendas as they are pasted: numbered in every way, over several lines, with headings between."""

import pytest

from orchestrator.convening.agenda_text import Fault, NoAgenda, read_agenda
from orchestrator.council.agenda import Majority


def titles(text: str) -> list[str]:
    return [item.title for item in read_agenda(text).items]


@pytest.mark.parametrize(
    "text",
    [
        "ORDRE DEL DIA\n\n1. Acta anterior\n2. Pressupost",
        "1.- Acta anterior\n2.- Pressupost",
        "1) Acta anterior\n\n2) Pressupost\n",
        "Punt 1: Acta anterior\nPunt 2: Pressupost",
        "I. Acta anterior\nII. Pressupost",
        "Primer.- Acta anterior\nSegon.- Pressupost",
        "a) Acta anterior\nb) Pressupost",
        "• Acta anterior\n• Pressupost",
        "– Acta anterior\n– Pressupost",
        "Ordre del dia:\nActa anterior\nPressupost",
        "1.1 Acta anterior\n1.2 Pressupost",
        "\t1.\u00a0Acta  anterior\r\n\t2.\u00a0Pressupost",
    ],
)
def test_whatever_the_numbers_look_like_the_titles_come_out(text: str) -> None:
    assert titles(text) == ["Acta anterior", "Pressupost"]


def test_a_title_goes_on_in_the_next_line_and_headings_are_left_out() -> None:
    read = read_agenda("PART RESOLUTIVA\n1. Modificació del\nreglament orgànic\nPART DE CONTROL\n2. Precs i preguntes")
    assert [item.title for item in read.items] == ["Modificació del reglament orgànic", "Precs i preguntes"]
    assert read.headings == ("PART RESOLUTIVA", "PART DE CONTROL")


def test_the_majority_stands_behind_the_title() -> None:
    items = read_agenda("1. Reglament orgànic (majoria absoluta)\n2. Acta\n3. Cesión (requiere mayoría absoluta)").items
    assert [(item.title, item.majority) for item in items] == [
        ("Reglament orgànic", Majority.ABSOLUTE),
        ("Acta", Majority.SIMPLE),
        ("Cesión", Majority.ABSOLUTE),
    ]
    assert [item.number for item in items] == [1, 2, 3]


def test_a_title_may_begin_with_a_number_that_is_none() -> None:
    assert titles("Aprovació de 3 actes\n2026: pressupost de l'any") == [
        "Aprovació de 3 actes",
        "2026: pressupost de l'any",
    ]
    assert titles("Moció A\nMoció B") == ["Moció A", "Moció B"]


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("", Fault.EMPTY, 0),
        ("Ordre del dia\n\n", Fault.EMPTY, 0),
        ("1. Acta\n2. " + "a" * 201, Fault.TOO_LONG, 2),
        ("\n".join(f"{n}. Punt" for n in range(1, 202)), Fault.TOO_MANY, 0),
    ],
)
def test_what_is_no_agenda_says_why_and_where(text: str, fault: Fault, line: int) -> None:
    with pytest.raises(NoAgenda) as caught:
        read_agenda(text)
    assert (caught.value.fault, caught.value.line) == (fault, line)
