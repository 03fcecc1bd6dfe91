"""The documents that are sealed with a record, in the language of the session."""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.council.session import Session
from orchestrator.documents.attendance import report
from orchestrator.documents.attendance_csv import attendance_csv
from orchestrator.documents.attendance_json import attendance_json
from orchestrator.facts import Recorded
from orchestrator.verifier.stored_zip import pack

_HERE: Final = Path(__file__).parent
_VERIFIER: Final = Path(__file__).parents[1] / "verifier"
_START: Final = b"import sys\n\nfrom orchestrator.verifier.__main__ import main\n\nsys.exit(main())\n"


def documents(session: Session, records: Sequence[Recorded], at: datetime) -> dict[str, bytes]:
    """What a secretary takes home, by path, as it stands `at`."""
    attendance = report(session, records, at)
    return {
        "documents/attendance.csv": attendance_csv(attendance),
        "documents/attendance.json": attendance_json(attendance).model_dump_json(indent=1).encode(),
    }


def instructions() -> dict[str, bytes]:
    """How to verify the bundle without us, and the program that does."""
    return {"README.txt": (_HERE / "README.txt").read_bytes(), "verify.pyz": verifier()}


def verifier() -> bytes:
    """The verifier as one file for Python's own interpreter (a zip application), the same bytes every time."""
    files = {"__main__.py": _START, "orchestrator/__init__.py": b""}
    files |= {f"orchestrator/verifier/{source.name}": source.read_bytes() for source in sorted(_VERIFIER.glob("*.py"))}
    packed = io.BytesIO()
    for piece in pack(files):
        packed.write(piece)
    return packed.getvalue()
