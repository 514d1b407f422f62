"""The pages that people follow are followed here, against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Ward

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)


def steps(page: Path) -> list[tuple[str, str | None]]:
    """(what is run, what it prints or None) for each block of a page, in order."""
    found: list[tuple[str, str | None]] = []
    for form, text in BLOCK.findall(page.read_text("utf-8")):
        if form == "sh":
            found.append((text, None))
        else:
            found[-1] = (found[-1][0], text)
    return found


PAGES = (
    "README.md",
    "docs/tutorial.md",
    *(f"docs/how-to/{path.name}" for path in sorted((ROOT / "docs/how-to").glob("*.md"))),
)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, ward: Ward, tmp_path: Path) -> None:
    script = ["set -euo pipefail"]
    said = steps(ROOT / page)
    assert said, f"{page} has no block that is run"
    for number, (run, _) in enumerate(said):
        script += [run, f'printf "\\n-- {number} --\\n"']
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={
            **ward.environment,
            "URL": ward.url,
            "PATH": f"{Path(sys.executable).parent}:{ward.environment['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = re.split(r"\n-- \d+ --\n", done.stdout)
    for (run, expected), found in zip(said, printed, strict=False):
        if expected is not None:
            assert found == expected, run
