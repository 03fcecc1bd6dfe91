"""The request for a conference and its answer."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from bot.focus import CONFERENCE, Conference, build_conference_request, parse_conference


def test_the_request_names_room_and_machine_and_does_not_offer_to_be_a_visitor() -> None:
    request = build_conference_request("ple@muc.test", "uid-1")
    assert request.tag == CONFERENCE
    assert request.attrib == {"room": "ple@muc.test", "machine-uid": "uid-1"}
    assert "visitors-version" not in {child.get("name") for child in request}


def test_the_answer(stanza: Callable[[str], Element]) -> None:
    ready = (
        '<conference xmlns="http://jitsi.org/protocol/focus" room="r@muc.test" ready="true" focusjid="f@auth.test"/>'
    )
    waiting = '<conference xmlns="http://jitsi.org/protocol/focus" room="r@muc.test"/>'
    assert parse_conference(stanza(ready)) == Conference(is_ready=True, focus_jid="f@auth.test")
    assert not parse_conference(stanza(waiting)).is_ready
