"""The page of conformance says what the marks of the tests say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

GENERATOR = ROOT / "docs" / "generate" / "conformance.py"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(GENERATOR), run_name="read")


def test_the_page_is_printed_anew(generator: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "reference" / "conformance.md").read_text("utf-8")
    assert page == generator["page"](), "run `make docs`"


def test_a_mark_of_no_row_is_an_error(generator: dict[str, Any], tmp_path: Path) -> None:
    text = "@pytest.mark.conforms('fhir-create', 'fhir-magic')\ndef test_it(): ...\n"
    (tmp_path / "test_one.py").write_text(text, "utf-8")
    with pytest.raises(LookupError, match=r"test_it is marked with fhir-magic"):
        generator["marked"](tmp_path)


def test_who_it_was_spoken_through_is_told(generator: dict[str, Any], tmp_path: Path) -> None:
    text = "@pytest.mark.conforms('v2-ack', by='mllp_send')\ndef test_it(): ...\n"
    (tmp_path / "test_one.py").write_text(text, "utf-8")
    assert generator["marked"](tmp_path)["v2-ack"] == [("tests/test_one.py::test_it", "mllp_send")]
