"""HLS playlists (RFC 8216), as much of them as somebody needs who watches: which pieces there are, and where."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin


class PlaylistError(Exception):
    """It is no playlist that can be watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """`variant` is where to go on, in a list of lists; else there are `segments` (number, address), and `head`, which
    must stand before each of them (of fragmented MP4). `longest` is how many seconds a segment may have."""

    variant: str = ""
    segments: tuple[tuple[int, str], ...] = ()
    head: str = ""
    longest: float = 6
    is_over: bool = False


def parse_playlist(text: str, address: str) -> Playlist:
    """Addresses in it are relative to its own. Raises `PlaylistError`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise PlaylistError("no playlist")
    if any("KEY:METHOD=" in line and "METHOD=NONE" not in line for line in lines):
        raise PlaylistError("encrypted")
    addresses = [urljoin(address, line) for line in lines if not line.startswith("#")]
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        if not addresses:
            raise PlaylistError("no variant")
        return Playlist(variant=addresses[0])
    first = int(_number(lines, "#EXT-X-MEDIA-SEQUENCE:", 0))
    head = next((m[1] for line in lines if (m := re.match(r'#EXT-X-MAP:.*URI="([^"]+)"', line))), "")
    return Playlist(
        segments=tuple(enumerate(addresses, first)),
        head=urljoin(address, head) if head else "",
        longest=_number(lines, "#EXT-X-TARGETDURATION:", 6),
        is_over="#EXT-X-ENDLIST" in lines,
    )


def _number(lines: list[str], name: str, otherwise: float) -> float:
    found = next((line.removeprefix(name) for line in lines if line.startswith(name)), "")
    try:
        return float(found) if found else otherwise
    except ValueError:
        raise PlaylistError(f"{name} is no number") from None
