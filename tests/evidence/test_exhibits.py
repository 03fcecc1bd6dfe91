"""The documents that are sealed are those on the shelf, typeset, and signed where somebody signs."""

import asyncio
import io

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from orchestrator.council.session import replay
from orchestrator.documents.press import Press
from orchestrator.documents.shelf import SHELF
from orchestrator.evidence.exhibits import Exhibits
from orchestrator.evidence.signing import Signatory, open_signatory
from orchestrator.verifier.bundle import check_bundle
from tests.evidence.authority import Certificates
from tests.evidence.sealed import over, sealed
from tests.stage import SESSION, open_store

pytestmark = pytest.mark.slow


def exhibits(signatory: Signatory | None = None) -> Exhibits:
    return Exhibits(press=Press(), signatory=signatory, verify_at="https://plenari.example/verify")


def test_every_document_but_the_drafts_is_made_and_the_pdfs_are_signed(dsn, tmp_path):
    certificates = Certificates(tmp_path)

    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            records = await store.ledger.load(SESSION)
            session = replay(entry.event for entry in records)
            signatory = open_signatory(certificates.pkcs12, certificates.password)
            return await exhibits(signatory)(session, records, evidence.at)

    made = asyncio.run(main())
    assert set(made) <= {f"documents/{name}" for name in SHELF if not name.startswith("minutes.")}
    assert {"documents/certificate.pdf", "documents/certificate-public.pdf", "documents/attendance.xlsx"} <= set(made)
    for path, content in made.items():
        assert content
        if path.endswith(".pdf"):
            (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
            assert signature.signer_cert.subject.native["common_name"] == "Secretary of a test"


def test_a_bundle_with_real_documents_verifies(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path, exhibits())
            return await evidence.bundle()

    bundle = asyncio.run(main())
    assert b"documents/certificate.pdf" in bundle
    check_bundle(io.BytesIO(bundle))
