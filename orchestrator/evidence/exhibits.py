"""The documents that are sealed with a record, in the language of the session."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.council.session import Session
from orchestrator.documents.press import Press
from orchestrator.documents.shelf import SHELF, Document, Dossier
from orchestrator.documents.typesetting import Sheet
from orchestrator.evidence.signing import Signatory
from orchestrator.facts import Recorded
from orchestrator.verifier.stored_zip import pack

_HERE: Final = Path(__file__).parent
_VERIFIER: Final = Path(__file__).parents[1] / "verifier"
_START: Final = b"import sys\n\nfrom orchestrator.verifier.__main__ import main\n\nsys.exit(main())\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """Makes the documents that are sealed; who signs the PDFs among them, if anybody does. `verify_at` is the address
    where the codes on documents can be checked."""

    press: Press
    signatory: Signatory | None
    verify_at: str

    async def __call__(self, session: Session, records: Sequence[Recorded], at: datetime) -> dict[str, bytes]:
        """The documents as they stand `at`, by path, in the language of the session. Drafts are no evidence."""
        dossier = Dossier(
            session=session, records=records, at=at, language=session.convened.language, verify_at=self.verify_at
        )
        made = {}
        for document in SHELF.values():
            if not document.name.startswith("minutes."):
                made[f"documents/{document.name}"] = await self._make(document, dossier)
        return {path: content for path, content in made.items() if content}

    async def _make(self, document: Document, dossier: Dossier) -> bytes:
        made = await asyncio.to_thread(document.make, dossier)
        if not isinstance(made, Sheet):
            return made
        pdf = await self.press.pdf(made)
        return await asyncio.to_thread(self.signatory.sign, pdf) if self.signatory else pdf


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
