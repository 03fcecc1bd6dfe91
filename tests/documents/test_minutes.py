"""The draft minutes: the contents that the law names, in both files, and blanks where only a person knows."""

import io

import docx
import pytest
from docx.enum.text import WD_COLOR_INDEX

from orchestrator.council.commands import CallItem
from orchestrator.council.events import FloorGranted, SecretClosed, SecretOpened, VoteCast
from orchestrator.council.voting import Choice, Tally
from orchestrator.documents.blocks import Blank, Block, Facts, Heading, Listing, Paragraph
from orchestrator.documents.minutes import draft_minutes
from orchestrator.documents.proceedings import proceedings
from orchestrator.documents.shelf import SHELF
from orchestrator.documents.typesetting import Sheet
from tests.documents.evening import lines, long_evening
from tests.documents.sitting import THERE, dossier, sitting
from tests.scenarios.play import MAYOR, PAU, Play


def words(blocks: tuple[Block, ...]) -> list[str]:
    """Every text of the blocks, in order; blanks in brackets."""
    told: list[str] = []
    for block in blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                told.append(text)
            case Listing(lines=items):
                told += items
            case Blank(hint=hint):
                told.append(f"[{hint}]")
            case Facts(rows=rows):
                told += [f"{k}: {v if isinstance(v, str) else f'[{v.hint}]'}" for k, v in rows]
            case _:
                pass
    return told


@pytest.fixture(scope="module")
def told() -> str:
    return "\n".join(words(dossier(sitting()).minutes))


@pytest.mark.parametrize(
    "content",
    [
        "Lloc: [",  # ROF 109.1.a
        "Data: 26 de març del 2026",  # b
        "Hora d'inici: 20:01:00",  # c
        "Presideix: Marta Roca, Pere Vila",  # d
        "Hi assisteixen (6)",
        "No hi assisteixen ni s'excusen (7)",
        "Caràcter: Sessió ordinària",  # e
        "Convocatòria: primera convocatòria",
        "Secretaria: Rosa Bosch",  # f
        "1. Acta anterior",  # g
        "Pau Ferrer, 20:01:00–20:02:00",
        "[resum de les opinions",
        "Votació nominal, majoria simple: 2 a favor, 1 en contra, 2 abstencions",  # h
        "A favor: Marta Roca, Pere Vila",
        "En contra: Pau Ferrer",
        "[part dispositiva de l'acord]",  # i
        "Hora de finalització: 20:",  # j
    ],
)
def test_they_have_what_rof_109_1_asks_for(told, content):
    assert content in told


def test_an_ordinary_vote_names_nobody_but_who_was_away(told):
    ordinary = told[told.index("Votació ordinària") :]
    assert "A favor:" not in ordinary
    assert "(LRBRL 46.2.d): Laia Camps." in ordinary


def test_items_that_were_not_reached_are_told(told):
    assert "3. Reglament orgànic" in told[told.index("No es van arribar a tractar") :]


@pytest.mark.parametrize("language", ["ca", "es", "en"])
def test_each_language_has_the_same_contents(language):
    play = sitting()
    kinds = [type(block) for block in dossier(play, language).minutes]
    assert kinds == [type(block) for block in dossier(play, "ca").minutes]


def test_a_session_that_never_opened_was_not_constituted():
    told = words(dossier(Play()).minutes)
    assert "La sessió no es va constituir: no hi ha quòrum de constitució." in told


def test_a_debate_of_sixty_turns_is_running_text():
    session, records, at = long_evening()
    document = dossier(Play())
    course = proceedings(session.convened, records)
    assert sum(len(stretch.speeches) for stretch in course) > 500
    assert document.minutes
    blocks = draft_minutes(type(document)(session=session, records=records, at=at, language="ca").report, course, "ca")
    assert all(len(block.lines) <= 41 for block in blocks if isinstance(block, Listing))


def test_the_docx_says_the_same_and_its_blanks_are_marked():
    document = dossier(sitting())
    content = SHELF["minutes.docx"].make(document)
    assert isinstance(content, bytes)
    paper = docx.Document(io.BytesIO(content))
    texts = [paragraph.text for paragraph in paper.paragraphs]
    assert "2. Pressupost" in texts
    assert paper.core_properties.language == "ca-ES"
    marked = [
        run.text
        for paragraph in paper.paragraphs
        for run in paragraph.runs
        if run.font.highlight_color == WD_COLOR_INDEX.YELLOW
    ]
    assert "[part dispositiva de l'acord]" in marked
    assert next(p.text for p in paper.paragraphs if p.style and p.style.name == "Heading 1") == "Assistents"
    assert "Codi de verificació s1." in paper.sections[0].footer.paragraphs[0].text


def test_the_pdf_says_the_same():
    document = dossier(sitting())
    sheet = SHELF["minutes.pdf"].make(document)
    assert isinstance(sheet, Sheet)
    assert "[part dispositiva de l&#39;acord]" in sheet.html


def test_what_was_dealt_with_in_secret_is_not_told():
    play = Play().opened(*THERE)
    play.says(MAYOR, CallItem, number=1)
    at = play.now
    secret = (
        SecretOpened(at=at, number=1, tally=Tally(yes=7, no=0, abstain=0)),
        FloorGranted(at=at, member=PAU, until=at, item=1),
        VoteCast(at=at, member=PAU, choice=Choice.NO),
        SecretClosed(at=at, number=1),
    )
    _, stretch = proceedings(play.session.convened, lines((*play.record, *secret)))
    assert stretch.was_secret
    assert (stretch.speeches, stretch.ballots) == ([], [])
