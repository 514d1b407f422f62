"""A record is read from CSV or JSON lines, or refused with every fault named at once."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toxmon.course_file import Fault, RecordError, parse, read_record
from toxmon.grading.facts import Bounds

HEADER = "effective_at,kind,value,unit\n"
INFUSED = "2026-03-02T10:00:00+01:00,infusion,cilta-cel,\n"
FEVER = "2026-03-05T08:00:00+01:00,body_temperature,38.6,Cel\n"


def faults(text: str) -> list[str]:
    with pytest.raises(RecordError) as refused:
        parse(text, "r.csv")
    return [str(fault) for fault in refused.value.faults]


def found(text: str) -> list[Fault]:
    """What is wrong with it, if anything."""
    try:
        parse(text, "r.csv")
    except RecordError as error:
        return error.faults
    return []


def facts(text: str) -> list[tuple[str, object]]:
    return [(fact.kind, fact.value) for fact in parse(text, "r.csv").facts]


def test_a_table_is_read_into_facts_with_their_lines() -> None:
    record = parse(HEADER + INFUSED + FEVER, "ward 7.csv")
    (fever,) = record.facts
    assert (record.name, record.product, fever.id) == ("ward 7", "cilta-cel", "line 3")
    assert record.infused_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert fever.effective_at == datetime(2026, 3, 5, 7, tzinfo=UTC)
    assert fever.value == Decimal("38.6")
    assert record.day(fever.effective_at) == 3


def test_the_product_may_be_said_beside_the_file_and_may_not_differ() -> None:
    assert parse(HEADER + FEVER, "r.csv", "ide-cel").product == "ide-cel"
    assert parse(HEADER + INFUSED + FEVER, "r.csv", "cilta-cel").product == "cilta-cel"
    with pytest.raises(RecordError, match="line 2, value: the infused product is cilta-cel"):
        parse(HEADER + INFUSED + FEVER, "r.csv", "ide-cel")


def test_days_are_counted_in_the_offset_of_the_infusion() -> None:
    late = "2026-03-02T23:30:00Z,body_temperature,36.6,Cel\n"
    record = parse(HEADER + INFUSED + late, "r.csv")
    assert record.day(record.facts[0].effective_at) == 1


def test_rows_may_come_in_any_order_and_columns_too() -> None:
    text = "unit,value,kind,effective_at\nCel,38.6,body_temperature,2026-03-05T08:00:00Z\n"
    text += ",none,vasopressors,2026-03-04T08:00:00Z\n"
    assert facts(text) == [("vasopressors", ()), ("body_temperature", Decimal("38.6"))]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("body_temperature,100.4,[degF]", Decimal("38")),
        ("ferritin,1.2E+05,ng/mL", Decimal("120000")),
        ("vasopressors,norepinephrine; vasopressin,", ("vasopressin", "norepinephrine")),
        ("vasopressors,[],", ()),
        ("hypotension,yes,", True),
        ("oxygen_device,room_air,", "room_air"),
        ("ice_score,8,", Decimal(8)),
        ("crp,<5,mg/L", Bounds(Decimal(0), Decimal(5), False, True)),
    ],
)
def test_a_cell_is_read_as_its_kind_asks(row: str, expected: object) -> None:
    (fact,) = parse(f"{HEADER}2026-03-05T08:00:00Z,{row}\n", "r.csv").facts
    assert fact.value == expected


def test_semicolons_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    text = (HEADER + FEVER).replace(",", ";").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_record(path).facts[0].value == Decimal("38.6")


def test_drugs_and_attributions_and_a_birth_date() -> None:
    text = "effective_at,kind,value,until,dose\n,birth_date,1961-05-02,,\n"
    text += "2026-03-05T08:00:00Z,administration,Tocilizumab,,560 mg\n"
    text += "2026-03-05T09:00:00Z,attribution,fever,2026-03-07T09:00:00Z,\n"
    record = parse(text, "r.csv")
    assert record.born == date(1961, 5, 2)
    assert [(one.medication, one.dose) for one in record.doses] == [("tocilizumab", "560 mg")]
    assert record.facts[1].until == datetime(2026, 3, 7, 9, tzinfo=UTC)


def test_an_implausible_value_is_kept_aside_and_is_no_fact() -> None:
    record = parse(HEADER + "2026-03-05T08:00:00Z,body_temperature,49.3,Cel\n" + FEVER, "r.csv")
    assert len(record.facts) == 1
    assert (record.aside[0].line, record.aside[0].kind) == (2, "body_temperature")


def test_every_fault_of_a_table_is_named_at_once_with_line_and_column() -> None:
    text = HEADER + (
        "2026-03-05T08:00:00,body_temperature,38.6,Cel\n"
        "yesterday,body_temperature,38.6,Cel\n"
        "2026-03-05T08:00:00Z,body_temperatur,38.6,Cel\n"
        "2026-03-05T08:00:00Z,body_temperature,38.6,\n"
        "2026-03-05T08:00:00Z,body_temperature,386,Cel\n"
        '2026-03-05T08:00:00Z,body_temperature,"38,6",Cel\n'
        "2026-03-05T08:00:00Z,oxygen_device,mask,\n"
        ",body_temperature,warm,C\n"
        "2026-03-05T08:00:00Z,body_temperature,,Cel\n"
        "2026-03-05T08:00:00Z,body_temperature,38.6,Cel,well\n"
        "2026-03-05T08:00:00Z,attribution,cough,\n"
    )
    places = [line.split(":")[0] for line in faults(text)]
    assert places == [
        "line 2, effective_at",
        "line 3, effective_at",
        "line 4, kind",
        "line 5, unit",
        "line 6, value",
        "line 7, value",
        "line 8, value",
        "line 9, effective_at",
        "line 9, value",
        "line 10, value",
        "line 11, unit",
        "line 12, value",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: the file is empty"),
        (HEADER, "there is nothing to grade"),
        (HEADER + INFUSED, "there is nothing to grade"),
        ("effective_at,kind\n", "line 1, value: the column is missing"),
        ("effective_at,kind,value,note\n", "line 1, note: the column 'note' is not known"),
        ("effective_at,kind,value,value\n", "line 1, value: the column is there twice"),
        (HEADER + '2026-03-05T08:00:00Z,"body', "this is not CSV"),
        (HEADER + INFUSED + INFUSED, "line 3, value: a record holds one treatment"),
        (HEADER + "2026-03-05T08:00:00Z,body_temperatur,1,Cel\n", "; body_temperature is"),
        (HEADER + "2026-03-05T08:00:00Z,death,fall,\n", "write one of crs, icans, iec_hs, other"),
        (HEADER + ",birth_date,May 1961,\n", "is no date; write 1961-05-02"),
        (HEADER + "0001-01-01T00:00:00+14:00,hypotension,yes,\n", "outside the calendar"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, words: str) -> None:
    assert any(words in fault for fault in faults(text)), faults(text)


def test_an_ice_total_is_the_sum_of_its_items() -> None:
    asked = {"orientation": 4, "naming": 3, "commands": 1, "writing": 0, "attention": 0, "score": 9}
    text = HEADER + "".join(
        f"2026-03-05T08:00:00Z,ice_{name},{points},\n" for name, points in asked.items()
    )
    assert faults(text) == ["line 7, value: the total is 9, and the five items add up to 8"]
    assert len(facts(text.replace("score,9", "score,8"))) == 6


def test_an_end_belongs_to_an_attribution_and_lies_after_its_beginning() -> None:
    text = "effective_at,kind,value,unit,until\n"
    text += "2026-03-05T08:00:00Z,body_temperature,38.6,Cel,2026-03-06T08:00:00Z\n"
    text += "2026-03-05T08:00:00Z,attribution,fever,,2026-03-05T08:00:00Z\n"
    assert faults(text) == [
        "line 2, until: only an attribution or a pause has an end",
        "line 3, until: it ends before it begins",
    ]


def test_a_file_that_is_not_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(
        HEADER.encode() + "2026-03-05T08:00:00Z,body_temperature,38.6,°C\n".encode("latin-1")
    )
    with pytest.raises(RecordError) as refused:
        read_record(path)
    assert str(refused.value) == "latin.csv: line 2: this is not UTF-8 text; save it as CSV UTF-8"


def test_json_lines_hold_rows_and_whole_sets_as_they_are_posted() -> None:
    posted = {
        "effective_at": "2026-03-05T08:00:00+01:00",
        "observations": [
            {"kind": "body_temperature", "value": 38.6, "unit": "Cel"},
            {"kind": "ferritin", "value": 700, "unit": "ng/mL", "low": 20, "high": 300},
            {
                "code": {"system": "http://loinc.org", "code": "8480-6"},
                "value": 84,
                "unit": "mm[Hg]",
            },
            {"kind": "vasopressors", "value": []},
        ],
    }
    row = {"effective_at": "2026-03-02T10:00:00+01:00", "kind": "infusion", "value": "ide-cel"}
    record = parse(f"{json.dumps(row)}\n\n{json.dumps(posted)}\n", "r.jsonl")
    assert [(fact.id, fact.kind, fact.value) for fact in record.facts] == [
        ("line 3.1", "body_temperature", Decimal("38.6")),
        ("line 3.2", "ferritin", Decimal(700)),
        ("line 3.3", "systolic_bp", Decimal(84)),
        ("line 3.4", "vasopressors", ()),
    ]


def test_every_fault_of_json_lines_is_named_at_once_with_a_pointer() -> None:
    lines = (
        '{"effective_at": "2026-03-05T08:00:00", "observations": [{"kind": "body_temperature",'
        ' "value": "38.6", "unit": "Cel"}, {"kind": "oxygen_device", "value": "mask", "at": 1}]}',
        '{"effective_at": "2026-03-05T08:00:00Z", "kind": "body_temperature", "value": NaN}',
        '{"kind": "hypotension", "kind": "hypotension"}',
        "[1]",
        '{"effective_at": "2026-03-05T08:00:00Z", "observations": []}',
        '{"effective_at": "2026-03-05T08:00:00Z", "kind": ["x"], "value": 1}',
        '{"effective_at": "2026-03-05T08:00:00Z", "kind": "administration", "value": 4}',
        '{"effective_at": "2026-03-05T08:00:00Z", "kind": "hypotension", "value": true, "who": 1}',
        '{"effective_at": "2026-03-05T08:00:00Z", "code": {"system": "x"}, "value": 1}',
        '{"effective_at": "2026-03-05T08:00:00Z", "observations": [3]}',
        "{",
    )
    places = [line.split(":")[0] for line in faults("\n".join(lines))]
    assert places == [
        "line 1, /effective_at",
        "line 1, /observations/0/value",
        "line 1, /observations/1/at",
        "line 1, /observations/1/value",
        "line 2",
        "line 3",
        "line 4",
        "line 5, /observations",
        "line 6, /kind",
        "line 7, /value",
        "line 8, /who",
        "line 9, /code",
        "line 10, /observations/0",
        "line 11",
    ]


def test_json_that_is_nested_without_end_is_a_fault() -> None:
    assert faults("{" + '"a":{' * 100_000) == ["line 1: this is nested deeper than 32 levels"]


NUMBERS = ("1e400", "1e999999999", "-1e-999999999", "1e99999999999999999999", "9" * 5_000)
ROWS = (
    '{"effective_at": "2026-03-05T08:00:00Z", "kind": "body_temperature", "value": %s, '
    '"unit": "Cel"}',
    '{"effective_at": "2026-03-05T08:00:00Z", "kind": "ice_score", "value": %s}',
    '{"effective_at": %s, "kind": "ice_score", "value": 4}',
    '{"effective_at": "2026-03-05T08:00:00Z", "observations": '
    '[{"kind": "vasopressors", "value": [%s]}]}',
)


@pytest.mark.parametrize("row", ROWS, ids=["value", "score", "time", "list"])
@pytest.mark.parametrize("number", NUMBERS, ids=[number[:24] for number in NUMBERS])
def test_a_number_beyond_all_is_a_fault_of_its_line(row: str, number: str) -> None:
    good = ROWS[0] % 38.6
    told = faults(f"{good}\n{row % number}\n{good}\n")
    assert told
    assert all(fault.startswith("line 2") for fault in told), told


def test_json_is_read_as_strictly_as_over_http() -> None:
    """Two readers must not take one line for two records."""
    lines = ('{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', '{"a": 1,}')
    told = faults("\n".join(lines))
    assert [line.partition(":")[0] for line in told] == [f"line {n}" for n in range(1, 6)]
    assert told[4] == (
        "line 5: this is not JSON: Expecting property name enclosed in double quotes, column 9"
    )


def test_a_separator_inside_a_json_string_does_not_cut_the_line() -> None:
    row = '{"effective_at": "2026-03-05T08:00:00Z", "kind": "administration", "value": "a\u2028b"}'
    assert parse(row, "r.jsonl").doses[0].medication == "a\u2028b"


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is in the file: a record, or faults with their lines."""
    assert all(fault.line >= 1 for fault in found(HEADER + text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["effective_at", "kind", "value", "unit", "code", "observations"]),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(sent: object) -> None:
    sent_set = {"observations": sent, "effective_at": "2026-03-05T08:00:00Z"}
    assert all(fault.line == 1 for fault in found(json.dumps(sent_set)))


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    start = datetime(2026, 3, 5, 8, tzinfo=UTC)
    rows = [
        f"{(start + timedelta(hours=n)).isoformat()},body_temperature,{36 + n / 2},Cel"
        for n in range(6)
    ]
    shuffled = HEADER + "\n".join(rows[n] for n in order)
    assert facts(shuffled) == facts(HEADER + "\n".join(rows))
