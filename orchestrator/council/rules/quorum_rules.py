"""The quorum rules, in the order in which the sources prevail: basic state law, Catalan law, then the state's ROF.

The first rule that fits a body wins (`orchestrator.council.rules.rule_for`), so the order of the rows is law as well:
TRLMRLC 112.2 stands before ROF 113 and 135, and an entity whose own regulation copies the ROF names the ROF's row.
"""

from orchestrator.council.members import BodyKind
from orchestrator.council.rules.shape import Basis, Certainty, Hold, QuorumRule

_LRBRL = "https://www.boe.es/buscar/act.php?id=BOE-A-1985-5392"
_ROF = "https://www.boe.es/buscar/act.php?id=BOE-A-1986-33252"
_TRLMRLC = "https://portaljuridic.gencat.cat/eli/es-ct/dlg/2003/04/28/2"
_LLEI_26_2010 = "https://www.boe.es/buscar/act.php?id=BOE-A-2010-13313"

_PLENARY = frozenset({BodyKind.PLENARY})
_BOARD = frozenset({BodyKind.GOVERNMENT_BOARD})
_COMMITTEE = frozenset({BodyKind.INFORMATION_COMMITTEE})
_OTHER = frozenset({BodyKind.OTHER})

QUORUM_RULES: tuple[QuorumRule, ...] = (
    QuorumRule(
        id="PLE-1",
        version=1,
        body_kinds=_PLENARY,
        call=1,
        numerator=1,
        denominator=3,
        floor=3,
        norm="LRBRL",
        article="46.2.c",
        url=_LRBRL,
        note="TRLMRLC 98.c and ROF 90.1 say the same; where LRBRL prints 'mínimo legal' the legal number is meant",
    ),
    QuorumRule(
        id="PLE-2",
        version=1,
        body_kinds=_PLENARY,
        call=2,
        numerator=1,
        denominator=3,
        floor=3,
        norm="ROF",
        article="90.2",
        url=_ROF,
        note="two days later at the same hour, without a new call; if it fails again the items wait",
    ),
    QuorumRule(
        id="JGL-CAT",
        version=1,
        body_kinds=_BOARD,
        call=None,
        numerator=1,
        denominator=3,
        norm="TRLMRLC",
        article="112.2",
        url=_TRLMRLC,
        certainty=Certainty.CONTESTED,
        note="fraction verified; open whether an entity's own regulation may ask for the ROF's majority instead",
    ),
    QuorumRule(
        id="JGL-ROF-1",
        version=1,
        body_kinds=_BOARD,
        call=1,
        numerator=1,
        denominator=2,
        is_strict=True,
        basis=Basis.MEMBERS,
        norm="ROF",
        article="113.1.c",
        url=_ROF,
        note="continuous through ROF 112-113, which send back to the plenary's rules; by the letter at constitution",
    ),
    QuorumRule(
        id="JGL-ROF-2",
        version=1,
        body_kinds=_BOARD,
        call=2,
        numerator=1,
        denominator=3,
        floor=3,
        basis=Basis.MEMBERS,
        norm="ROF",
        article="113.1.c",
        url=_ROF,
        note="one hour after the first call",
    ),
    QuorumRule(
        id="CI-CAT",
        version=1,
        body_kinds=_COMMITTEE,
        call=None,
        numerator=1,
        denominator=3,
        norm="TRLMRLC",
        article="112.2",
        url=_TRLMRLC,
        note="names no offices: president and secretary are asked for by general practice",
    ),
    QuorumRule(
        id="CI-ROF-1",
        version=1,
        body_kinds=_COMMITTEE,
        call=1,
        numerator=1,
        denominator=2,
        is_strict=True,
        basis=Basis.MEMBERS,
        hold=Hold.AT_CONSTITUTION,
        norm="ROF",
        article="135.1",
        url=_ROF,
    ),
    QuorumRule(
        id="CI-ROF-2",
        version=1,
        body_kinds=_COMMITTEE,
        call=2,
        numerator=0,
        denominator=1,
        floor=3,
        basis=Basis.MEMBERS,
        hold=Hold.AT_CONSTITUTION,
        norm="ROF",
        article="135.1",
        url=_ROF,
        note="three members, whatever the size; one hour after the first call",
    ),
    QuorumRule(
        id="ADM-CAT-1",
        version=1,
        body_kinds=_OTHER,
        call=1,
        numerator=1,
        denominator=2,
        basis=Basis.MEMBERS,
        norm="Llei 26/2010",
        article="17.4",
        url=_LLEI_26_2010,
        note="for bodies that have no statutes of their own",
    ),
    QuorumRule(
        id="ADM-CAT-2",
        version=1,
        body_kinds=_OTHER,
        call=2,
        numerator=1,
        denominator=3,
        floor=3,
        basis=Basis.MEMBERS,
        norm="Llei 26/2010",
        article="17.6",
        url=_LLEI_26_2010,
    ),
)
