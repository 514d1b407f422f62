"""The page of hazards says what the marks of the tests say; a mark names a hazard that is known."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

GENERATOR = ROOT / "docs" / "generate" / "hazards.py"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(GENERATOR), run_name="read")


def test_the_page_is_printed_anew(generator: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "hazards.md").read_text("utf-8")
    assert page == generator["page"](), "run `make docs`"


def test_a_mark_of_no_hazard_is_an_error(generator: dict[str, Any], tmp_path: Path) -> None:
    text = "@pytest.mark.hazard('H26', 'H75')\ndef test_it(): ...\n"
    (tmp_path / "test_one.py").write_text(text, "utf-8")
    with pytest.raises(LookupError, match=r"tests/test_one.py: .*test_it is marked with H75"):
        generator["marked"](tmp_path)


def test_a_test_is_found_by_its_mark_on_it_or_on_its_class(
    generator: dict[str, Any], tmp_path: Path
) -> None:
    text = "@x.mark.hazard('H26')\nclass TestIt: ...\n@way('H28', then='x')\ndef gone(): ...\n"
    (tmp_path / "ways.py").write_text(text, "utf-8")
    found = generator["marked"](tmp_path)
    assert found["H26"] == ["tests/ways.py::TestIt"]
    assert found["H28"] == ["tests/ways.py::gone"]
    assert found["H29"] == []


def test_each_hazard_of_the_log_is_on_the_page(generator: dict[str, Any]) -> None:
    assert list(generator["HAZARDS"]) == [f"H{number:02}" for number in range(1, 75)]


def test_what_the_watch_controls_is_proved(generator: dict[str, Any]) -> None:
    """Alarms and time are what toxmon is for: each of these has a test that can fail."""
    needed = {*range(13, 23), *range(26, 30), *range(32, 42), 43}
    found = generator["marked"]()
    assert [n for n in sorted(needed) if not found[f"H{n:02}"]] == []
