"""The README says what is: its table of settings is the settings."""

import json
from pathlib import Path

from pydantic import SecretStr

from orchestrator.settings import Settings

README = Path(__file__).parents[1] / "README.md"


def settings_table() -> str:
    """The rows as they should stand in the README."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if isinstance(default, SecretStr) or default in ("", (), None) else plain(default)
        rows.append(f"| `PLENARI_{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |")
    return "\n".join(rows)


def plain(default: object) -> str:
    seconds = getattr(default, "total_seconds", None)
    if seconds is not None:
        return f"{seconds():g}"
    if isinstance(default, tuple):
        return json.dumps(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_table_of_settings_is_the_settings() -> None:
    text = README.read_text(encoding="utf-8")
    table = text[
        text.index("|---|---|---|\n| `PLENARI") + len("|---|---|---|\n") : text.index("\n<!-- end of settings -->")
    ]
    assert table == settings_table()


def test_every_file_that_the_readme_names_is_there() -> None:
    named = [
        word.strip("`") for word in README.read_text(encoding="utf-8").split() if word.startswith("`orchestrator/")
    ]
    assert named
    for name in named:
        assert (README.parent / name.strip("`;,.:")).exists(), name
