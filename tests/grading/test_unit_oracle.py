"""The table of units against a library that shares nothing with it."""

from decimal import Decimal

import pytest
from pint import DimensionalityError
from ucumvert import PintUcumRegistry

from tests.every import every
from tests.grading.unit_cases import UNITS, exact, ordinary
from toxmon.grading.unit_table import ACCEPTED, SPELLINGS
from toxmon.grading.units import measure

ORACLE_CANNOT_READ = {"{score}", "{fraction}", "{INR}", "{ratio}"}
"""Valid UCUM, an annotation standing alone, that ucumvert 0.3 does not turn into a quantity."""

ORACLE_CANNOT_CONVERT = {("[IU]/L", "U/L")}
"""UCUM keeps international units apart from enzyme units; laboratories of enzymes do not."""

MOLAR_MASS_G_PER_MOL = {
    "bilirubin_total": 584.66,
    "bilirubin_direct": 584.66,
    "creatinine": 113.12,
    "triglycerides": 885.4,
    "glucose": 180.156,
    "lactate": 90.08,
}


@pytest.fixture(scope="module")
def oracle():
    return PintUcumRegistry()


def understood(oracle, unit):
    try:
        return hasattr(oracle.from_ucum(unit), "magnitude")
    except ValueError:
        return False


@every(
    ("kind", "unit"),
    [(kind, unit) for kind, unit in UNITS if unit not in ORACLE_CANNOT_READ],
    ids=lambda case: f"{case[0].name} {case[1]}",
)
def test_an_independent_library_agrees(oracle, kind, unit):
    value = 9.5 if kind.integer else float(ordinary(kind, unit))
    canonical = "1" if kind.unit in ORACLE_CANNOT_READ else kind.unit
    if (unit, canonical) in ORACLE_CANNOT_CONVERT:
        with pytest.raises(DimensionalityError):
            oracle.Quantity(value, oracle.from_ucum(unit).units).to(oracle.from_ucum(canonical))
        return
    quantity = oracle.Quantity(value, oracle.from_ucum(unit).units)
    target = oracle.from_ucum(canonical).units
    # A molar factor is as good as its molar mass; laboratories round it to three or four digits.
    tolerance = 1e-9
    if ("mol" in unit) != ("mol" in canonical):
        mass = oracle.Quantity(MOLAR_MASS_G_PER_MOL[kind.name], "g/mol")
        quantity = quantity * mass if "mol" in unit else quantity / mass
        tolerance = 2e-3
    expected = quantity.to(target).magnitude
    ours = float(exact(ACCEPTED[kind.name][unit], Decimal(str(value))))
    assert ours == pytest.approx(expected, rel=tolerance)
    if not kind.integer:
        number = Decimal(str(value))
        assert float(measure(kind, number, unit).value) == pytest.approx(ours, rel=1e-15)


@pytest.mark.parametrize("unit", sorted(ORACLE_CANNOT_READ))
def test_the_list_of_what_the_oracle_cannot_read_is_true(oracle, unit):
    assert not understood(oracle, unit)
    assert unit in {unit for _, unit in UNITS}


@every("unit", sorted({unit for _, unit in UNITS} - ORACLE_CANNOT_READ))
def test_every_unit_in_the_first_column_is_ucum(oracle, unit):
    assert understood(oracle, unit)


@pytest.mark.parametrize("ward", ["K/uL", "G/L", "C", "F"])
def test_a_general_library_would_misread_what_wards_write(oracle, ward):
    """The reason for a table of our own: these are read, as kelvin, gauss, coulomb and farad."""
    assert understood(oracle, ward)
    ours = next(unit for unit, also in SPELLINGS.items() if ward in also)
    assert oracle.from_ucum(ward).dimensionality != oracle.from_ucum(ours).dimensionality
