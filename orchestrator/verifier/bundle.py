"""An evidence bundle: record, manifest, seals, files and recording, each against the others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from orchestrator.verifier.record import RECORD, SEGMENTS, Broken, Chain, check_record, check_segments
from orchestrator.verifier.signature import is_signed, key_pem
from orchestrator.verifier.stored_zip import Part, pieces, read_zip

MANIFEST, SEAL, KEY = "manifest.json", "seal.json", "public_key.pem"
STAMP, RECORDING = "timestamp.tsr", "recording/recording.mp4"
FORMAT = "plenari.bundle.v1"


@dataclass
class Findings:
    """What holds, in words; what could not be checked here; and the fingerprint of the key that sealed it."""

    holds: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    key: str = ""
    events: int = 0


def check_bundle(zipped: BinaryIO, key: str = "", recording: Path | None = None) -> Findings:
    """Check everything in a bundle. `key`: the fingerprint that must have sealed it; `recording`: the film, where it
    was left out of the bundle. Raises `Broken` at the first thing that is wrong."""
    bundle = _Bundle(zipped, read_zip(zipped), Findings())
    try:
        return bundle.check(key, recording)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise Broken(MANIFEST, "writing", "does not hold what a manifest holds") from None


@dataclass
class _Bundle:
    zipped: BinaryIO
    parts: list[Part]
    findings: Findings

    def check(self, key: str, recording: Path | None) -> Findings:
        chain = check_record(self._lines(RECORD)) if self._part(RECORD) else Chain()
        head = check_segments(self._lines(SEGMENTS)) if self._part(SEGMENTS) else ""
        manifest = self._manifest(MANIFEST, SEAL)
        self._key(manifest, key)
        self._files(manifest)
        self._chain(manifest, chain, head)
        self._recording(manifest, chain, recording)
        self._earlier(manifest, chain)
        self._stamp(STAMP, MANIFEST)
        for part in self.parts:
            if not part.is_whole:
                raise Broken(part.name, "zip", "its bytes do not have the checksum that the zip states")
        return self.findings

    def _part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)

    def _read(self, name: str) -> bytes:
        part = self._part(name)
        if part is None:
            raise Broken(name, "files", "is missing")
        self.zipped.seek(part.start)
        return self.zipped.read(part.size)

    def _lines(self, name: str) -> list[bytes]:
        return self._read(name).splitlines(keepends=True)

    def _json(self, name: str) -> dict[str, Any]:
        content = self._read(name)
        try:
            value = json.loads(content)
            if isinstance(value, dict) and value.get("format") == FORMAT and pretty(value) == content:
                return value
        except ValueError:
            pass
        raise Broken(name, "writing", "is not written as Plenari writes it")

    def _manifest(self, name: str, seal_name: str) -> dict[str, Any]:
        """A manifest, after checking its seal."""
        content, seal = self._read(name), self._json(seal_name)
        if hashlib.sha256(content).hexdigest() != seal.get("manifest_sha256"):
            raise Broken(self._damaged(seal_name) or name, "seal", "the manifest is not the one that was sealed")
        try:
            public_key, signature = bytes.fromhex(seal["public_key"]), bytes.fromhex(seal["signature"])
        except (KeyError, TypeError, ValueError):
            raise Broken(seal_name, "seal", "holds no signature") from None
        whole = {
            "format": FORMAT,
            "algorithm": "Ed25519",
            "key": hashlib.sha256(public_key).hexdigest(),
            "public_key": public_key.hex(),
            "signature": signature.hex(),
            "manifest_sha256": hashlib.sha256(content).hexdigest(),
        }
        if whole != seal or not is_signed(public_key, signature, content):
            raise Broken(seal_name, "seal", "the signature does not hold")
        return self._json(name) | {"key": whole["key"], "public_key": public_key}

    def _damaged(self, name: str) -> str:
        part = self._part(name)
        return name if part and not part.is_whole else ""

    def _key(self, manifest: dict[str, Any], key: str) -> None:
        self.findings.key = manifest["key"]
        if self._read(KEY) != key_pem(manifest["public_key"]):
            raise Broken(KEY, "seal", "is not the key that sealed the bundle")
        if key and key.replace(":", "").lower() != manifest["key"]:
            raise Broken(SEAL, "key", f"was sealed with another key: {manifest['key']}")
        self.findings.holds.append(f"seal {manifest['seal']} of {manifest['sealed_at']}, Ed25519 key {manifest['key']}")
        if not key:
            self.findings.unchecked.append("whose key it is: compare its fingerprint with the one its owner publishes")

    def _files(self, manifest: dict[str, Any]) -> None:
        listed = {entry["path"]: entry for entry in manifest["files"]}
        beside = {MANIFEST, SEAL, STAMP} | {name for number in manifest["earlier"] for name in earlier(number)}
        for part in self.parts:
            entry = listed.get(part.name)
            if entry is None and part.name not in beside:
                raise Broken(part.name, "files", "is not in the manifest")
            if entry and (part.size, part.sha256) != (entry["size"], entry["sha256"]):
                raise Broken(part.name, "files", "is not what was sealed")
        for name in listed:
            if name != RECORDING and not self._part(name):
                raise Broken(name, "files", "is missing")
        self.findings.holds.append(f"{len(listed)} files of the manifest")

    def _chain(self, manifest: dict[str, Any], chain: Chain, head: str) -> None:
        stated = manifest["chain"]
        if [len(chain.hashes), chain.hashes[-1:]] != [stated["last_seq"], [stated["last_hash"]]]:
            raise Broken(RECORD, "seal", f"does not end where it was sealed, at event {stated['last_seq']}")
        if head and (not manifest["recording"] or head != manifest["recording"]["head"]):
            raise Broken(SEGMENTS, "seal", "does not end where it was sealed")
        self.findings.events = len(chain.hashes)
        self.findings.holds.append(f"{len(chain.hashes)} events, chained")
        if chain.withheld:
            self.findings.holds.append(f"{chain.withheld} personal details were pruned, and are held by their hash")

    def _recording(self, manifest: dict[str, Any], chain: Chain, file: Path | None) -> None:
        stated, known = manifest["recording"], chain.recording or {}
        is_same = all(known.get(name) == value for name, value in (stated or {}).items())
        if not is_same or (stated is None) != (chain.recording is None):
            raise Broken(MANIFEST, "recording", "names another recording than the record")
        if stated is None:
            self.findings.holds.append("there is no recording")
        elif self._part(RECORDING):
            self.findings.holds.append(f"the recording, {stated['size']} bytes")
        elif file is None:
            self.findings.unchecked.append(f"the recording: it is not in the bundle; its SHA-256 is {stated['sha256']}")
        else:
            with file.open("rb") as content:
                digest = hashlib.sha256()
                for piece in pieces(content, 1 << 62):
                    digest.update(piece)
            if digest.hexdigest() != stated["sha256"]:
                raise Broken(str(file), "recording", "is not the recording that was sealed")
            self.findings.holds.append(f"the recording in {file}")

    def _earlier(self, manifest: dict[str, Any], chain: Chain) -> None:
        """What was sealed before still begins this record."""
        for number, digest in manifest["earlier"].items():
            name, seal_name, stamp_name = earlier(number)
            before = self._manifest(name, seal_name)
            if hashlib.sha256(self._read(name)).hexdigest() != digest:
                raise Broken(name, "seal", "is not the manifest that was sealed then")
            seq = before["chain"]["last_seq"]
            if chain.hashes[seq - 1 : seq] != [before["chain"]["last_hash"]]:
                raise Broken(RECORD, "seal", f"is not what seal {number} closed", seq)
            self.findings.holds.append(f"seal {number} of {before['sealed_at']}, up to event {seq}")
            self._stamp(stamp_name, name)

    def _stamp(self, name: str, manifest_name: str) -> None:
        stamp = self._part(name)
        if stamp is None:
            self.findings.unchecked.append(f"when {manifest_name} was sealed: there is no time stamp of an authority")
            return
        imprint = hashlib.sha256(self._read(manifest_name)).digest()
        if stamp.is_whole and b"\x04\x20" + imprint not in self._read(name):
            raise Broken(name, "time stamp", "does not name its manifest")
        self.findings.holds.append(f"the time stamp names {manifest_name}")
        self.findings.unchecked.append(
            f"the authority's signature: openssl ts -verify -data {manifest_name} -in {name} -CAfile AUTHORITY.pem"
        )


def earlier(number: str) -> tuple[str, str, str]:
    """Where an earlier manifest, its seal and its time stamp lie."""
    return f"seals/{number}/{MANIFEST}", f"seals/{number}/{SEAL}", f"seals/{number}/{STAMP}"


def pretty(value: object) -> bytes:
    """JSON for people, in one way only."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()
