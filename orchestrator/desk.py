"""What the command line does with the record, directly in the database: the desk of whoever runs the installation."""

from typing import Any

from orchestrator.access import Access
from orchestrator.app import now, open_database
from orchestrator.council.members import SessionId
from orchestrator.documents.shelf import SHELF, Dossier
from orchestrator.documents.typesetting import Sheet, typeset
from orchestrator.passwords import hashed, invented
from orchestrator.settings import Settings
from orchestrator.store import ledger
from orchestrator.store.accounts import Accounts
from orchestrator.store.ledger import Ledger, NoSuchSession
from orchestrator.store.records import Records
from orchestrator.web.view import view

RECORD = "record.jsonl"
"""The export that is no document but the record itself, with its chain."""
FORMS = {"csv": "attendance.csv", "xlsx": "attendance.xlsx", "ods": "attendance.ods", "json": "attendance.json"} | {
    "pdf": "certificate.pdf",
    "jsonl": RECORD,
}
"""Short names of exports; every other is called as on the shelf."""


async def migrate(settings: Settings) -> None:
    """Bring the database to the present schema."""
    async with open_database(settings):
        pass


async def add_account(settings: Settings, login: str, access: Access) -> str:
    """An account with a password, which is returned and not kept. Raises `LoginTaken`, LookupError (no such entity)."""
    password = invented()
    async with open_database(settings) as pool:
        if access.entity is not None and await Records(pool).entity(access.entity) is None:
            raise LookupError(f"there is no entity {access.entity}")
        account = await Accounts(pool).add(
            login=login,
            name=access.name,
            role=access.role,
            entity=access.entity,
            member=access.member,
            by="command line",
            now=now(),
        )
        await Accounts(pool).set_password(account, await hashed(password))
    return password


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


async def export(settings: Settings, session_id: SessionId, name: str, language: str = "") -> bytes:
    """A session's record or one of its documents, in its own language if no other is named. Raises `NoSuchSession`."""
    async with open_database(settings) as pool:
        recorded = await Ledger(pool).load(session_id)
        if not recorded:
            raise NoSuchSession(session_id)
        if name == RECORD:
            return "".join([f"{line}\n" async for line in Ledger(pool).record_lines(session_id)]).encode()
        session = await Records(pool).replayed(session_id)
    dossier = Dossier(session=session, records=recorded, at=now(), language=language or session.convened.language)
    made = SHELF[name].make(dossier)
    return typeset(made) if isinstance(made, Sheet) else made
