"""CRES graded a second time: every complete picture that the findings allow, looked up in a table.

Nothing here is taken from `toxmon`. The table, after Neelapu et al., Nat Rev Clin Oncol 2018; 15:
47-62, as later papers print it (doi:10.20517/2347-8659.2018.51):

| row | CARTOX-10         | raised pressure               | seizure, weakness         |
| --- | ----------------- | ----------------------------- | ------------------------- |
| 4   | obtunded, no test | stage 3-5, >= 20 mm Hg, edema | generalized, status, weak |
| 3   | 0-2               | stage 1-2, < 20 mm Hg         | partial, on EEG           |
| 2   | 3-6               |                               |                           |
| 1   | 7-9               |                               |                           |

Readings (0045, and R1 of 0011): R1, an attribution or a death that nobody charted is not
considered; R2, a pressure that nobody took is not considered; a pressure below 20 has two rows, 0
and 3; R3, a score does not say that the patient can be woken now; R4, only the unarousable, and
whoever wakes only to touch and was not tested, may be untestable; R5, a seizure that does not
answer has two rows, 3 and 4; R6, whoever has status epilepticus has a seizure, and where both are
charted otherwise the worse is believed.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any

MOST = {"orientation": 4, "naming": 3, "writing": 1, "attention": 1, "head_of_state": 1}
LEVELS = ("alert", "wakes_spontaneously", "wakes_to_voice", "wakes_to_touch", "unarousable")
SEIZURES = ("none", "clinical", "electrographic")
EDEMAS = ("none", "focal", "diffuse")
BOTH = (False, True)


def interval(known: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest and the highest CRES grade that the known findings allow."""
    if known.get("death_due_to_icans"):  # R1
        return 5, 5
    columns = (_mind(known), _pressure(known), _seizure(known), _weakness(known))
    return max(map(min, columns)), max(map(max, columns))


def _mind(known: Mapping[str, Any]) -> set[int]:
    if known.get("consciousness_other_cause"):
        return {0}
    scores, tested = _scores(known)
    level = known.get("consciousness")
    rows: set[int] = set()
    for awake in LEVELS if level is None else (level,):
        if awake == "unarousable":
            rows.add(4)  # R3
            continue
        if awake == "wakes_to_touch" and not tested:  # R4
            rows.add(4)
        rows |= {_by_score(score) for score in scores}
    return rows


def _by_score(score: int) -> int:
    return 3 if score < 3 else 2 if score < 7 else 1 if score < 10 else 0


def _scores(known: Mapping[str, Any]) -> tuple[set[int], bool]:
    total = known.get("cartox_10_score")
    items = {n: p for n, p in (known.get("cartox") or {}).items() if p is not None}
    if items and (total is None or len(items) == len(MOST)):
        choices = [(int(items[n]),) if n in items else range(m + 1) for n, m in MOST.items()]
        return {sum(points) for points in product(*choices)}, True
    if total is None:
        return set(range(11)), False
    if isinstance(total, Decimal):
        return {int(total)}, True
    low = Decimal(0) if total.low is None else total.low
    high = Decimal(10) if total.high is None else total.high
    found = {n for n in range(11) if low <= n <= high}
    found -= {int(low)} if total.low_open else set()
    found -= {int(high)} if total.high_open else set()
    return found, True


def _pressure(known: Mapping[str, Any]) -> set[int]:
    if known.get("edema_other_cause"):
        return {0}
    stage, taken = known.get("papilledema_stage"), known.get("csf_opening_pressure_mmhg")
    edema = known.get("cerebral_edema")
    stages = range(6) if stage is None else (int(stage),)
    rows: set[int] = set()
    for disc, swollen in product(stages, EDEMAS if edema is None else (edema,)):
        found = {4} if swollen != "none" or disc >= 3 else {3} if disc else {0}
        spinal = {0} if taken is None else _spinal(taken)  # R2
        rows |= {max(one, other) for one, other in product(found, spinal)}
    return rows


def _spinal(taken: Any) -> set[int]:
    if isinstance(taken, Decimal):
        return {4} if taken >= 20 else {0, 3}
    low = {0, 3} if taken.low is None or taken.low < 20 else set()
    reaches = taken.high is None or taken.high > 20 or (taken.high == 20 and not taken.high_open)
    return low | ({4} if reaches else set())


def _seizure(known: Mapping[str, Any]) -> set[int]:
    if known.get("seizure_other_cause"):
        return {0}
    charted, status = known.get("seizure"), known.get("status_epilepticus")
    rows: set[int] = set()
    for seizure, kind, resolved, lasts in product(
        SEIZURES if charted is None else (charted,),
        _any_of(known.get("seizure_type"), "focal", "generalized"),
        _any_of(known.get("seizure_resolved"), *BOTH),
        _any_of(status, *BOTH),
    ):
        if seizure == "none":
            if lasts and status:  # R6
                rows.add(4)
            elif not lasts:
                rows.add(0)
        elif lasts or (seizure == "clinical" and kind == "generalized"):
            rows.add(4)
        else:
            rows |= {3} if resolved else {3, 4}  # R5
    return rows


def _weakness(known: Mapping[str, Any]) -> set[int]:
    weak = known.get("motor_weakness")
    if known.get("motor_weakness_other_cause"):
        return {0}
    return {0, 4} if weak is None else {0} if weak == "none" else {4}


def _any_of(finding: Any, *choices: Any) -> tuple[Any, ...]:
    return choices if finding is None else (finding,)
