"""Every sentence that a person reads, by message id and language: `word("ca", "quorum.edge", present=5, needed=5)`.

The texts are gettext catalogues, `locale/{ca,es,en}/plenari.po`, read once with Babel; no text is in the code. A
message's id is its `msgid`; its placeholders are those of `str.format`.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po

_LOCALE = Path(__file__).parent / "locale"


class Language(StrEnum):
    """The languages that every text exists in. Catalan is the one we write first."""

    CA = "ca"
    ES = "es"
    EN = "en"


def word(language: str, message: str, /, **params: object) -> str:
    """The text of a message. Raises ValueError for an unknown language and KeyError for an unknown message or a
    missing parameter: all three are bugs."""
    return catalogue(Language(language))[message].format_map(params)


def label(language: str, code: str) -> str:
    """The word for a code that machines may invent, such as `cause.encoder_died`; its last part when it has none."""
    return catalogue(Language(language)).get(code, code.rpartition(".")[2])


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Message id → text, for one language."""
    with (_LOCALE / language / "plenari.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language, abort_invalid=True) if m.id}


def placeholders(text: str) -> frozenset[str]:
    """The names in a text that `word` must be given."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
