"""Pure: values in, ffmpeg arguments out. The only file that knows ffmpeg-python, and it only compiles with it.

Slates use the x264 and AAC arguments of Jibri's encoder (jibri `FfmpegCapturer.kt`): with the same rate control,
profile and tune the parameter sets come out byte for byte the same, so that cutting to a slate changes nothing for a
decoder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

SAMPLE_RATE = 44100
AAC_FRAME = 1024
_SEGMENT_SECONDS = 4
_PAGE_SECONDS = 2
_PAGE_SEGMENTS = 15
_QUIET: tuple[str, ...] = ("-nostdin", "-hide_banner", "-loglevel", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Size in pixels and frames a second; the same as the encoder's."""

    width: int = 1280
    height: int = 720
    fps: int = 30


def encoding(fps: int) -> dict[str, Any]:
    """Jibri's own encoder arguments: H.264 with a keyframe each two seconds, AAC stereo."""
    return {
        "c:a": "aac",
        "ar": SAMPLE_RATE,
        "b:a": "128k",
        "c:v": "libx264",
        "pix_fmt": "yuv420p",
        "r": fps,
        "crf": 25,
        "preset": "veryfast",
        "tune": "zerolatency",
        "g": fps * 2,
        "maxrate": "2976k",
        "bufsize": "5952k",
    }


def slate(picture: Picture, still: Path, seconds: int, target: Path) -> list[str]:
    """Encode a drawn card: some seconds that loop, with a little grain so that the public server does not take a still
    picture for a starving encoder."""
    video = ffmpeg.input(str(still), loop=1, framerate=picture.fps).filter("setsar", 1)
    video = video.filter("format", "yuv420p").filter("noise", alls=5, allf="t")
    silence = ffmpeg.input(f"anullsrc=r={SAMPLE_RATE}:cl=stereo", f="lavfi")
    frames = {"frames:v": seconds * picture.fps, "frames:a": seconds * SAMPLE_RATE // AAC_FRAME}
    output = ffmpeg.output(video, silence, str(target), f="flv", **frames, **encoding(picture.fps))
    return _compile(output, *_QUIET)


def drawing(size: int, height: int) -> list[str]:
    """SVG of so many bytes on standard input, PNG of that height on standard output."""
    source = ffmpeg.input("pipe:0", f="image2pipe", vcodec="svg", frame_size=size, height=height)
    output = ffmpeg.output(source, "pipe:1", f="image2pipe", vcodec="png", pix_fmt="rgba", **{"frames:v": 1})
    return _compile(output, *_QUIET)


def archive(pattern: Path) -> list[str]:
    """FLV on standard input, MPEG-TS segments on disk, one line on standard output for each that is finished.

    `flush_packets` belongs to the segment's own muxer: given to the outer one, a kill -9 costs 0.6 s instead of 0.03.
    """
    source = ffmpeg.input("pipe:0", f="flv", analyzeduration=1_000_000, probesize=500_000)
    output = ffmpeg.output(
        source["v"],
        source["a"],
        str(pattern),
        c="copy",
        f="segment",
        segment_time=_SEGMENT_SECONDS,
        segment_format="mpegts",
        segment_format_options="flush_packets=1:mpegts_copyts=1",
        segment_list="pipe:1",
        segment_list_type="csv",
        muxdelay=0,
        muxpreload=0,
    )
    return _compile(output, "-hide_banner", "-loglevel", "warning", "-copyts")


def page(pattern: Path, playlist: Path) -> list[str]:
    """FLV on standard input, an HLS playlist of the last half minute on disk. It goes on with the playlist that it
    finds, after a mark that something is missing; files appear whole."""
    source = ffmpeg.input("pipe:0", f="flv", analyzeduration=1_000_000, probesize=500_000)
    output = ffmpeg.output(
        source["v"],
        source["a"],
        str(playlist),
        c="copy",
        f="hls",
        hls_time=_PAGE_SECONDS,
        hls_list_size=_PAGE_SEGMENTS,
        hls_delete_threshold=5,
        hls_segment_filename=str(pattern),
        hls_flags="delete_segments+append_list+discont_start+program_date_time+independent_segments+temp_file",
        hls_allow_cache=0,
        muxdelay=0,
        muxpreload=0,
    )
    return _compile(output, "-hide_banner", "-loglevel", "error", "-copyts")


def until(segment: Path, seconds: float) -> list[str]:
    """The segment on standard output up to a time of its own clock, by stream copy."""
    source = ffmpeg.input(str(segment), f="mpegts")
    output = ffmpeg.output(
        source["v"],
        source["a"],
        "pipe:1",
        c="copy",
        f="mpegts",
        to=f"{seconds:.3f}",
        mpegts_copyts=1,
        muxdelay=0,
        muxpreload=0,
    )
    return _compile(output, *_QUIET, "-copyts")


def recording(target: Path, chapters: Path) -> list[str]:
    """MPEG-TS on standard input to one MP4 that plays while it loads, by stream copy; times stay as they are. The
    chapters are a text of ffmpeg's own."""
    source = ffmpeg.input("pipe:0", f="mpegts")
    output = ffmpeg.output(
        source["v"],
        source["a"],
        str(target),
        c="copy",
        f="mp4",
        map_chapters=1,
        movflags="+faststart",
        **{"bsf:a": "aac_adtstoasc"},
    )
    arguments = _compile(output, "-hide_banner", "-loglevel", "error", "-copyts", "-y")
    after_input = arguments.index("pipe:0") + 1  # ffmpeg-python leaves out an input of which no stream is used
    return [*arguments[:after_input], "-f", "ffmetadata", "-i", str(chapters), *arguments[after_input:]]


def remux() -> list[str]:
    """A piece of HLS on standard input, FLV on standard output, by stream copy."""
    output = ffmpeg.output(ffmpeg.input("pipe:0"), "pipe:1", c="copy", f="flv", flvflags="no_duration_filesize")
    return _compile(output, *_QUIET)


def thumbnails(width: int, height: int) -> list[str]:
    """FLV on standard input, each of its pictures on standard output, small and grey: a byte a point."""
    source = ffmpeg.input("pipe:0", f="flv")["v"].filter("scale", width, height, flags="area")
    output = ffmpeg.output(source, "pipe:1", f="rawvideo", pix_fmt="gray", fps_mode="passthrough")
    return _compile(output, *_QUIET)


def samples(rate: int) -> list[str]:
    """FLV on standard input, its sound on standard output: one channel of signed 16-bit little-endian samples."""
    output = ffmpeg.output(ffmpeg.input("pipe:0", f="flv")["a"], "pipe:1", f="s16le", ac=1, ar=rate)
    return _compile(output, *_QUIET)


def probe(file: Path) -> list[str]:
    """First and last time in the file, as JSON on standard output."""
    return ["ffprobe", "-v", "error", "-show_entries", "format=start_time,duration", "-of", "json", str(file)]


def _compile(output: Any, *flags: str) -> list[str]:
    arguments: list[str] = ffmpeg.compile(output.global_args(*flags))
    return arguments
