"""Findings of a table as a ward would chart them: observations, doses, attributions, a death.

The other way round from how the record gathers findings, and written apart from it, so that a
finding that is gathered from the wrong fact gives another grade than the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

INFUSED_AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
SEEN_AT = INFUSED_AT + timedelta(days=2, hours=4)
BEFORE = INFUSED_AT - timedelta(days=1)
BEFORE_LYMPHODEPLETION = INFUSED_AT - timedelta(days=6)

NUMBERS: Mapping[str, tuple[str, str]] = {
    "temperature_c": ("body_temperature", "Cel"),
    "oxygen_flow_l_min": ("oxygen_flow", "L/min"),
    "oxygen_saturation_percent": ("oxygen_saturation", "%"),
    "fraction_inspired_oxygen_percent": ("fraction_inspired_oxygen", "%"),
    "csf_opening_pressure_mmhg": ("csf_opening_pressure", "mm[Hg]"),
    "seizure_seconds": ("seizure_duration", "s"),
    "ferritin_ng_ml": ("ferritin", "ng/mL"),
    "ast_u_l": ("ast", "U/L"),
    "alt_u_l": ("alt", "U/L"),
    "fibrinogen_mg_dl": ("fibrinogen", "mg/dL"),
    "anc_per_ul": ("anc", "/uL"),
    "wbc_per_ul": ("wbc", "/uL"),
    "alc_per_ul": ("alc", "/uL"),
    "cd4_per_ul": ("cd4", "/uL"),
    "platelets_10e9_l": ("platelets", "10*9/L"),
    "hemoglobin_g_dl": ("hemoglobin", "g/dL"),
    "creatinine_mg_dl": ("creatinine", "mg/dL"),
    "bilirubin_mg_dl": ("bilirubin_total", "mg/dL"),
    "bilirubin_direct_mg_dl": ("bilirubin_direct", "mg/dL"),
    "ldh_u_l": ("ldh", "U/L"),
    "pt_s": ("pt", "s"),
    "aptt_s": ("aptt", "s"),
    "triglycerides_mg_dl": ("triglycerides", "mg/dL"),
    "crp_mg_dl": ("crp", "mg/dL"),
    "soluble_cd25_u_ml": ("soluble_cd25_units", "U/mL"),
    **{name: (name, "{score}") for name in (
        "ice_score", "capd_score", "cartox_10_score", "papilledema_stage", "organ_toxicity_grade",
        "transaminase_grade", "oliguria_grade", "pulmonary_edema_grade", "diarrhea_grade",
    )},
}  # fmt: skip
SAME = frozenset(
    {
        "hypotension", "vasopressors", "oxygen_device", "ventilation_reason", "consciousness",
        "seizure", "seizure_resolved", "seizure_without_recovery", "motor_weakness",
        "cerebral_edema", "edema_from_hemorrhage", "icp_signs", "capd_performed", "seizure_type",
        "status_epilepticus", "constitutional_symptoms", "hypotension_answers_to_fluids",
        "fluids_for_hypotension", "vasopressor_high_dose", "vasopressor_refractory",
        "coagulopathy_needing_products", "hospitalized_for_crs", "ferritin_rising",
        "hemophagocytosis", "splenomegaly", "hepatomegaly", "pulmonary_manifestation",
        "renal_insufficiency", "triglycerides_fasting", "known_immunosuppression", "nk_activity",
        "hlh_molecular_diagnosis", "cytopenia_new", "transfusion_indicated", "parkinsonism",
        "movement_disorder", "cognitive_change", "personality_change", "facial_palsy",
        "enteric_infection", "second_malignancy",
    }
)  # fmt: skip
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("anemia", "life_threatening"): "anemia_life_threatening",
    ("iec_hs", "confirmed"): "iec_hs_confirmed",
    ("iec_hs", "severity"): "iec_hs_severity",
    ("iec_hs", "intervention"): "iec_hs_treated",
    ("cranial_nerve_palsy", "nerves"): "cranial_nerves",
    ("cranial_nerve_palsy", "side"): "palsy_side",
    ("licats", "organs"): "licats_organs",
}
PRESENT = (
    "cranial_nerve_palsy",
    "guillain_barre",
    "peripheral_neuropathy",
    "enterocolitis",
    "licats",
)
SIGNS: Mapping[str, str] = {
    "fever_other_cause": "fever",
    "hypotension_other_cause": "hypotension",
    "hypoxia_other_cause": "hypoxia",
    "consciousness_other_cause": "consciousness",
    "seizure_other_cause": "seizure",
    "motor_weakness_other_cause": "motor_weakness",
    "edema_other_cause": "cerebral_edema",
    "organ_toxicity_other_cause": "organ_toxicity",
    "other_cause": "iec_hs",
}
DEATHS = {"death_due_to_crs": "crs", "death_due_to_icans": "icans", "death_due_to_iec_hs": "iec_hs"}
TIMES_AND_NO = ("method", "final", "today_day", "onset_day", *SIGNS, *DEATHS)
"""What is said by when something is charted, or by not charting it."""
LIMITS = {"_uln_": "high", "_lln_": "low"}


class NotCharted(Exception):
    """A finding that no ward charts as it stands."""


@dataclass
class Charting:
    """What is charted at which instant, and the acts beside it."""

    sets: dict[datetime, list[dict[str, Any]]] = field(default_factory=dict)
    acts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    born: date = date(1961, 5, 2)
    read_at: datetime = SEEN_AT

    def add(self, at: datetime, kind: str, value: Any, unit: str | None = None) -> dict[str, Any]:
        entry = {"kind": kind, "value": value} | ({"unit": unit} if unit else {})
        self.sets.setdefault(at, []).append(entry)
        return entry


def _fever(made: Charting, value: bool) -> None:
    made.add(SEEN_AT, "body_temperature", 39 if value else 36.8, "Cel")


def _in_crs(made: Charting, value: bool) -> None:
    """An hour earlier, so that CRS is going on when ferritin is drawn."""
    made.add(SEEN_AT - timedelta(hours=1), "body_temperature", 39 if value else 36.8, "Cel")


def _liver(made: Charting, grade: int) -> None:
    """AST of 40 at the most normal, so many times that; the two other tests are normal."""
    made.add(SEEN_AT, "ast", (30, 100, 160, 400, 900)[grade], "U/L")["high"] = 40
    made.add(SEEN_AT, "alt", 20, "U/L")["high"] = 40
    made.add(SEEN_AT, "bilirubin_total", 0.5, "mg/dL")["high"] = 1.2
    for kind, value, unit in (
        ("ast", 20, "U/L"),
        ("alt", 20, "U/L"),
        ("bilirubin_total", 0.5, "mg/dL"),
    ):
        made.add(BEFORE, kind, value, unit)


def _kidney(made: Charting, grade: int) -> None:
    made.add(SEEN_AT, "creatinine", (0.9, 1.3, 2, 4, 7)[grade], "mg/dL")["high"] = 1
    made.add(BEFORE, "creatinine", 0.9, "mg/dL")


def _peak(made: Charting, value: Any) -> None:
    made.add(SEEN_AT, "ferritin", value, "ng/mL")


WORDS_OF: Mapping[str, Callable[[Charting, Any], None]] = {
    "fever": _fever,
    "in_crs": _in_crs,
    "ferritin_peak_ng_ml": _peak,
    "liver_grade": _liver,
    "creatinine_grade": _kidney,
}
"""Findings that a record works out from something else."""


def charted(scale: str, findings: Mapping[str, Any]) -> Charting:
    """How a ward would chart these findings, sent as to `/grade/{scale}`. Raises NotCharted."""
    made = Charting()
    measured: dict[str, dict[str, Any]] = {}
    seen_at = BEFORE_LYMPHODEPLETION if scale in ("car_hematotox", "easix") else SEEN_AT
    if "onset_day" in findings:
        seen_at = made.read_at = INFUSED_AT + timedelta(days=findings["onset_day"], hours=4)
    for name, value in findings.items():
        if name in NUMBERS:
            kind, unit = NUMBERS[name]
            measured[name] = made.add(seen_at, kind, value, unit)
        elif name in SAME:
            made.add(seen_at, name, value)
        elif (scale, name) in OTHERWISE:
            made.add(seen_at, OTHERWISE[scale, name], value)
        elif name == "present" and scale in PRESENT:
            made.add(seen_at, scale, value)
        elif name == "severity":
            made.add(seen_at, f"{scale}_grade", value, "{score}")
        elif name in WORDS_OF:
            WORDS_OF[name](made, value)
        elif name == "ice":
            for item, points in value.items():
                made.add(seen_at, f"ice_{item}", points, "{score}")
        elif name == "cartox":
            for item, points in value.items():
                kind = "cartox_head_of_state" if item == "head_of_state" else f"ice_{item}"
                made.add(seen_at, kind, points, "{score}")
        elif name in SIGNS and value:
            act = {"sign": SIGNS[name], "cause": "another cause", "reason": "as the table says"}
            made.acts.append(("attributions", {**act, "from": BEFORE.isoformat()}))
        elif name in DEATHS and value:
            made.acts.append(("deaths", {"cause": DEATHS[name], "died_at": SEEN_AT.isoformat()}))
        elif name == "age_years":
            years = int(Decimal(str(value)))
            made.born = date(SEEN_AT.year - years - 1, 12, 31) if years else date(2025, 12, 31)
        elif name in ("anc", "platelets") and isinstance(value, list):
            _count(made, name, value)
        elif name == "last_follow_up_day":
            at = INFUSED_AT + timedelta(days=value, hours=1)
            made.add(at, "follow_up_ended", True)
        elif not _is_limit(name) and name not in TIMES_AND_NO:
            raise NotCharted(name)
    _add_limits(made, findings, measured)
    if "final" in findings or "today_day" in findings:
        made.read_at = INFUSED_AT + timedelta(days=findings.get("today_day", 101), hours=2)
    return made


def _is_limit(name: str) -> bool:
    return any(part in name for part in (*LIMITS, "_baseline_"))


def _count(made: Charting, kind: str, value: list[dict[str, Any]]) -> None:
    unit, name = ("/uL", "per_ul") if kind == "anc" else ("10*9/L", "10e9_l")
    for each in value:
        made.add(INFUSED_AT + timedelta(days=each["day"], hours=1), kind, each[name], unit)
    if value:
        made.read_at = INFUSED_AT + timedelta(days=max(each["day"] for each in value), hours=2)


def _add_limits(
    made: Charting, findings: Mapping[str, Any], measured: Mapping[str, dict[str, Any]]
) -> None:
    """A limit is the laboratory's own range of the very result; a baseline an earlier result."""
    for name, value in findings.items():
        for part, end in LIMITS.items():
            if part in name:
                of = name.replace(part, "_")
                if of not in measured:
                    raise NotCharted(f"{name} without its result")
                measured[of][end] = value
        if "_baseline_" in name:
            kind, unit = NUMBERS[name.replace("_baseline_", "_")]
            made.add(BEFORE, kind, value, unit)
