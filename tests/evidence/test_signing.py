"""PAdES signatures on PDFs, read back by pyHanko's validator."""

import io

import pytest
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from orchestrator.evidence.signing import open_signatory
from tests.evidence.authority import Certificates


def blank() -> bytes:
    writer = PdfFileWriter()
    stream = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.insert_page(PageObject(contents=stream, media_box=(0, 0, 200, 200)))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_a_pdf_is_signed_so_that_a_change_is_seen(tmp_path):
    certificates = Certificates(tmp_path)
    by = open_signatory(certificates.pkcs12, certificates.password)
    signed = by.sign(blank())
    root = Certificate.load(certificates.root.public_bytes(Encoding.DER))

    def judged(pdf: bytes):
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
        return validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))

    status = judged(signed)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert not judged(signed.replace(b"200", b"201", 1)).intact


def test_a_wrong_password_or_file_is_said_and_not_repeated(tmp_path):
    certificates = Certificates(tmp_path)
    with pytest.raises(ValueError, match="its password is another") as wrong:
        open_signatory(certificates.pkcs12, "hunter2")
    assert "hunter2" not in str(wrong.value)
    with pytest.raises(ValueError, match="no PKCS#12 file"):
        open_signatory(tmp_path / "root.pem", "")
    assert certificates.password not in repr(open_signatory(certificates.pkcs12, certificates.password))
