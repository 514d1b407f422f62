"""`toxmon grade` for the scales that count by day: a cohort as long CSV, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Operator
from toxmon import scales
from toxmon.assessment import plain_grade
from toxmon.cohort import Faults, Table
from toxmon.cohort.ids import FIRST_SIZE, Ids
from toxmon.cohort.rules import RULES

Written = Callable[..., str]
LIANG, STRICT = "ehaebmt-2023/liang-2024", "ehaebmt-2023/strict"

# Thirty-one days without a gap at 300 per microliter, as one column of a table.
SEVERE = "".join(f"{day},300\n" for day in range(31))


def table(text: str) -> list[dict[str, str]]:
    """The answers, when they are told as a table."""
    return list(csv.DictReader(io.StringIO(text)))


def test_a_cohort_is_answered_as_a_table(operator: Operator, written: Written) -> None:
    path = written(
        "cohort.csv",
        "id,day,anc_per_ul,last_follow_up_day,final\n"
        "P1,0,3400,90,yes\nP1,1,<100,90,yes\nP1,7,300,90,yes\nP1,20,900,90,yes\nP1,30,2000,90,yes\n"
        '"P 2",3,120,,\nP3,,NA,60,no\n',
    )
    said = table(operator.good("grade", "icaht_early", path))
    assert [row["id"] for row in said] == ["P1", "P 2", "P3"]
    first, second, third = said
    assert first == {
        "id": "P1", "method": LIANG, "low": "2", "high": "4", "value": "",
        "days_500": "7", "days_100": "1", "possible_days_500": "29", "possible_days_100": "22",
        "missing": "anc", "warnings": "days_missing", "doubts": "0",
    }  # fmt: skip
    assert (second["low"], second["high"], second["warnings"]) == ("1", "4", "")
    assert (third["low"], third["high"], third["warnings"]) == ("0", "4", "no_counts")


@pytest.mark.parametrize("name", ["P1", "-"])
def test_standard_input_is_read_as_a_file_is(
    operator: Operator, written: Written, name: str
) -> None:
    text = "id,day,anc_per_ul\n" + "".join(f"P1,{day},300\n" for day in range(31))
    path = written("P1", text)
    words = [path] if name == "P1" else ["-"]
    said = operator.good("grade", "icaht_early", *words, stdin=text)
    assert table(said)[0]["value"] == "4"


def cohort(dice: random.Random, series: str, size: int) -> list[dict[str, Any]]:
    """Patients with gaps, counts twice a day, comparators, and an end of follow-up or none."""
    unit = {"anc": "per_ul", "platelets": "10e9_l"}[series]
    levels = {"anc": (0, 80, 100, 300, 500, 505, 900, 1500, 2600), "platelets": (5, 19, 20, 49, 80)}
    found = []
    for number in range(size):
        days = [dice.randrange(101) for _ in range(dice.randrange(60))]
        if dice.random() < 0.5:
            days = sorted(set(days))
        counts: list[dict[str, Any]] = []
        for day in days:
            value: Any = dice.choice(levels[series])
            if dice.random() < 0.1:
                value = f"{dice.choice(('<', '>='))}{value + 1}"
            counts.append({"day": day, unit: value})
        patient: dict[str, Any] = {series: counts}
        if dice.random() < 0.6:
            patient["last_follow_up_day"] = dice.choice((20, 60, 120))
        if dice.random() < 0.5:
            patient["final"] = dice.random() < 0.7
        if dice.random() < 0.3:
            patient["today_day"] = dice.randrange(120, 400)
        found.append({"id": f"P{number}", **patient})
    return found


def as_csv(series: str, patients: list[dict[str, Any]]) -> str:
    """The same patients as long CSV."""
    unit = {"anc": "per_ul", "platelets": "10e9_l"}[series]
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["final", "day", f"{series}_{unit}", "id", "today_day", "last_follow_up_day"])
    for each in patients:
        final = {True: "yes", False: "no", None: ""}[each.get("final")]
        said = [each["id"], each.get("today_day"), each.get("last_follow_up_day")]
        for count in each[series] or [{"day": "", unit: ""}]:
            lines.writerow([final, count["day"], count[unit], *said])
    return out.getvalue()


@pytest.mark.parametrize("scale", RULES)
def test_a_cohort_is_graded_as_each_of_its_patients_is_over_http(
    operator: Operator, written: Written, scale: str
) -> None:
    rule = RULES[scale]
    patients = cohort(random.Random(scale), rule.series, 120)
    path = written("cohort.csv", as_csv(rule.series, patients))
    said = operator.good("grade", scale, path, "--method", "both", "--ledger", "--json")
    answers = [json.loads(line) for line in said.splitlines()]
    assert len(answers) == 2 * len(patients)
    wanted = []
    for patient in patients:
        for method in rule.methods:
            sent = {name: value for name, value in patient.items() if name != "id"}
            answer = plain_grade(scales.grade(scale, {**sent, "method": method}))
            answer.pop("doubts", None)
            wanted.append({"id": patient["id"], **json.loads(json.dumps(answer))})
    for answer in answers:
        answer.pop("doubts", None)
    assert answers == wanted
    lines = "".join(json.dumps(patient) + "\n" for patient in patients)
    again = operator.good("grade", scale, "--method", "both", "--ledger", "--json", stdin=lines)
    told = [json.loads(line) for line in again.splitlines()]
    for answer in told:
        answer.pop("doubts", None)
    assert told == wanted


COLUMNS = (
    ("anc_per_ul", "300", "icaht_early"),
    ("anc_10e9_l", "0.3", "icaht_early"),
    ("anc,unit", "300,/uL", "icaht_early"),
    ("anc,unit", "0.30,10*9/L", "icaht_early"),
    ("anc,unit", " 0.3 , K/uL ", "icaht_early"),
    ("anc_per_ul,unit", "300,/mm3", "icaht_early"),
    ("platelets_10e9_l", "30", "t_icaht_early"),
    ("platelets_per_ul", "30000", "t_icaht_early"),
    ("platelets,unit", "30,10*3/uL", "t_icaht_early"),
)


@pytest.mark.parametrize("case", COLUMNS, ids=[f"{case[0]} {case[1]}" for case in COLUMNS])
def test_the_unit_stands_in_the_name_of_the_column_or_beside_it(
    operator: Operator, case: tuple[str, str, str]
) -> None:
    name, cell, scale = case
    text = f"id,day,{name}\n" + "".join(f"P1,{day},{cell}\n" for day in range(31))
    for given in (text, text.replace(",", ";").replace("\n", "\r\n")):
        (answer,) = table(operator.good("grade", scale, stdin=given))
        assert list(answer.values())[5] == "31"


def test_a_table_has_what_its_scale_counts(operator: Operator) -> None:
    text = "id,day,{}\nP1,40,40\nP1,60,<10\nP1,99,15\n"
    (late,) = table(operator.good("grade", "icaht_late", stdin=text.format("anc_per_ul")))
    assert (late["nadirs"], late["days_500"]) == ("60:<10 99:15", "1")
    (few,) = table(operator.good("grade", "t_icaht_late", stdin=text.format("platelets_10e9_l")))
    assert list(few)[5:8] == ["days_20", "possible_days_20", "nadirs"]


def test_the_days_are_told_when_asked(operator: Operator) -> None:
    text = "id,day,anc_per_ul\nP1,0,3000\nP1,2,<100\nP1,3,>=200\nP1,12,700\n"
    (plain,) = table(operator.good("grade", "icaht_early", stdin=text))
    assert "ledger" not in plain
    (answer,) = table(operator.good("grade", "icaht_early", "--ledger", stdin=text))
    days = answer["ledger"].split()
    assert days[:5] == ["0:3000", "1:(1500-1550)", "2:<100", "3:>=200", "4:?"]
    assert (days[-1], len(days)) == ("12:700", 13)
    sentence = operator.good(
        "grade", "icaht_early", "--ledger", stdin='{"anc": [{"day": 1, "per_ul": 50.5}]}'
    )
    assert sentence.splitlines()[1] == "  0:? 1:50.5"


def test_both_methods_and_how_often_they_differ(operator: Operator) -> None:
    # Observed every other day: one method fills the days between, the other does not.
    text = "id,day,anc_per_ul,last_follow_up_day,final\n"
    text += "".join(f"gaps,{day},300,40,yes\n" for day in range(0, 31, 2))
    text += "".join(f"well,{day},3000,40,yes\n" for day in range(31))
    text += "".join(f"ill,{day},300,40,yes\n" for day in range(31))
    result = operator.run("grade", "icaht_early", "--method", "both", stdin=text)
    said = [(row["id"], row["method"], row["low"], row["high"]) for row in table(result.stdout)]
    assert said == [
        ("gaps", LIANG, "4", "4"), ("gaps", STRICT, "3", "4"),
        ("well", LIANG, "0", "0"), ("well", STRICT, "0", "0"),
        ("ill", LIANG, "4", "4"), ("ill", STRICT, "4", "4"),
    ]  # fmt: skip
    assert result.stderr.splitlines() == [
        "1 of 3 patients (33.3%) have another answer",
        f"by {STRICT} than by {LIANG}:",
        "  grade 3 to 4, not grade 4: 1",
    ]


def test_no_difference_is_said_too(operator: Operator) -> None:
    result = operator.run(
        "grade", "icaht_early", "--method", "both", stdin='{"anc": [{"day": 0, "per_ul": 3000}]}\n'
    )
    assert result.stdout.splitlines() == [
        f"ICAHT_EARLY by {method} not gradable, at most 4: "
        "no day with neutrophils of 500 /uL or less so far (missing: anc)"
        for method in (LIANG, STRICT)
    ]
    assert "0 of 1 patients (0.0%) have another answer" in result.stderr


@pytest.mark.parametrize("name", ["strict", STRICT])
def test_one_method_by_name(operator: Operator, name: str) -> None:
    text = "id,day,anc_per_ul\nP1,1,300\n"
    (row,) = table(operator.good("grade", "icaht_early", "--method", name, stdin=text))
    assert row["method"] == STRICT


def test_a_count_that_is_not_plausible_is_graded_and_told(operator: Operator) -> None:
    text = "id,day,anc_per_ul\nP1,0,4\nP1,1,400\nP2,0,4\nP2,1,4\n"
    assert [row["doubts"] for row in table(operator.good("grade", "icaht_early", stdin=text))] == [
        "1",
        "2",
    ]
    said = operator.good("grade", "icaht_early", "--json", stdin=text).splitlines()
    assert [list(json.loads(line)["doubts"]) for line in said] == [["line 2"], ["line 4", "line 5"]]


# what is refused: name, the file, what is said of it in this order
FAULTS: tuple[tuple[str, str | bytes, tuple[str, ...]], ...] = (
    ("nothing", "", ("the file is empty",)),
    ("names_alone", "id,day,anc_per_ul\n\n", ("there is no line below",)),
    ("no_count", "id,day\nP1,0\n", ("line 1: the column of counts is missing: 'anc_per_ul' or",)),
    ("no_day", "id,anc_per_ul\nP1,0\n", ("line 1: the column 'day' is missing",)),
    ("no_id", "day,anc_per_ul\n1,0\n", ("line 1: the column 'id' is missing",)),
    ("no_unit", "id,day,anc\nP1,0,300\n", ("line 1: 'anc' says no unit; call it 'anc_per_ul' or",)),
    ("two_units", "id,day,anc_per_ul,anc_10e9_l\nP1,0,300,0.3\n",
     ("line 1: 'anc_per_ul' and 'anc_10e9_l': one file has one unit",)),
    ("another_series", "id,day,platelets_10e9_l\nP1,0,30\n",
     ("line 1: no column of counts by day is called 'platelets_10e9_l'", "line 1: the column of")),
    ("a_column_twice", "id,day,day,anc_per_ul\nP1,0,0,30\n", ("line 1: 'day' stands twice",)),
    ("a_mixed_unit", "id,day,anc,unit\nP1,0,300,/uL\nP1,1,0.3,10*9/L\nP2,0,0.3,10*9/L\n",
     ("line 3: unit is '10*9/L', and '/uL' in line 2", "line 4: unit is '10*9/L', and '/uL'")),
    ("a_unit_against_the_name", "id,day,anc_per_ul,unit\nP1,0,300,10*9/L\n",
     ("line 2: unit is '10*9/L', and the counts are called anc_per_ul",)),
    ("no_such_unit", "id,day,anc,unit\nP1,0,300,%\nP1,1,300,%\nP2,1,300,%\n",
     ("line 2: unit cannot be taken: '%' is not read for anc",)),
    ("before_the_infusion", "id,day,anc_per_ul\nP1,0,300\nP1,-2,300\n",
     ("line 3: day is -2; send a whole number from 0 to 100",)),
    ("after_day_100", "id,day,anc_per_ul\nP1,101,300\n", ("line 2: day is 101; ",)),
    ("half_a_day", "id,day,anc_per_ul\nP1,0.5,300\n", ("line 2: day is not a whole number",)),
    ("no_number_of_a_day", "id,day,anc_per_ul\nP1,day 3,300\n", ("line 2: day is not a whole",)),
    ("a_count_without_a_day", "id,day,anc_per_ul\nP1,,300\n", ("line 2: day is missing",)),
    ("no_number", "id,day,anc_per_ul\nP1,0,many\n",
     ("line 2: anc_per_ul anc cannot be read from 'many'",)),
    ("below_zero", "id,day,anc_per_ul\nP1,0,-5\n", ("line 2: anc_per_ul -5 ",)),
    ("a_comma_for_a_point", "id;day;anc_10e9_l\nP1;0;0,5\n", ("line 2: anc_10e9_l anc cannot",)),
    ("impossible", "id,day,anc_10e9_l\nP1,0,99999\n", ("line 2: anc_10e9_l 99999 with the unit",)),
    ("nobody", "id,day,anc_per_ul\nP1,0,300\n ,1,300\n", ("line 3: id is missing",)),
    ("again_later", "id,day,anc_per_ul\nP1,0,300\nP2,0,300\nP1,1,300\n",
     ("line 4: id 'P1' comes again; the lines of a patient stand together",)),
    ("another_follow_up", "id,day,anc_per_ul,final\nP1,0,300,yes\nP1,1,300,no\n",
     ("line 3: final is 'no', and 'yes' in line 2: a patient has one",)),
    ("no_yes", "id,day,anc_per_ul,final\nP1,0,300,perhaps\n",
     ("line 2: final is not a yes or no",)),
    ("follow_up_after_today", "id,day,anc_per_ul,today_day,last_follow_up_day\nP1,0,300,9,10\n",
     ("line 2: last_follow_up_day is 10, and today_day is 9",)),
    ("a_count_after_today", "id,day,anc_per_ul,today_day\nP1,0,300,9\nP1,10,300,9\n",
     ("line 3: day is 10, and today_day is 9",)),
    ("a_cell_too_many", "id,day,anc_per_ul\nP1,0,300\nP1,1,300,4\n", ("line 3: has 4 cells",)),
    ("not_utf8", b"id,day,anc_per_ul\nP\xff,0,300\n", ("line 2: id is not UTF-8",)),
    ("an_open_quote", 'id,day,anc_per_ul\n"P1,0,300\n', ("line 2: this is not CSV",)),
    ("after_a_line_in_two", 'id,day,anc_per_ul\n"P\n1",0,300\nP2,x,300\n', ("line 4: day ",)),
    ("every_fault", "id,day,anc_per_ul,final\nP1,-1,x,maybe\nP2,0,300,no\nP3,4,-3,\n",
     ("line 2: final ", "line 2: day is -1", "line 4: anc_per_ul -3")),
    ("too_many_lines", "id,day,anc_per_ul\n" + "P1,0,300\n" * 1001,
     ("line 1002: a patient has more than 1000 lines",)),
)  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=[case[0] for case in FAULTS])
def test_every_fault_is_told_with_its_line_and_nothing_is_graded(
    operator: Operator, written: Written, case: tuple[str, str | bytes, tuple[str, ...]]
) -> None:
    name, content, words = case
    result = operator.run("grade", "icaht_early", written(name, content))
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    place = 0
    for each in words:
        place = result.stderr.find(each, place)
        assert place >= 0, (each, result.stderr)
    assert len(result.stderr.strip().splitlines()) == len(words)


def test_a_fault_behind_many_graded_patients_leaves_no_answer(operator: Operator) -> None:
    text = "id,day,anc_per_ul\n" + "".join(f"P{number},0,300\n" for number in range(5_000))
    assert len(operator.good("grade", "icaht_early", stdin=text).splitlines()) == 5_001
    result = operator.run("grade", "icaht_early", stdin=f"{text}P,0,x\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 5002: anc_per_ul" in result.stderr


def test_a_hundred_faults_are_told_and_the_rest_is_counted(operator: Operator) -> None:
    text = "id,day,anc_per_ul\n" + "".join(f"P{number},-1,300\n" for number in range(1_234))
    said = operator.bad(1, "grade", "icaht_early", stdin=text).splitlines()
    assert len(said) == 101
    assert said[-1] == "and 1,134 more"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("crs", "--method", "strict"), "for scales that count by day: icaht_early"),
        (("crs", "--ledger"), "for scales that count by day: icaht_early"),
        (("icaht_early", "--method", "other"), f"'other' is none; known are {LIANG}"),
    ],
)
def test_asked_wrongly(operator: Operator, words: tuple[str, ...], said: str) -> None:
    assert said in operator.bad(2, "grade", *words, stdin="{}")


def test_a_method_is_named_once(operator: Operator) -> None:
    text = json.dumps({"anc": [], "method": STRICT})
    assert operator.json("grade", "icaht_early", stdin=text)["edition"] == STRICT
    said = operator.bad(1, "grade", "icaht_early", "--method", "both", stdin=text)
    assert "line 1: method is named here, and with the command" in said


def test_cells_that_were_forgotten_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toxmon.cohort.reading.MOST_KEPT", 7)
    lines = ["id,day,anc_per_ul\n"]
    lines += [f"P{number},{day},{100 + day}\n" for number in range(9) for day in range(31)]
    faults = Faults()
    found = list(Table(iter(lines), lines[0], RULES["icaht_early"], faults).patients())
    assert not faults
    assert [len(each.days) for each in found] == [31] * 9
    assert all(each.days.get(7) == 107 for each in found)


def test_the_table_of_ids_grows_and_forgets_nobody() -> None:
    ids = Ids()
    assert all(ids.add(f"P{number}") for number in range(3 * FIRST_SIZE))
    assert not any(ids.add(f"P{number}") for number in range(3 * FIRST_SIZE))
    assert len(ids) == 3 * FIRST_SIZE
