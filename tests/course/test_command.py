"""`toxmon course FILE`, as an operator runs it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.course.test_course_table import LEAST
from toxmon.cli import main

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "course.csv"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["course", *words])


def test_the_example_is_a_table_and_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "course.svg"
    done = run(str(EXAMPLE), "--plot", str(picture))
    assert done.exit_code == 0
    assert "CRS episode 1: from 09-Mar-2026 06:00 (day 7)" in done.stdout
    assert ET.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_json_is_the_only_thing_on_standard_output() -> None:
    done = run(str(EXAMPLE), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["scales"]["icans"]["peak"] == 2


def test_a_wrong_file_is_told_with_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("effective_at,kind,value\n2026-01-01,body_temp,3\n")
    done = run(str(path))
    assert done.exit_code == 1
    assert done.stdout == ""
    assert (
        "line 2, effective_at: '2026-01-01' has no offset; write 2026-01-01T00:00:00Z"
        in done.stderr
    )
    assert "line 2, kind: 'body_temp' is not a known kind; body_temperature is" in done.stderr


@pytest.mark.parametrize("width", ["80", "160"])
def test_the_table_follows_the_terminal(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    done = run(str(EXAMPLE))
    body = done.stdout.split("\n\n")[1].splitlines()
    assert max(map(len, body)) <= max(int(width), LEAST)
    assert max(map(len, body)) > int(width) - 20, "what there is of the width is used"
