"""Typesets in a child process, one a document.

WeasyPrint is pure Python: in a thread it would take the interpreter's lock from the event loop that conducts sessions,
for seconds. A child costs half a second to start and leaves nothing behind: no memory, no broken pool; it runs with
lower priority than the broadcast, and is killed when nobody waits for it any more.
"""

import asyncio
import os
import sys
from pathlib import Path

from orchestrator.documents.typesetting import Sheet

_ROOT = Path(__file__).parent.parent.parent


class TypesettingFailed(Exception):
    """The child gave no PDF; its last words are the message."""


class Press:
    """Sets at most `width` documents at once; the others wait."""

    def __init__(self, width: int = 2) -> None:
        self._places = asyncio.Semaphore(width)

    async def pdf(self, sheet: Sheet) -> bytes:
        """The PDF. Raises `TypesettingFailed`."""
        async with self._places:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "orchestrator.documents.typesetting",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=_ROOT,
                # The child needs to find Python's packages and the fonts, and none of our secrets.
                env={name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            )
            try:
                content, words = await child.communicate(sheet.model_dump_json().encode())
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            raise TypesettingFailed(words.decode(errors="replace").strip().rpartition("\n")[2])
        return content
