"""Every event, message and effect goes to the wire and comes back as it was, and nothing else is let in."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.council.commands import Asker, Channel, Command, GrantFloor, Role
from orchestrator.council.effects import Effect
from orchestrator.council.events import Event, FloorGranted, MemberArrived, SessionConvened
from orchestrator.council.observations import Grade, Observation
from orchestrator.store.codec import (
    NAMES,
    Undecodable,
    canonical,
    decode_effect,
    decode_event,
    decode_message,
    encode,
    name_of,
)
from tests.scenarios.play import EIGHT, MAYOR, convocation

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(timedelta, st.timedeltas(timedelta(days=-30), timedelta(days=30)))


def test_every_event_message_and_effect_has_one_name():
    assert set(NAMES) == {*get_args(Event), *get_args(Command), *get_args(Observation), *get_args(Effect)}
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(re.fullmatch(r"[a-z_]+\.v[1-9][0-9]*", name) for name in NAMES.values())


@pytest.mark.parametrize(
    ("union", "decode"),
    [(Event, decode_event), (Command, decode_message), (Observation, decode_message), (Effect, decode_effect)],
)
def test_all_come_back_as_they_were(union, decode):
    for kind in get_args(union):

        @settings(max_examples=15, deadline=None, database=None)
        @given(value=st.from_type(kind))
        def comes_back(value):
            text = encode(value)
            assert decode(name_of(value), text) == value
            assert encode(decode(name_of(value), text)) == text
            assert canonical(json.loads(text)) == text

        comes_back()


def test_the_wire_is_as_documented():
    granted = FloorGranted(at=EIGHT, member=MAYOR, until=EIGHT + timedelta(milliseconds=1500))
    assert encode(granted) == (
        '{"at":"2026-03-26T19:00:00.000000Z","item":null,"kind":"first","member":"mayor",'
        '"until":"2026-03-26T19:00:01.500000Z"}'
    )
    asker = Asker(role=Role.ADMIN, channel=Channel.WEB)
    granting = GrantFloor(asker=asker, member=MAYOR, limit=timedelta(minutes=2, milliseconds=250))
    assert json.loads(encode(granting))["limit"] == "PT120.25S"


def test_no_floating_point_is_on_the_wire():
    assert "." not in re.sub(r'"[^"]*"', "", encode(SessionConvened(at=EIGHT, convocation=convocation())))


ARRIVED = MemberArrived(at=EIGHT, member=MAYOR, grade=Grade.PRESENCE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"member": 7}, "member"),
        ({"grade": "hearsay"}, "grade"),
        ({"at": "yesterday"}, "at"),
        ({"at": 1774551600}, "at"),
        ({"stranger": 1}, "stranger"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(change, field):
    body = json.dumps(json.loads(encode(ARRIVED)) | change)
    with pytest.raises(Undecodable) as refused:
        decode_event("member_arrived.v1", body)
    assert refused.value.field == field
    assert "hearsay" not in str(refused.value)


def test_a_nested_field_is_named_with_its_path():
    body = json.loads(encode(SessionConvened(at=EIGHT, convocation=convocation())))
    body["convocation"]["body"]["members"][3]["office"] = "king"
    with pytest.raises(Undecodable) as refused:
        decode_event("session_convened.v1", json.dumps(body))
    assert refused.value.field == "convocation.body.members.3.office"


def test_a_missing_field_is_named():
    body = json.loads(encode(ARRIVED))
    del body["member"]
    with pytest.raises(Undecodable) as refused:
        decode_event("member_arrived.v1", json.dumps(body))
    assert refused.value.field == "member"


def test_a_time_without_a_zone_is_refused_both_ways():
    with pytest.raises(ValueError, match="zone"):
        encode(MemberArrived(at=EIGHT.replace(tzinfo=None), member=MAYOR, grade=Grade.PRESENCE))
    body = json.dumps(json.loads(encode(ARRIVED)) | {"at": "2026-03-26T19:00:00"})
    with pytest.raises(Undecodable, match="zone"):
        decode_event("member_arrived.v1", body)


@pytest.mark.parametrize("name", ["member_arrived.v2", "announce.v1", "open_session.v1", ""])
def test_only_events_are_read_as_events(name):
    with pytest.raises(Undecodable, match="no such name"):
        decode_event(name, encode(ARRIVED))


def test_what_is_not_json_is_refused():
    with pytest.raises(Undecodable):
        decode_event("member_arrived.v1", "{")
