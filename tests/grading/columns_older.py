"""The columns of the pages on the CRS scales before 2019 and CRES, and how a cell is read."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.grading.cells import listed, name, names, number, yes_or_no


def items(cell: str) -> dict[str, Decimal]:
    """ "orientation 4, naming 3": the items of a score that were assessed, with their points."""
    found = dict(part.split(" ") for part in listed(cell))
    return {name(item): Decimal(points) for item, points in found.items()}


CRS: Mapping[str, Callable[[str], Any]] = {
    "temperature_c": number,
    "fever_other_cause": yes_or_no,
    "constitutional_symptoms": yes_or_no,
    "hypotension": yes_or_no,
    "hypotension_other_cause": yes_or_no,
    "hypotension_answers_to_fluids": yes_or_no,
    "fluids_for_hypotension": yes_or_no,
    "vasopressors": names,
    "vasopressor_high_dose": yes_or_no,
    "vasopressor_refractory": yes_or_no,
    "vasopressor_hours": number,
    "oxygen_device": name,
    "oxygen_flow_l_min": number,
    "fraction_inspired_oxygen_percent": number,
    "ventilation_reason": name,
    "hypoxia_other_cause": yes_or_no,
    "organ_toxicity_grade": number,
    "transaminase_grade": number,
    "creatinine_grade": number,
    "coagulopathy_needing_products": yes_or_no,
    "organ_toxicity_other_cause": yes_or_no,
    "hospitalized_for_crs": yes_or_no,
    "death_due_to_crs": yes_or_no,
}

READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("crs_lee_2014", "crs_penn", "crs_mskcc", "crs_cartox"), CRS),
    "cres": {
        "cartox_10_score": number,
        "cartox": items,
        "consciousness": name,
        "consciousness_other_cause": yes_or_no,
        "papilledema_stage": number,
        "csf_opening_pressure_mmhg": number,
        "cerebral_edema": name,
        "edema_other_cause": yes_or_no,
        "seizure": name,
        "seizure_type": name,
        "seizure_resolved": yes_or_no,
        "status_epilepticus": yes_or_no,
        "seizure_other_cause": yes_or_no,
        "motor_weakness": name,
        "motor_weakness_other_cause": yes_or_no,
        "death_due_to_icans": yes_or_no,
    },
}
