"""`toxmon replay`: a recorded course is played through the real service, before going live."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Operator
from toxmon.data import shipped

Written = Callable[..., str]

HEAD = "effective_at,kind,value,unit,until,recorded_at\n"
INFUSION = "2026-03-02T10:00:00+01:00,infusion,cilta-cel,,,\n"


def round_at(at: str, temperature: float = 36.6, pressor: str = "none", told: str = "") -> str:
    """One whole round at the bedside."""
    values = (
        ("body_temperature", temperature, "Cel"),
        ("heart_rate", 80, "/min"),
        ("respiratory_rate", 14, "/min"),
        ("systolic_bp", 118, "mm[Hg]"),
        ("diastolic_bp", 70, "mm[Hg]"),
        ("oxygen_saturation", 97, "%"),
        ("oxygen_device", "room_air", ""),
        ("vasopressors", pressor, ""),
    )
    return "".join(f"{at},{kind},{value},{unit},,{told}\n" for kind, value, unit in values)


FEVER = (
    HEAD
    + INFUSION
    + round_at("2026-03-02T10:00:00+01:00")
    + round_at("2026-03-02T14:00:00+01:00")
    + round_at("2026-03-02T18:00:00+01:00", 38.9, "norepinephrine")
    + round_at("2026-03-02T22:00:00+01:00", 36.8)
)


def lines_of(said: str, *words: str) -> list[str]:
    return [line for line in said.splitlines() if all(word in line for word in words)]


def test_what_would_have_alarmed_is_told_with_whom_it_would_have_called(
    operator: Operator, written: Written
) -> None:
    said = operator.good("replay", written("fever.csv", FEVER))
    (fever,) = lines_of(said, "CRS grade 3  [new]")
    assert fever.startswith("02 Mar 18:00  day 0   fever  !!! HIGH")
    assert fever.endswith("-> bedside nurse")
    # Nobody takes it for five minutes, and the chain goes on after three.
    (further,) = lines_of(said, "02 Mar 18:03", "CRS grade 3", "[nobody took it]")
    assert further.endswith("-> charge nurse")
    assert "\x1b" not in said
    assert not (operator.folder / "ward.db").exists()


def test_an_alert_that_is_taken_at_once_goes_no_further(
    operator: Operator, written: Written
) -> None:
    path = written("fever.csv", FEVER)
    assert not lines_of(operator.good("replay", path, "--answer-after", "1"), "nobody took it")
    ignored = operator.good("replay", path, "--answer-after", "0")
    assert lines_of(ignored, "CRS", "-> consultant, ward phone")


def test_what_was_charted_late_alarms_when_it_was_charted(
    operator: Operator, written: Written
) -> None:
    late = FEVER.replace(
        round_at("2026-03-02T18:00:00+01:00", 38.9, "norepinephrine"),
        round_at(
            "2026-03-02T18:00:00+01:00", 38.9, "norepinephrine", told="2026-03-02T19:30:00+01:00"
        ),
    )
    said = operator.good("replay", written("late.csv", late))
    (fever,) = lines_of(said, "CRS grade 3  [new]")
    assert fever.startswith("02 Mar 19:30")


def test_a_round_that_nobody_made_is_told_between_two_lines_of_the_file(
    operator: Operator, written: Written
) -> None:
    without = FEVER.replace(round_at("2026-03-02T14:00:00+01:00"), "")
    path = written("without.csv", without)
    (missed,) = lines_of(operator.good("replay", path), "Vital signs overdue", "[new]")
    assert missed.startswith("02 Mar 14:30")
    paused = (
        HEAD
        + INFUSION
        + ("2026-03-02T13:00:00+01:00,pause,in theatre,,2026-03-02T17:00:00+01:00,\n")
    )
    paused += without.removeprefix(HEAD + INFUSION)
    said = operator.good("replay", written("paused.csv", paused))
    assert not lines_of(said, "02 Mar 14:30")


def test_json_is_one_object_with_every_event_and_the_load(
    operator: Operator, written: Written
) -> None:
    told = operator.json("replay", written("fever.csv", FEVER))
    (policy,) = told["policies"]
    crs = [each for each in policy["events"] if each["rule"] == "crs"]
    assert [each["event"] for each in crs[:2]] == ["raised", "escalated"]
    assert crs[1]["told"] == ["bedside_nurse"]
    assert "acknowledged" in {each["event"] for each in crs}
    assert policy["load"]["alerts"]["high"] == sum(
        each["event"] in ("raised", "reopened") and each["priority"] == "high"
        for each in policy["events"]
    )
    assert policy["load"]["patient_days"] == pytest.approx(0.5)


def quieter(folder: Path) -> Path:
    """The shipped policy, but that CRS of grade 1 may wait for the round."""
    text = (shipped("protocols") / "alarms" / "default.toml").read_text("utf-8")
    before, rule, rest = text.partition('rule        = "crs"\n')
    assert rule
    rest = rest.replace('1 = "medium"', '1 = "low"', 1)
    path = folder / "quieter.toml"
    name = before.replace('name    = "default"', 'name    = "quieter"')
    path.write_text(name + rule + rest)
    return path


def test_the_report_sets_another_policy_beside_ours(
    operator: Operator, written: Written, tmp_path: Path
) -> None:
    other = str(quieter(tmp_path))
    mild = FEVER.replace(
        round_at("2026-03-02T18:00:00+01:00", 38.9, "norepinephrine"),
        round_at("2026-03-02T18:00:00+01:00", 38.9),
    )
    said = operator.good("replay", written("mild.csv", mild), "--report", "--alarms", other)
    assert said.startswith("mild: 0.5 patient-days after cilta-cel, each alert taken after 5 min")
    (header,) = lines_of(said, "default", "quieter")
    (medium,) = lines_of(said, "alerts a day, MEDIUM")
    assert medium.split()[-3:] == ["2.00", "0.00", "(-100%)"]
    (low,) = lines_of(said, "alerts a day, LOW")
    assert low.split()[-3:] == ["10.00", "12.00", "(+20%)"]
    assert lines_of(said, "days of more than 2 HIGH calls")
    assert lines_of(said, "calls at night")
    assert not lines_of(said, "[new]")
    assert header


def test_it_is_paced_when_a_speed_is_given(operator: Operator, written: Written) -> None:
    path = written("fever.csv", FEVER)
    began = time.monotonic()
    operator.good("replay", path, "--report", "--speed", "28800")
    # Twelve hours at 28,800 times the pace are a second and a half.
    assert time.monotonic() - began >= 1.5


def test_the_infusion_may_be_said_beside_the_file(operator: Operator, written: Written) -> None:
    path = written("bare.csv", FEVER.replace(INFUSION, ""))
    said = operator.bad(1, "replay", path)
    assert "the record has no infusion: say what was given and when" in said
    beside = ("--product", "cilta-cel", "--infused-at", "2026-03-02T10:00:00+01:00")
    assert lines_of(operator.good("replay", path, *beside), "CRS grade 3  [new]")
    assert "no time with an offset" in operator.bad(
        2, "replay", path, "--product", "cilta-cel", "--infused-at", "2026-03-02 10:00"
    )
    both = written("both.csv", FEVER)
    assert "the file names its infusion" in operator.bad(2, "replay", both, *beside[2:])


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--speed", "0"), 2, "--speed 0 is not above 0"),
        (("--answer-after", "-1"), 2, "no number of minutes"),
        (("--alarms", "nowhere.toml"), 2, "does not exist"),
    ],
)
def test_what_is_asked_wrongly_is_a_sentence(
    operator: Operator, written: Written, options: tuple[str, ...], code: int, words: str
) -> None:
    assert words in operator.bad(code, "replay", written("fever.csv", FEVER), *options)


def test_a_file_and_a_policy_that_are_wrong_name_the_place(
    operator: Operator, written: Written
) -> None:
    ahead = (
        HEAD
        + INFUSION
        + (
            "2026-03-02T12:00:00+01:00,body_temperature,36.8,Cel,,2026-03-02T11:00:00+01:00\n"
            "2026-03-02T12:00:00+01:00,stay,at home,,,\n"
            "2026-03-02T12:00:00+01:00,pause,in theatre,,,\n"
        )
    )
    said = operator.bad(1, "replay", written("ahead.csv", ahead))
    assert "line 3, recorded_at: it is charted more than 5 minutes before it was so" in said
    assert "line 4, value: 'at home' is no stay; write one of inpatient" in said
    assert "line 5, until: a pause has an end" in said
    never = written("never.toml", 'form = "alarms"\nname = "never"\n')
    said = operator.bad(1, "replay", written("fever.csv", FEVER), "--alarms", never)
    assert "never.toml" in said
    unknown = FEVER.replace("cilta-cel", "acme-cel")
    assert "'acme-cel' is not a known product" in operator.bad(
        1, "replay", written("unknown.csv", unknown)
    )


def test_a_patient_at_home_is_not_asked_for_rounds(operator: Operator, written: Written) -> None:
    """Out-patients have their own lines: nothing is overdue four hours after the last round."""
    home = FEVER + "2026-03-02T22:10:00+01:00,stay,outpatient,,,\n"
    home += round_at("2026-03-03T10:00:00+01:00")
    stayed = FEVER + round_at("2026-03-03T10:00:00+01:00")

    def overdue(told: Any) -> int:
        return sum(each["rule"] == "check" for each in told["policies"][0]["events"])

    in_hospital = overdue(operator.json("replay", written("stayed.csv", stayed)))
    assert overdue(operator.json("replay", written("home.csv", home))) < in_hospital
