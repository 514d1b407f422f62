"""The inputs that `test_older_proofs.py` enumerates, for the CRS scales before 2019.

The orders and the exemptions say what is clinically worse and what is learnt, in terms of the
findings alone. They are written from the tables and from the readings in `docs/decisions/`, and
never from what the program answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.grading import second_older
from tests.grading.spaces import (
    ANY,
    ATTRIBUTED,
    SAID,
    YES_IS_WORSE,
    Block,
    Contexts,
    Given,
    contexts,
    ranked,
)

D = Decimal
DRIPS = (None, (), ("dobutamine",), ("vasopressin",), ("norepinephrine", "vasopressin"))
RANKS: Mapping[str, Mapping[Any, int]] = {
    "temperature_c": ranked((D("37.9"),), (D("38.0"),)),
    "fever_other_cause": ATTRIBUTED,
    "constitutional_symptoms": YES_IS_WORSE,
    "hospitalized_for_crs": YES_IS_WORSE,
    "hypotension": YES_IS_WORSE,
    "hypotension_other_cause": ATTRIBUTED,
    "fluids_for_hypotension": YES_IS_WORSE,
    "vasopressors": ranked(((), ("dobutamine",)), (DRIPS[3],), (DRIPS[4],)),
    "vasopressor_high_dose": YES_IS_WORSE,
    "vasopressor_refractory": YES_IS_WORSE,
    "vasopressor_hours": ranked((D(0),), (D("23.9"),), (D(24),)),
    "hypoxia_other_cause": ATTRIBUTED,
    **dict.fromkeys(
        ("organ_toxicity_grade", "transaminase_grade", "creatinine_grade"),
        ranked(*((D(n),) for n in range(6))),
    ),
    "coagulopathy_needing_products": YES_IS_WORSE,
    "organ_toxicity_other_cause": ATTRIBUTED,
    "death_due_to_crs": SAID,
}
OXYGEN = ("oxygen_device", "oxygen_flow_l_min", "fraction_inspired_oxygen_percent")


def worse(name: str, before: Given, after: Given) -> bool:
    """Is `after`, which differs in this finding alone, no better for the patient?"""
    if name in (*OXYGEN, "ventilation_reason"):
        return _worse_air(name, before, after)
    if name == "hypotension_answers_to_fluids":
        # That fluids were given must be known: the answer itself is a proof of it.
        return bool(before[name] and after[name] is False and before["fluids_for_hypotension"])
    one, other = RANKS[name].get(before[name]), RANKS[name].get(after[name])
    if one is None or other is None or one > other:
        return False
    # Hypotension that defies fluids stands on no row until a vasopressor puts it on one (0044), so
    # that a first vasopressor can settle the grade downwards.
    return not (unanswered(before) and not unanswered(after))


def unanswered(given: Given) -> bool:
    """May this be hypotension that defies fluids, with no vasopressor against it?"""
    if "vasopressors" not in given:
        return False
    answers = given["hypotension_answers_to_fluids"]
    return given["hypotension"] is not False and not answers and not treated(given)


def treated(given: Given) -> bool:
    """Does a vasopressor run, as listed or as anything else proves?"""
    listed = set(given["vasopressors"] or ()) - second_older.NOT_PRESSORS
    hours = given["vasopressor_hours"]
    high, refractory = given["vasopressor_high_dose"], given["vasopressor_refractory"]
    return bool(listed or high or refractory or (hours is not None and hours > 0))


def _worse_air(name: str, before: Given, after: Given) -> bool:
    one, other = support(before), support(after)
    if one is None or other is None:
        # Without a device, the flow and the fraction alone.
        values = before[name], after[name]
        number = name in ("oxygen_flow_l_min", "fraction_inspired_oxygen_percent")
        return one is other is None and number and None not in values and values[0] < values[1]
    if one == 0 or other == 3:
        return True
    if other == 0 or one > other:
        return False
    parts = before[OXYGEN[2]], after[OXYGEN[2]]
    return parts[0] == parts[1] or (None not in parts and parts[0] < parts[1])


def support(given: Given) -> int | None:
    """Oxygen for hypoxia: 0 none, 1 without pressure, 2 by mask pressure, 3 a ventilator."""
    device, flow, fraction = (given[name] for name in OXYGEN)
    if device is None:
        return None
    if device == "room_air" or (device == "nasal_cannula" and flow == 0):
        return 1 if fraction is not None and fraction > 21 else 0
    if device == "ecmo":
        return 3
    if device not in ("cpap", "bipap", "invasive_ventilation"):
        return 1
    if given["ventilation_reason"] in ("airway_protection", "procedure", "chronic"):
        return 0
    if device == "invasive_ventilation":
        return 3 if given["ventilation_reason"] else None
    return 2


def exempt(name: str, before: Given, after: Given) -> bool:
    """Is learning this finding no narrowing, for one of the readings?"""
    if name.endswith(("_other_cause", "death_due_to_crs")):
        return True
    if name == "hypotension_answers_to_fluids":
        return bool(after[name] and after["fluids_for_hypotension"] is False)
    if name.startswith("vasopressor_"):
        none_runs = after["vasopressors"] is not None and not (
            set(after["vasopressors"]) - second_older.NOT_PRESSORS
        )
        defied = after["vasopressor_refractory"] and after["vasopressor_high_dose"] is False
        return bool(none_runs and treated(after)) or bool(defied)
    if name == "creatinine_grade":
        worst = after["organ_toxicity_grade"]
        return worst is not None and after[name] > worst
    return name in (*OXYGEN, "ventilation_reason") and _exempt_air(name, before, after)


def _exempt_air(name: str, before: Given, after: Given) -> bool:
    device, flow, fraction = (after[each] for each in OXYGEN)
    if name == "ventilation_reason":
        return device in ("cpap", "bipap")
    if name == "oxygen_flow_l_min":
        return device == "nasal_cannula" and flow == 0
    enriched = fraction is not None and fraction > 21
    if name == "fraction_inspired_oxygen_percent":
        return enriched and (device == "room_air" or (device == "nasal_cannula" and flow == 0))
    # A device turns up: what ran was oxygen for hypoxia, unless the device says otherwise.
    running = enriched or (flow is not None and flow > 0)
    return running and (support(after) in (None, 0))


def block(**findings: tuple[Any, ...]) -> Block:
    return Block(findings, worse, exempt)


GRADES = (None, *(D(n) for n in range(6)))
BLOCKS = {
    "symptoms": block(
        temperature_c=(None, D("37.9"), D("38.0")),
        fever_other_cause=ANY,
        constitutional_symptoms=ANY,
        hospitalized_for_crs=ANY,
    ),
    "pressure": block(
        hypotension=ANY,
        hypotension_other_cause=(None, True),
        hypotension_answers_to_fluids=ANY,
        fluids_for_hypotension=ANY,
        vasopressors=DRIPS,
        vasopressor_high_dose=ANY,
        vasopressor_refractory=ANY,
        vasopressor_hours=(None, D(0), D("23.9"), D(24)),
    ),
    "oxygen": block(
        oxygen_device=(None, *second_older.DEVICES),
        oxygen_flow_l_min=(None, D(0), D(3)),
        fraction_inspired_oxygen_percent=(None, D(21), D("39.9"), D(40)),
        ventilation_reason=(None, *second_older.REASONS),
        hypoxia_other_cause=(None, True),
    ),
    "organs": block(
        organ_toxicity_grade=GRADES,
        transaminase_grade=GRADES,
        creatinine_grade=GRADES,
        coagulopathy_needing_products=ANY,
        organ_toxicity_other_cause=(None, True),
    ),
    "death": block(death_due_to_crs=ANY),
}

# Of each column: known absent, on one certain step in between, and not known at all.
NOBODY_ILL: dict[str, Any] = {
    "temperature_c": D("36.6"),
    "constitutional_symptoms": False,
    "hospitalized_for_crs": False,
}
NO_HYPOTENSION: dict[str, Any] = {
    "hypotension": False,
    "fluids_for_hypotension": False,
    "vasopressors": (),
}
LOW_DOSE: dict[str, Any] = {
    "vasopressors": ("norepinephrine",),
    "vasopressor_high_dose": False,
    "vasopressor_hours": D(6),
}
NO_TOXICITY: dict[str, Any] = {
    "organ_toxicity_grade": D(0),
    "transaminase_grade": D(0),
    "coagulopathy_needing_products": False,
}
AIR: dict[str, Any] = {"oxygen_device": "room_air"}
CANNULA: dict[str, Any] = {
    "oxygen_device": "nasal_cannula",
    "fraction_inspired_oxygen_percent": D(30),
}
COLUMNS: Mapping[str, Contexts] = {
    "symptoms": [NOBODY_ILL, {**NOBODY_ILL, "temperature_c": D(39)}, {}],
    "pressure": [NO_HYPOTENSION, LOW_DOSE, {}],
    "oxygen": [AIR, CANNULA, {}],
    "organs": [NO_TOXICITY, {**NO_TOXICITY, "organ_toxicity_grade": D(2)}, {}],
}


def beside(name: str) -> Contexts:
    """The contexts of a block: the largest meet the other columns absent and not known."""
    others = [column for each, column in COLUMNS.items() if each != name]
    if name == "pressure":
        others = [[column[0], column[-1]] for column in others]
        return [one for one in contexts(*others) if len(one) in (0, 7)]
    if name in ("oxygen", "organs"):
        others = [[column[0], column[-1]] for column in others]
    return contexts(*others)
