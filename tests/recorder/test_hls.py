"""Playlists as servers write them."""

import pytest

from recorder.hls import Playlist, PlaylistError, parse_playlist

HERE = "https://tv.example/live/ple.m3u8"
LIVE = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:17
#EXTINF:4.000,
ple-17.ts
#EXTINF:3.966,
/other/ple-18.ts?x=1
"""


def test_a_live_list_has_its_pieces_with_their_numbers() -> None:
    assert parse_playlist(LIVE, HERE) == Playlist(
        segments=((17, "https://tv.example/live/ple-17.ts"), (18, "https://tv.example/other/ple-18.ts?x=1")), longest=4
    )


def test_a_list_of_lists_leads_to_the_first_and_fragments_have_their_head() -> None:
    master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=3000000\nhigh.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n"
    assert parse_playlist(master, HERE).variant == "https://tv.example/live/high.m3u8"
    fragmented = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4,\na.m4s\n#EXT-X-ENDLIST\n'
    playlist = parse_playlist(fragmented, HERE)
    assert (playlist.head, playlist.is_over) == ("https://tv.example/live/init.mp4", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "#EXTM3U\n#EXT-X-STREAM-INF:X\n",
        '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\na.ts',
        "#EXTM3U\n#EXT-X-TARGETDURATION:x\n",
    ],
)
def test_what_cannot_be_watched_is_said_to_be_none(text: str) -> None:
    with pytest.raises(PlaylistError):
        parse_playlist(text, HERE)
