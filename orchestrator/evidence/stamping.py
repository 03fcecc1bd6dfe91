"""Time stamps (RFC 3161): an authority's signed word that a manifest was there at a certain time.

The job `stamp_seal` asks until it is given one. A seal does not wait for its stamp.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import new, sha256
from typing import Any, Final

import aiohttp
import structlog
from asn1crypto import tsp
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from orchestrator.council.members import SessionId
from orchestrator.evidence.seals import Seals

_PATIENCE: Final = aiohttp.ClientTimeout(total=30)
_LARGEST: Final = 256 * 1024
_FIRST_PAUSE: Final = timedelta(seconds=2)
_LONGEST_PAUSE: Final = timedelta(minutes=15)

log = structlog.get_logger()


class NotStamped(Exception):
    """The authority did not give a stamp that can be believed; the message is safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A TimeStampResp (DER) and the time in it."""

    response: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """What the job needs. `url` is the authority's; `first_pause` doubles after each failure."""

    seals: Seals
    client: aiohttp.ClientSession
    url: str
    first_pause: timedelta = _FIRST_PAUSE

    async def stamp(self, session_id: SessionId) -> None:
        """Have every seal of the session stamped that is not; why not yet is kept beside it."""
        for seal in await self.seals.of(session_id):
            if seal.stamp is None:
                await self._stamp(session_id, seal.number, seal.manifest)

    async def _stamp(self, session_id: SessionId, number: int, manifest: bytes) -> None:
        async def say(state: RetryCallState) -> None:
            problem = str(state.outcome.exception()) if state.outcome else ""
            log.warning("seal_not_stamped", session_id=session_id, number=number, reason=problem)
            await self.seals.stamp_failed(session_id, number, problem)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(NotStamped),
            wait=wait_exponential(multiplier=self.first_pause.total_seconds(), max=_LONGEST_PAUSE.total_seconds()),
            before_sleep=say,
        ):
            with attempt:
                stamp = await ask(self.client, self.url, manifest)
        await self.seals.stamp(session_id, number, stamp.response, stamp.at)
        log.info("seal_stamped", session_id=session_id, number=number)


async def ask(client: aiohttp.ClientSession, url: str, content: bytes) -> Stamp:
    """A stamp for the content, of which the authority sees nothing but the SHA-256. Raises `NotStamped`."""
    digest, nonce = sha256(content).digest(), secrets.randbits(63)
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "nonce": nonce,
            "cert_req": True,
        }
    ).dump()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        async with client.post(url, data=request, headers=headers, timeout=_PATIENCE) as answer:
            if answer.status != 200:
                raise NotStamped(f"the authority answered {answer.status}")
            response = await answer.content.read(_LARGEST)
            while piece := await answer.content.read(_LARGEST):
                response += piece
                if len(response) > _LARGEST:
                    raise NotStamped("the authority answered at too great length")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        # An address may have a password in it, and some errors repeat the address.
        raise NotStamped(f"the authority cannot be reached ({type(error).__name__})") from None
    return Stamp(response=response, at=stamped_at(response, digest, nonce))


def stamped_at(response: bytes, digest: bytes, nonce: int | None = None) -> datetime:
    """The time in a response that stamps that digest; its signature is checked against the certificate that it
    carries, not whose that is. Raises `NotStamped`."""
    try:
        parsed = tsp.TimeStampResp.load(response, strict=True)
        status = parsed["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise NotStamped(f"the authority refused: {status}")
        return _time_in(parsed["time_stamp_token"]["content"], digest, nonce)
    except (ValueError, TypeError, KeyError, IndexError, LookupError) as error:
        raise NotStamped(f"the authority's answer cannot be read ({type(error).__name__})") from None


def _time_in(signed: Any, digest: bytes, nonce: int | None) -> datetime:
    content = signed["encap_content_info"]["content"]
    stated = content.parsed
    imprint = stated["message_imprint"]
    if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != ("sha256", digest):
        raise NotStamped("the stamp is for something else")
    if nonce is not None and stated["nonce"].native != nonce:
        raise NotStamped("the stamp answers another question")
    (signer,) = signed["signer_infos"]
    serial = signer["sid"].chosen["serial_number"].native
    certificate = next(c.chosen for c in signed["certificates"] if c.chosen.serial_number == serial)
    algorithm = signer["digest_algorithm"]["algorithm"].native
    is_intact, is_valid = validate_sig_integrity(
        signer, certificate, "tst_info", new(algorithm, bytes(content)).digest()
    )
    if not (is_intact and is_valid):
        raise NotStamped("the stamp's signature does not hold")
    at: datetime = stated["gen_time"].native
    return at
