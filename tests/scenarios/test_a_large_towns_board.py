"""The board of a large town: its secretary is a councillor of it, and its councillors must outnumber the others."""

from orchestrator.answers import quorum
from orchestrator.council.events import QuorumLost
from orchestrator.council.members import Body, BodyId, BodyKind, Entity, EntityId, Member, MemberId, Office, Regime
from orchestrator.facts import tell
from tests.scenarios.play import Play

TOWN = Entity(id=EntityId("gran"), name="Ajuntament de la Ciutat", regime=Regime.LARGE)
BOARD = Body(
    id=BodyId("jgl"),
    name="Junta de Govern Local",
    kind=BodyKind.GOVERNMENT_BOARD,
    legal_number=5,
    members=(
        Member(id=MemberId("mayor"), name="Marta", office=Office.PRESIDENT),
        Member(id=MemberId("clerk"), name="Pere", deputises=1, substitutes=Office.SECRETARY),
        Member(id=MemberId("third"), name="Anna"),
        Member(id=MemberId("expert1"), name="Pau", is_councillor=False),
        Member(id=MemberId("expert2"), name="Laia", is_councillor=False),
    ),
)


def test_when_councillors_no_longer_outnumber_the_others_the_board_cannot_decide_lrbrl_126_2() -> None:
    play = Play(entity=TOWN, body=BOARD, is_public=False)
    play.opened(*(member.id for member in BOARD.members))
    assert (play.session.verdict.rule, play.session.verdict.present) == ("JGL-X", 5)
    play.leaves_for_good(MemberId("third"))
    lost = next(event for event in play.record if isinstance(event, QuorumLost))
    assert (lost.verdict.present, lost.verdict.needed, lost.verdict.lacks_councillors) == (4, 3, True)
    assert play.room_hears == ["quorum.lost.councillors"]
    fact = tell(lost, play.session.convened)
    assert fact is not None
    assert fact.message == "fact.quorum_lost_councillors"
    assert quorum(play.session, "ca")[0].message == "quorum.now.councillors"
    play.connects(MemberId("third"))
    assert play.happened[-1] == "QuorumReached"
    assert quorum(play.session, "ca")[0].message == "quorum.now.met"
