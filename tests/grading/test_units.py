"""Units: the page `units.md` row by row, its spellings, and arithmetic that never rounds."""

import json
import re
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.every import every
from tests.grading.unit_cases import (
    NUMBERS,
    UNITS,
    backwards,
    exact,
    ordinary,
    terminating,
)
from toxmon.grading.kinds import KINDS, Kind
from toxmon.grading.unit_table import ACCEPTED, NOT_CONVERTED, SPELLINGS, spellings
from toxmon.grading.units import Measured, Refused, measure

PAGE = Path(__file__).parent / "units.md"


# The page


def table_rows(first_column: str) -> list[dict[str, str]]:
    """The rows of every table of the page whose first column has this name."""
    rows, head = [], None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if head is None:
            head = cells
        elif head[0] == first_column and not set("".join(cells)) <= {"-", " "}:
            rows.append(dict(zip(head, cells, strict=True)))
    return rows


ROWS = table_rows("kind")


def sent(row: dict[str, str]) -> tuple[Kind, object, str | None]:
    value = json.loads(row["value"].strip("`"), parse_float=Decimal, parse_constant=Decimal)
    return KINDS[row["kind"]], value, row["unit"].strip("`") or None


def shown(measured: Measured) -> str:
    """A canonical value the way the page writes it."""
    value = measured.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value} {measured.unit}"
    low = "no end" if value.low is None else str(value.low)
    high = "no end" if value.high is None else str(value.high)
    opening = "(" if value.low_open else "["
    closing = "]" if value.high is not None and not value.high_open else ")"
    return f"{opening}{low}, {high}{closing} {measured.unit}"


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['kind']} {row['value']} {row['unit']}" for row in ROWS]
)
def test_row_of_the_page(row):
    kind, value, unit = sent(row)
    said = row["says or means"]
    if row["outcome"].startswith("refused"):
        with pytest.raises(Refused) as caught:
            measure(kind, value, unit)
        fields = row["outcome"].removeprefix("refused ").split(" and ")
        assert [field for field, _ in caught.value.faults] == fields
        assert (caught.value.field, caught.value.detail) == caught.value.faults[0]
        assert said
        assert said in " ".join(detail for _, detail in caught.value.faults)
        return
    measured = measure(kind, value, unit)
    assert shown(measured) == row["becomes"].strip("`")
    if row["outcome"] == "quarantined":
        assert said
        assert said in measured.quarantine
    else:
        assert row["outcome"] == "kept"
        assert measured.quarantine is None


def test_the_page_has_a_row_for_each_kind_and_each_rule():
    kept = [measure(*sent(row)) for row in ROWS if not row["outcome"].startswith("refused")]
    rules = {measured.rule for measured in kept}
    expected = {
        f"{kind.name}:{kind.unit if kind.integer else unit}"
        for kind in NUMBERS
        for unit in ACCEPTED[kind.name]
    }
    expected |= {f"{kind.name}:{kind.form}" for kind in KINDS.values() if kind.form != "number"}
    assert rules == expected


def test_the_page_has_a_row_for_each_slip():
    doubted = [row for row in ROWS if row["outcome"] in ("quarantined", "refused value")]
    for kind in KINDS.values():
        for slip in kind.slips:
            mine = [row["says or means"].lower() for row in doubted if row["kind"] == kind.name]
            assert any(words and words in slip.words.lower() for words in mine), (kind.name, slip)


def test_the_page_has_a_row_for_each_kind_with_a_unit_refused_on_purpose():
    refused = {row["kind"] for row in ROWS if row["outcome"] == "refused unit"}
    assert refused >= set(NOT_CONVERTED)


# Spellings


def page_spellings() -> dict[str, tuple[str, ...]]:
    return {
        row["unit"].strip("`"): tuple(re.findall(r"`([^`]+)`", row["also read"]))
        for row in table_rows("unit")
    }


def test_the_page_lists_every_spelling():
    assert page_spellings() == SPELLINGS


@every(("kind", "unit"), UNITS, ids=lambda case: f"{case[0].name} {case[1]}")
def test_every_spelling_is_read_as_its_unit(kind, unit):
    value = ordinary(kind, unit)
    expected = measure(kind, value, unit)
    also = page_spellings().get(unit, ())
    for spelling in (unit, *also):
        for sent_as in {spelling, spelling.replace("L", "l"), f" {spelling} ", "\u00a0" + spelling}:
            assert measure(kind, value, sent_as) == expected, sent_as
        if spelling.startswith("u") or "/u" in spelling:
            for micro in ("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"):
                assert measure(kind, value, spelling.replace("u", micro, 1)) == expected


def test_every_spelling_belongs_to_an_accepted_unit_and_means_one_thing():
    accepted = {unit for units in ACCEPTED.values() for unit in units}
    assert set(SPELLINGS) <= accepted
    for name, units in ACCEPTED.items():
        all_spellings = [spelling for unit in units for spelling in spellings(unit)]
        assert len(all_spellings) == len(set(all_spellings)), name


@pytest.mark.parametrize(
    ("sent_as", "unit"),
    [("x10⁹/L", "10*9/L"), ("10⁹ / L", "10*9/L"), ("×10³/µL", "10*3/uL"), ("/mm³", "/mm3")],
)
def test_powers_may_be_written_high(sent_as, unit):
    assert measure(KINDS["anc"], 2, sent_as) == measure(KINDS["anc"], 2, unit)


def test_degree_signs_of_one_letter_are_read():
    assert measure(KINDS["body_temperature"], 38, "℃").value == 38
    assert measure(KINDS["body_temperature"], Decimal("100.4"), "℉").value == 38
    assert measure(KINDS["body_temperature"], 38, "ºC").value == 38


# Arithmetic


def canonical_values(kind: Kind) -> st.SearchStrategy[Decimal]:
    low, high = kind.possible
    return st.decimals(low, high, places=0 if kind.integer else 3, allow_nan=False)


@given(st.data())
def test_the_same_quantity_in_every_unit_is_the_same_canonical_value(data):
    kind = data.draw(st.sampled_from(NUMBERS))
    canonical = data.draw(canonical_values(kind))
    answers = set()
    for unit, step in ACCEPTED[kind.name].items():
        as_sent = terminating(backwards(step, canonical))
        if as_sent is not None:
            measured = measure(kind, as_sent, unit)
            answers.add((str(measured.value), measured.unit, measured.quarantine))
    (answer,) = answers
    assert Decimal(answer[0]) == canonical


EXACT_FACTORS = [
    ("body_temperature", "[degF]"),
    ("weight", "g"),
    ("crp", "mg/dL"),
    ("ferritin", "mg/L"),
    ("fibrinogen", "g/L"),
    ("anc", "10*3/uL"),
    ("platelets", "/uL"),
    ("hemoglobin", "g/L"),
    ("igg", "g/L"),
    ("height", "m"),
    ("creatinine", "umol/L"),
    ("bilirubin_total", "umol/L"),
    ("csf_opening_pressure", "cm[H2O]"),
]


@pytest.mark.parametrize(("name", "unit"), EXACT_FACTORS)
@given(canonical=st.decimals("100", "399", places=2))
def test_the_property_above_is_not_empty(name, unit, canonical):
    """For units with an exact way back, a value goes out and comes home unchanged."""
    kind = KINDS[name]
    low, high = kind.possible
    assume(low <= canonical / 10 <= high)
    canonical /= 10
    step = ACCEPTED[name][unit]
    as_sent = terminating(backwards(step, canonical))
    assert as_sent is not None
    assert measure(kind, as_sent, unit).value == canonical


@given(st.data(), st.decimals("0.01", "4000", places=2))
def test_a_product_is_exact_and_leads_back_to_what_was_sent(data, as_sent):
    kind, unit = data.draw(
        st.sampled_from(
            [
                (kind, unit)
                for kind, unit in UNITS
                if not kind.integer and ACCEPTED[kind.name][unit].over is None
            ]
        )
    )
    step = ACCEPTED[kind.name][unit]
    low, high = kind.possible
    assume(low <= exact(step, as_sent) <= high)
    canonical = measure(kind, as_sent, unit).value
    assert Fraction(canonical) == exact(step, as_sent)
    assert backwards(step, canonical) == Fraction(as_sent)


@given(st.data(), st.integers(-3, 3), st.decimals("0.0001", "400", places=4), st.integers(1, 17))
@example(None, 0, Decimal("38.0000"), 3)
def test_rounding_never_carries_a_value_across_a_threshold(data, off, threshold, digits):
    """The canonical value stands on the same side of any threshold as the true one does.

    The value sent is as near to the threshold as its digits allow: a few last places above,
    below, or on it.
    """
    choice = (
        (KINDS["body_temperature"], "[degF]") if data is None else data.draw(st.sampled_from(UNITS))
    )
    kind, unit = choice
    assume(not kind.integer)
    step = ACCEPTED[kind.name][unit]
    target = backwards(step, threshold)
    with localcontext(prec=digits) as context:
        near = context.divide(Decimal(target.numerator), Decimal(target.denominator))
    near += Decimal((0, (1,), near.adjusted() - digits + 1)) * off
    assume(near > 0 and len(near.as_tuple().digits) <= 17)
    true = exact(step, near)
    try:
        canonical = measure(kind, near, unit).value
    except Refused:
        low, high = kind.possible
        assert not low <= true <= high or not -12 <= near.adjusted() < 12
        return
    assert (canonical > threshold) == (true > threshold)
    assert (canonical == threshold) == (true == threshold)


def test_h03_the_fever_threshold_in_fahrenheit_is_exact():
    fever = Decimal("38.0")
    kind = KINDS["body_temperature"]
    assert measure(kind, Decimal("100.4"), "[degF]").value == fever
    assert measure(kind, Decimal("100.3"), "[degF]").value < fever
    assert measure(kind, Decimal("100.40000000000001"), "[degF]").value > fever
    assert measure(kind, Decimal("100.39999999999999"), "[degF]").value < fever
    for tenths in range(770, 1131):
        degrees = Fraction(tenths, 10)
        is_fever = (degrees - 32) * 5 / 9 >= 38
        value = measure(kind, Decimal(tenths) / 10, "[degF]").value
        assert (value >= fever) is is_fever


def test_the_precision_of_the_caller_does_not_matter():
    with localcontext(prec=3):
        measured = measure(KINDS["body_temperature"], Decimal("100.39"), "[degF]")
    assert measured == measure(KINDS["body_temperature"], Decimal("100.39"), "[degF]")
    assert measured.value < 38


@pytest.mark.parametrize("value", [500, Decimal("500.0"), Decimal("5E+2"), Decimal("500.000")])
def test_a_canonical_number_is_written_in_one_way(value):
    assert str(measure(KINDS["anc"], value, "/uL").value) == "500"


@pytest.mark.parametrize("value", [0, Decimal("-0.0"), Decimal("0.00"), Decimal("0E+3")])
def test_zero_is_written_in_one_way(value):
    assert str(measure(KINDS["anc"], value, "/uL").value) == "0"
    assert measure(KINDS["anc"], value, "/uL").quarantine is None
