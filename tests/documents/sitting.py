"""A short session with something of everything, to make documents of."""

from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CastVote,
    CloseVote,
    ConcludeItem,
    GrantFloor,
    OpenDebate,
    OpenSession,
    OpenVote,
    RequestFloor,
    TakeFloor,
)
from orchestrator.council.voting import Choice, Count, Method
from orchestrator.documents.shelf import Dossier
from tests.documents.evening import lines
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECRETARY, Play

THERE = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


def sitting(**changes: object) -> Play:
    """Opened at 20:01 with five of thirteen, item 1 carried by name, Laia late and deemed to abstain on item 2, the
    quorum lost and regained, the mayor away for five minutes, forty seconds in which nobody watched."""
    play = Play(**changes)
    play.watched(*THERE)
    play.waits(60)
    play.says(MAYOR, OpenSession)
    play.link_up()
    play.says(MAYOR, CallItem, number=1)
    play.says(PAU, RequestFloor, member=PAU)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.waits(60)
    play.says(PAU, TakeFloor)
    play.says(MAYOR, OpenVote, method=Method.NAMED)
    for member, choice in ((MAYOR, Choice.YES), (FIRST, Choice.YES), (PAU, Choice.NO)):
        play.says(member, CastVote, member=member, choice=choice)
    play.says(MAYOR, CloseVote)
    play.says(MAYOR, ConcludeItem)
    play.waits(540)
    play.connects(LAIA)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    play.waits(300)
    play.drops(LAIA)
    play.waits(120)
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    play.says(MAYOR, CloseVote, count=Count(yes=4, no=1))
    play.waits(180)
    play.leaves_for_good(PAU)
    play.waits(60)
    play.connects(PAU)
    play.waits(30)
    play.drops(MAYOR)
    play.waits(300)
    play.connects(MAYOR)
    play.loses_sight()
    play.waits(40)
    play.watched(*THERE)
    play.waits(200)
    play.says(MAYOR, AdjournSession)
    assert play.refusal is None, play.refusal
    return play


def dossier(play: Play, language: str = "ca", verify_at: str = "https://plenari.example/verify") -> Dossier:
    return Dossier(
        session=play.session, records=lines(play.record), at=play.now, language=language, verify_at=verify_at
    )
