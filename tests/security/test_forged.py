"""Tokens that were made to look like ours by somebody who knows how libraries have been fooled before."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from orchestrator.access import TokenRejected, read
from orchestrator.entrance import link_of, visit_of

SECRET = "a-secret-of-the-installation-that-is-for-tests-only"
NOW = datetime(2026, 3, 26, 19, 0, tzinfo=UTC)
CLAIMS = {"iss": "plenari", "aud": "plenari:web", "iat": 0, "exp": int(NOW.timestamp()) + 60, "role": "admin"}
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def by_hand(header: dict[str, object], key: bytes, audience: str = "plenari:web") -> str:
    """Signed with HMAC whatever the header says: libraries that help would refuse to make it."""
    claims = CLAIMS | {"aud": audience, "jti": "a-link"}
    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def test_the_forger_of_these_tests_can_sign() -> None:
    assert read(by_hand({"alg": "HS256"}, SECRET.encode()), secret=SECRET, now=NOW).role == "admin"


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(CLAIMS, RSA, algorithm="RS256"),
        by_hand({"alg": "HS256"}, PUBLIC),
        by_hand({"alg": "RS256"}, SECRET.encode()),
        by_hand({"alg": "HS256", "jwk": {"kty": "oct", "k": part(b"k" * 40)}}, b"k" * 40),
        by_hand({"alg": "HS256", "kid": "/dev/null"}, b""),
        by_hand({"alg": "HS256", "kid": "x' UNION SELECT 'k"}, b"k"),
        by_hand({"alg": "HS256", "jku": "https://forger.example/keys.json"}, b"k" * 40),
        by_hand({"alg": ["HS256"]}, SECRET.encode()),
    ],
)
def test_neither_the_algorithm_nor_the_key_is_the_tokens_to_choose(token: str) -> None:
    with pytest.raises(TokenRejected):
        read(token, secret=SECRET, now=NOW)


@pytest.mark.parametrize("open_with", [link_of, visit_of])
@pytest.mark.parametrize("audience", ["plenari:join", "plenari:visit"])
def test_a_personal_link_cannot_choose_either(open_with, audience: str) -> None:
    for token in (by_hand({"alg": "none"}, b"", audience), by_hand({"alg": "HS256"}, PUBLIC, audience)):
        with pytest.raises(TokenRejected):
            open_with(token, secret=SECRET)
