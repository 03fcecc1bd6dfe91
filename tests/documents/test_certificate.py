"""The certificate of attendance: what it says, and that it is the archival, accessible PDF that it says it is."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from orchestrator.council.members import Member, MemberId
from orchestrator.documents.certificate import certificate
from orchestrator.documents.shelf import SHELF
from orchestrator.documents.typesetting import Sheet, typeset
from tests.documents.evening import lines
from tests.documents.sitting import dossier, sitting
from tests.scenarios.play import PLENARY, Play

LONG = "Maria de la Concepció Puigdellívol-Castellà i Fernández de Córdoba de la Vall d'Hebron i Santa Coloma"
RIGHT_TO_LEFT = "يوسف المرابط"


def html(play: Play, language: str = "ca", *, is_public: bool = False) -> str:
    return certificate(dossier(play, language).report, language, is_public=is_public).html


def text(page: str) -> str:
    body = page[page.index("<body") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def pdf(sheet: Sheet, folder: Path) -> Path:
    path = folder / "document.pdf"
    path.write_bytes(typeset(sheet))
    return path


def made(name: str, play: Play, language: str = "ca") -> Sheet:
    sheet = SHELF[name].make(dossier(play, language))
    assert isinstance(sheet, Sheet)
    return sheet


@pytest.fixture(scope="module")
def played() -> Play:
    return sitting()


def test_it_says_who_was_there_when_under_which_rule_and_what_befell(played):
    told = text(html(played))
    for words in (
        "Ajuntament de la Vila",
        "26 de març del 2026, 20:01:00",
        "Europe/Madrid, UTC+01:00",
        "PLE-1, versió 1",
        "LRBRL 46.2.c",
        "5 de 13",
        "20:11:00–20:16:00",
        "abstenció per absència: punt 2",
        "Pere Vila , en substitució",
        "En total: 0:00:40",
        "ab" * 16,
        "s1.",
    ):
        assert words in told, words


def test_losses_of_the_quorum_have_their_times(played):
    losses = dossier(played).report.quorum.losses
    assert losses
    told = text(html(played))
    assert all(f"{loss.start:%M:%S}" in told and f"{loss.end:%M:%S}" in told for loss in losses if loss.end)


def test_the_public_one_has_neither_intervals_nor_anything_technical(played):
    told = text(html(played, is_public=True))
    for words in ("20:11:00–20:16:00", "ab" * 16, "Intervals", "Correccions"):
        assert words not in told, words
    assert "Laia Camps" in told
    assert "Versió pública" in told
    assert made("certificate-public.pdf", played).attachment is None


def test_it_is_not_final_while_the_session_lasts():
    assert "no és definitiu" in text(html(Play()))
    assert "no és definitiu" not in text(html(sitting()))


def test_what_people_are_called_is_text_and_nothing_else():
    name = '<img src="http://evil.example/x.png"><script>'
    members = (replace(PLENARY.members[0], name=name), *PLENARY.members[1:])
    page = html(Play(body=replace(PLENARY, members=members)))
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize("language", ["ca", "es", "en"])
def test_it_is_worded_in_each_language(played, language):
    page = html(played, language)
    assert f'<html lang="{language}">' in page
    title = {"ca": "Certificat d’assistència", "es": "Certificado de asistencia", "en": "Certificate of attendance"}
    assert title[language] in page


@pytest.mark.parametrize(
    ("name", "part"), [("certificate.pdf", "3"), ("certificate-public.pdf", "2"), ("minutes.pdf", "2")]
)
def test_the_pdf_is_tagged_archival_in_its_language_and_embeds_its_fonts(played, tmp_path, name, part):
    with pikepdf.open(pdf(made(name, played), tmp_path)) as document:
        root = document.Root
        assert str(root.Lang) == "ca"
        assert "/StructTreeRoot" in root
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == (part, "A")
        assert metadata["pdfuaid:part"] == "1"
        fonts = [
            o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all({"/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)


def test_the_attendance_is_inside_as_json(played, tmp_path):
    with pikepdf.open(pdf(made("certificate.pdf", played), tmp_path)) as document:
        content = json.loads(document.attachments["s1.json"].get_file().read_bytes())
    assert content["document"] == "urn:plenari:attendance:2"
    assert content["quorum"]["article"] == "LRBRL 46.2.c"


def test_a_session_of_nobody_and_names_of_all_kinds_are_set(tmp_path):
    odd = (
        Member(id=MemberId("long"), name=LONG, group=LONG),
        Member(id=MemberId("rtl"), name=RIGHT_TO_LEFT, group="א"),
    )
    members = (replace(PLENARY.members[0], name="Àngels Çelik-Ünlü · l·l ŀ"), *PLENARY.members[1:], *odd)
    for play in (Play(), Play(body=replace(PLENARY, members=members))):
        with pikepdf.open(pdf(made("certificate.pdf", play), tmp_path)) as document:
            assert len(document.pages) in (2, 3)


def test_no_page_is_without_the_code(played, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils is not installed")
    path = pdf(made("certificate.pdf", played), tmp_path)
    pages = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    code = f"s1.{len(lines(played.record))}."
    assert len(pages) >= 2
    assert all(code in page for page in pages)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "flavours"),
    [("certificate.pdf", ("3a", "ua1")), ("certificate-public.pdf", ("2a", "ua1")), ("minutes.pdf", ("2a", "ua1"))],
)
def test_verapdf_finds_nothing_wrong(played, tmp_path, name, flavours):
    """Where veraPDF is: PLENARI_VERAPDF names a folder with its jars (CONTRIBUTING.md says how to get them)."""
    jars = os.environ.get("PLENARI_VERAPDF")
    if not jars or not shutil.which("java"):
        pytest.skip("veraPDF is not here")
    path = pdf(made(name, played), tmp_path)
    for flavour in flavours:
        command = ["java", "-cp", f"{jars}/*", Path(__file__).parent / "Validate.java", "--format", "text", "-v", "-f"]
        said = subprocess.run([*command, flavour, path], capture_output=True, text=True, check=False).stdout
        assert said.startswith("PASS"), said


def test_a_rehearsal_is_marked_across_every_page() -> None:
    marked = made("certificate.pdf", sitting(is_rehearsal=True), "es").html
    assert "@page { background: url" in marked
    assert "ENSAYO" in marked
    assert "@page { background" not in made("certificate.pdf", sitting()).html
