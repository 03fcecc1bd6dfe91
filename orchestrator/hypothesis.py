"""`plenari replay SESSION --rule ID`: what would have differed under another rule, as a table or as JSON.

It reads the record and the entity's own rules, and writes nothing.
"""

from typing import Any

from rich.table import Table

from orchestrator.app import open_database
from orchestrator.council.calls import rule_of
from orchestrator.council.members import SessionId
from orchestrator.council.quorum import Verdict
from orchestrator.council.rules import QuorumRule, as_read, rule_named
from orchestrator.council.session import replay
from orchestrator.council.whatif import WhatIf, what_if
from orchestrator.settings import Settings
from orchestrator.store.ledger import Ledger, NoSuchSession
from orchestrator.store.records import Records


async def ask(settings: Settings, session_id: SessionId, rule_id: str) -> tuple[QuorumRule, WhatIf]:
    """The rule that the session was held under, and the session had it been that one.

    Raises `NoSuchSession` and `rules.NoSuchRule`.
    """
    async with open_database(settings) as pool:
        events = [entry.event for entry in await Ledger(pool).load(session_id)]
        if not events:
            raise NoSuchSession(session_id)
        call = replay(events).convened
        regulation = await Records(pool).regulation(call.entity.id)
    held_under = rule_of(call)
    rule = held_under if held_under.id == rule_id else as_read(rule_named(rule_id, regulation), call.switches)
    return held_under, what_if(events, rule)


def as_dict(session_id: SessionId, held_under: QuorumRule, answer: WhatIf) -> dict[str, Any]:
    """For machines. `hypothetical` is always true: nobody should take it for the record."""
    return {
        "hypothetical": True,
        "session": session_id,
        "held_under": {"id": held_under.id, "version": held_under.version, "article": held_under.citation},
        "rule": {"id": answer.rule.id, "version": answer.rule.version, "article": answer.rule.citation},
        "examined": answer.examined,
        "differences": [
            {
                "seq": difference.seq,
                "at": f"{difference.at:%Y-%m-%dT%H:%M:%SZ}",
                "event": difference.event,
                "actual": _verdict(difference.actual),
                "hypothetical": _verdict(difference.hypothetical),
            }
            for difference in answer.differences
        ],
    }


def as_table(held_under: QuorumRule, answer: WhatIf) -> Table:
    """For people at a terminal."""
    table = Table("event", "at (UTC)", "what", f"under {held_under.id}", f"had it been {answer.rule.id}", box=None)
    for difference in answer.differences:
        table.add_row(
            str(difference.seq),
            f"{difference.at:%Y-%m-%d %H:%M:%S}",
            difference.event,
            _in_short(difference.actual),
            _in_short(difference.hypothetical),
        )
    return table


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "met": verdict.is_met,
        "present": verdict.present,
        "needed": verdict.needed,
        "base": verdict.base,
        "missing": [office.value for office in verdict.missing],
    }


def _in_short(verdict: Verdict) -> str:
    missing = f", no {' and no '.join(verdict.missing)}" if verdict.missing else ""
    outcome = "met" if verdict.is_met else "not met"
    return f"{outcome}: {verdict.present} of {verdict.base}, {verdict.needed} needed{missing}"
