"""The first line of long CSV: which column is what, and in which unit the counts are."""

from __future__ import annotations

from dataclasses import dataclass

from toxmon.cohort.rules import Rule

ID, DAY, UNIT = "id", "day", "unit"
OF_PATIENT = ("today_day", "last_follow_up_day", "final")
"""What a file may say of a patient besides the counts: inputs of the scale."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where each column stands. `unit` is the unit that the name of the counts' column carries."""

    names: tuple[str, ...]
    id: int
    day: int
    count: int
    others: tuple[int, ...]
    """Columns whose cells are the same in each line of a patient; `UNIT` is one of them."""
    unit: str | None


def read_head(names: list[str], rule: Rule) -> tuple[Head | None, list[str]]:
    """(the head, None where there are faults, and the faults in words)."""
    counts = (rule.series, *rule.units)
    known = (ID, DAY, *counts, UNIT, *OF_PATIENT)
    faults = [
        f"no column of counts by day is called {name!r}; known are {', '.join(known)}"
        for name in names
        if name not in known
    ]
    faults += [f"{name!r} stands twice" for name in known if names.count(name) > 1]
    faults += [f"the column {name!r} is missing" for name in (ID, DAY) if name not in names]
    found = [name for name in counts if name in names]
    either = " or ".join(map(repr, rule.units))
    if not found:
        faults.append(f"the column of counts is missing: {either}")
    elif len(found) > 1:
        faults.append(f"{' and '.join(map(repr, found))}: one file has one unit")
    elif found == [rule.series] and UNIT not in names:
        faults.append(
            f"{rule.series!r} says no unit; call it {either}, or add a column {UNIT!r} that is "
            "the same in every line"
        )
    if faults:
        return None, faults
    others = tuple(place for place, name in enumerate(names) if name in (UNIT, *OF_PATIENT))
    head = Head(
        tuple(names),
        names.index(ID),
        names.index(DAY),
        names.index(found[0]),
        others,
        rule.units.get(found[0]),
    )
    return head, []
