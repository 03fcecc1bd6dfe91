"""Primary and backup over RTMPS, as at YouTube: certificates of a local authority, each end failing alone."""

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from recorder.config import Destination as Place
from recorder.graph import Picture
from recorder.health import Health
from recorder.outputs import Output, RelayOutput
from recorder.relays import Relays
from tests.recorder.test_outputs import NOW, Destination, Studio
from tests.recorder.waiting import until

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FOR_LONG = LONG_AGO + timedelta(days=36500)


class Authority:
    """Signs certificates, and is trusted by whoever reads its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of the tests")])
        own = self._builder(self._name, self._key.public_key(), FOR_LONG).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, host: str = "127.0.0.1", until: datetime = FOR_LONG) -> ssl.SSLContext:
        """A server's TLS with a certificate for that address."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        signed = (
            self._builder(name, key.public_key(), until)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}-{until:%Y}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(LONG_AGO).not_valid_after(until)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.mark.parametrize(
    ("host", "until_when"), [("127.0.0.2", FOR_LONG), ("127.0.0.1", datetime(2021, 1, 1, tzinfo=UTC))]
)
def test_a_certificate_for_another_or_of_yesterday_is_refused_by_name(
    authority: Authority, host: str, until_when: datetime
) -> None:
    async def play() -> None:
        destination = Destination()
        studio = Studio(await destination.open(tls=authority.server(host, until_when)), "rtmps")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(studio.relay.run())
            await until(lambda: studio.relay.condition.health is Health.LOST)
            studio.relay.end()
        assert studio.relay.condition.cause == "certificate_refused"
        assert destination.asked == [], "the key was never said"
        destination.kill()

    asyncio.run(play())


def test_primary_and_backup_each_fail_alone_and_return_alone(authority: Authority) -> None:
    async def play() -> None:
        primary, backup = Destination(), Destination()
        studio = Studio(1)
        for server in (primary, backup):
            await server.open(tls=authority.server())
        feeding: list[Output] = []

        def output(place: Place) -> Output:
            return RelayOutput(
                name=place.name,
                address=place.address,
                key=place.key,
                picture=Picture(),
                joining=lambda: list(studio.gop),
                now=lambda: NOW,
                changed=lambda: None,
            )

        def changed(outputs: object) -> None:
            assert isinstance(outputs, list)
            feeding[:] = outputs

        def health() -> dict[str, Health]:
            return {relay.name: relay.condition.health for relay in relays.wanted}

        def show() -> None:
            tag = studio.make(is_key=True)
            for relay in feeding:
                relay.feed([tag])

        relays = Relays(output, changed)
        relays.want(
            [
                Place(name="primary", address=f"rtmps://127.0.0.1:{primary.port}/live2", key="key"),
                Place(name="backup", address=f"rtmps://127.0.0.1:{backup.port}/live2?backup=1", key="key"),
            ]
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relays.run())
            await until(lambda: health() == {"primary": Health.LIVE, "backup": Health.LIVE})
            for first, other, name in ((primary, backup, "primary"), (backup, primary, "backup")):
                first.kill()
                await until(lambda name=name: health()[name] is Health.LOST)
                seen = len(other.tags[-1])
                show()
                await until(lambda other=other, seen=seen: len(other.tags[-1]) > seen)
                await first.open(first.port, tls=authority.server())
                await until(lambda: set(health().values()) == {Health.LIVE})
            relays.end()
        assert [relay.starts for relay in relays.wanted] == [2, 2]
        assert {asked.app for asked in backup.asked} == {"live2?backup=1"}
        for server in (primary, backup):
            server.kill()

    asyncio.run(play())
