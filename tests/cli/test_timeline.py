"""`toxmon timeline`: the course in lines of text, and the same picture as a file."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from toxmon.cli import main
from toxmon.cli.timeline import WIDTH, lines
from toxmon.demo.sandbox import make
from toxmon.drawing import Dose, Lane, Picture, Segment, Series

HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An invented ward."""
    made = make(tmp_path / "sandbox")
    monkeypatch.setenv("TOXMON_CONFIG", str(made.settings))
    return tmp_path


def test_it_is_told_in_lines_and_drawn_in_files(settings: Path) -> None:
    run = CliRunner()
    svg, pdf = settings / "course.svg", settings / "course.pdf"
    told = run.invoke(main, ["timeline", "SB-1", "--range", "7d", "--svg", str(svg)])
    assert told.exit_code == 0, told.output
    assert "CRS" in told.stdout
    assert "39.1 °C" in told.stdout
    assert ", was 38.6" in told.stdout
    root = ET.fromstring(svg.read_text("utf-8"))
    assert root.get("role") in ("img", "group")
    assert "<style>" in svg.read_text("utf-8"), "a file of its own has its own style"
    plain = run.invoke(main, ["timeline", "SB-1", "--json"])
    body = json.loads(plain.stdout)
    assert {lane["title"] for lane in body["lanes"]} >= {"CRS", "ICANS", "IEC-HS"}
    assert [len(each["points"]) for each in body["series"] if each["title"] == "Temperature"] == [3]
    pytest.importorskip("weasyprint")
    assert run.invoke(main, ["timeline", "SB-1", "--pdf", str(pdf)]).exit_code == 0
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_faults_are_words(settings: Path) -> None:
    run = CliRunner()
    nobody = run.invoke(main, ["timeline", "nobody"])
    assert nobody.exit_code == 1
    assert "no patient is called 'nobody'" in nobody.stderr
    nowhere = run.invoke(main, ["timeline", "SB-1", "--svg", str(settings / "no" / "where.svg")])
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.stderr
    assert run.invoke(main, ["timeline", "SB-1", "--range", "1y"]).exit_code == 2


def test_a_short_high_grade_is_never_hidden_in_a_line() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    lane = Lane("CRS", (
        Segment(start, start + 40 * HOUR, 0, 4, "", unknown=True),
        Segment(start + 40 * HOUR, start + 40.2 * HOUR, 3, 3, ""),
        Segment(start + 40.2 * HOUR, start + 72 * HOUR, 1, 1, ""),
    ), "1 now")  # fmt: skip
    empty = Series("CRP", "CRP", "mg/L", 0, 300, ())
    dose = Dose(start + HOUR, "tocilizumab", "tocilizumab 560 mg", number=1)
    picture = Picture("Course", start, start + 72 * HOUR, ZoneInfo("Europe/Berlin"), start,
                      (empty,), (dose,), (lane,))  # fmt: skip
    told = list(lines(picture))
    row = next(line for line in told if line.startswith("CRS"))
    assert row.count("3") == 1
    assert set(row[16 : 16 + WIDTH]) == {"?", "3", "1"}
    assert any(line.startswith("CRP") and line.endswith("not measured") for line in told)
    assert any(line.startswith("tocilizumab") and "1 in view" in line for line in told)
