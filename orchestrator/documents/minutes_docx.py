"""The draft minutes as DOCX, to be finished in a word processor: headings that navigate, blanks that are seen."""

from datetime import UTC
from io import BytesIO
from typing import assert_never
from zoneinfo import ZoneInfo

from docx import Document
from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

from orchestrator.documents.attendance import AttendanceReport
from orchestrator.documents.blocks import Blank, Block, Facts, Heading, Listing, Paragraph, Signatures
from orchestrator.documents.typesetting import day
from orchestrator.documents.verification import code_of
from orchestrator.wording import word

_ACCENT, _SOFT = RGBColor(0x0B, 0x62, 0x65), RGBColor(0x56, 0x65, 0x63)
_WARNING = RGBColor(0x94, 0x62, 0x0A)
_FONT = "Open Sans"
_LOCALE = {"ca": "ca-ES", "es": "es-ES", "en": "en-GB"}


def minutes_docx(report: AttendanceReport, blocks: tuple[Block, ...], language: str) -> bytes:
    """The whole file."""
    call = report.convocation
    paper = Document()
    _dress(paper, language)
    if call.is_rehearsal:
        _mark(paper, f"{word(language, 'document.rehearsal_mark')} · {word(language, 'live.rehearsal')}")
    date = day(report.opened_at or call.starts_at, ZoneInfo(call.time_zone), language)
    properties = paper.core_properties
    properties.title = f"{word(language, 'minutes.title')} · {call.body.name} · {date}"
    properties.author = call.entity.name
    properties.language = _LOCALE[language]
    properties.created = properties.modified = report.at.astimezone(UTC).replace(tzinfo=None)
    properties.comments = str(code_of(call.session, report.seq, bytes.fromhex(report.chain_hash)))
    paper.add_paragraph(call.entity.name, style="Entity")
    paper.add_heading(word(language, "minutes.title"), level=0)
    paper.add_paragraph(f"{call.body.name} · {word(language, f'kind.{call.kind}')} · {date}", style="Subtitle")
    _blank(paper.add_paragraph(), word(language, "minutes.draft_note"))
    for block in blocks:
        _write(paper, block, language)
    _foot(paper, f"{word(language, 'document.code')} {properties.comments}", word(language, "document.page"))
    out = BytesIO()
    paper.save(out)
    return out.getvalue()


def _write(paper: Paper, block: Block, language: str) -> None:
    match block:
        case Heading(text=text, level=level):
            paper.add_heading(text, level=level)
        case Paragraph(text=text, is_strong=is_strong):
            paper.add_paragraph().add_run(text).bold = is_strong
        case Blank(hint=hint):
            _blank(paper.add_paragraph(), hint)
        case Listing(lines=lines, style=style):
            bullet = paper.styles["List" if style == "plain" else "List Bullet"]
            for line in lines:
                paper.add_paragraph(line, style=bullet)
        case Facts(rows=rows):
            _facts(paper, rows)
        case Signatures():
            _signatures(paper, language)
        case _:
            assert_never(block)


def _dress(paper: Paper, language: str) -> None:
    """A4, one sans-serif, one accent; the language of the spelling checker."""
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = (
        Cm(2.5),
        Cm(2.2),
        Cm(2),
        Cm(2.2),
    )
    styles = paper.styles
    entity = styles.add_style("Entity", WD_STYLE_TYPE.PARAGRAPH)
    entity.base_style = styles["Normal"]
    for name, size, colour in (
        ("Normal", 10.5, None),
        ("Title", 24, RGBColor(0x14, 0x20, 0x1F)),
        ("Subtitle", 11.5, _SOFT),
        ("Heading 1", 13, _ACCENT),
        ("Heading 2", 11, RGBColor(0x14, 0x20, 0x1F)),
        ("Entity", 10, _ACCENT),
    ):
        font = styles[name].font
        font.name, font.size, font.italic = _FONT, Pt(size), False
        if colour is not None:
            font.color.rgb = colour
        # A heading's font comes from the theme unless each script is told otherwise.
        fonts = styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:hAnsi"), _FONT)
        fonts.set(qn("w:cs"), "DejaVu Sans")
    styles["Title"].font.bold = True
    for mark in (*styles["Title"].element.iter(qn("w:pBdr")), *styles["Subtitle"].element.iter(qn("w:spacing"))):
        mark.getparent().remove(mark)
    styles["Entity"].font.bold = styles["Entity"].font.all_caps = True
    styles["Normal"].paragraph_format.space_after = Pt(5)
    styles["List Bullet"].paragraph_format.space_after = Pt(1)
    _language(styles["Normal"].element.get_or_add_rPr(), _LOCALE[language])


def _language(properties: BaseOxmlElement, locale: str) -> None:
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), locale)
    properties.append(mark)


def _blank(line: Line, hint: str) -> None:
    run = line.add_run(f"[{hint}]")
    run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _facts(paper: Paper, rows: tuple[tuple[str, str | Blank], ...]) -> None:
    table = paper.add_table(rows=0, cols=2)
    table.autofit = False
    widths = (Cm(5.2), Cm(11.1))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for label, value in rows:
        left, right = table.add_row().cells
        left.width, right.width = widths
        left.paragraphs[0].add_run(label).font.color.rgb = _SOFT
        match value:
            case Blank(hint=hint):
                _blank(right.paragraphs[0], hint)
            case str():
                right.paragraphs[0].add_run(value)
        for cell in (left, right):
            cell.paragraphs[0].paragraph_format.space_after = Pt(2)
    paper.add_paragraph().paragraph_format.space_after = Pt(0)


def _signatures(paper: Paper, language: str) -> None:
    # The signatures do not stand on a page by themselves.
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    paper.add_paragraph().paragraph_format.keep_with_next = True
    table = paper.add_table(rows=1, cols=2)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    cells: tuple[_Cell, ...] = table.rows[0].cells
    for cell, office in zip(cells, ("secretary", "president"), strict=True):
        cell.paragraphs[0].add_run(word(language, f"document.signature_{office}")).bold = True
        place = cell.add_paragraph().add_run(word(language, "document.signature_place"))
        place.font.color.rgb, place.font.size = _SOFT, Pt(9)


def _mark(paper: Paper, text: str) -> None:
    """At the head of every page."""
    run = paper.sections[0].header.paragraphs[0].add_run(text)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(14), _WARNING


def _foot(paper: Paper, code: str, page: str) -> None:
    """The code and the number of the page, on every page."""
    line = paper.sections[0].footer.paragraphs[0]
    line.add_run(f"{code} · {page} ").font.size = Pt(8)
    number = line.add_run("1")
    number.font.size = Pt(8)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(number._r)
    line._p.append(field)
