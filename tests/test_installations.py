"""Several Jitsis: which is whose, and what an operator is told who set them wrongly."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestrator.chambers import Chambers
from orchestrator.credentials import account, check, jitsi
from orchestrator.installations import Installation
from orchestrator.settings import Settings
from tests.integration.book import Book
from tests.integration.jitsi import now

SECRET = "a secret that is long enough for a signature"
OTHER = {
    "entities": ["comarca", "mancomunitat"],
    "xmpp_host": "10.0.0.7",
    "xmpp_domain": "meet.comarca",
    "xmpp_password": "the bot's other password",
    "jitsi_url": "https://ple.comarca.example",
    "jitsi_app_secret": SECRET,
}


def settings(folder: Path, *others: dict[str, object]) -> Settings:
    given = {"xmpp_password": "the bot's password", "jitsi_app_secret": SECRET, "other_jitsis": others}
    return Settings.model_validate({"data": folder} | given)


def test_an_entity_is_served_by_the_installation_that_names_it_and_everybody_else_by_the_first(tmp_path: Path) -> None:
    every = settings(tmp_path, OTHER).installations
    assert every.of("vila") is every.main
    assert every.of("comarca") is every.of("mancomunitat") is every.further[0]
    bot = account(every.of("comarca"))
    assert (bot.login.jid, bot.login.host) == ("plenari@hidden.meet.comarca", "10.0.0.7")
    assert (bot.focus, bot.journal) == ("focus.meet.comarca", "plenari.meet.comarca")
    assert bot.trust.trusted_domains == {"meet.comarca"}
    assert jitsi(every.of("comarca")).address == "https://ple.comarca.example"
    assert every.of("comarca").muc_domain == "muc.meet.comarca"


def test_they_come_from_the_environment_and_their_secrets_are_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLENARI_OTHER_JITSIS", json.dumps([OTHER]))
    monkeypatch.setenv("PLENARI_DATA", str(tmp_path))
    read = Settings()
    assert read.other_jitsis[0].jitsi_app_secret.get_secret_value() == SECRET
    assert SECRET not in repr(read) + str(read.model_dump_json())


def test_an_installation_has_the_settings_of_a_jitsi_and_no_others() -> None:
    for name, field in Installation.model_fields.items():
        if name != "entities":
            assert field.default == Settings.model_fields[name].default, name
            assert field.annotation == Settings.model_fields[name].annotation, name
    of_a_jitsi = {name for name in Settings.model_fields if name.startswith(("xmpp_", "jitsi_"))}
    assert of_a_jitsi <= Installation.model_fields.keys()


def test_what_is_wrong_with_one_is_said_by_its_name(tmp_path: Path) -> None:
    check(settings(tmp_path, OTHER))
    with pytest.raises(ValueError, match=r"PLENARI_RECORDER_PASSWORD is not set"):
        check(settings(tmp_path, OTHER).model_copy(update={"jibris": ("http://jibri:2222",)}))
    with pytest.raises(ValueError, match=r"xmpp_password of meet\.comarca in PLENARI_OTHER_JITSIS is not set"):
        check(settings(tmp_path, OTHER | {"xmpp_password": ""}))
    with pytest.raises(ValueError, match=r"jitsi_app_secret of meet\.comarca in PLENARI_OTHER_JITSIS must have"):
        check(settings(tmp_path, OTHER | {"jitsi_app_secret": "short"}))
    with pytest.raises(ValueError, match=r"comarca would be on two installations"):
        check(settings(tmp_path, OTHER, OTHER | {"entities": ["comarca"]}))
    with pytest.raises(ValidationError):
        settings(tmp_path, OTHER | {"entities": []})
    with pytest.raises(ValidationError):
        settings(tmp_path, OTHER | {"xmpp_pasword": "mistyped"})


def test_a_chamber_knows_the_sessions_of_its_installation_only(tmp_path: Path) -> None:
    here = Book()
    parts = Chambers(settings(tmp_path, OTHER).installations, here, now)._chambers
    assert [len(chamber._conducted.sessions()) for _, chamber in parts] == [1, 0]
