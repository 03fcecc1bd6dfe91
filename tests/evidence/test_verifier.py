"""Whatever is done to a bundle is found, and where."""

import asyncio
import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.council.events import LinkRestored
from orchestrator.council.observations import Link
from orchestrator.evidence.exhibits import verifier
from orchestrator.evidence.manifest import seal_file
from orchestrator.verifier.bundle import FORMAT, check_bundle
from orchestrator.verifier.record import Broken, canonical, check_record
from orchestrator.verifier.signature import is_signed
from orchestrator.verifier.stored_zip import central_header, end_of_zip, local_header, pack, read_zip
from tests.evidence.sealed import OVER, sealed
from tests.stage import SESSION, open_store


@pytest.fixture
def bundle(dsn, tmp_path) -> bytes:
    """Sealed twice, so that an earlier seal lies in it."""

    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            await evidence.add(LinkRestored(at=OVER, link=Link.RELAY))
            await evidence.sealing.seal(SESSION)
            return await evidence.bundle()

    return asyncio.run(main())


def broken(bundle: bytes, **options) -> Broken:
    with pytest.raises(Broken) as found:
        check_bundle(io.BytesIO(bundle), **options)
    return found.value


def files_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    return b"".join(pack(files))


def test_any_byte_of_the_zip_that_is_flipped_is_found_and_its_file_is_named(bundle):
    """Every byte that is not the content of a file, and many of each file's, each in one of its bits or in all."""
    parts = read_zip(io.BytesIO(bundle))
    dice = random.Random(7)
    inside = {part.name: range(part.start, part.start + part.size) for part in parts}
    contents = {place for places in inside.values() for place in places}
    sampled = [place for places in inside.values() for place in dice.sample(places, min(len(places), 40))]
    metadata = [place for place in range(len(bundle)) if place not in contents]
    for place in metadata + sampled:
        flipped = bytearray(bundle)
        flipped[place] ^= dice.choice([1, 2, 4, 8, 16, 32, 64, 128, 255])
        found = broken(bytes(flipped))
        name = next((name for name, places in inside.items() if place in places), None)
        if name is not None:
            assert found.file == name, (place, found)


def test_a_flipped_byte_of_the_record_or_of_the_segments_is_found_at_its_line(bundle):
    for part in read_zip(io.BytesIO(bundle)):
        if not part.name.endswith(".jsonl"):
            continue
        content = bundle[part.start : part.start + part.size]
        for place in range(0, part.size, 11):
            flipped = bytearray(bundle)
            flipped[part.start + place] ^= 4
            found = broken(bytes(flipped))
            line = content[:place].count(b"\n") + 1
            assert found.file == part.name
            assert found.line == line or content[place : place + 1] == b"\n"


def test_a_change_that_repairs_the_zip_is_found_in_each_file(bundle):
    """The container's own checksums are made anew: only what Plenari put there can tell."""
    files = files_of(bundle)
    assert packed(files) == bundle
    dice = random.Random(3)
    for name, content in files.items():
        for place in dice.sample(range(len(content)), min(len(content), 25)):
            changed = bytearray(content)
            changed[place] ^= dice.choice([1, 2, 32, 128])
            found = broken(packed(files | {name: bytes(changed)}))
            assert found.file == name or {found.file, name} <= {"manifest.json", "seal.json", "public_key.pem"} | {
                file for file in files if file.startswith("seals/1/")
            }, (name, place, found)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_taken_away_put_in_or_moved_is_found(data):
    files = {"manifest.json": b"{}", "seal.json": b"{}", "a": b"1", "b": b"2"}
    order = data.draw(st.permutations(list(files)))
    assert [part.name for part in read_zip(io.BytesIO(packed({name: files[name] for name in order})))] == order
    with pytest.raises(Broken):
        check_bundle(io.BytesIO(packed({name: files[name] for name in order})))


def test_no_file_can_be_added_or_taken_away(bundle):
    files = files_of(bundle)
    for name in files:
        if name == "recording/recording.mp4":
            continue
        found = broken(packed({n: c for n, c in files.items() if n != name}))
        assert found.file in (name, "record.jsonl", "recording/manifest.jsonl"), name
    found = broken(packed(files | {"documents/more.pdf": b"%PDF"}))
    assert (found.file, found.check) == ("documents/more.pdf", "files")


def test_nothing_hides_before_between_or_behind_the_files(bundle):
    assert broken(b"x" + bundle).check == "zip"
    assert broken(bundle + b"x").check == "zip"
    assert broken(bundle[:-1]).check == "zip"
    assert broken(bundle[: len(bundle) // 2]).check in ("zip", "files", "order", "writing")
    assert broken(b"").check in ("zip", "files")


def test_a_manifest_signed_by_somebody_else_needs_the_key_to_be_told_apart(bundle):
    """Whoever can write a bundle can sign it: only the fingerprint says who did."""
    files = files_of(bundle)
    forger = Ed25519PrivateKey.generate()
    public = forger.public_key().public_bytes_raw()
    honest = check_bundle(io.BytesIO(bundle)).key
    forged = files["manifest.json"]
    files["seal.json"] = seal_file(forged, public, forger.sign(forged))
    assert broken(packed(files)).file == "public_key.pem"
    assert broken(packed(files), key="ab" * 32).file in ("public_key.pem", "seal.json")
    assert check_bundle(io.BytesIO(bundle), key=honest.upper()).key == honest
    found = broken(bundle, key="ab" * 32)
    assert (found.file, found.check) == ("seal.json", "key")


def test_a_forger_who_signs_nonsense_crashes_nothing():
    forger = Ed25519PrivateKey.generate()
    public = forger.public_key().public_bytes_raw()
    for nonsense in (b"", b"[]", b"{}", b'{\n "format": "%s"\n}\n' % FORMAT.encode(), b"\xff"):
        seal = seal_file(nonsense, public, forger.sign(nonsense))
        assert broken(packed({"manifest.json": nonsense, "seal.json": seal})).file in (
            "manifest.json",
            "public_key.pem",
        )


def test_the_film_that_was_left_out_must_be_the_one_that_was_sealed(bundle, tmp_path):
    files = files_of(bundle)
    film = files.pop("recording/recording.mp4")
    other = tmp_path / "film.mp4"
    other.write_bytes(film[:-1] + b"x")
    assert broken(packed(files), recording=other).check == "recording"


def test_a_line_is_written_in_one_way_only(bundle):
    lines = files_of(bundle)["record.jsonl"].decode().splitlines()
    entry = json.loads(lines[1])
    for text in (
        json.dumps(entry),
        canonical(entry) + " ",
        lines[1].replace('"seq":2', '"seq":2,"seq":2'),
        "1",
        "[]",
        "",
    ):
        with pytest.raises(Broken) as found:
            check_record([lines[0], text])
        assert (found.value.line, found.value.check) == (2, "writing")


@settings(max_examples=150, deadline=None)
@given(message=st.binary(max_size=200), seed=st.binary(min_size=32, max_size=32), flip=st.integers(0, 511))
def test_signatures_are_judged_as_by_a_library(message, seed, flip):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signed(public, signature, message)
    assert not is_signed(public, signature, message + b"x")
    changed = bytearray(signature)
    changed[flip // 8] ^= 1 << flip % 8
    assert not is_signed(public, bytes(changed), message)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(changed), message)


def test_the_example_of_the_rfc_verifies():
    """RFC 8032, 7.1, TEST 3."""
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    assert is_signed(public, signature, bytes.fromhex("af82"))
    assert not is_signed(public, signature[:-1], bytes.fromhex("af82"))
    assert not is_signed(b"\xff" * 32, signature, bytes.fromhex("af82"))


def test_a_recording_of_many_gigabytes_fits(tmp_path):
    """Its zip, without its bytes: another reader finds the sizes and the file behind it."""
    size = 5 * 1024**3
    file = tmp_path / "large.zip"
    with file.open("wb") as target:
        target.write(local_header("film", size, 0))
        target.seek(size, 1)
        behind = target.tell()
        target.write(local_header("after", 1, 0xB7B2364B) + b"z")
        directory_at = target.tell()
        directory = central_header("film", size, 0, 0) + central_header("after", 1, 0xB7B2364B, behind)
        target.write(directory + end_of_zip(2, len(directory), directory_at))
    with zipfile.ZipFile(file) as large:
        assert [(entry.filename, entry.file_size) for entry in large.infolist()] == [("film", size), ("after", 1)]


def test_the_verifier_in_the_bundle_needs_python_alone(bundle, tmp_path):
    program, file = tmp_path / "verify.pyz", tmp_path / "bundle.zip"
    program.write_bytes(verifier())
    file.write_bytes(bundle)
    assert files_of(bundle)["verify.pyz"] == program.read_bytes()

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]  # -S: no installed packages
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    whole = run(file)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.startswith("WHOLE")
    assert json.loads(run("--json", file).stdout)["is_whole"] is True
    file.write_bytes(bundle.replace(b'"seq":3', b'"seq":7'))
    damaged = run(file)
    assert damaged.returncode == 1
    assert "record.jsonl, line 3" in damaged.stdout
    where = json.loads(run("--json", file).stdout)["broken"]
    assert (where["file"], where["line"]) == ("record.jsonl", 3)
    assert run(tmp_path / "nothing.zip").returncode == 2
