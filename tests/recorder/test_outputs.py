"""The relay against an RTMP server of our own on the loopback, so that every kind of loss can be made to happen."""

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import recorder.outputs
from recorder.flv import Kind, Tag
from recorder.graph import Picture
from recorder.health import Health
from recorder.outputs import Backoff, RelayOutput, cut
from recorder.rtmp import IngestSession, PublishAsked, PublishEnded
from tests.recorder.media import picture, video_header
from tests.recorder.waiting import until

NOW = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)
BEGIN = 5_000_000


def test_the_pauses_grow_to_two_and_a_half_seconds_and_to_ten_after_a_minute() -> None:
    backoff = Backoff()
    pauses = [backoff.next(0.0) for _ in range(40)]
    assert 0.4 <= pauses[0] <= 0.6
    assert all(pause <= 3.0 for pause in pauses[:20])
    assert 8.0 <= pauses[-1] <= 12.0
    assert 0.4 <= backoff.next(30.0) <= 0.6, "a connection that lived is forgiven"


class Destination:
    """A public server; `refuses` and `reads` say how it behaves to whoever connects next."""

    def __init__(self) -> None:
        self.tags: list[list[Tag]] = []
        self.asked: list[PublishAsked] = []
        self.goodbyes = 0
        self.refuses = False
        self.reads = True
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        self.server = await asyncio.start_server(self._receive, "127.0.0.1", port, ssl=tls)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self.port

    def kill(self) -> None:
        self.server.close()
        for writer in self.writers:
            cut(writer)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = IngestSession()
        self.writers.append(writer)
        try:
            while data := await reader.read(65536):
                for fact in session.feed(data):
                    self._hear(session, fact)
                writer.write(session.outgoing())
                if not self.reads and self.tags:
                    await asyncio.Event().wait()
        except ConnectionError:
            pass
        except asyncio.CancelledError:
            return
        finally:
            writer.close()

    def _hear(self, session: IngestSession, fact: object) -> None:
        match fact:
            case PublishAsked():
                self.asked.append(fact)
                if self.refuses:
                    session.refuse()
                else:
                    session.accept()
                    self.tags.append([])
            case PublishEnded():
                self.goodbyes += 1
            case Tag():
                self.tags[-1].append(fact)
            case _:
                pass


class Studio:
    """A relay and the programme that it is fed with, a picture at a time."""

    def __init__(self, port: int, scheme: str = "rtmp") -> None:
        self.ts = BEGIN
        self.gop: list[Tag] = []
        self.changes = 0
        self.relay = RelayOutput(
            name="youtube",
            address=f"{scheme}://127.0.0.1:{port}/live2",
            key="key",
            picture=Picture(),
            joining=lambda: list(self.gop),
            now=lambda: NOW,
            changed=self._change,
        )
        self.make(is_key=True)

    def _change(self) -> None:
        self.changes += 1

    def make(self, *, is_key: bool = False, size: int = 0) -> Tag:
        tag = Tag(Kind.VIDEO, self.ts, picture(b"src", self.ts, is_key=is_key) + bytes(size))
        self.ts += 33
        header = Tag(Kind.VIDEO, tag.ts, video_header(b"src"))
        self.gop = [header, tag] if is_key else [*self.gop, tag]
        self.relay.feed([tag])
        return tag


def run(story: Callable[[Destination, Studio], Awaitable[None]]) -> None:
    async def play() -> None:
        destination = Destination()
        studio = Studio(await destination.open())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(studio.relay.run())
            await story(destination, studio)
            studio.relay.end()
        destination.kill()

    asyncio.run(play())


def test_a_connection_begins_with_headers_and_a_keyframe_at_time_zero() -> None:
    async def story(destination: Destination, studio: Studio) -> None:
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        studio.make()
        await until(lambda: destination.tags != [] and len(destination.tags[0]) == 3)
        assert destination.asked == [PublishAsked("live2", "key")]
        assert [(tag.ts, tag.is_header, tag.is_keyframe) for tag in destination.tags[0]] == [
            (0, True, False),
            (0, False, True),
            (33, False, False),
        ]

    run(story)


def test_the_end_is_said_after_all_that_waited() -> None:
    destination = Destination()

    async def story(there: Destination, studio: Studio) -> None:
        nonlocal destination
        destination = there
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        for _ in range(50):
            studio.make(size=1000)

    run(story)
    assert len(destination.tags[0]) == 52
    assert destination.goodbyes >= 1


def test_it_comes_back_by_itself_with_the_current_picture() -> None:
    async def story(destination: Destination, studio: Studio) -> None:
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        destination.kill()
        await until(lambda: studio.relay.condition.health is Health.LOST)
        assert studio.relay.condition.cause == "destination_closed"
        await until(lambda: studio.relay.condition.cause == "destination_refused")
        studio.make()
        await destination.open(destination.port)
        await until(lambda: len(destination.tags) == 2 and len(destination.tags[1]) == 3)
        assert [tag.ts for tag in destination.tags[1]] == [0, 0, 33]
        assert studio.relay.starts == 2
        assert studio.changes >= 4

    run(story)


def test_a_refused_key_is_named_and_never_shown() -> None:
    async def story(destination: Destination, studio: Studio) -> None:
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        destination.refuses = True
        destination.writers[0].transport.abort()
        await until(lambda: studio.relay.condition.cause == "key_refused")
        assert "key" not in repr(studio.relay.status()).replace("key_refused", "")

    run(story)


def test_a_destination_that_stops_reading_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.outputs, "_STALL_LIMIT", 0.5)

    async def story(destination: Destination, studio: Studio) -> None:
        destination.reads = False
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        for _ in range(100):
            studio.make(size=50_000)
        await until(lambda: studio.relay.condition.health is Health.LOST)
        assert studio.relay.condition.cause == "destination_stalled"
        assert studio.relay.status().backlog == 0

    run(story)


def test_too_long_a_queue_is_cut_down_to_the_next_keyframe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.outputs, "_MOST_QUEUED", 100_000)

    async def story(destination: Destination, studio: Studio) -> None:
        await until(lambda: studio.relay.condition.health is Health.LIVE)
        for _ in range(10):
            studio.make(size=20_000)
        assert studio.relay.status().backlog == 0
        assert studio.relay.dropped > 0
        key = studio.make(is_key=True)
        await until(lambda: destination.tags[0][-1:] != [] and destination.tags[0][-1].body == key.body)
        assert destination.tags[0][-2].is_header

    run(story)


def test_what_was_purged_is_not_sent() -> None:
    async def story(destination: Destination, studio: Studio) -> None:
        await until(lambda: destination.tags != [] and len(destination.tags[0]) == 2)
        words = studio.make()
        studio.relay.purge()
        studio.make()
        key = studio.make(is_key=True)
        await until(lambda: destination.tags[0][-1].body == key.body)
        assert words.body not in [tag.body for tag in destination.tags[0]]

    run(story)


def test_an_address_without_a_host_behind_it_is_named() -> None:
    async def play() -> None:
        studio = Studio(1)
        studio.relay._address = "rtmp://nowhere.invalid/live2"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(studio.relay.run())
            await until(lambda: studio.relay.condition.health is Health.LOST)
            assert studio.relay.condition.cause in {"destination_unknown", "destination_unreachable"}
            studio.relay.end()

    asyncio.run(play())


def certificate(file: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that it has signed itself, written to the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    began = datetime(2020, 1, 1, tzinfo=UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=36500))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("is_trusted", [True, False])
def test_rtmps_is_for_trusted_certificates_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    tls = certificate(tmp_path / "server.pem")
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))

    async def play() -> None:
        destination = Destination()
        studio = Studio(await destination.open(tls=tls), "rtmps")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(studio.relay.run())
            await until(lambda: studio.relay.condition.health is not Health.STARTING)
            if is_trusted:
                await until(lambda: destination.tags != [] and len(destination.tags[0]) == 2)
            else:
                assert studio.relay.condition.cause == "certificate_refused"
                assert destination.asked == []
            studio.relay.end()
        destination.kill()

    asyncio.run(play())
