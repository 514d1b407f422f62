"""The page of the checklist says what the marks of the tests say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

GENERATOR = ROOT / "docs" / "generate" / "checklist.py"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(GENERATOR), run_name="read")


def test_the_page_is_printed_anew(generator: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "reference" / "checklist.md").read_text("utf-8")
    assert page == generator["page"](), "run `make docs`"


def test_there_are_128_lines(generator: dict[str, Any]) -> None:
    assert list(generator["LINES"]) == list(range(1, 129))


def test_a_mark_of_no_line_is_an_error(generator: dict[str, Any], tmp_path: Path) -> None:
    text = "@pytest.mark.check(12, 129)\ndef test_it(): ...\n"
    (tmp_path / "test_one.py").write_text(text, "utf-8")
    with pytest.raises(LookupError, match=r"test_it is marked with 129"):
        generator["marked"](tmp_path)


def test_a_reason_is_given_only_where_there_is_no_test_or_less_than_a_whole_one(
    generator: dict[str, Any],
) -> None:
    assert all(len(words) > 20 for words in generator["NOT_TESTED"].values())
