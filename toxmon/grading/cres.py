"""CAR-T-cell-related encephalopathy syndrome (CRES), CARTOX 2018: what came before ICANS.

    | grade | CARTOX-10     | raised intracranial pressure    | seizures, weakness               |
    | ----- | ------------- | ------------------------------- | -------------------------------- |
    | 1     | 7-9           |                                 |                                  |
    | 2     | 3-6           |                                 |                                  |
    | 3     | 0-2           | papilledema of stage 1-2, or    | partial, or only on EEG, and     |
    |       |               | an opening pressure < 20        | answers to a benzodiazepine      |
    | 4     | obtunded, not | papilledema of stage 3-5, or an | generalized, or status           |
    |       | testable      | opening pressure >= 20, or      | epilepticus; new motor weakness  |
    |       |               | cerebral edema                  |                                  |
    | 5     | death, said by a clinician                                                         |

CARTOX-10: orientation to year, month, city, hospital (4 points) and to the head of state (1),
naming of three objects (3), writing a sentence (1), counting from 100 backwards by tens (1). ICE
has a command in the place of the head of state; the other items are the same. The score is made
for adults.

Units: CARTOX-10 0-10 in points, papilledema in stages 0-5, opening pressure in mm[Hg].
Bounds: exactly 20 mm[Hg] is grade 4.
Source: Neelapu SS et al. Nat Rev Clin Oncol 2018;15:47-62, doi:10.1038/nrclinonc.2017.148. Grades 1
and 2 were read where later papers print them; grades 3 and 4 in one of them
(doi:10.20517/2347-8659.2018.51, which prints 0-1 for grade 3) and from memory.
Read by us: what is not testable, an opening pressure that is low or was never taken, seizures that
do not answer, death (decision 0045).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.facts import Number, above, at_least
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.ladder import NO, YES, Criterion, Sign, all_of, answer, known, opposite
from toxmon.grading.scale import Scale

SCALE = "cres"
EDITION = "cartox-2018"
SOURCE = "Neelapu 2018, doi:10.1038/nrclinonc.2017.148"
TITLE = "CAR-T-cell-related encephalopathy syndrome"

CARTOX_10_ITEMS: Mapping[str, int] = {
    "orientation": 4,
    "naming": 3,
    "writing": 1,
    "attention": 1,
    "head_of_state": 1,
}
CHARTED_AS: Mapping[str, str] = {
    "orientation": "ice_orientation",
    "naming": "ice_naming",
    "writing": "ice_writing",
    "attention": "ice_attention",
    "head_of_state": "cartox_head_of_state",
}
"""Four items are those of the ICE, and are charted once for both."""
UNIMPAIRED = 10
RAISED_MMHG = Decimal(20)

CAUSES: Mapping[str, str] = {
    "consciousness_other_cause": "reduced consciousness",
    "edema_other_cause": "edema or raised pressure",
    "seizure_other_cause": "seizure",
    "motor_weakness_other_cause": "weakness",
}
WARNINGS: Mapping[str, str] = {
    "cartox_items_absent": "A CARTOX-10 total was charted without its items, so it cannot be "
    "checked.",
    "cartox_not_assessable": "The reduced consciousness has another cause, such as sedation: the "
    "CARTOX-10 obtained under it is not used.",
    "opening_pressure_not_settled": "The opening pressure is below 20 mm[Hg]. The table prints "
    "that as grade 3 under the heading of raised pressure, and does not say where raised begins.",
    "seizure_not_settled": "The seizure did not answer to treatment and is not charted as status "
    "epilepticus. The table does not describe this.",
    "status_contradictory": "Status epilepticus is charted, and no seizure; the worse counts.",
    "consciousness_other_cause_not_stated": "No other cause of the reduced consciousness was "
    "ruled in or out; it is counted as CRES.",
    "edema_other_cause_not_stated": "No other cause of the edema or raised pressure was ruled in "
    "or out; it is counted as CRES.",
    "seizure_other_cause_not_stated": "No other cause of the seizure was ruled in or out; it is "
    "counted as CRES.",
    "motor_weakness_other_cause_not_stated": "No other cause of the weakness was ruled in or out; "
    "it is counted as CRES.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the table asks, at one moment. None is not known, which is not the same as no.

    `cartox` holds the items that were assessed, by name; an item that is absent was not.
    `seizure_resolved`: it answered to treatment, or went by itself.
    `*_other_cause` and `death_due_to_icans` are acts of a clinician: None is "nobody said so". That
    of the edema covers the whole column of raised pressure.
    """

    cartox_10_score: Number | None = None
    cartox: Mapping[str, Decimal | None] | None = None
    consciousness: str | None = None
    consciousness_other_cause: bool | None = None
    papilledema_stage: Number | None = None
    csf_opening_pressure_mmhg: Number | None = None
    cerebral_edema: str | None = None
    edema_other_cause: bool | None = None
    seizure: str | None = None
    seizure_type: str | None = None
    seizure_resolved: bool | None = None
    status_epilepticus: bool | None = None
    seizure_other_cause: bool | None = None
    motor_weakness: str | None = None
    motor_weakness_other_cause: bool | None = None
    death_due_to_icans: bool | None = None


def grade(findings: Findings) -> Grade:
    """Grade CRES at one moment: the highest step of which a criterion is met."""
    if findings.death_due_to_icans:
        reason = Reason(f"{SCALE}.death", "death due to it", SOURCE, ("death_due_to_icans",))
        return Grade(SCALE, EDITION, 5, 5, (reason,))
    criteria = (*mind(findings), *pressure(findings), *seizures(findings), weakness(findings))
    return answer((SCALE, EDITION, SOURCE), findings, criteria, _notable(findings), CAUSES)


def mind(findings: Findings) -> tuple[Criterion, ...]:
    """CARTOX-10, and obtundation where it cannot be done."""
    if findings.consciousness_other_cause:
        return ()
    low, high, missing = cartox_range(findings)
    score = f"{low}" if low == high else f"{low} to {high}"
    names = ("cartox_10_score", "cartox")
    impaired = [
        Criterion(step, rule, f"CARTOX-10 of {score}", _at_most(most, low, high, missing), names)
        for step, rule, most in (
            (1, "score_7_to_9", 9),
            (2, "score_3_to_6", 6),
            (3, "score_0_to_2", 2),
        )
    ]
    obtunded = Criterion(
        4,
        "obtunded",
        "obtunded and not testable",
        _obtunded(findings),
        ("consciousness",),
        "consciousness_other_cause",
    )
    return (*impaired, obtunded)


def _at_most(most: int, low: int, high: int, missing: tuple[str, ...]) -> Sign:
    if high <= most:
        return YES
    return Sign(None, missing) if low <= most else NO


def _obtunded(findings: Findings) -> Sign:
    """Unarousable is obtunded; whoever wakes only to touch may be, unless the score was done."""
    level = findings.consciousness
    if level == "wakes_to_touch" and not assessed(findings):
        return Sign(None, ("cartox_10_score",))
    return known(None if level is None else level == "unarousable", "consciousness")


def assessed(findings: Findings) -> bool:
    """Was any of CARTOX-10 charted?"""
    items = (findings.cartox or {}).values()
    return findings.cartox_10_score is not None or any(points is not None for points in items)


def cartox_range(findings: Findings) -> tuple[int, int, tuple[str, ...]]:
    """The lowest and highest CARTOX-10 that the items or the total allow, and what is missing."""
    items = {name: points for name, points in (findings.cartox or {}).items() if points is not None}
    absent = [name for name in CARTOX_10_ITEMS if name not in items]
    score = findings.cartox_10_score
    if items and (score is None or not absent):
        low = int(sum(items.values()))
        high = low + sum(CARTOX_10_ITEMS[name] for name in absent)
        return low, high, tuple(CHARTED_AS[name] for name in absent)
    # A comparator on a score is rare; the whole numbers that it allows are tried in turn.
    allowed = [
        points
        for points in range(UNIMPAIRED + 1)
        if at_least(score, Decimal(points)) is not False
        and above(score, Decimal(points)) is not True
    ]
    missing = () if len(allowed) == 1 else ("cartox_10_score",)
    return (allowed[0], allowed[-1], missing) if allowed else (0, UNIMPAIRED, missing)


def pressure(findings: Findings) -> tuple[Criterion, ...]:
    """Raised intracranial pressure: papilledema, the opening pressure, edema on imaging.

    An opening pressure that was never taken is not a raised one: a lumbar puncture is not a
    finding that can be asked of every patient (decision 0045).
    """
    if findings.edema_other_cause:
        return ()
    taken = findings.csf_opening_pressure_mmhg
    raised = (
        NO if taken is None else known(at_least(taken, RAISED_MMHG), "csf_opening_pressure_mmhg")
    )
    low = NO if taken is None else opposite(raised)
    edema = findings.cerebral_edema
    stage, spinal = ("papilledema_stage",), ("csf_opening_pressure_mmhg",)
    cause = "edema_other_cause"
    return (
        Criterion(3, "papilledema_1", "papilledema", _stage(findings, 1), stage, cause),
        Criterion(
            4, "papilledema_3", "papilledema of stage 3-5", _stage(findings, 3), stage, cause
        ),
        Criterion(
            3,
            "opening_pressure",
            "opening pressure below 20 mm[Hg]",
            low,
            spinal,
            cause,
            "opening_pressure_not_settled",
        ),
        Criterion(4, "raised", "opening pressure of 20 mm[Hg] or more", raised, spinal, cause),
        Criterion(
            4,
            "edema",
            f"{edema} cerebral edema",
            known(None if edema is None else edema != "none", "cerebral_edema"),
            ("cerebral_edema",),
            cause,
        ),
    )


def _stage(findings: Findings, stage: int) -> Sign:
    return known(at_least(findings.papilledema_stage, Decimal(stage)), "papilledema_stage")


def seizures(findings: Findings) -> tuple[Criterion, ...]:
    """Seizures: partial or on EEG 3, generalized or status epilepticus 4, however brief."""
    if findings.seizure_other_cause:
        return ()
    charted, status = findings.seizure, findings.status_epilepticus
    none = charted == "none"
    some = known(None if charted is None else not none, "seizure")
    clinical = known(None if charted is None else charted == "clinical", "seizure")
    kind = findings.seizure_type
    generalized = known(None if kind is None else kind == "generalized", "seizure_type")
    names = ("seizure", "seizure_type", "seizure_resolved", "status_epilepticus")
    cause = "seizure_other_cause"
    return (
        Criterion(3, "seizure", "seizure", some, names, cause),
        Criterion(
            4, "generalized", "generalized seizure", all_of(clinical, generalized), names, cause
        ),
        Criterion(
            4,
            "status",
            "status epilepticus",
            NO if none and status is None else known(status, "status_epilepticus"),
            names,
            cause,
        ),
        Criterion(
            4,
            "unanswered",
            "seizure that does not answer to treatment",
            all_of(some, opposite(known(findings.seizure_resolved, "seizure_resolved"))),
            names,
            cause,
            "seizure_not_settled",
        ),
    )


def weakness(findings: Findings) -> Criterion:
    """New motor weakness."""
    found = findings.motor_weakness
    sign = known(None if found is None else found != "none", "motor_weakness")
    if findings.motor_weakness_other_cause:
        sign = NO
    cause = "motor_weakness_other_cause"
    return Criterion(4, "weakness", "new motor weakness", sign, ("motor_weakness",), cause)


def _notable(findings: Findings) -> tuple[str, ...]:
    told = []
    if findings.consciousness_other_cause:
        if assessed(findings):
            told.append("cartox_not_assessable")
    elif findings.cartox_10_score is not None and not findings.cartox:
        told.append("cartox_items_absent")
    contradictory = findings.seizure == "none" and findings.status_epilepticus
    if contradictory and not findings.seizure_other_cause:
        told.append("status_contradictory")
    return tuple(told)


CRES = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES = (CRES,)
