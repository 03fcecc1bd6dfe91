"""Coming in by an identity provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636, S256).

Any provider that describes itself (`/.well-known/openid-configuration`) will do. It says who somebody is; what they may
do is our accounts' to say.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
import jwt
from aiohttp import hdrs

_PATIENCE: Final = aiohttp.ClientTimeout(total=15)
_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
_LEEWAY: Final = 60
"""Seconds that the provider's clock may differ from ours."""


class IdentityRefused(Exception):
    """The provider did not say who it is, or said it in a way that we do not believe. `cause` is a short code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to come in: what only the browser that began it knows."""

    state: str
    nonce: str
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def new_attempt() -> Attempt:
    """A try that nobody can guess."""
    return Attempt(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the provider says it is. `login` is the claim by which accounts are found; empty when there is none that
    counts: an address of mail does only if the provider has verified it."""

    issuer: str
    subject: str
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider, at which we are `client_id`."""

    client: aiohttp.ClientSession
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "email"
    scope: str = "openid email profile"
    name: str = ""

    async def way(self, attempt: Attempt, redirect: str) -> str:
        """Where the browser goes to say who it is. Raises `IdentityRefused` when the provider cannot be reached."""
        described = await self._described()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": self.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        place = str(described["authorization_endpoint"])
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    async def person(self, code: str, attempt: Attempt, redirect: str) -> Person:
        """Who came back with that code. Raises `IdentityRefused`."""
        described = await self._described()
        answer = await self._tokens(described, code, attempt, redirect)
        claims = await self._claims(described, str(answer.get("id_token", "")), attempt)
        subject = str(claims["sub"])
        if self.claim not in claims and "userinfo_endpoint" in described:
            more = await self._get(
                str(described["userinfo_endpoint"]), Authorization=f"Bearer {answer.get('access_token', '')}"
            )
            claims = {**more, **claims} if more.get("sub") == subject else claims
        return Person(issuer=self.issuer, subject=subject, login=_login(claims, self.claim))

    async def _described(self) -> Mapping[str, Any]:
        found = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer.rstrip("/"):
            raise IdentityRefused("issuer_differs")
        return found

    async def _tokens(
        self, described: Mapping[str, Any], code: str, attempt: Attempt, redirect: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": attempt.verifier,
        }
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        headers: dict[str, str] = {}
        is_basic = "client_secret_basic" in methods
        if is_basic:
            headers = {hdrs.AUTHORIZATION: aiohttp.encode_basic_auth(quote(self.client_id), quote(self.client_secret))}
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        try:
            place = str(described["token_endpoint"])
            async with self.client.post(place, data=form, headers=headers, timeout=_PATIENCE) as answer:
                if answer.status != 200:
                    raise IdentityRefused("code_refused")
                tokens: Mapping[str, Any] = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise IdentityRefused("provider_unreachable") from None
        return tokens

    async def _claims(self, described: Mapping[str, Any], token: str, attempt: Attempt) -> Mapping[str, Any]:
        keys = await self._get(str(described["jwks_uri"]))
        try:
            header = jwt.get_unverified_header(token)
            if header["alg"] not in _ALGORITHMS:
                raise IdentityRefused("token_not_believed")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                _key(jwt.PyJWKSet.from_dict(dict(keys)), header.get("kid")).key,
                algorithms=[header["alg"]],
                audience=self.client_id,
                issuer=str(described["issuer"]),
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except (jwt.PyJWTError, KeyError, ValueError):
            raise IdentityRefused("token_not_believed") from None
        if not secrets.compare_digest(str(claims.get("nonce", "")), attempt.nonce):
            raise IdentityRefused("token_not_believed")
        if claims.get("azp", self.client_id) != self.client_id:
            raise IdentityRefused("token_not_believed")
        return claims

    async def _get(self, place: str, **headers: str) -> Mapping[str, Any]:
        try:
            async with self.client.get(place, headers=headers, timeout=_PATIENCE) as answer:
                if answer.status != 200:
                    raise IdentityRefused("provider_unreachable")
                found = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise IdentityRefused("provider_unreachable") from None
        return found if isinstance(found, dict) else {}


def _key(keys: jwt.PyJWKSet, kid: str | None) -> jwt.PyJWK:
    """The key that a token names; it need name none where there is one only."""
    if kid is None and len(keys.keys) == 1:
        return keys.keys[0]
    return {key.key_id: key for key in keys.keys}[kid]


def _login(claims: Mapping[str, Any], claim: str) -> str:
    if claim == "email" and claims.get("email_verified") is not True:
        return ""
    value = claims.get(claim, "")
    return value.strip() if isinstance(value, str) else ""
