"""Tokens: what is signed is believed until it expires, and nothing else is."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from orchestrator.access import MAY, Access, Operation, Rejection, TokenRejected, mint, read
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, Member, MemberId, Office
from orchestrator.jitsi import Jitsi, join_link

SECRET = "a-secret-of-the-installation-that-is-for-tests-only"
NOW = datetime(2026, 3, 26, 19, 0, tzinfo=UTC)
SECRETARY = Access(role=Role.SECRETARY, entity=EntityId("vila"), expires=NOW + timedelta(hours=1))
JITSI = Jitsi(address="https://meet.example/", domain="meet.plenari", app_id="plenari", app_secret="j" * 40)


def rejection(token: str, now: datetime = NOW) -> Rejection:
    with pytest.raises(TokenRejected) as rejected:
        read(token, secret=SECRET, now=now)
    return rejected.value.rejection


def forged(claims: dict[str, object], secret: str = SECRET, algorithm: str = "HS256") -> str:
    standard = {"iss": "plenari", "aud": "plenari:web", "iat": 0, "exp": int(NOW.timestamp()) + 60, "role": "admin"}
    return jwt.encode(standard | claims, secret, algorithm=algorithm)


@pytest.mark.parametrize(
    "access",
    [
        SECRETARY,
        Access(role=Role.ADMIN, expires=NOW + timedelta(days=1)),
        Access(role=Role.MEMBER, entity=EntityId("vila"), member=MemberId("pau"), expires=NOW + timedelta(minutes=1)),
    ],
)
def test_what_was_minted_is_read(access: Access) -> None:
    assert read(mint(access, secret=SECRET, now=NOW), secret=SECRET, now=NOW) == access


def test_a_token_is_good_until_it_expires_and_not_at_that_moment() -> None:
    token = mint(SECRETARY, secret=SECRET, now=NOW)
    assert read(token, secret=SECRET, now=SECRETARY.expires - timedelta(seconds=1)) == SECRETARY
    assert rejection(token, SECRETARY.expires) is Rejection.TOKEN_EXPIRED


def test_an_unsigned_token_is_nothing() -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": "plenari", "aud": "plenari:web", "iat": 0, "exp": 9999999999, "role": "admin"}
    for algorithm in ("none", "None", "HS256"):
        assert rejection(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}.") is Rejection.BAD_TOKEN


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not a token",
        forged({}, secret="x" * 40),
        forged({}, algorithm="HS384"),
        forged({"aud": "jitsi"}),
        forged({"iss": "somebody"}),
        forged({"role": "emperor"}),
        forged({"role": "secretary"}),
        forged({"role": "member", "entity": "vila"}),
        forged({"role": "secretary", "entity": ["vila"]}),
        forged({"exp": "soon"}),
        forged({"exp": 10**30}),
    ],
)
def test_a_token_that_is_not_ours_is_rejected(token: str) -> None:
    assert rejection(token) is Rejection.BAD_TOKEN


def test_a_rejection_does_not_repeat_the_token() -> None:
    token = forged({}, secret="x" * 40)
    with pytest.raises(TokenRejected) as rejected:
        read(token, secret=SECRET, now=NOW)
    assert token not in repr(rejected.value)
    assert rejected.value.__cause__ is None


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        mint(SECRETARY, secret="short", now=NOW)


def test_a_join_link_opens_one_room_to_one_member_for_a_while() -> None:
    way = join_link(JITSI, room="vila-ple-1", member=Member(id=MemberId("pau"), name="Pau Ferrer", group="B"), now=NOW)
    claims = jwt.decode(way.token, JITSI.app_secret, ["HS256"], audience="jitsi", options={"verify_exp": False})
    assert (way.room, way.address) == ("vila-ple-1", "https://meet.example/vila-ple-1")
    assert (claims["iss"], claims["sub"], claims["room"]) == ("plenari", "meet.plenari", "vila-ple-1")
    assert claims["exp"] == int((NOW + JITSI.lifetime).timestamp())
    user = {"id": "pau", "name": "Pau Ferrer", "moderator": False, "affiliation": "member"}
    assert claims["context"]["user"] == user
    assert claims["context"]["group"] == "B"
    assert not claims["context"]["features"]["recording"]


@pytest.mark.parametrize("office", Office)
def test_president_and_secretary_moderate_and_nobody_else(office: Office) -> None:
    way = join_link(JITSI, room="r", member=Member(id=MemberId("m"), name="M", office=office), now=NOW)
    claims = jwt.decode(way.token, JITSI.app_secret, ["HS256"], audience="jitsi", options={"verify_exp": False})
    presides = office in (Office.PRESIDENT, Office.SECRETARY)
    assert claims["context"]["user"]["moderator"] is presides
    assert (claims["context"]["user"]["affiliation"] == "owner") is presides


def test_the_token_is_only_ever_in_the_fragment_of_a_link_and_in_no_repr() -> None:
    way = join_link(JITSI, room="r", member=Member(id=MemberId("m"), name="M"), now=NOW)
    assert way.token not in way.link.partition("#")[0]
    assert way.token not in repr(way)
    assert JITSI.app_secret not in repr(JITSI)


def test_a_join_token_is_no_access_token_even_with_the_same_secret() -> None:
    same = Jitsi(address="https://meet.example", domain="d", app_id="plenari", app_secret=SECRET)
    way = join_link(same, room="r", member=Member(id=MemberId("m"), name="M"), now=NOW)
    assert rejection(way.token) is Rejection.BAD_TOKEN


def test_every_operation_has_somebody_who_may_ask_for_it() -> None:
    assert MAY.keys() == set(Operation)
    assert all(MAY.values())
