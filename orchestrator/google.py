"""Our project at Google: its client, its quota, and YouTube's discovery document, fetched once and kept."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from orchestrator.consents import ConsentFailed
from recorder.youtube import Consent, Endpoints, Quota, YouTube, YouTubeBusy, YouTubeFailed, fetch_document
from recorder.youtube_consent import consent_address, exchange, revoke

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Google:
    """`document` is a file that holds the discovery document; without one it is fetched, and kept in `folder` for when
    it cannot be. The quota is the project's: all channels together have it."""

    client_id: str
    client_secret: str = field(repr=False)
    document: Path | None
    folder: Path
    now: Callable[[], datetime]
    endpoints: Endpoints = field(default_factory=Endpoints)
    quota: Quota = field(default_factory=Quota)
    _document: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def origin(self) -> str:
        """Where owners are asked."""
        parts = urlsplit(self.endpoints.authorization)
        return f"{parts.scheme}://{parts.netloc}"

    async def channel(self, refresh_token: str) -> YouTube:
        """The channel of whoever gave us that token. Raises `YouTubeBusy` when there is no document."""
        consent = Consent(client_id=self.client_id, client_secret=self.client_secret, refresh_token=refresh_token)
        if not self._document:
            self._document = await self._open_document()
        return YouTube(
            document=self._document, consent=consent, quota=self.quota, now=self.now, endpoints=self.endpoints
        )

    def address(self, *, state: str, challenge: str, back: str) -> str:
        """Where the owner is asked."""
        return consent_address(self.endpoints, client_id=self.client_id, state=state, challenge=challenge, back=back)

    async def exchange(self, *, code: str, verifier: str, back: str) -> str:
        """The refresh token for what the owner's answer brought. Raises `ConsentFailed`."""
        try:
            return await exchange(
                self.endpoints,
                client_id=self.client_id,
                client_secret=self.client_secret,
                code=code,
                verifier=verifier,
                back=back,
            )
        except YouTubeFailed as failed:
            raise ConsentFailed(failed.cause) from None

    async def withdraw(self, token: str) -> None:
        """Give a refresh token back."""
        await revoke(self.endpoints, token)

    async def _open_document(self) -> dict[str, Any]:
        if self.document is not None:
            return await asyncio.to_thread(_read, self.document)
        kept = self.folder / "youtube.v3.json"
        try:
            document = await fetch_document()
        except YouTubeBusy:
            if not await asyncio.to_thread(kept.exists):
                raise
            log.warning("discovery_not_fetched")
            return await asyncio.to_thread(_read, kept)
        await asyncio.to_thread(kept.write_text, json.dumps(document), "utf-8")
        return document


def _read(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document
