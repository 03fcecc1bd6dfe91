"""What a browser keeps while its person is at the identity provider: a signed cookie, and nothing on our side."""

from datetime import UTC, datetime

import jwt

from orchestrator.access import strong
from orchestrator.oidc import Attempt

_AUDIENCE = "plenari:attempt"


def sign_attempt(attempt: Attempt, onward: str, *, secret: str, until: datetime) -> str:
    """What the cookie holds. `onward` is where the person was going."""
    claims = {
        "aud": _AUDIENCE,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
        "next": onward,
        "until": int(until.timestamp()),
    }
    return jwt.encode(claims, strong(secret), algorithm="HS256")


def read_attempt(text: str, *, secret: str, now: datetime) -> tuple[Attempt, str] | None:
    """The try and where the person was going; None when it is not ours, or too long ago."""
    try:
        claims = jwt.decode(text, strong(secret), algorithms=["HS256"], audience=_AUDIENCE)
    except jwt.InvalidTokenError:
        return None
    if datetime.fromtimestamp(claims["until"], UTC) <= now:
        return None
    return Attempt(state=claims["state"], nonce=claims["nonce"], verifier=claims["verifier"]), claims["next"]
