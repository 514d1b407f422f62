"""How each kind of number is drawn: its fixed clinical scale, its ticks, what makes a gap.

A scale is the same for every patient and every day, so that the same height means the same. Where
a rule has a limit, the caller brings it as a band with its words: nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

VITAL, EXAMINED, SAMPLED = timedelta(hours=14), timedelta(hours=30), timedelta(hours=50)
"""Readings further apart are not joined. A blood count a day may be late by a round or two."""


@dataclass(frozen=True, slots=True)
class Form:
    """The scale of a kind, from `low` to `high` in its canonical unit."""

    title: str
    short: str
    unit: str
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False
    stepped: bool = False
    gap: timedelta = SAMPLED


def _log(title: str, short: str, unit: str, low: float, high: float) -> Form:
    ticks, tick = [], low
    while tick <= high:
        ticks.append(tick)
        tick *= 10
    return Form(title, short, unit, low, high, tuple(ticks), log=True)


FORMS: Mapping[str, Form] = {
    "body_temperature": Form("Temperature", "Temp", "°C", 35, 41, (36, 38, 40), gap=VITAL),
    "systolic_bp": Form("Blood pressure", "BP", "mmHg", 40, 200, (50, 90, 120, 160), gap=VITAL),
    "diastolic_bp": Form("Diastolic", "DBP", "mmHg", 20, 120, (40, 60, 80, 100), gap=VITAL),
    "mean_arterial_pressure": Form(
        "Mean pressure", "MAP", "mmHg", 40, 140, (65, 90, 120), gap=VITAL
    ),
    "oxygen_saturation": Form("SpO₂", "SpO₂", "%", 80, 100, (80, 90, 100), gap=VITAL),
    "ice_score": Form("ICE score", "ICE", "of 10", 0, 10, (0, 5, 10), stepped=True, gap=EXAMINED),
    "capd_score": Form("CAPD", "CAPD", "of 32", 0, 32, (0, 9, 20, 32), stepped=True, gap=EXAMINED),
    "heart_rate": Form("Heart rate", "HR", "/min", 40, 180, (60, 100, 140), gap=VITAL),
    "respiratory_rate": Form("Breathing rate", "RR", "/min", 0, 50, (10, 20, 30, 40), gap=VITAL),
    "oxygen_flow": Form("Oxygen flow", "O₂ flow", "L/min", 0, 60, (0, 15, 30, 60), gap=VITAL),
    "fraction_inspired_oxygen": Form("FiO₂", "FiO₂", "%", 20, 100, (21, 50, 100), gap=VITAL),
    "weight": Form("Weight", "Weight", "kg", 0, 160, (0, 40, 80, 120), gap=timedelta(days=8)),
    "crp": Form("CRP", "CRP", "mg/L", 0, 300, (0, 100, 200, 300)),
    "ferritin": _log("Ferritin", "Ferritin", "ng/mL", 10, 100_000),
    "anc": _log("Neutrophils", "ANC", "/µL", 10, 10_000),
    "platelets": _log("Platelets", "Plt", "×10⁹/L", 1, 1_000),
    "hemoglobin": Form("Hemoglobin", "Hb", "g/dL", 4, 18, (6, 10, 14, 18)),
    "wbc": _log("Leukocytes", "WBC", "/µL", 10, 100_000),
    "alc": _log("Lymphocytes", "ALC", "/µL", 10, 100_000),
    "cd4": _log("CD4 cells", "CD4", "/µL", 1, 10_000),
    "b_cells": _log("B cells", "B cells", "/µL", 1, 10_000),
    "il6": _log("Interleukin 6", "IL-6", "pg/mL", 1, 100_000),
    "procalcitonin": _log("Procalcitonin", "PCT", "ng/mL", 0.01, 100),
    "soluble_cd25": _log("Soluble CD25", "sCD25", "pg/mL", 100, 100_000),
    "soluble_cd25_units": _log("Soluble CD25", "sCD25", "U/mL", 100, 100_000),
    "fibrinogen": Form("Fibrinogen", "Fibrin.", "mg/dL", 0, 800, (0, 150, 400, 800)),
    "d_dimer": _log("D-dimer", "D-dimer", "ng/mL FEU", 100, 100_000),
    "d_dimer_ddu": _log("D-dimer", "D-dimer", "ng/mL DDU", 100, 100_000),
    "inr": Form("INR", "INR", "ratio", 0.5, 5, (1, 2, 3, 4, 5)),
    "pt": Form("Prothrombin time", "PT", "s", 5, 60, (10, 20, 40, 60)),
    "aptt": Form("aPTT", "aPTT", "s", 10, 120, (30, 60, 90, 120)),
    "ldh": _log("LDH", "LDH", "U/L", 10, 10_000),
    "ast": _log("AST", "AST", "U/L", 1, 10_000),
    "alt": _log("ALT", "ALT", "U/L", 1, 10_000),
    "bilirubin_total": _log("Bilirubin", "Bili", "mg/dL", 0.1, 100),
    "bilirubin_direct": _log("Direct bilirubin", "Bili dir", "mg/dL", 0.1, 100),
    "triglycerides": _log("Triglycerides", "TG", "mg/dL", 10, 10_000),
    "creatinine": Form("Creatinine", "Crea", "mg/dL", 0, 6, (0, 1, 2, 4, 6)),
    "lactate": Form("Lactate", "Lactate", "mmol/L", 0, 15, (0, 2, 5, 10, 15)),
    "glucose": Form("Glucose", "Glucose", "mg/dL", 0, 500, (0, 70, 180, 300, 500)),
    "igg": Form("IgG", "IgG", "mg/dL", 0, 2_000, (0, 400, 1_000, 2_000)),
    "m_protein": Form("M-protein", "M-prot.", "g/dL", 0, 8, (0, 2, 4, 8)),
}
"""By kind, in the order in which they are drawn."""

ALWAYS = (
    "body_temperature", "systolic_bp", "oxygen_saturation", "heart_rate", "ice_score", "crp",
    "ferritin", "anc", "platelets",
)  # fmt: skip
"""What is drawn unless somebody asks for more."""
PAIRED = {"systolic_bp": "diastolic_bp"}
"""The one track with two measures: its lower end is the other."""
ROUND = (1, 2, 2.5, 5, 10)
OWN_SCALE = "scale made from these readings"


def form_of(kind: str, title: str, unit: str, values: list[float]) -> tuple[Form, str]:
    """The form of a kind and a note: a kind without a form is scaled to the readings it has."""
    known = FORMS.get(kind)
    if known is not None:
        return known, ""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(low, 0.0)
    step = _step((high - low) / 3 or 1.0)
    ticks = [low + step * place for place in range(6) if low + step * (place - 1) < high]
    return Form(title, title, unit, low, max(ticks[-1], high), tuple(ticks)), OWN_SCALE


def _step(about: float) -> float:
    """A round number that is not less than `about`."""
    power = 1.0
    while power > about:
        power /= 10
    while power * 10 <= about:
        power *= 10
    return next(each * power for each in ROUND if each * power >= about)
