"""Personal links: whose they are cannot be made up, and they open the room around its session only."""

from datetime import timedelta

import jwt
import pytest

from orchestrator.access import TokenRejected
from orchestrator.council import commands as c
from orchestrator.council.decide import decide
from orchestrator.council.observations import Grade, LinkRevoked, LinkUsedTwice, Sighting
from orchestrator.council.session import Session, evolve, replay
from orchestrator.entrance import Door, Visit, address, door, link_of, sign_visit, visit_of
from orchestrator.store.entrances import BrowserId, LinkId
from tests.scenarios.play import EIGHT, PAU, convocation
from tests.stage import ADMIN

SECRET = "a-secret-of-the-installation-that-is-for-tests-only"
LINK = LinkId("a-link")
HOUR = timedelta(hours=1)


def session() -> Session:
    return replay(decide(Session(), c.Convene(asker=ADMIN, convocation=convocation()), EIGHT - 3 * HOUR))


def seen(at=EIGHT) -> Sighting:
    return Sighting(grade=Grade.DESK, at=at)


def after(start: Session, *messages) -> Session:
    for message in messages:
        for event in decide(start, message, EIGHT):
            start = evolve(start, event)
    return start


def test_the_token_is_in_the_fragment_and_says_which_link_it_is():
    link = address(LINK, base="https://plenari.example/", secret=SECRET)
    place, _, token = link.partition("#")
    assert place == "https://plenari.example/join"
    assert link_of(token, secret=SECRET) == LINK
    assert address(LINK, base="https://plenari.example", secret=SECRET) == link


@pytest.mark.parametrize("token", ["", "nonsense", jwt.encode({"aud": "plenari:join", "jti": "x"}, "o" * 40)])
def test_a_link_that_we_did_not_sign_is_none(token):
    with pytest.raises(TokenRejected):
        link_of(token, secret=SECRET)


def test_a_cookie_is_no_link_and_a_link_no_cookie():
    visit = Visit(link=LINK, browser=BrowserId("b"))
    cookie = sign_visit(visit, secret=SECRET)
    assert visit_of(cookie, secret=SECRET) == visit
    with pytest.raises(TokenRejected):
        link_of(cookie, secret=SECRET)
    with pytest.raises(TokenRejected):
        visit_of(address(LINK, base="", secret=SECRET).partition("#")[2], secret=SECRET)


@pytest.mark.parametrize(
    ("before", "opens"),
    [(2 * HOUR, Door.EARLY), (HOUR, Door.OPEN), (-23 * HOUR, Door.OPEN), (-24 * HOUR, Door.OVER)],
)
def test_the_door_is_open_around_the_hour_of_the_session(before, opens):
    convened = session()
    now = convened.convened.starts_at - before
    assert door(convened, is_revoked=False, gathering=HOUR, now=now) is opens
    assert door(convened, is_revoked=True, gathering=HOUR, now=now) is Door.REVOKED


def test_a_shared_link_is_a_fact_and_an_alert_once_and_over_when_it_is_withdrawn():
    shared = after(session(), LinkUsedTwice(seen=seen(), member=PAU), LinkUsedTwice(seen=seen(), member=PAU))
    assert shared.alerts == {f"entrance:{PAU}"}
    events = decide(session(), LinkUsedTwice(seen=seen(), member=PAU), EIGHT)
    assert [type(event).__name__ for event in events] == ["JoinLinkShared", "AlertRaised"]
    assert decide(shared, LinkUsedTwice(seen=seen(), member=PAU), EIGHT) == ()
    assert after(shared, LinkRevoked(seen=seen(), member=PAU)).alerts == frozenset()
