"""What a page of ours may load, and from where: nothing but our own, unless a page says what it needs beside that."""

from collections.abc import Mapping

_SOURCES: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def content_policy(more: Mapping[str, str] | None = None) -> str:
    """The `Content-Security-Policy`, with more sources by directive."""
    sources = dict(_SOURCES)
    for directive, source in (more or {}).items():
        sources[directive] = f"{sources[directive]} {source}" if directive in sources else source
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())
