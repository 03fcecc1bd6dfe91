"""The catalogues: every text in three languages, with the placeholders that its callers fill."""

import ast
import re
from pathlib import Path

import pytest

from orchestrator.council.react import MESSAGES
from orchestrator.council.refusals import Reason
from orchestrator.wording import Language, catalogue, placeholders, word

ORCHESTRATOR = Path(__file__).parent.parent / "orchestrator"


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_messages_with_the_same_placeholders(language: Language) -> None:
    reference = {message: placeholders(text) for message, text in catalogue(Language.CA).items()}
    assert {message: placeholders(text) for message, text in catalogue(language).items()} == reference


@pytest.mark.parametrize("language", Language)
def test_no_text_is_empty_or_untrimmed(language: Language) -> None:
    assert [message for message, text in catalogue(language).items() if not text or text != text.strip()] == []


@pytest.mark.parametrize("language", Language)
def test_every_refusal_is_worded(language: Language) -> None:
    assert all(word(language, f"refused.{reason}") for reason in Reason)


@pytest.mark.parametrize("language", Language)
def test_every_announcement_is_worded_with_what_the_council_gives(language: Language) -> None:
    texts = catalogue(language)
    assert {m: placeholders(texts[m]) - set(params) for m, params in MESSAGES.items() if m in texts} == {
        m: frozenset() for m in MESSAGES
    }


def test_no_message_in_chat_is_longer_than_people_read() -> None:
    chat = ("quorum.", "session.", "item.", "floor.", "vote.", "refused.", "chat.")
    for language in Language:
        long = [m for m, text in catalogue(language).items() if m.startswith(chat) and len(text) > 300]
        assert long == []


def test_placeholders_are_filled_and_braces_in_names_do_no_harm() -> None:
    assert word("ca", "quorum.edge", present=5, needed=5) == (
        "Atenció: si marxa una persona més es perd el quòrum (5 de 5)."
    )
    assert word("en", "fact.arrived", name="{secret}") == "{secret} enters the room"


def test_a_missing_parameter_or_an_unknown_message_is_a_bug() -> None:
    with pytest.raises(KeyError):
        word("ca", "quorum.edge")
    with pytest.raises(KeyError):
        word("ca", "no.such.message")


def test_catalan_uses_its_own_punctuation() -> None:
    assert [m for m, text in catalogue(Language.CA).items() if re.search(r"l\.l", text)] == []


def test_every_message_named_in_code_or_template_exists() -> None:
    """Literal ids given to `word`, and to the templates' `w`, are in the catalogue."""
    named = set()
    for path in ORCHESTRATOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "word" and len(node.args) == 2:
                match node.args[1]:
                    case ast.Constant(value=str(message)):
                        named.add(message)
    for path in ORCHESTRATOR.rglob("*.html"):
        named |= set(re.findall(r"""\bw\(["']([\w.]+)["'](?!\s*~)""", path.read_text()))
    assert named - catalogue(Language.CA).keys() == set()
