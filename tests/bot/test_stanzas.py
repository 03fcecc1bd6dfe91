"""Raw stanza in, our type out; and the stanzas that we build."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest

from bot.occupant import Affiliation, Identity, OccupantPresence, Role
from bot.stanzas import (
    ChatLine,
    EntryRefused,
    build_entry,
    build_leave,
    build_line,
    build_whisper,
    parse_chat,
    parse_presence,
)

Parse = Callable[[str], Element]

ITEM = '<item affiliation="member" role="participant" jid="1a2b3c4d-uuid@meet.test/Res"/>'
X = f'<x xmlns="http://jabber.org/protocol/muc#user">{ITEM}</x>'


def _presence(stanza: Parse, children: str = "", *, x: str = X, attributes: str = "") -> OccupantPresence:
    presence = parse_presence(stanza(f'<presence from="Ple@MUC.test/1a2b3c4d" {attributes}>{children}{x}</presence>'))
    assert isinstance(presence, OccupantPresence)
    return presence


def test_what_the_server_vouches_for(stanza: Parse) -> None:
    presence = _presence(stanza)
    assert presence.room == "ple@muc.test"
    assert presence.nick == "1a2b3c4d"
    assert presence.real_jid == "1a2b3c4d-uuid@meet.test/Res"
    assert presence.is_available
    assert (presence.role, presence.affiliation) == (Role.PARTICIPANT, Affiliation.MEMBER)


def test_an_unknown_role_is_none(stanza: Parse) -> None:
    x = '<x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="emperor" role="god"/></x>'
    presence = _presence(stanza, x=x)
    assert (presence.role, presence.affiliation) == (Role.NONE, Affiliation.NONE)
    assert presence.real_jid == ""


def test_status_codes_destroy_and_new_nick(stanza: Parse) -> None:
    x = (
        '<x xmlns="http://jabber.org/protocol/muc#user"><item role="none" nick="nou"/><destroy/>'
        '<status code="303"/><status code="110"/><status code="x"/><status code="١١٠0"/></x>'
    )
    presence = _presence(stanza, x=x, attributes='type="unavailable"')
    assert not presence.is_available
    assert presence.is_destroyed
    assert presence.new_nick == "nou"
    assert presence.statuses == {303, 110}


def test_the_stamped_identity(stanza: Parse) -> None:
    presence = _presence(
        stanza,
        "<identity><user><moderator>true</moderator><name>Anna Puig</name><id>u-003</id><email>a@x.cat</email></user>"
        "<group>almatret</group></identity>",
    )
    assert presence.stamped == Identity(
        id="u-003", name="Anna Puig", group="almatret", email="a@x.cat", is_moderator=True
    )


@pytest.mark.parametrize(
    "identity",
    [
        "<identity/>",
        "<identity><user><name>Anna</name></user></identity>",
        "<identity><user><id>  </id></user></identity>",
        '<identity xmlns="http://elsewhere"><user><id>u-1</id></user></identity>',
        "<identity><user><id>u-1</id></user></identity><identity><user><id>u-2</id></user></identity>",
    ],
)
def test_a_doubtful_identity_is_none(stanza: Parse, identity: str) -> None:
    assert _presence(stanza, identity).stamped is None


@pytest.mark.parametrize(
    ("value", "is_raised"),
    [
        ("1795452653454", True),
        ("true", True),
        ("0", False),
        ("000", False),
        ("", False),
        ("false", False),
        ("-1", False),
        ("9" * 5000, True),
        ("1e9", False),
    ],
)
def test_a_raised_hand(stanza: Parse, value: str, is_raised: bool) -> None:
    hand = f"<jitsi_participant_raisedHand>{value}</jitsi_participant_raisedHand>"
    assert _presence(stanza, hand).claims.has_raised_hand is is_raised


def test_no_hand_is_a_lowered_hand(stanza: Parse) -> None:
    assert not _presence(stanza).claims.has_raised_hand


@pytest.mark.parametrize(
    ("source_info", "is_audio_muted", "is_video_muted"),
    [
        ("{}", True, True),
        ('{"1a2b3c4d-a0":{"muted":false},"1a2b3c4d-v0":{"muted":true}}', False, True),
        ('{"1a2b3c4d-a0":{},"1a2b3c4d-v1":{"muted":false,"videoType":"desktop"}}', True, False),
        # Sources of somebody else, values of another kind, things that are not JSON.
        ('{"ffffffff-a0":{"muted":false}}', True, True),
        ('{"1a2b3c4d-a":{"muted":false},"1a2b3c4d-axe":{"muted":false}}', True, True),
        ('{"1a2b3c4d-a0":{"muted":0}}', True, True),
        ('{"1a2b3c4d-a0":false}', True, True),
        ("[]", True, True),
        ("muted", True, True),
        ("[" * 16_000, True, True),
        ('{"1a2b3c4d-a0":{"muted":false}}' + " " * 20_000, True, True),
    ],
)
def test_source_info(stanza: Parse, source_info: str, is_audio_muted: bool, is_video_muted: bool) -> None:
    text = source_info.replace('"', "&quot;")
    claims = _presence(stanza, f"<SourceInfo>{text}</SourceInfo>").claims
    assert (claims.is_audio_muted, claims.is_video_muted) == (is_audio_muted, is_video_muted)


def test_telephones_say_muted_the_old_way(stanza: Parse) -> None:
    claims = _presence(stanza, "<audiomuted>false</audiomuted><videomuted>true</videomuted>").claims
    assert (claims.is_audio_muted, claims.is_video_muted) == (False, True)


def test_a_name_is_made_safe_to_show(stanza: Parse) -> None:
    name = "  Núria\u202e \n\u200bPou\u0007 "
    nick = f'<nick xmlns="http://jabber.org/protocol/nick">{name.replace(chr(7), "")}</nick>'
    assert _presence(stanza, nick).claims.display_name == "Núria Pou"


def test_a_name_has_an_end(stanza: Parse) -> None:
    nick = f'<nick xmlns="http://jabber.org/protocol/nick">{"x" * 5000}</nick>'
    assert len(_presence(stanza, nick).claims.display_name) == 200


@pytest.mark.parametrize(
    "xml",
    [
        "<presence/>",
        '<presence from="bot@hidden.test/x"/>',
        f'<presence from="ple@muc.test">{X}</presence>',
        f'<presence from="ple@muc.test/a" type="subscribe">{X}</presence>',
        '<presence from="ple@muc.test/a"><x xmlns="http://jabber.org/protocol/muc#user"/></presence>',
        '<presence from="ple@muc.test/a" type="error"/>',
    ],
)
def test_presence_that_is_not_an_occupants_is_none(stanza: Parse, xml: str) -> None:
    assert parse_presence(stanza(xml)) is None


def test_a_refusal(stanza: Parse) -> None:
    refusal = parse_presence(
        stanza(
            '<presence from="ple@muc.test/plenari" type="error"><error type="auth">'
            '<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">Room and token mismatched</text>'
            '<not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>'
        )
    )
    assert refusal == EntryRefused(room="ple@muc.test", condition="not-allowed", text="Room and token mismatched")


def test_lines_of_chat(stanza: Parse) -> None:
    public = parse_chat(stanza('<message type="groupchat" from="ple@muc.test/a"><body>!quorum</body></message>'))
    private = parse_chat(
        stanza(
            '<message type="chat" from="ple@muc.test/a"><body>!torns</body>'
            '<x xmlns="http://jabber.org/protocol/muc#user"/></message>'
        )
    )
    assert public == ChatLine(room="ple@muc.test", nick="a", text="!quorum", is_private=False, is_history=False)
    assert private == ChatLine(room="ple@muc.test", nick="a", text="!torns", is_private=True, is_history=False)


def test_history_is_marked(stanza: Parse) -> None:
    line = parse_chat(
        stanza(
            '<message type="groupchat" from="ple@muc.test/a"><body>!tanca</body>'
            '<delay xmlns="urn:xmpp:delay" stamp="2026-11-23T16:47:56Z"/></message>'
        )
    )
    assert line is not None
    assert line.is_history


@pytest.mark.parametrize(
    "xml",
    [
        '<message type="groupchat" from="ple@muc.test/a"><subject>Ple</subject></message>',
        '<message type="groupchat" from="ple@muc.test"><body>system</body></message>',
        '<message type="error" from="ple@muc.test/a"><body>!quorum</body></message>',
        '<message from="ple@muc.test/a"><body>!quorum</body></message>',
        '<message type="groupchat" from="ple@muc.test/a"><json-message xmlns="http://jitsi.org/jitmeet">{}</json-message>'
        "</message>",
    ],
)
def test_messages_that_are_not_chat_are_none(stanza: Parse, xml: str) -> None:
    assert parse_chat(stanza(xml)) is None


def test_the_entry_is_what_jitsi_expects_of_a_bot() -> None:
    entry = build_entry("ple@muc.test", "plenari", "Secretaria", "s3cret")
    muc = "{http://jabber.org/protocol/muc}"
    history = entry.find(f"{muc}x/{muc}history")
    bot = entry.find("{jabber:client}bot")
    assert entry.get("to") == "ple@muc.test/plenari"
    assert history is not None
    assert history.get("maxchars") == "0"
    assert entry.findtext(f"{muc}x/{muc}password") == "s3cret"
    assert entry.findtext("{http://jabber.org/protocol/nick}nick") == "Secretaria"
    assert bot is not None
    assert bot.get("type") == "poltergeist"


def test_leaving_and_speaking() -> None:
    name = "{http://jitsi.org/protocol/display-name}display-name"
    leave = build_leave("ple@muc.test", "plenari")
    line = build_line("ple@muc.test", "Hi ha quòrum", "Secretaria", "m1")
    whisper = build_whisper("ple@muc.test", "1a2b3c4d", "Queden 2 minuts", "Secretaria", "m2")
    assert leave.attrib == {"to": "ple@muc.test/plenari", "type": "unavailable"}
    assert line.attrib == {"to": "ple@muc.test", "type": "groupchat", "id": "m1"}
    assert (line.findtext("{jabber:client}body"), line.findtext(name)) == ("Hi ha quòrum", "Secretaria")
    assert whisper.attrib == {"to": "ple@muc.test/1a2b3c4d", "type": "chat", "id": "m2"}
    assert whisper.findtext("{jabber:client}body") == "Queden 2 minuts"
