"""docs/vignettes.json is what the tables say, and is answered alike by every door."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from tests.running import Ward
from toxmon import scales, strict_json
from toxmon.assessment import plain_grade
from toxmon.cli import main
from toxmon.cohort import RULES

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = strict_json.read_text((DOCS / "vignettes.json").read_text("utf-8"))
VIGNETTES: list[dict[str, Any]] = DOCUMENT["vignettes"]
BY_SCALE = {
    scale: [each for each in VIGNETTES if each["scale"] == scale] for scale in DOCUMENT["scales"]
}
_spec = importlib.util.spec_from_file_location("vignettes", DOCS / "generate" / "vignettes.py")
assert _spec is not None
assert _spec.loader is not None
printed = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(printed)
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def answered(vignette: dict[str, Any]) -> dict[str, Any]:
    """The answer to a vignette, as it is sent."""
    answer = plain_grade(scales.grade(vignette["scale"], vignette["findings"]))
    found: dict[str, Any] = json.loads(orjson.dumps(answer))
    return found


def test_every_row_of_every_table_is_in_the_file() -> None:
    tables = sum(len(rows) for _, rows in printed.tables())
    assert len(VIGNETTES) + len(DOCUMENT["not_sendable"]) == tables
    assert set(BY_SCALE) == set(scales.SCALES)
    assert min(map(len, BY_SCALE.values())) >= 3
    fifteen = [each for each in VIGNETTES if each["page"] == "tests/grading/vignettes.md"]
    assert len(fifteen) == 15
    assert all("doi:" in each["source"] for each in fifteen)
    assert all(each["source"] for each in VIGNETTES)


def test_a_row_is_named_once() -> None:
    names = Counter((each["page"], each["heading"], each["case"]) for each in VIGNETTES)
    assert [name for name, count in names.items() if count > 1] == []


def test_few_rows_cannot_be_sent_and_each_says_why() -> None:
    unsent = DOCUMENT["not_sendable"]
    assert all(each["why"] for each in unsent)
    assert len(unsent) < len(VIGNETTES) / 50


@pytest.mark.parametrize("scale", BY_SCALE)
def test_every_vignette_is_answered_as_it_says(scale: str) -> None:
    for vignette in BY_SCALE[scale]:
        answer, expected = answered(vignette), vignette["expected"]
        assert answer["edition"] == vignette["edition"], vignette["case"]
        for name in ("low", "high", "value", "missing", "warnings"):
            # The file was read with exact numbers, and the answer is in those of JSON.
            assert json.dumps(answer[name]) == plainly(expected[name]), vignette["case"]
        for path, value in expected["more"].items():
            assert json.dumps(printed.at(answer, path)) == plainly(value), (vignette["case"], path)


def plainly(value: Any) -> str:
    """As JSON, with the numbers that it has."""
    return json.dumps(value, default=float)


@pytest.mark.parametrize("scale", BY_SCALE)
def test_the_command_answers_every_vignette_alike(scale: str, tmp_path: Path) -> None:
    path = tmp_path / "vignettes.jsonl"
    path.write_text(
        "".join(plainly({**each["findings"], "id": "x"}) + "\n" for each in BY_SCALE[scale]),
        "utf-8",
    )
    words = ["grade", scale, str(path), "--json", *(["--ledger"] if scale in RULES else [])]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert told == [{"id": "x", **answered(each)} for each in BY_SCALE[scale]]


@pytest.mark.slow
def test_a_server_answers_every_vignette_alike(ward: Ward) -> None:
    told = {
        "Authorization": f"Bearer {ward.token('integration')}",
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection("127.0.0.1", ward.port, timeout=30)
    for vignette in VIGNETTES:
        path = f"/api/v1/grade/{vignette['scale']}"
        connection.request("POST", path, plainly(vignette["findings"]), told)
        reply = connection.getresponse()
        assert json.loads(reply.read()) == answered(vignette), vignette["case"]
    connection.close()


@pytest.mark.slow
def test_the_grader_of_the_page_runs(ward: Ward, tmp_path: Path) -> None:
    """On some of each scale, and on one with another answer, which it has to name."""
    some = [each for found in BY_SCALE.values() for each in found[::10]]
    wrong = {**some[0], "case": "made wrong", "expected": {**some[0]["expected"], "low": 3}}
    path = tmp_path / "some.json"
    path.write_text(plainly({"vignettes": [*some, wrong]}), "utf-8")
    (snippet,) = SNIPPET.findall((DOCS / "vignettes.md").read_text("utf-8"))
    environment = {
        **os.environ,
        "URL": ward.url,
        "TOKEN": ward.token("integration"),
        "VIGNETTES": str(path),
    }
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *named, last = done.stdout.splitlines()
    assert last == f"1 of {len(some) + 1} differ"
    assert len(named) == 1
    assert "| made wrong |" in named[0]


def test_the_printed_pages_are_fresh() -> None:
    found = printed.document()
    assert printed.text(found) == (DOCS / "vignettes.json").read_text("utf-8")
    assert printed.page(found) == (DOCS / "vignettes.md").read_text("utf-8")
