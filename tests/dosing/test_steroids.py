"""Steroids in dexamethasone equivalents: the table, and sums against a reckoning by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dosing.steroid_tables import ZONE, Row, Sum, rows
from toxmon.dosing import steroids
from toxmon.dosing.steroids import (
    EQUIVALENT_MG,
    KEPT_DAYS,
    SteroidDose,
    between,
    days_of,
    lowered,
    named,
    newest_course,
    total,
    with_dose,
)
from toxmon.grading.medications import LOCAL_ROUTES, STEROIDS

ROWS = rows()
HAND = {
    "dexamethasone": Fraction(1),
    "methylprednisolone": Fraction(3, 16),
    "prednisone": Fraction(3, 20),
    "prednisolone": Fraction(3, 20),
    "hydrocortisone": Fraction(3, 80),
}
"""Dexamethasone per mg, worked out from the table by hand."""
UNITS = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_row(row: Row) -> None:
    days = days_of(row.doses, ZONE)
    if row.days is not None:
        assert tuple(Sum(day.least(), day.amount() is None) for day in days) == row.days
    if row.total is not None:
        found = total(days)
        assert Sum(found.mg, found.at_least) == row.total
        assert (found.doses, found.days) == (len(row.doses), len(days))
    if row.in_a_row is not None:
        assert len(newest_course(days)) == row.in_a_row
    if row.lowered is not None:
        looked, answer = row.lowered
        assert lowered(days, None, looked) is answer


def test_the_page_asks_everything() -> None:
    assert {row.lowered[1] for row in ROWS if row.lowered} == {True, False, None}
    charted = {dose.drug for row in ROWS for dose in row.doses}
    assert EQUIVALENT_MG.keys() <= charted


def test_a_row_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "steroids.md"
    page.write_text("| case | doses |\n| --- | --- |\n| one | dexamethasone lots |\n")
    with pytest.raises(ValueError, match=r"line 3: not a dose"):
        rows(page)


def test_every_steroid_that_opens_the_waiver_is_known_here() -> None:
    for name in STEROIDS:
        assert named(name) == (name, False)
        for route in LOCAL_ROUTES:
            assert named(f"{name}, {route}") is None
    assert named("Methylprednisolone Acetate") == ("methylprednisolone", True)
    assert named("dexamethasone sodium phosphate") == ("dexamethasone", False)
    for other in ("", " ", "tocilizumab", "dexamethasonelike", ", topical"):
        assert named(other) is None


START = datetime(2026, 3, 6, 5, tzinfo=UTC)
DOSES = st.lists(
    st.builds(
        SteroidDose,
        fact=st.uuids().map(str),
        at=st.integers(0, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)),
        drug=st.sampled_from([*HAND, "betamethasone"]),
        amount=st.none()
        | st.decimals(Decimal("0.000000000001"), Decimal(10**11), allow_nan=False, places=12),
        unit=st.sampled_from([*UNITS, "mg/kg", "mL"]),
        kg=st.none() | st.sampled_from([Decimal(70), Decimal("29.95")]),
        depot=st.just(False) | st.booleans(),
        stopped=st.just(False) | st.booleans(),
    ),
    max_size=30,
)
ZONES = st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]).map(ZoneInfo)


def by_hand(dose: SteroidDose) -> Fraction | None:
    """The equivalent of a dose as a pharmacist would reckon it."""
    if dose.amount is None or dose.depot or dose.stopped or dose.drug not in HAND:
        return None
    if dose.unit == "mg/kg":
        mass = None if dose.kg is None else Fraction(dose.kg)
    else:
        mass = UNITS.get(dose.unit or "")
    return None if mass is None else Fraction(dose.amount) * HAND[dose.drug] * mass


@given(doses=DOSES, zone=ZONES)
@settings(max_examples=150)
def test_sums_are_exact_and_say_what_is_not_known(doses: list[SteroidDose], zone: ZoneInfo) -> None:
    for dose in doses:
        exact = by_hand(dose)
        assert (dose.equivalent_mg is None) is (exact is None) is (dose.why_unknown is not None)
        assert exact is None or Fraction(dose.equivalent_mg or 0) == exact
    days = days_of(doses, zone)
    by_date: dict[object, list[SteroidDose]] = {}
    for dose in doses:
        by_date.setdefault(dose.at.astimezone(zone).date(), []).append(dose)
    assert [day.on for day in days] == sorted(by_date)  # type: ignore[type-var]
    for day in days:
        known = [by_hand(dose) for dose in by_date[day.on]]
        assert Fraction(day.least()) == sum(
            (each for each in known if each is not None), Fraction()
        )
        assert (day.amount() is None) is (None in known)
        assert day.doses == len(known)
        last = max(by_date[day.on], key=lambda dose: (dose.at, dose.fact))
        assert (day.last_at, day.fact) == (last.at, last.fact)
        assert day.first_at == min(dose.at for dose in by_date[day.on])
    whole = total(days)
    assert Fraction(whole.mg) == sum((by_hand(dose) or Fraction() for dose in doses), Fraction())
    assert whole.at_least is any(by_hand(dose) is None for dose in doses)


@given(data=st.data(), doses=DOSES, zone=ZONES)
@settings(max_examples=100)
def test_the_order_of_arrival_cannot_matter(
    data: st.DataObject, doses: list[SteroidDose], zone: ZoneInfo
) -> None:
    found = []
    for order in (doses, data.draw(st.permutations(doses))):
        days: steroids.Days = ()
        for dose in order:
            days = with_dose(days, dose, zone)
        found.append([(day, str(day.mg), str(day.per_kg)) for day in days])
    assert found[0] == found[1]
    every = days_of(doses, zone)
    newest = every[-1].on if every else None
    kept = [day for day in every if newest and newest - day.on < timedelta(days=KEPT_DAYS)]
    assert [day for day, *_ in found[0]] == kept


@given(doses=DOSES, kg=st.sampled_from([Decimal(70), Decimal("12.5")]))
@settings(max_examples=50)
def test_a_weight_that_comes_later_gives_what_it_would_have_given(
    doses: list[SteroidDose], kg: Decimal
) -> None:
    without = [replace(dose, kg=None) for dose in doses]
    weighed = [replace(dose, kg=kg) for dose in doses]
    for day, other in zip(days_of(without, UTC), days_of(weighed, UTC), strict=True):
        assert day.amount(kg) == other.amount()
        assert day.least(kg) == other.least()
        assert day.largest(kg) == other.largest()


def dose(at: datetime, mg: int = 10) -> SteroidDose:
    return SteroidDose(
        fact=at.isoformat(), at=at, drug="dexamethasone", amount=Decimal(mg), unit="mg"
    )


def test_a_span_has_its_beginning_and_not_its_end() -> None:
    doses = [dose(START + timedelta(hours=hours)) for hours in (-1, 0, 5, 6)]
    assert between(doses, START, START + timedelta(hours=6)) == tuple(doses[1:3])
    assert between(doses, START, None) == tuple(doses[1:])


def test_thirty_days_are_kept_the_newest_one_among_them() -> None:
    for apart, kept in ((29, 2), (30, 1)):
        days: steroids.Days = ()
        for at in (START, START + timedelta(days=apart)):
            days = with_dose(days, dose(at), UTC)
        assert len(days) == kept
        assert len(with_dose(days[-1:], dose(START), UTC, keep=None)) == 2


@pytest.mark.parametrize(("gap", "found"), [(0, 1), (1, 2), (2, 3)])
def test_days_without_a_dose_end_a_course_or_not(gap: int, found: int) -> None:
    days = days_of([dose(START + timedelta(days=each)) for each in (0, 3, 5)], UTC)
    assert len(newest_course(days, gap)) == found


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"amount": None}, "no amount was charted"),
        ({"unit": "mL"}, "mL is no unit of mass"),
        ({"unit": "mg/kg"}, "no weight is known"),
        ({"depot": True}, "a depot form acts for weeks"),
        ({"stopped": True}, "the infusion was stopped"),
        ({"drug": "triamcinolone"}, "no equivalent of triamcinolone"),
    ],
)
def test_why_an_amount_is_not_known_is_said(changed: dict[str, object], why: str) -> None:
    each = replace(dose(START), **changed)
    assert each.equivalent_mg is None
    assert why in (each.why_unknown or "")
