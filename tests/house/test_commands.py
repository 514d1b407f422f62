"""Every command that a page tells a reader to type is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.house.tree import ROOT, files, named

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def said(pattern: str, paths: list[Path]) -> dict[str, list[str]]:
    """What follows `pattern` inside code of these pages, with where it stands."""
    found: dict[str, list[str]] = {}
    for path in paths:
        text = path.read_text("utf-8")
        blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
        code = "\n".join([*blocks, *re.findall(r"`[^`\n]+`", text)])
        for word in re.findall(pattern, code):
            found.setdefault(word, []).append(named(path))
    return found


def test_every_make_command_of_the_pages_is_in_the_makefile() -> None:
    commands = said(r"(?:^|[`$(;&]|&& )\s*make ([a-z-]+)", [*files("", ".md")])
    assert {"ward", "test"} <= set(commands)
    assert {name: where for name, where in commands.items() if name not in TARGETS} == {}


def test_every_command_has_a_line_of_help() -> None:
    assert TARGETS - {"help"} == set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)) == TARGETS - {"help"}
    assert max(map(len, listed.splitlines())) <= 120


def test_every_command_is_one_and_not_a_file() -> None:
    """Else a file of that name would switch the command off."""
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


def test_ci_runs_what_a_developer_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make test"]


def test_an_old_python_is_refused_in_words(tmp_path: Path) -> None:
    """And without leaving half an environment."""
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for python, words in ((old, f"{old} is not"), ("", "found none")):
        refused = subprocess.run(
            ["make", "setup", f"PYTHON={python}"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert refused.returncode != 0
        assert "toxmon needs Python 3.11 or newer" in refused.stdout
        assert words in refused.stdout
    assert not (tmp_path / ".venv").exists()
