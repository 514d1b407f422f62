"""Units: what is refused and in which words, what is quarantined, and every comparator."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.every import every
from tests.grading.unit_cases import MEASURED_NUMBERS, NUMBERS, UNITS, ordinary
from toxmon.grading.facts import Bounds
from toxmon.grading.kinds import KINDS
from toxmon.grading.unit_table import ACCEPTED, NOT_CONVERTED, spellings
from toxmon.grading.units import Measured, Refused, measure

NONSENSE_UNITS = [None, "", " ", "furlong", "cEL", "MG/dl", "U/l ", 5, True, ["mg/L"], "x" * 100000]


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.name)
@every("unit", NONSENSE_UNITS, ids=repr)
def test_h01_a_refused_unit_names_every_accepted_one(kind, unit):
    if kind.integer and unit is None:
        assert measure(kind, 0, unit).value == 0
        return
    if isinstance(unit, str) and unit.strip() in {
        s for u in ACCEPTED[kind.name] for s in spellings(u)
    }:
        return
    with pytest.raises(Refused) as caught:
        measure(kind, 1, unit)
    assert caught.value.field == "unit"
    assert kind.name in caught.value.detail
    for accepted in ACCEPTED[kind.name]:
        assert accepted in caught.value.detail
    assert len(caught.value.detail) < 500


@every(("kind", "unit"), UNITS, ids=lambda case: f"{case[0].name} {case[1]}")
def test_h01_a_unit_in_the_wrong_case_is_refused(kind, unit):
    read = {spelling for accepted in ACCEPTED[kind.name] for spelling in spellings(accepted)}
    for spelling in spellings(unit):
        for wrong in {spelling.upper(), spelling.lower(), spelling.swapcase()} - read:
            with pytest.raises(Refused, match=r"capitals count|because"):
                measure(kind, 1, wrong)


@pytest.mark.parametrize(
    ("name", "unit", "why"),
    [(name, unit, why) for name, units in NOT_CONVERTED.items() for unit, why in units.items()],
)
def test_a_unit_refused_on_purpose_says_why(name, unit, why):
    with pytest.raises(Refused, match=re.escape(why)):
        measure(KINDS[name], 100, unit)


NO_NUMBERS = [
    None,
    True,
    False,
    1.5,
    float("nan"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("-Infinity"),
    Decimal("1E+999999"),
    Decimal("-1E+999999"),
    Decimal("1E-999999"),
    Decimal("0E+999999"),
    10**5000,
    -(10**5000),
    Decimal("1." + "1" * 5000),
    "",
    " ",
    "7",
    "7.5",
    "-7",
    "7,5",
    "1.000,5",
    "<7,5",
    "<",
    "<>7",
    "=7",
    "==7",
    "<<7",
    "7<",
    "< =7",
    "<  7",
    "<7\n",
    "<-7",
    "<+7",
    "<.7",
    "<7.",
    "<7e2",
    "<٧",
    "٧",
    "７",
    "<７",
    "≤7",
    "&lt;7",
    "<7 mg/L",
    "5-7",
    "NaN",
    "Infinity",
    "nan",
    "0x10",
    "<" + "7" * 100000,
    "7" * 100000,
    "7," * 100000,
    [],
    [7],
    {},
    {"value": 7},
    (7,),
]


@every("kind", NUMBERS, ids=lambda kind: kind.name)
def test_h05_what_is_not_a_number_is_refused_in_words(kind):
    for value in NO_NUMBERS:
        with pytest.raises(Refused) as caught:
            measure(kind, value, kind.unit)
        assert caught.value.field == "value", value
        assert kind.name in caught.value.detail
        assert len(caught.value.detail) < 400
        assert [field for field, _ in caught.value.faults] == ["value"]


@every("kind", MEASURED_NUMBERS, ids=lambda kind: kind.name)
def test_both_faults_are_told_at_once(kind):
    for value in ("38,5", True, None, Decimal("NaN"), 10**5000):
        with pytest.raises(Refused) as caught:
            measure(kind, value, "furlong")
        assert [field for field, _ in caught.value.faults] == ["unit", "value"]
        assert str(caught.value) == caught.value.faults[0][1]


@every("kind", NUMBERS, ids=lambda kind: kind.name)
def test_an_impossible_number_names_what_is_possible(kind):
    low, high = kind.possible
    step = Decimal(1) if kind.integer else Decimal("0.001")
    for impossible in (low - step, high + step):
        with pytest.raises(Refused) as caught:
            measure(kind, impossible, kind.unit)
        assert f"possible is {low:f} to {high:f} {kind.unit}" in caught.value.detail
    for possible in (low, high):
        assert measure(kind, possible, kind.unit).value == possible


def test_a_mistaken_unit_is_suspected_only_where_the_canonical_one_was_claimed():
    """810 g/L is as impossible as 81 g/dL, but who wrote g/L did not forget it."""
    suspicion = "Probably g/L"
    for value, unit, suspected in [(81, "g/dL", True), (810, "g/L", False)]:
        with pytest.raises(Refused) as caught:
            measure(KINDS["hemoglobin"], value, unit)
        assert (suspicion in caught.value.detail) is suspected


@every("kind", MEASURED_NUMBERS, ids=lambda kind: kind.name)
def test_h06_only_what_is_implausible_is_quarantined(kind):
    low, high = kind.plausible
    tiny = Decimal("0.0001")
    for value, plausible in [(low, True), (high, True), (low - tiny, False), (high + tiny, False)]:
        if kind.possible[0] <= value <= kind.possible[1]:
            slipped = any(slip.above < value < slip.below for slip in kind.slips)
            quarantined = measure(kind, value, kind.unit).quarantine is not None
            assert quarantined is (slipped or not plausible), value
    for slip in kind.slips:
        for value, inside in [
            (slip.above, False),
            (slip.above + tiny, True),
            (slip.below - tiny, True),
            (slip.below, False),
        ]:
            if kind.possible[0] <= value <= kind.possible[1]:
                said = measure(kind, value, kind.unit).quarantine or ""
                assert (slip.words in said) is inside, value


# Comparators


@every("kind", MEASURED_NUMBERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("space", ["", " "])
def test_every_comparator_makes_an_interval(kind, space):
    for unit, step in ACCEPTED[kind.name].items():
        number = ordinary(kind, unit)
        at = measure(kind, number, unit).value
        least = kind.possible[0]
        assert least >= 0
        rule = f"{kind.name}:{unit}"
        for comparator, bounds in {
            "<": Bounds(least, at, low_open=False, high_open=True),
            "<=": Bounds(least, at, low_open=False, high_open=False),
            ">": Bounds(at, None, low_open=True, high_open=False),
            ">=": Bounds(at, None, low_open=False, high_open=False),
        }.items():
            measured = measure(kind, f"{comparator}{space}{number}", unit)
            assert measured == Measured(bounds, kind.unit, rule, None)
            assert step is ACCEPTED[kind.name][unit]


@every("kind", MEASURED_NUMBERS, ids=lambda kind: kind.name)
def test_an_empty_interval_is_refused(kind):
    low, high = kind.possible
    for empty in (f"<{low}", f">{high}", f">{high + 1}", f"<{high + 1}"):
        with pytest.raises(Refused) as caught:
            measure(kind, empty, kind.unit)
        assert f"possible is {low:f} to {high:f}" in caught.value.detail


@pytest.mark.parametrize("kind", [kind for kind in NUMBERS if kind.integer], ids=lambda k: k.name)
def test_a_score_takes_no_comparator(kind):
    for value in ("<3", "<=3", ">0", ">=0"):
        with pytest.raises(Refused, match="counted"):
            measure(kind, value, None)


# Whatever is sent

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=20)
    | st.from_regex(r"[<>]=?[0-9]{1,6}(\.[0-9]{1,4})?", fullmatch=True)
    | st.sampled_from([code for kind in KINDS.values() for code in kind.codes]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
ANY_UNIT = st.none() | st.text(max_size=12) | st.sampled_from([unit for _, unit in UNITS])


def measured_or_refused(kind, value, unit):
    try:
        return measure(kind, value, unit), ()
    except Refused as refused:
        return None, refused.faults


@given(st.sampled_from(list(KINDS.values())), JSON_VALUES, ANY_UNIT)
def test_whatever_is_sent_is_measured_or_refused(kind, value, unit):
    measured, faults = measured_or_refused(kind, value, unit)
    if measured is None:
        assert faults
        assert all(field in ("value", "unit") for field, _ in faults)
        assert all(detail.endswith(".") for _, detail in faults)
        return
    assert measured.unit == kind.unit
    assert measured.rule.startswith(f"{kind.name}:")
    if isinstance(measured.value, Decimal):
        low, high = kind.possible
        assert low <= measured.value <= high
        assert "E" not in str(measured.value) or measured.value < Decimal("0.000001")
        again = measure(kind, measured.value, measured.unit)
        assert again.value == measured.value
        assert again.quarantine == measured.quarantine
