"""From a template to an archival PDF: tagged, of PDF/A-2a (or 3a with files in it) and PDF/UA-1, fonts embedded.

WeasyPrint sets the pages. It takes a second of processor for every dozen pages, which is why the web has it done by a
child process (`press.py`); this file is that child as well: a `Sheet` as JSON on its input, the PDF on its output.
"""

import os
import sys
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict

from orchestrator.wording import Language, catalogue, label, word

_TEMPLATES = Path(__file__).parent / "templates"
_UA = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
)
_DATES = {Language.CA: "ca", Language.ES: "es", Language.EN: "en_GB"}
# PDF/A (ISO 19005-2, 6.6.2.3) wants every schema that is not its own described in the file itself.
_UA_SCHEMA = (_TEMPLATES / "pdfua-schema.xml").read_bytes()


class Attachment(BaseModel):
    """A file inside the PDF."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    text: str


class Sheet(BaseModel):
    """What is to be set: a page of HTML, when it was made, and the file that goes with it, if any."""

    model_config = ConfigDict(frozen=True)

    html: str
    made_at: datetime
    attachment: Attachment | None = None


def typeset(sheet: Sheet) -> bytes:
    """The PDF. Nothing is fetched from anywhere. Takes seconds of processor for a long document."""
    weasyprint = import_module("weasyprint")
    nothing = weasyprint.URLFetcher(allowed_protocols={"data"})
    document = weasyprint.HTML(string=sheet.html, url_fetcher=nothing).render()
    attachments = None
    if sheet.attachment:
        attachments = [
            weasyprint.Attachment(
                string=sheet.attachment.text,
                name=sheet.attachment.name,
                description=sheet.attachment.description,
                relationship="Data",
                created=sheet.made_at,
                modified=sheet.made_at,
            )
        ]
    variant = "pdf/a-3a" if attachments else "pdf/a-2a"
    with warnings.catch_warnings():
        # WeasyPrint leaves the colour profile that it reads to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        content: bytes = document.write_pdf(pdf_variant=variant, attachments=attachments, finisher=_declare_ua)
    return content


def _declare_ua(_document: Any, pdf: Any) -> None:
    """WeasyPrint writes tags that PDF/UA-1 accepts, but says only one of the standards that a file keeps."""
    number = int(pdf.catalog["Metadata"].split()[0])
    metadata = pdf.objects[number]
    metadata.stream = [part.replace(b"</rdf:RDF>", _UA + _UA_SCHEMA + b"</rdf:RDF>") for part in metadata.stream]
    pdf.catalog["ViewerPreferences"] = "<</DisplayDocTitle true>>"


def page(template: str, language: str, values: Mapping[str, object]) -> str:
    """The HTML of a document. In it `w` is `word` and `l` is `label`, both in the language given."""
    return (
        _environment()
        .get_template(template)
        .render(
            language=Language(language).value,
            w=partial(_printed, language),
            l=partial(label, language),
            known=catalogue(Language(language)),
            **values,
        )
    )


def _printed(language: str, message: str, /, **params: object) -> str:
    """The text of a message with the apostrophe of printers."""
    return word(language, message, **params).replace("'", "’")


def clock(at: datetime, zone: ZoneInfo) -> str:
    """`19:42:08`, local."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`26 de novembre del 2026`, local."""
    return format_date(at.astimezone(zone).date(), format="long", locale=_DATES[Language(language)])


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Day and time, local."""
    return f"{day(at, zone, language)}, {clock(at, zone)}"


def length(span: timedelta) -> str:
    """`2:05:09`, hours without an end."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def utc_offset(at: datetime, zone: ZoneInfo) -> str:
    """`+01:00`."""
    offset = at.astimezone(zone).strftime("%z")
    return f"{offset[:3]}:{offset[3:]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"clock": clock, "day": day, "moment": moment, "length": length, "utc_offset": utc_offset}
    environment.globals["w3c"] = lambda at: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return environment


if __name__ == "__main__":
    os.nice(10)
    sys.stdout.buffer.write(typeset(Sheet.model_validate_json(sys.stdin.buffer.read())))
