"""What the public may see, and its place on disk: a mode is written before it is acknowledged and read at start."""

import os
from enum import StrEnum
from pathlib import Path


class Mode(StrEnum):
    """What the public is shown. Only in LIVE does anything of the room pass; every other mode is a slate."""

    WAITING = "waiting"
    LIVE = "live"
    RECESS = "recess"
    SECRET = "secret"  # noqa: S105 - a mode, not a password
    TROUBLE = "trouble"
    ENDED = "ended"


def load_mode(file: Path, initial: Mode) -> Mode:
    """The mode on disk; `initial` if none was ever written; SECRET if what stands there cannot be understood."""
    try:
        return Mode(file.read_text().strip())
    except FileNotFoundError:
        return initial
    except (OSError, ValueError):
        return Mode.SECRET


def store_mode(file: Path, mode: Mode) -> None:
    """Write the mode so that a crash or a power cut leaves either the old one or the new one."""
    write_atomically(file, f"{mode}\n")


def write_atomically(file: Path, text: str) -> None:
    """Replace the file's content as a whole and wait until it is on the disk; readable by its owner only."""
    fresh = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
