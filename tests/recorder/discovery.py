"""Google's own discovery document of YouTube, as the google-api-python-client ships it."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def youtube_document() -> dict[str, Any]:
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    document: dict[str, Any] = json.loads((folder / "youtube.v3.json").read_text(encoding="utf-8"))
    return document
