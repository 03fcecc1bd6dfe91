"""The codes on documents."""

import pytest

from orchestrator.council.members import SessionId
from orchestrator.documents.verification import check_of, code_of, parse_code

HASH = bytes(range(32))


def test_a_code_is_read_as_it_was_printed():
    code = code_of(SessionId("ple-2026-03"), 184, HASH)
    assert str(code) == "ple-2026-03.184.AAAQ-EAYE-AUDA-OCAJ"
    assert parse_code(f"  {code}\n") == code


def test_nobody_needs_to_type_capitals():
    assert parse_code("s1.9.aaaq-eaye-auda-ocaj") == code_of(SessionId("s1"), 9, HASH)


@pytest.mark.parametrize(
    "text", ["", "s1", "s1.9", "s1.0.AAAQ-EAYE-AUDA-OCAJ", "s1.9.AAAQ-EAYE-AUDA", "s1.9.AAAQ-EAYE-AUDA-OCA1"]
)
def test_what_is_no_code_is_none(text):
    assert parse_code(text) is None


def test_another_record_has_another_code():
    assert check_of(HASH) != check_of(HASH[::-1])
