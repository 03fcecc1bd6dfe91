"""Which connections may be tried at all."""

import pytest

from bot.connection import Encryption, Login


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_may_go_unencrypted(host: str) -> None:
    login = Login(jid="bot@hidden.test", password="s3cret", host=host, encryption=Encryption.NONE)
    assert login.encryption is Encryption.NONE


@pytest.mark.parametrize("host", ["xmpp.meet.test", "10.0.0.1", "127.0.0.1.evil.test"])
def test_everything_else_must_be_encrypted(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Login(jid="bot@hidden.test", password="s3cret", host=host, encryption=Encryption.NONE)


def test_a_pin_needs_a_certificate() -> None:
    with pytest.raises(ValueError, match="certificate"):
        Login(jid="bot@hidden.test", password="s3cret", host="xmpp.test", encryption=Encryption.PINNED)


def test_the_password_is_not_shown() -> None:
    login = Login(jid="bot@hidden.test", password="s3cret", host="xmpp.test")
    assert "s3cret" not in repr(login)
