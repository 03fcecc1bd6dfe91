"""The command line: `python3 verify.pyz …`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from orchestrator.verifier.bundle import Findings, check_bundle
from orchestrator.verifier.record import Broken, check_record


def check(path: Path, key: str = "", recording: Path | None = None) -> Findings:
    """Check a bundle or a record. Raises `Broken`, and OSError for a file that cannot be read."""
    with path.open("rb") as content:
        if path.suffix != ".jsonl":
            return check_bundle(content, key, recording)
        chain = check_record(content, path.name)
    findings = Findings(holds=[f"{len(chain.hashes)} events, chained"], events=len(chain.hashes))
    findings.unchecked.append("that nothing was cut off its end, and by whom it was kept: only a bundle is sealed")
    return findings


def report(path: Path, key: str = "", recording: Path | None = None) -> dict[str, Any]:
    """What was found, as plain values. Raises OSError."""
    try:
        found = check(path, key, recording)
    except Broken as broken:
        where = {"file": broken.file, "line": broken.line or None, "check": broken.check, "problem": broken.problem}
        return {"path": str(path), "is_whole": False, "broken": where}
    return {"path": str(path), "is_whole": True, "broken": None, **vars(found)}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Verifies a record or an evidence bundle of Plenari, offline.")
    parser.add_argument("path", type=Path, help="a bundle (.zip) or a record (.jsonl)")
    parser.add_argument("--key", default="", help="fingerprint (SHA-256) of the key that must have sealed it")
    parser.add_argument("--recording", type=Path, help="the recording, where it is not in the bundle")
    parser.add_argument("--json", action="store_true", help="JSON, for machines")
    asked = parser.parse_args()
    try:
        found = report(asked.path, asked.key, asked.recording)
    except OSError as error:
        print(f"{asked.path} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=1) if asked.json else in_words(found))
    return 0 if found["is_whole"] else 1


def in_words(found: dict[str, Any]) -> str:
    """A report for people."""
    if broken := found["broken"]:
        place = f"{broken['file']}, line {broken['line']}" if broken["line"] else broken["file"]
        return f"BROKEN  {found['path']}: {place}: {broken['problem']} (check: {broken['check']})"
    lines = [f"WHOLE   {found['path']}"]
    lines += [f"  holds: {what}" for what in found["holds"]]
    lines += [f"  not checked: {what}" for what in found["unchecked"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
