"""The Jitsi installations on which sessions are held, and which of them is an entity's.

Everything that is a Jitsi's own stands here: where people open it, who signs its tokens, where its Prosody listens and
the bot's account there. The settings describe one; further ones serve the entities that they name.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Installation(BaseModel):
    """One Jitsi. Its fields mean what the settings of the same names say; `entities` are those that it serves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entities: frozenset[str] = frozenset()

    xmpp_host: str = "127.0.0.1"
    xmpp_port: Annotated[int, Field(ge=1, le=65535)] = 5222
    xmpp_tls: bool = True
    xmpp_ca: Path | None = None
    xmpp_domain: str = "meet.jitsi"
    xmpp_hidden_domain: str = ""
    xmpp_user: str = "plenari"
    xmpp_password: SecretStr = SecretStr("")
    identity_is_stamped: bool = True

    jitsi_url: str = "https://meet.jitsi"
    jitsi_app_id: str = "plenari"
    jitsi_app_secret: SecretStr = SecretStr("")
    recorder_user: str = "recorder"
    recorder_password: SecretStr = SecretStr("")

    @property
    def hidden_domain(self) -> str:
        """The domain on which nobody is shown in the room."""
        return self.xmpp_hidden_domain or f"hidden.{self.xmpp_domain}"

    @property
    def muc_domain(self) -> str:
        """The domain of the rooms."""
        return f"muc.{self.xmpp_domain}"


class FurtherInstallation(Installation):
    """One that is not everybody's: it says whose."""

    entities: Annotated[frozenset[str], Field(min_length=1)]


class Installations(BaseModel):
    """All of them. `main` serves every entity that none of the `further` names."""

    model_config = ConfigDict(frozen=True)

    main: Installation
    further: tuple[FurtherInstallation, ...] = ()

    @model_validator(mode="after")
    def _serve_each_entity_once(self) -> Self:
        named = [entity for installation in self.further for entity in installation.entities]
        if twice := sorted({entity for entity in named if named.count(entity) > 1}):
            raise ValueError(f"PLENARI_OTHER_JITSIS: {', '.join(twice)} would be on two installations")
        return self

    @property
    def all(self) -> tuple[Installation, ...]:
        """Each once, the main one first."""
        return self.main, *self.further

    def of(self, entity: str) -> Installation:
        """The one on which an entity's sessions are held."""
        return next((installation for installation in self.further if entity in installation.entities), self.main)
