"""A time-stamping authority on this machine: `openssl ts` behind a small server, with certificates made for the day."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, *, is_tsa: bool
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)  # noqa: TID251 - openssl looks at the real clock
    built = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
    )
    if is_tsa:
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    elif name != issuer:
        usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        built = built.add_extension(usage, critical=True)
    return built.sign(issuer_key, hashes.SHA256())


@dataclass(slots=True)
class Certificates:
    """A root; whom it lets stamp; and whom it lets sign, as a PKCS#12 file."""

    folder: Path
    root: x509.Certificate = field(init=False)
    password: str = "a password of a test"

    def __post_init__(self) -> None:
        root_key, tsa_key, secretary_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.root = _certificate("Root of a test", root_key, "Root of a test", root_key, is_tsa=False)
        tsa = _certificate("Authority of a test", tsa_key, "Root of a test", root_key, is_tsa=True)
        secretary = _certificate("Secretary of a test", secretary_key, "Root of a test", root_key, is_tsa=False)
        (self.folder / "root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        (self.folder / "tsa.pem").write_bytes(tsa.public_bytes(Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(tsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.pkcs12.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"secretary", secretary_key, secretary, [self.root], BestAvailableEncryption(self.password.encode())
            )
        )

    @property
    def pkcs12(self) -> Path:
        return self.folder / "secretary.p12"


@dataclass(slots=True)
class Authority:
    """`answers` are given instead of a stamp, one a request, as long as there are some: a status, or a body."""

    certificates: Certificates
    url: str = ""
    asked: int = 0
    answers: list[int | bytes] = field(default_factory=list)

    def reply(self, query: bytes) -> bytes:
        folder = self.certificates.folder
        (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
        with tempfile.NamedTemporaryFile(dir=folder) as question:
            question.write(query)
            question.flush()
            command = ["openssl", "ts", "-reply", "-config", str(folder / "tsa.cnf"), "-section", "here"]
            command += ["-queryfile", question.name, "-signer", str(folder / "tsa.pem")]
            command += ["-inkey", str(folder / "tsa.key")]
            return subprocess.run(command, check=True, capture_output=True).stdout

    def verifies(self, data: bytes, stamp: bytes) -> str:
        """What openssl says of a stamp."""
        folder = self.certificates.folder
        (folder / "data").write_bytes(data)
        (folder / "stamp.tsr").write_bytes(stamp)
        command = ["openssl", "ts", "-verify", "-data", str(folder / "data"), "-in", str(folder / "stamp.tsr")]
        done = subprocess.run(
            [*command, "-CAfile", str(folder / "root.pem")], capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr


@asynccontextmanager
async def authority(folder: Path) -> AsyncIterator[Authority]:
    """The authority, on a port of the loopback interface."""
    tsa = Authority(Certificates(folder))

    async def stamp(request: web.Request) -> web.Response:
        tsa.asked += 1
        query = await request.read()
        if request.content_type != "application/timestamp-query":
            return web.Response(status=415)
        if tsa.answers:
            answer = tsa.answers.pop(0)
            return web.Response(status=answer) if isinstance(answer, int) else web.Response(body=answer)
        body = await asyncio.to_thread(tsa.reply, query)
        return web.Response(body=body, content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/tsa", stamp)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        tsa.url = f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
        yield tsa
    finally:
        await runner.cleanup()
