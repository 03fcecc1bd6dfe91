"""Who can be believed."""

import pytest

from bot.occupant import Affiliation, Identity, Occupant, OccupantPresence, Role, Trust, domain_of

TRUST = Trust(trusted_domains={"meet.test"}, machine_domains={"auth.meet.test", "hidden.meet.test"})
ANNA = Identity(id="u-1", name="Anna", is_moderator=True)


def _occupant(real_jid: str) -> Occupant:
    presence = OccupantPresence(
        room="ple@muc.test",
        nick="a",
        is_available=True,
        real_jid=real_jid,
        role=Role.PARTICIPANT,
        affiliation=Affiliation.NONE,
        stamped=ANNA,
    )
    return Occupant.from_presence(presence, TRUST)


def test_an_identity_from_a_trusted_domain_is_believed() -> None:
    assert _occupant("uuid@meet.test/x").identity == ANNA


@pytest.mark.parametrize(
    "real_jid",
    [
        "uuid@guest.meet.test/x",
        "bot@hidden.meet.test/x",
        "uuid@evil.test/meet.test",
        "uuid@evil.test/x@meet.test",
        "meet.test@evil.test",
        "",
    ],
)
def test_an_identity_from_elsewhere_is_a_forgery(real_jid: str) -> None:
    assert _occupant(real_jid).identity is None


@pytest.mark.parametrize(
    ("real_jid", "is_machine"),
    [
        ("focus@auth.meet.test/x", True),
        ("recorder@hidden.meet.test/x", True),
        ("uuid@meet.test/x", False),
        ("uuid@meet.test/hidden.meet.test", False),
        ("", False),
    ],
)
def test_machines_are_told_by_their_domain(real_jid: str, is_machine: bool) -> None:
    assert _occupant(real_jid).is_machine is is_machine


@pytest.mark.parametrize(
    ("jid", "domain"),
    [("a@b.c/d", "b.c"), ("b.c", "b.c"), ("b.c/a@d", "b.c"), ("a@b.c", "b.c"), ("a@b.c/d/e@f", "b.c"), ("", "")],
)
def test_the_domain_of_a_jid(jid: str, domain: str) -> None:
    assert domain_of(jid) == domain
