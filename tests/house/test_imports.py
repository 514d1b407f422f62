"""Who may import whom: the contracts of pyproject.toml hold, and each of them can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# One import that each contract must refuse, by the file that would do it.
TRESPASSES = {
    "Facts flow one way": ("toxmon/protocol/peek.py", "import toxmon.store"),
    "Medicine touches nothing": ("toxmon/grading/peek.py", "import time"),
    "Only the store speaks SQL": ("toxmon/actions/peek.py", "from psycopg.rows import dict_row"),
    "Only the wiring reads the configuration": (
        "toxmon/store/peek.py",
        "from toxmon.config import Config",
    ),
}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("contract", TRESPASSES)
def test_a_contract_notices_a_trespass(contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "toxmon", tmp_path / "toxmon")
    name, line = TRESPASSES[contract]
    (tmp_path / name).write_text(f"{line}\n", "utf-8")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout
