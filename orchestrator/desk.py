"""What the command line does with the record, directly in the database: the desk of whoever runs the installation."""

from enum import StrEnum
from typing import Any

from orchestrator.app import now, open_database
from orchestrator.council.members import SessionId
from orchestrator.documents.attendance import report
from orchestrator.documents.attendance_csv import attendance_csv
from orchestrator.documents.attendance_json import attendance_json
from orchestrator.documents.attendance_xlsx import attendance_xlsx
from orchestrator.settings import Settings
from orchestrator.store import ledger
from orchestrator.store.ledger import Ledger, NoSuchSession
from orchestrator.store.records import Records
from orchestrator.web.view import view


class Form(StrEnum):
    """In what form a session is exported."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"


async def migrate(settings: Settings) -> None:
    """Bring the database to the present schema."""
    async with open_database(settings):
        pass


async def list_sessions(settings: Settings) -> list[dict[str, Any]]:
    """All sessions, earliest first."""
    async with open_database(settings) as pool:
        entries = await Records(pool).sessions()
    return [
        {
            "id": entry.id,
            "entity": entry.entity,
            "body": entry.body,
            "title": entry.title,
            "starts_at": f"{entry.starts_at:%Y-%m-%dT%H:%M:%SZ}",
            "phase": entry.phase.value,
            "version": entry.version,
        }
        for entry in entries
    ]


async def show(settings: Settings, session_id: SessionId) -> dict[str, Any]:
    """A session as it stands, as the live page has it. Raises `NoSuchSession`."""
    async with open_database(settings) as pool:
        recorded = await Ledger(pool).load(session_id)
        if not recorded:
            raise NoSuchSession(session_id)
        session = await Records(pool).replayed(session_id)
    seen: dict[str, Any] = view(session, recorded, now()).model_dump(mode="json")
    return seen


async def replay(settings: Settings, session_id: SessionId) -> dict[str, Any]:
    """Check the chain of a session's record and fold it. Raises `NoSuchSession`, `BrokenChain`."""
    async with open_database(settings) as pool:
        session = await Records(pool).replayed(session_id)
        lines = [line async for line in Ledger(pool).record_lines(session_id)]
    verdict = session.verdict
    return {
        "session": session_id,
        "events": ledger.verify(lines),
        "chain": "holds",
        "phase": session.phase.value,
        "present": f"{verdict.present} of {verdict.base} (needed {verdict.needed})",
        "quorum": "met" if verdict.is_met else "not met",
        "rule": f"{verdict.rule} v{verdict.version}, {verdict.article}",
    }


async def export(settings: Settings, session_id: SessionId, form: Form) -> bytes:
    """A session in one of the forms. Raises `NoSuchSession`."""
    async with open_database(settings) as pool:
        recorded = await Ledger(pool).load(session_id)
        if not recorded:
            raise NoSuchSession(session_id)
        if form is Form.JSONL:
            return "".join([f"{line}\n" async for line in Ledger(pool).record_lines(session_id)]).encode()
        attendance = report(await Records(pool).replayed(session_id), recorded, now())
    match form:
        case Form.CSV:
            return attendance_csv(attendance)
        case Form.XLSX:
            return attendance_xlsx(attendance)
        case Form.JSON:
            return attendance_json(attendance).model_dump_json(indent=2).encode()
