"""Typesetting in a child: the loop goes on, what goes wrong is told, and nobody's child is left behind."""

import asyncio
from datetime import UTC, datetime

import psutil
import pytest

from orchestrator.documents.certificate import certificate
from orchestrator.documents.press import Press, TypesettingFailed
from orchestrator.documents.typesetting import Sheet
from tests.documents.sitting import dossier, sitting

PAGE = '<html lang="ca"><head><title>Prova</title></head><body><h1>Prova</h1></body></html>'
AT = datetime(2026, 3, 26, tzinfo=UTC)


def test_the_loop_goes_on_while_pages_are_set():
    async def main() -> tuple[bytes, int]:
        ticks = 0
        async with asyncio.TaskGroup() as tasks:
            setting = tasks.create_task(Press().pdf(Sheet(html=PAGE, made_at=AT)))
            while not setting.done():
                ticks += 1
                await asyncio.sleep(0.01)
        return setting.result(), ticks

    content, ticks = asyncio.run(main())
    assert content.startswith(b"%PDF-1.7")
    assert ticks > 10


def test_what_the_child_says_last_is_the_error():
    class Broken(Sheet):
        def model_dump_json(self, **_: object) -> str:  # type: ignore[override]
            return "{}"

    with pytest.raises(TypesettingFailed):
        asyncio.run(Press().pdf(Broken(html=PAGE, made_at=AT)))


def test_a_child_that_nobody_waits_for_is_ended():
    async def main() -> list[psutil.Process]:
        sheet = certificate(dossier(sitting()).report, "ca", is_public=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await Press().pdf(sheet)
        return [child for child in psutil.Process().children() if "typesetting" in " ".join(child.cmdline())]

    assert asyncio.run(main()) == []
