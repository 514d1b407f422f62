"""`toxmon grade`: JSON, JSON lines and CSV, and every fault with its line and column."""

from __future__ import annotations

import json
from collections.abc import Callable

import orjson
import pytest

from tests.cli.conftest import Operator
from toxmon.assessment import plain_grade
from toxmon.cohort import RULES
from toxmon.scales import SCALES, grade

Written = Callable[..., str]


def test_one_object_is_one_sentence(operator: Operator, written: Written) -> None:
    path = written("one.json", '{"temperature_c": 38.6, "oxygen_device": "room_air"}')
    said = operator.good("grade", "crs", path)
    assert said.startswith("CRS ")
    assert "(missing: vasopressors" in said
    assert said.count("\n") == 1


def test_json_is_the_answer_of_the_api(operator: Operator) -> None:
    answer = operator.json(
        "grade", "crs", stdin='{"temperature_c": 38.0, "vasopressors": ["dopamine"]}'
    )
    assert (answer["low"], answer["high"]) == (3, 4)
    assert answer["edition"] == "astct-2019"
    assert answer["missing"] == ["oxygen_device"]
    assert "id" not in answer


@pytest.mark.parametrize("words", [(), ("-",)])
def test_standard_input_is_read_where_no_file_is_named(
    operator: Operator, words: tuple[str, ...]
) -> None:
    assert operator.good("grade", "icans", *words, stdin='{"ice_score": 10}').startswith("ICANS")


FORMS = (
    ("list.json", '[{"temperature_c": 38.0}, {"temperature_c": 37.9}]'),
    ("lines.jsonl", '{"temperature_c": 38.0}\n\n{"temperature_c": 37.9}\n'),
    ("lines-crlf.jsonl", '{"temperature_c": 38.0}\r\n{"temperature_c": 37.9}\r\n'),
    ("marked.jsonl", '\ufeff{"temperature_c": 38.0}\n{"temperature_c": 37.9}'),
    ("table.csv", "temperature_c\n38.0\n37.9\n"),
    ("semicolons.csv", "id;temperature_c\r\na;38.0\r\nb;37.9\r\n"),
    ("marked.csv", "\ufefftemperature_c,hypotension\n38.0,\n37.9,\n,\n"),
    ("quoted.csv", '"id","temperature_c"\n"a, b"," 38.0 "\n"c\nd","37.9"\n'),
)


@pytest.mark.parametrize("case", FORMS, ids=[case[0] for case in FORMS])
def test_many_sets_are_answered_in_their_order(
    operator: Operator, written: Written, case: tuple[str, str]
) -> None:
    said = operator.good("grade", "crs", written(*case), "--json").splitlines()
    assert [json.loads(line)["low"] for line in said] == [1, 0]


def test_an_id_is_handed_on(operator: Operator, written: Written) -> None:
    path = written("ids.csv", "temperature_c,id\n38.0,bed 4\n37.9,\n")
    said = operator.good("grade", "crs", path, "--json").splitlines()
    assert [json.loads(line).get("id") for line in said] == ["bed 4", None]
    assert operator.good("grade", "crs", path).splitlines()[0].startswith("bed 4: CRS ")


def test_an_id_beside_the_findings_of_an_object_is_handed_on(operator: Operator) -> None:
    lines = '{"temperature_c": 38.0, "id": "bed 4"}\n{"temperature_c": 37.9, "id": null}\n'
    said = operator.good("grade", "crs", "--json", stdin=lines).splitlines()
    assert [json.loads(line).get("id") for line in said] == ["bed 4", None]


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_is_graded_from_nothing_and_from_a_table(
    operator: Operator, scale: str
) -> None:
    answer = operator.json("grade", scale, "--ledger" if scale in RULES else "--json", stdin="{}")
    assert answer == json.loads(orjson.dumps(plain_grade(grade(scale, {}))))
    assert answer["value"] is None
    assert operator.good("grade", scale, stdin="{}").endswith(")\n")
    if scale not in RULES:
        first, second = (each.name for each in SCALES[scale].inputs[:2])
        assert operator.json("grade", scale, stdin=f"{first},id,{second}\n,a,\n")["id"] == "a"


INDICES = (
    ('{"ldh_u_l": 300, "creatinine_mg_dl": 1.5, "platelets_10e9_l": 90, "crp_mg_dl": 2}',
     "EASIX 5, m-EASIX 6.667, s-EASIX 3.333: LDH x creatinine / platelets = 5; above 4.67"),
    ('{"ldh_u_l": 300, "platelets_10e9_l": "<60"}',
     "EASIX not known, m-EASIX not known, s-EASIX 5 or more: EASIX needs LDH, creatinine and "
     "platelets (missing: creatinine_mg_dl, platelets_10e9_l, crp_mg_dl)"),
    ('{"ldh_u_l": "<300", "creatinine_mg_dl": 1, "platelets_10e9_l": 60, "id": "bed 4"}',
     "bed 4: EASIX 0 to 5, m-EASIX not known, s-EASIX 0 to 5: "),
)  # fmt: skip


@pytest.mark.parametrize("case", INDICES, ids=["all", "one", "between"])
def test_an_index_says_its_numbers(operator: Operator, case: tuple[str, str]) -> None:
    findings, said = case
    assert operator.good("grade", "easix", stdin=findings).startswith(said)


def test_without_a_scale_or_with_another_all_scales_are_named(operator: Operator) -> None:
    for words in (("grade",), ("grade", "gcs")):
        said = operator.bad(2, *words)
        for name, each in SCALES.items():
            assert f"  {name} " in said
            assert each.scale.title in said


# cells of one line, what they say: a grade from low to high
CELLS = (
    ("temperature_c,vasopressors,oxygen_device", "38.5,none,room_air", (1, 2)),
    ("temperature_c,vasopressors,oxygen_device,hypotension", "38.5,none,room_air,no", (1, 1)),
    ("temperature_c,vasopressors,oxygen_device,hypotension", "38.5,none,room_air,TRUE", (2, 2)),
    ("temperature_c,vasopressors,oxygen_device", "38.5,norepinephrine dopamine,room_air", (4, 4)),
    ("temperature_c,vasopressors,oxygen_device", "38.5,norepinephrine;dopamine,room_air", (4, 4)),
    ("temperature_c,oxygen_saturation_percent", "<37.5,", (0, 4)),
    ("temperature_c", "3.85e1", (1, 4)),
    ("temperature_c, hypotension ", " 38.5 ,  ", (1, 4)),
)


@pytest.mark.parametrize("case", CELLS, ids=[case[1] for case in CELLS])
def test_what_a_cell_says(
    operator: Operator, written: Written, case: tuple[str, str, tuple[int, int]]
) -> None:
    head, cells, (low, high) = case
    answer = operator.json("grade", "crs", written("one.csv", f"{head}\n{cells}\n"))
    assert (answer["low"], answer["high"]) == (low, high)


# name, the file, what is said of it: all of these, in this order
FAULTS: tuple[tuple[str, str | bytes, tuple[str, ...]], ...] = (
    ("nothing", "", ("the file is empty",)),
    ("blanks", " \n\t\n", ("the file is empty",)),
    ("not_utf8", b"temperature_c\n\xff\n", ("line 2: this is not UTF-8",)),
    ("an_empty_list", "[]", ("the list is empty",)),
    ("names_alone", "temperature_c\n", ("no line below",)),
    ("an_unknown_column", "temperature,vasopressors\n38,none\n",
     ("line 1: no finding of crs is called 'temperature'; known are temperature_c, ",)),
    ("a_column_twice", "temperature_c,temperature_c\n38,39\n",
     ("line 1: 'temperature_c' stands twice",)),
    ("a_cell_too_many", "temperature_c\n38\n38,9\n", ("line 3: has 2 cells",)),
    ("an_open_quote", 'temperature_c\n"38\n', ("line 2: this is not CSV",)),
    ("a_comma_for_a_point", "temperature_c;hypotension\n38,5;no\n",
     ("line 2: temperature_c body_temperature cannot be read from '38,5'", "38.5.")),
    ("an_impossible_value", "temperature_c\n38\n386\n", ("line 3: temperature_c 386",)),
    ("NaN", "temperature_c\nNaN\n", ("line 2: temperature_c ",)),
    ("infinity", "oxygen_flow_l_min\nInfinity\n", ("line 2: oxygen_flow_l_min ",)),
    ("an_underscore", "temperature_c\n3_8\n", ("line 2: temperature_c ",)),
    ("other_digits", "temperature_c\n٣٨\n", ("line 2: temperature_c ",)),
    ("a_yes_that_is_none", "hypotension\nmaybe\n", ("line 2: hypotension is not a yes or no",)),
    ("every_fault", "temperature_c,hypotension\n386,x\n38,no\nhot,1\n",
     ("line 2: temperature_c ", "line 2: hypotension ", "line 4: temperature_c ",
      "line 4: hypotension ")),
    ("a_line_after_one_of_two", 'temperature_c,oxygen_device\n"386",\n"a\nb",room_air\nhot,\n',
     ("line 2: temperature_c ", "line 4: temperature_c ", "line 5: temperature_c ")),
    ("half_an_object", '{"temperature_c": 38', ("line 1 column 21",)),
    ("an_object_over_lines", '{\n  "temperature_c": 38\n  "hypotension": true\n}',
     ("line 3 column 3",)),
    ("a_list_with_a_fault", '[\n{"temperature_c": NaN},\n{"temperature_c": 38}\n]',
     ("NaN is not",)),
    ("a_name_twice", '{"temperature_c": 39, "temperature_c": 36}', ("stands twice",)),
    ("deep", "[" * 100_000, ("nested deeper",)),
    ("5000_digits", '{"temperature_c": %s}' % ("9" * 5_000), ("too long",)),
    ("an_exponent_beyond_all", '{"temperature_c": 1e99999999999999999999}', ("too long",)),
    ("half_a_surrogate", '{"temperature_c": "\\ud800"}', ("surrogate",)),
    ("lines_with_faults", '{"temperature_c": 38}\n{"temperature_c": NaN}\n{"a": 1,}\n',
     ("line 2: NaN is not", "line 3: this is not JSON", "column 9")),
    ("a_line_that_is_no_object", '{"temperature_c": 38}\n[38]\n', ("line 2: is not an object",)),
    ("an_item_that_is_no_object", "[38]", ("item 1: is not an object",)),
    ("an_unknown_finding", '[{"temperature_c": 38}, {"temperature": 38, "x/y": 1}]',
     ("item 2: temperature is not a finding", "item 2: x~1y is not a finding")),
    ("an_id_that_names_nobody", '{"id": " "}\n{"id": 7, "temperature_c": 38}\n',
     ("line 1: id is not a text", "line 2: id is not a text")),
    ("a_line_that_is_not_utf8", b'{"temperature_c": 38}\n{"id": "\xff"}\n',
     ("line 2: this is not UTF-8",)),
    ("a_list_that_is_not_utf8", b'[\n{"id": "\xff"}]', ("line 2: this is not UTF-8",)),
    ("true_for_a_number", '{"temperature_c": true}', ("line 1: temperature_c ",)),
)  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=[case[0] for case in FAULTS])
def test_every_fault_is_told_and_nothing_is_graded(
    operator: Operator, written: Written, case: tuple[str, str | bytes, tuple[str, ...]]
) -> None:
    name, content, words = case
    result = operator.run("grade", "crs", written(name, content), "--json")
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    place = 0
    for each in words:
        place = result.stderr.find(each, place)
        assert place >= 0, (each, result.stderr)
    assert len(result.stderr.strip().splitlines()) <= max(1, len(words))


ICANS_FAULTS = (
    ('{"ice": {"orientation": 5, "reading": 1}}', ("ice/orientation", "ice/reading")),
    ('{"ice_score": 3, "ice": {"orientation": 4}}', ("ice_score is 3, and the items add up to 4",)),
    ('{"age_years": "60"}', ("age_years is not a number of years",)),
    ("age_years\n1e400\n", ("age_years is not an age",)),
    ("age_years\nNaN\n", ("age_years is not a number",)),
    ("ice_score\n9.5\n", ("ice_score ",)),
)


@pytest.mark.parametrize("case", ICANS_FAULTS, ids=[case[0] for case in ICANS_FAULTS])
def test_findings_of_icans_are_as_strict(
    operator: Operator, case: tuple[str, tuple[str, ...]]
) -> None:
    said = operator.bad(1, "grade", "icans", stdin=case[0])
    for each in case[1]:
        assert each in said


@pytest.mark.parametrize(
    "words",
    [
        ("grade",), ("grade", "gcs"), ("grade", "crs", "nowhere.json"), ("grade", "crs", "-", "-"),
        ("grade", "crs", "--yaml"),
    ],
)  # fmt: skip
def test_used_wrongly(operator: Operator, words: tuple[str, ...]) -> None:
    assert "Usage: " in operator.bad(2, *words)
