"""The consent of a channel's owner: what the web asks for it with. `Google` gives it; tests give their own."""

from typing import Protocol


class ConsentFailed(Exception):
    """There is no consent; `cause` is a short code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Consents(Protocol):
    """OAuth's code flow with a proof of possession (RFC 6749, 4.1; RFC 7636)."""

    @property
    def origin(self) -> str:
        """The site on which the owner is asked, such as `https://accounts.google.com`."""

    def address(self, *, state: str, challenge: str, back: str) -> str:
        """Where the owner is asked; `back` is where the answer comes to, `challenge` is S256 of a verifier."""

    async def exchange(self, *, code: str, verifier: str, back: str) -> str:
        """The refresh token for what the owner's answer brought. Raises `ConsentFailed`."""

    async def withdraw(self, token: str) -> None:
        """Give a refresh token back. Nothing is raised: the owner can do so as well."""
