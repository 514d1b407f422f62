"""The inputs that `test_proofs.py` enumerates: blocks of findings, their order, the sweeps.

The orders and the exemptions say what is clinically worse and what is learnt, in terms of the
findings alone. They are written from the paper and from the readings in `docs/decisions/`, and
never from what the program answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any

from tests.grading import second_crs, second_icans

Given = Mapping[str, Any]
ANY = (None, False, True)
Contexts = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Block:
    """Findings that belong together, and which of their inputs are neighbors.

    `worse(name, before, after)` says that `after`, which differs in that finding alone, is no
    better for the patient. `exempt(name, before, after)` says that learning it is no narrowing.
    """

    findings: Mapping[str, tuple[Any, ...]]
    worse: Callable[[str, Given, Given], bool]
    exempt: Callable[[str, Given, Given], bool]

    @cached_property
    def inputs(self) -> list[dict[str, Any]]:
        names = self.findings
        return [dict(zip(names, values, strict=True)) for values in product(*names.values())]

    @cached_property
    def neighbors(self) -> list[tuple[str, int, int]]:
        """Each finding, with two places in `inputs` that differ in it alone."""
        found = []
        stride = len(self.inputs)
        for name, values in self.findings.items():
            stride //= len(values)
            for place in range(len(self.inputs)):
                at = place // stride % len(values)
                for other in range(len(values)):
                    if other != at:
                        found.append((name, place, place + (other - at) * stride))
        return found

    @cached_property
    def worsenings(self) -> list[tuple[int, int]]:
        return [
            (one, other)
            for name, one, other in self.neighbors
            if self.worse(name, self.inputs[one], self.inputs[other])
        ]

    @cached_property
    def narrowings(self) -> list[tuple[int, int]]:
        return [
            (one, other)
            for name, one, other in self.neighbors
            if self.inputs[one][name] is None
            and not self.exempt(name, self.inputs[one], self.inputs[other])
        ]


@dataclass(frozen=True, eq=False)
class Sweep:
    """All inputs of a block, in each of the contexts, which fix the findings of other blocks."""

    scale: str
    block: Block
    contexts: Contexts

    def inputs(self, context: Given) -> Iterator[Given]:
        return ({**context, **given} for given in self.block.inputs)

    def shown(self, context: Given, place: int) -> str:
        given = {**context, **self.block.inputs[place]}
        return str({name: value for name, value in given.items() if value is not None})


def with_items(given: Given) -> Given:
    """The findings as the program takes them: the items of the ICE are one finding, `ice`."""
    if "ice_orientation" not in given:
        return given
    ice = {item: given[f"ice_{item}"] for item in second_icans.ITEM_POINTS}
    return {
        "ice": ice,
        **{name: value for name, value in given.items() if name.removeprefix("ice_") not in ice},
    }


def contexts(*choices: Contexts) -> Contexts:
    """One of each, in every combination."""
    return [{k: v for part in parts for k, v in part.items()} for parts in product(*choices)]


def ranked(*ranks: tuple[Any, ...]) -> Mapping[Any, int]:
    return {value: rank for rank, values in enumerate(ranks) for value in values}


# From the better to the worse. Unknown has no rank, except for what a clinician must say (0011).
ATTRIBUTED = ranked((True,), (None, False))
SAID = ranked((None, False), (True,))
YES_IS_WORSE = ranked((False,), (True,))
NO_IS_WORSE = ranked((True,), (False,))
D = Decimal

CRS_RANKS: Mapping[str, Mapping[Any, int]] = {
    "temperature_c": ranked((D("37.9"),), (D("38.0"),)),
    "fever_other_cause": ATTRIBUTED,
    "prior_crs_fever": YES_IS_WORSE,
    "treated_since_onset": YES_IS_WORSE,
    "hypotension": YES_IS_WORSE,
    "hypotension_other_cause": ATTRIBUTED,
    "vasopressors": ranked(
        ((), ("dobutamine",)),
        (("vasopressin",), ("norepinephrine",), ("norepinephrine", "vasopressin")),
        (("norepinephrine", "epinephrine"),),
    ),
    "oxygen_saturation_percent": ranked((D(90),), (D("89.9"),)),
    "hypoxia_other_cause": ATTRIBUTED,
    "death_due_to_crs": SAID,
}
ICANS_RANKS: Mapping[str, Mapping[Any, int]] = {
    "ice_score": ranked(*((D(n),) for n in range(10, -1, -1))),
    **{
        f"ice_{item}": ranked(*((D(n),) for n in range(most, -1, -1)))
        for item, most in second_icans.ITEM_POINTS.items()
    },
    "capd_score": ranked(*((D(n),) for n in range(33))),
    "capd_performed": NO_IS_WORSE,
    "arousable": NO_IS_WORSE,
    "consciousness": ranked(*((level,) for level in second_icans.WAKES)),
    "consciousness_other_cause": ATTRIBUTED,
    "seizure": ranked(("none",), ("clinical", "electrographic")),
    "seizure_seconds": ranked((D(60), D(300)), (D(301),)),
    "seizure_resolved": NO_IS_WORSE,
    "seizure_without_recovery": YES_IS_WORSE,
    "seizure_other_cause": ATTRIBUTED,
    "motor_weakness": ranked(("none",), ("deep_focal",)),
    "motor_weakness_other_cause": ATTRIBUTED,
    "cerebral_edema": ranked(("none",), ("focal",), ("diffuse",)),
    "edema_from_hemorrhage": ATTRIBUTED,
    "edema_other_cause": ATTRIBUTED,
    "icp_signs": ranked(
        ((),),
        (*((sign,) for sign in second_icans.PRESSURE_SIGNS), ("posturing", "papilledema")),
    ),
    "death_due_to_icans": SAID,
}
SUPPORT = {"room_air": 0, "blow_by": 1, "ecmo": 4}
NEVER_NARROWS = ("_other_cause", "edema_from_hemorrhage", "death_due_to_crs", "death_due_to_icans")


def worse_crs(name: str, before: Given, after: Given) -> bool:
    if name in CRS_RANKS:
        ranks = CRS_RANKS[name]
        one, other = ranks.get(before[name]), ranks.get(after[name])
        return one is not None and other is not None and one <= other
    one, other = support(before), support(after)
    if one is not None and other is not None:
        return one < other
    # Without a device, or where it is not known why somebody is ventilated, the flow alone.
    flows = (before["oxygen_flow_l_min"], after["oxygen_flow_l_min"])
    return name == "oxygen_flow_l_min" and None not in flows and flows[0] < flows[1]


def support(given: Given) -> int | None:
    """How much oxygen is given for hypoxia, 0 to 4, or None where that is not known."""
    device, flow = given["oxygen_device"], given["oxygen_flow_l_min"]
    reason = given["ventilation_reason"]
    if device in SUPPORT:
        return SUPPORT[device]
    if device == "nasal_cannula" and flow is not None:
        return 0 if flow == 0 else 1 if flow <= 6 else 2
    if device in (None, "nasal_cannula"):
        return None
    if device not in second_crs.VENTILATORS:
        return 2
    if reason is None and device == "invasive_ventilation":
        return None
    return 3 if reason in (None, "hypoxia") else 0


def worse_icans(name: str, before: Given, after: Given) -> bool:
    if name not in ICANS_RANKS:
        return False  # An age is not better or worse than another one.
    one, other = ICANS_RANKS[name].get(before[name]), ICANS_RANKS[name].get(after[name])
    return one is not None and other is not None and one <= other


def exempt_crs(name: str, before: Given, after: Given) -> bool:
    if name.endswith(NEVER_NARROWS) or name == "oxygen_saturation_percent":
        return True
    if "oxygen_device" not in after:
        return False
    device, flow = after["oxygen_device"], after["oxygen_flow_l_min"]
    if name == "ventilation_reason":
        return device in ("cpap", "bipap")
    if name == "oxygen_flow_l_min":
        return device == "nasal_cannula" and flow == 0
    # A device turns up: the running flow was for hypoxia, unless the device says otherwise.
    not_for_hypoxia = device == "room_air" or (
        device in second_crs.VENTILATORS and support(after) in (None, 0)
    )
    return flow is not None and flow > 0 and not_for_hypoxia


def exempt_icans(name: str, before: Given, after: Given) -> bool:
    if name.endswith(NEVER_NARROWS):
        return True
    if name.startswith("seizure"):
        return bool(after["seizure_resolved"] and after["seizure_without_recovery"])
    if name in ("arousable", "consciousness"):
        asleep = after["consciousness"] == "unarousable"
        known = None not in (after["arousable"], after["consciousness"])
        return known and after["arousable"] is asleep
    if "capd_score" not in after:
        return False
    ice = before["ice_score"] is not None
    capd = before["capd_score"] is not None or before["capd_performed"] is not None
    if name == "age_years":
        return ice or capd
    if name == "ice_score":
        return capd and not (before["age_years"] is not None and before["age_years"] < 12)
    if not (ice or capd) and before["age_years"] is not None and before["age_years"] >= 12:
        return True
    return after["capd_performed"] is False and after["capd_score"] is not None


def crs_block(**findings: tuple[Any, ...]) -> Block:
    return Block(findings, worse_crs, exempt_crs)


def icans_block(**findings: tuple[Any, ...]) -> Block:
    return Block(findings, worse_icans, exempt_icans)


FEVER = crs_block(
    temperature_c=(None, D("37.9"), D("38.0")),
    fever_other_cause=ANY,
    prior_crs_fever=ANY,
    treated_since_onset=ANY,
)
HYPOTENSION = crs_block(
    hypotension=ANY,
    hypotension_other_cause=ANY,
    vasopressors=(None, *CRS_RANKS["vasopressors"]),
)
OXYGEN = crs_block(
    oxygen_device=(None, *second_crs.DEVICES),
    oxygen_flow_l_min=(None, D(0), D(6), D("6.1")),
    ventilation_reason=(None, *second_crs.REASONS),
    oxygen_saturation_percent=(None, D("89.9"), D(90)),
    hypoxia_other_cause=ANY,
)
MIND = icans_block(
    age_years=(None, D("11.9"), D(12)),
    ice_score=(None, *(D(n) for n in (0, 1, 2, 3, 6, 7, 9, 10))),
    capd_score=(None, D(0), D(1), D(8), D(9)),
    capd_performed=ANY,
    arousable=ANY,
    consciousness=(None, *second_icans.WAKES),
    consciousness_other_cause=ANY,
)
ITEMS = icans_block(
    age_years=(D(12),),
    **{
        f"ice_{item}": (None, *(D(n) for n in range(most + 1)))
        for item, most in second_icans.ITEM_POINTS.items()
    },
    arousable=ANY,
    consciousness=(None, *second_icans.WAKES),
)
SEIZURE = icans_block(
    seizure=(None, "none", "clinical", "electrographic"),
    seizure_seconds=(None, D(60), D(300), D(301)),
    seizure_resolved=ANY,
    seizure_without_recovery=ANY,
    seizure_other_cause=ANY,
)
WEAKNESS = icans_block(motor_weakness=(None, "none", "deep_focal"), motor_weakness_other_cause=ANY)
EDEMA = icans_block(
    cerebral_edema=(None, "none", "focal", "diffuse"),
    edema_from_hemorrhage=ANY,
    edema_other_cause=ANY,
)
PRESSURE = icans_block(icp_signs=(None, *ICANS_RANKS["icp_signs"]))
FOCAL = icans_block(**WEAKNESS.findings, **EDEMA.findings, **PRESSURE.findings)

UNKNOWN: Contexts = [{}]
NO_HYPOTENSION: dict[str, Any] = {"hypotension": False, "vasopressors": ()}
# One input for each interval that a block can give; the interval stands behind it.
FEVERS: Contexts = contexts(
    [{"temperature_c": value} for value in (None, D("37.9"), D("38.0"))],
    [{"prior_crs_fever": value, "treated_since_onset": value} for value in (None, False, True)],
)
HYPOTENSIONS: Contexts = [
    NO_HYPOTENSION,  # 0
    {"hypotension": True, "vasopressors": ()},  # 2
    {"vasopressors": ("norepinephrine",)},  # 3
    {"vasopressors": ("norepinephrine", "epinephrine")},  # 4
    {"vasopressors": ()},  # 0..2
    {"hypotension": True},  # 2..4
    {},  # 0..4
]
OXYGENS: Contexts = [
    {"oxygen_device": "room_air"},  # 0
    {"oxygen_device": "blow_by"},  # 2
    {"oxygen_device": "simple_mask"},  # 3
    {"oxygen_device": "cpap"},  # 4
    {"oxygen_device": "room_air", "oxygen_saturation_percent": D(88)},  # 0..2
    {"oxygen_device": "nasal_cannula"},  # 2..3
    {"oxygen_flow_l_min": D(3)},  # 2..4
    {},  # 0..4
]
CLEAR: dict[str, Any] = {"age_years": D(60), "ice_score": D(10), "consciousness": "alert"}
MINDS: Contexts = [
    CLEAR,  # 0
    {**CLEAR, "ice_score": D(8)},  # 1
    {**CLEAR, "ice_score": D(5)},  # 2
    {**CLEAR, "ice_score": D(1)},  # 3
    {"consciousness": "unarousable"},  # 4
    {"age_years": D(5), "capd_performed": False, "consciousness": "alert"},  # 4
    {"ice_score": D(10), "arousable": True},  # 0..3
    {"ice_score": D(8), "arousable": True},  # 1..3
    {"ice_score": D(5)},  # 2..4
    {"ice_score": D(0)},  # 3..4
    {"consciousness": "alert"},  # 0..4, the instrument is missing
    {},  # 0..4
]
NO_SEIZURE: dict[str, Any] = {"seizure": "none"}
BRIEF: dict[str, Any] = {"seizure": "clinical", "seizure_seconds": D(60), "seizure_resolved": True}
SEIZURES: Contexts = [
    NO_SEIZURE,  # 0
    BRIEF,  # 3
    {"seizure": "clinical", "seizure_seconds": D(400)},  # 4
    {"seizure": "clinical"},  # 3..4
    {},  # 0..4
]
NOTHING_FOCAL: dict[str, Any] = {
    "motor_weakness": "none",
    "cerebral_edema": "none",
    "icp_signs": (),
}
FOCALS: Contexts = [
    NOTHING_FOCAL,  # 0
    {**NOTHING_FOCAL, "cerebral_edema": "focal"},  # 3
    {**NOTHING_FOCAL, "motor_weakness": "deep_focal"},  # 4
    {"cerebral_edema": "none", "icp_signs": ()},  # 0..4 by weakness
    {"motor_weakness": "none", "cerebral_edema": "focal"},  # 3..4
    {},  # 0..4
]


def beside(block: Block) -> Contexts:
    """All inputs of a part of the focal signs, where the other parts are known absent."""
    return [{**NOTHING_FOCAL, **given} for given in block.inputs]


FEVER_YES_AND_UNKNOWN: Contexts = [{"temperature_c": D("38.0")}, {}]
CRS_DEATH = crs_block(death_due_to_crs=ANY)
ICANS_DEATH = icans_block(death_due_to_icans=ANY)
EVERY_FOCAL_PART = beside(WEAKNESS) + beside(EDEMA) + beside(PRESSURE)
SWEEPS = {
    "fever, every hypotension": Sweep("crs", FEVER, contexts(HYPOTENSION.inputs, OXYGENS)),
    "fever, every oxygen": Sweep("crs", FEVER, contexts(OXYGEN.inputs, [NO_HYPOTENSION, *UNKNOWN])),
    "hypotension, every fever": Sweep("crs", HYPOTENSION, contexts(FEVER.inputs, OXYGENS)),
    "hypotension, every oxygen": Sweep(
        "crs", HYPOTENSION, contexts(OXYGEN.inputs, FEVER_YES_AND_UNKNOWN)
    ),
    "oxygen": Sweep("crs", OXYGEN, contexts(FEVERS, HYPOTENSIONS)),
    "death in CRS": Sweep("crs", CRS_DEATH, contexts(FEVERS, HYPOTENSIONS, OXYGENS)),
    "mind": Sweep("icans", MIND, contexts(SEIZURES, [NOTHING_FOCAL, *UNKNOWN])),
    "items": Sweep(
        "icans",
        ITEMS,
        [{**seizure, **NOTHING_FOCAL} for seizure in SEIZURES[:4]] + UNKNOWN,
    ),
    "seizure": Sweep("icans", SEIZURE, contexts(MINDS, FOCALS)),
    "seizure, every focal sign": Sweep(
        "icans", SEIZURE, contexts(EVERY_FOCAL_PART, [CLEAR, *UNKNOWN])
    ),
    "focal signs": Sweep("icans", FOCAL, contexts(MINDS, SEIZURES)),
    "death in ICANS": Sweep("icans", ICANS_DEATH, contexts(MINDS, SEIZURES, FOCALS)),
}
