"""The closed table of units: which are read for each kind, and the exact step to the canonical one.

The units of UCUM come first, then the other spellings that wards and laboratories send. The table
is signed by a person and no general unit library reads what was sent: UCUM itself would take K/uL
for kelvin per microliter, G/L for gauss per liter and C for coulomb.

Factors. Powers of ten, 9/5, pounds, ounces and inches (1959 agreement) are exact by definition, as
are 60 U/L for 1 ukat/L and 133.322387415 Pa for 1 mm[Hg] (13.5951 g/cm3 x 9.80665 m/s2), so that
1.35951 cm[H2O], of 98.0665 Pa each, are 1 mm[Hg]. Molar factors follow from molar masses in g/mol:
bilirubin 584.66, creatinine 113.12, triglycerides about 885.7, glucose 180.16, lactic acid 90.08.
Each is written the way laboratories publish it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from toxmon.grading.clinical_kinds import CLINICAL


class Step(NamedTuple):
    """canonical = (sent - subtract) * times / over; None leaves a step out."""

    times: Decimal | None = None
    over: Decimal | None = None
    subtract: Decimal | None = None


SAME = Step()


def times(factor: str) -> Step:
    """Multiply."""
    return Step(times=Decimal(factor))


def over(divisor: str) -> Step:
    """Divide, where the factor itself has no exact decimal."""
    return Step(over=Decimal(divisor))


Units = Mapping[str, Step]

SCORES_OF_CLINICIANS = tuple(kind.name for kind in CLINICAL if kind.integer)

_PRESSURE: Units = {"mm[Hg]": SAME, "kPa": over("0.133322387415")}
_PERCENT: Units = {"%": SAME, "1": times("100"), "{fraction}": times("100")}
_SCORE: Units = {"{score}": SAME, "1": SAME}
_SECONDS: Units = {"s": SAME}
_ENZYME: Units = {"U/L": SAME, "[IU]/L": SAME, "ukat/L": times("60"), "nkat/L": times("0.06")}
_BILIRUBIN: Units = {"mg/dL": SAME, "umol/L": over("17.1"), "mg/L": over("10")}
_PER_NANOLITER = ("10*3/uL", "10*3/mm3", "10*9/L", "/nL")
_PER_MICROLITER = ("/uL", "{cells}/uL", "/mm3", "10*6/L")
_PER_UL: Units = {
    **dict.fromkeys(_PER_MICROLITER, SAME),
    **dict.fromkeys(_PER_NANOLITER, times("1000")),
}


def _d_dimer(kind: str) -> Units:
    """Mass per volume of one kind of D-dimer unit, which may be said or left out."""
    step = {"ng/mL": SAME, "ug/L": SAME, "ug/mL": times("1000"), "mg/L": times("1000")}
    return {**{f"{unit}{{{kind}}}": one for unit, one in step.items()}, **step}


ACCEPTED: Mapping[str, Units] = {
    "body_temperature": {"Cel": SAME, "[degF]": Step(Decimal(5), Decimal(9), Decimal(32))},
    "heart_rate": {"/min": SAME, "{beats}/min": SAME},
    "respiratory_rate": {"/min": SAME, "{breaths}/min": SAME},
    "systolic_bp": _PRESSURE,
    "diastolic_bp": _PRESSURE,
    "mean_arterial_pressure": _PRESSURE,
    "oxygen_saturation": _PERCENT,
    "oxygen_flow": {"L/min": SAME, "mL/min": over("1000")},
    "fraction_inspired_oxygen": _PERCENT,
    "weight": {
        "kg": SAME,
        "g": over("1000"),
        "[lb_av]": times("0.45359237"),
        "[oz_av]": times("0.028349523125"),
    },
    "height": {"cm": SAME, "m": times("100"), "[in_i]": times("2.54")},
    "ice_orientation": _SCORE,
    "ice_naming": _SCORE,
    "ice_commands": _SCORE,
    "ice_writing": _SCORE,
    "ice_attention": _SCORE,
    "ice_score": _SCORE,
    "capd_score": _SCORE,
    **dict.fromkeys(SCORES_OF_CLINICIANS, _SCORE),
    "csf_opening_pressure": {"mm[Hg]": SAME, "cm[H2O]": over("1.35951")},
    "seizure_duration": {"s": SAME, "min": times("60")},
    "ferritin": {"ng/mL": SAME, "ug/L": SAME, "mg/L": times("1000")},
    "crp": {"mg/L": SAME, "mg/dL": times("10"), "ug/mL": SAME},
    "il6": {"pg/mL": SAME, "ng/L": SAME},
    "procalcitonin": {"ng/mL": SAME, "ug/L": SAME},
    "soluble_cd25": {"pg/mL": SAME, "ng/L": SAME, "ng/mL": times("1000")},
    "soluble_cd25_units": {"U/mL": SAME, "kU/L": SAME},
    "fibrinogen": {"mg/dL": SAME, "g/L": times("100")},
    "d_dimer": _d_dimer("FEU"),
    "d_dimer_ddu": _d_dimer("DDU"),
    "inr": {"1": SAME, "{INR}": SAME, "{ratio}": SAME},
    "pt": _SECONDS,
    "aptt": _SECONDS,
    "ldh": _ENZYME,
    "ast": _ENZYME,
    "alt": _ENZYME,
    "bilirubin_total": _BILIRUBIN,
    "bilirubin_direct": _BILIRUBIN,
    "triglycerides": {"mg/dL": SAME, "mmol/L": times("88.57"), "g/L": times("100")},
    "creatinine": {
        "mg/dL": SAME,
        "umol/L": over("88.4"),
        "mmol/L": over("0.0884"),
        "mg/L": over("10"),
    },
    "lactate": {"mmol/L": SAME, "mg/dL": over("9.01")},
    "glucose": {"mg/dL": SAME, "mmol/L": times("18.016")},
    "igg": {"mg/dL": SAME, "g/L": times("100"), "mg/L": over("10")},
    "m_protein": {"g/dL": SAME, "g/L": over("10")},
    "wbc": _PER_UL,
    "anc": _PER_UL,
    "alc": _PER_UL,
    "cd4": _PER_UL,
    "b_cells": _PER_UL,
    "hemoglobin": {"g/dL": SAME, "g/L": over("10")},
    "platelets": {
        **dict.fromkeys(("10*9/L", "10*3/uL", "10*3/mm3", "/nL"), SAME),
        **dict.fromkeys(_PER_MICROLITER, over("1000")),
    },
}
"""Kind -> unit of UCUM -> the step to the canonical unit. The canonical one comes first."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "Cel": ("°C", "C", "degC", "oC"),
    "[degF]": ("°F", "F", "degF", "oF"),
    "/min": ("1/min",),
    "{beats}/min": ("bpm", "beats/min"),
    "{breaths}/min": ("breaths/min",),
    "mm[Hg]": ("mmHg",),
    "cm[H2O]": ("cmH2O",),
    "L/min": ("lpm",),
    "[lb_av]": ("lb", "lbs"),
    "[oz_av]": ("oz",),
    "[in_i]": ("in",),
    "s": ("sec",),
    "ug/L": ("mcg/L",),
    "ug/mL": ("mcg/mL",),
    "[IU]/L": ("IU/L",),
    "{INR}": ("INR",),
    "{ratio}": ("ratio",),
    "ng/mL{FEU}": ("ng{FEU}/mL", "ng/mLFEU"),
    "ug/mL{FEU}": ("ug{FEU}/mL", "ug/mLFEU", "mcg/mLFEU"),
    "ug/L{FEU}": ("ug{FEU}/L", "ug/LFEU", "mcg/LFEU"),
    "mg/L{FEU}": ("mg{FEU}/L", "mg/LFEU"),
    "ng/mL{DDU}": ("ng{DDU}/mL", "ng/mLDDU"),
    "ug/mL{DDU}": ("ug{DDU}/mL", "ug/mLDDU", "mcg/mLDDU"),
    "ug/L{DDU}": ("ug{DDU}/L", "ug/LDDU", "mcg/LDDU"),
    "mg/L{DDU}": ("mg{DDU}/L", "mg/LDDU"),
    "/uL": ("/mcL",),
    "{cells}/uL": ("cells/uL", "cells/mcL"),
    "/mm3": ("/mm^3", "/cumm", "cells/mm3", "cells/mm^3"),
    "10*6/L": ("10^6/L", "x10^6/L", "x10*6/L", "x10E6/L", "10E6/L"),
    "10*3/uL": (
        "K/uL",
        "10^3/uL",
        "x10^3/uL",
        "x10*3/uL",
        "x10E3/uL",
        "10E3/uL",
        "K/mcL",
        "10*3/mcL",
        "10^3/mcL",
        "x10^3/mcL",
        "x10E3/mcL",
    ),
    "10*3/mm3": ("K/mm3", "10^3/mm3", "x10^3/mm3", "10^3/mm^3", "x10^3/mm^3"),
    "10*9/L": ("G/L", "Gpt/L", "10^9/L", "x10^9/L", "x10*9/L", "x10E9/L", "10E9/L"),
}
"""Unit of UCUM -> what else is read as it, for the kinds that accept it. Spaces do not matter."""

NOT_CONVERTED: Mapping[str, Mapping[str, str]] = {
    "ferritin": {"pmol/L": "the molar mass of ferritin depends on the iron in it"},
    "crp": {"nmol/L": "the factor differs from assay to assay"},
    "il6": {"[IU]/mL": "no general factor leads from units of activity to mass"},
    "fibrinogen": {"umol/L": "laboratories do not agree on the molar mass"},
    "hemoglobin": {"mmol/L": "laboratories mean one or four chains by a molecule, a factor of 4"},
    "igg": {"umol/L": "laboratories do not agree on the molar mass"},
    "soluble_cd25": {"U/mL": "no factor leads to mass; chart it as the kind soluble_cd25_units"},
    "soluble_cd25_units": {"pg/mL": "no factor leads to units; chart it as the kind soluble_cd25"},
    "d_dimer": {
        unit: "no exact factor leads from DDU to FEU; chart it as the kind d_dimer_ddu"
        for unit in _d_dimer("DDU")
        if "DDU" in unit
    },
    "d_dimer_ddu": {
        unit: "no exact factor leads from FEU to DDU; chart it as the kind d_dimer"
        for unit in _d_dimer("FEU")
        if "FEU" in unit
    },
}
"""Kind -> a unit that is sent for it and is refused on purpose -> why."""


def spellings(unit: str) -> Iterable[str]:
    """A unit of UCUM, every other spelling of it, and each of them with l for L, the liter."""
    for spelling in (unit, *SPELLINGS.get(unit, ())):
        yield spelling
        if "L" in spelling:
            yield spelling.replace("L", "l")
