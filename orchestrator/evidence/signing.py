"""PAdES signatures (ETSI EN 319 142-1, baseline B) on the sealed PDFs, with the certificate of the settings."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

_FIELD: Final = "Plenari"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs. Nothing of the key is ever shown."""

    _signer: signers.SimpleSigner = field(repr=False)

    def sign(self, pdf: bytes) -> bytes:
        """The PDF with an invisible signature over all of it. Not to be called where a loop of asyncio runs."""
        meta = signers.PdfSignatureMetadata(
            field_name=_FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, use_pades_lta=False
        )
        signed = io.BytesIO()
        signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=self._signer, output=signed)
        return signed.getvalue()


def open_signatory(file: Path, password: str) -> Signatory:
    """The certificate in a PKCS#12 file. Raises ValueError when it or its password are of no use, and OSError."""
    content = file.read_bytes()
    try:
        has_key = load_pkcs12(content, password.encode() or None).key is not None
    except ValueError:
        has_key = False
    passphrase = password.encode() or None
    signer = signers.SimpleSigner.load_pkcs12(str(file), passphrase=passphrase) if has_key else None  # type: ignore[no-untyped-call]
    if signer is None:
        raise ValueError("the certificate cannot be used: it is no PKCS#12 file with a key, or its password is another")
    return Signatory(signer)
