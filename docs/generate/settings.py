"""Prints docs/reference/settings.md from the settings. `make docs-check` fails when it is stale."""

from __future__ import annotations

from pathlib import Path

from toxmon.config import SETTINGS

PAGE = Path(__file__).parents[1] / "reference" / "settings.md"

OPENING = """# Settings

Printed by `docs/generate/settings.py` from `toxmon/config.py`; do not edit.

Each is an environment variable. The same name without `TOXMON_`, in lower case, may stand in a
`toxmon.toml` of the working directory, or in the file that `TOXMON_CONFIG` names; the environment
wins. A name with `_FILE` behind it gives a file to read the value from: use that for secrets. A
setting that cannot be used is refused with its name and the reason, and so is an unknown one.

| setting | default | what it does |
| --- | --- | --- |
"""


def page() -> str:
    """The page as text."""
    rows = [
        f"| `TOXMON_{each.name}` | {f'`{each.default}`' if each.default else ''} "
        f"| {each.words}{' A secret.' if each.secret else ''} |"
        for each in SETTINGS
    ]
    return OPENING + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
