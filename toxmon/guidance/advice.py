"""What applies to a patient now: for each syndrome the lines of every possible grade, by section.

At an interval of grades every line says whether it is certain (it holds at each possible grade),
holds at the lowest one, which is certain to be reached, or is only possible. What a condition rules
out is told apart with its reason and not dropped (decision 0079).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from toxmon.guidance.case import EVENTS_OF, Case, Standing
from toxmon.guidance.conditions import DOES_NOT, Condition, conditions
from toxmon.guidance.differences import Difference, Held, differences
from toxmon.guidance.doses import DoseFor, dose_for
from toxmon.guidance.lines import Sourced, sourced
from toxmon.protocol.guidance import Guidance, NotRead

CERTAIN, AT_LOWEST, POSSIBLE = "certain", "at_lowest", "possible"
FIRST_DAY = {"icaht_late": 31, "t_icaht_late": 31}
"""The day with which a scale begins by its definition; before it nobody asks for its advice."""
OPEN, NOT_EXCLUDED, ABSENT, NOT_CHARTED = "open", "not_excluded", "absent", "not_charted"


@dataclass(frozen=True, slots=True)
class LineFor:
    """A line for this patient: at which of the possible grades, how certainly, with which doses."""

    sourced: Sourced
    at_grades: tuple[int, ...]
    certainty: str
    conditions: tuple[Condition, ...]
    doses: tuple[DoseFor, ...]

    @property
    def applies(self) -> bool:
        """Does no condition rule it out?"""
        return all(each.state != DOES_NOT for each in self.conditions)


@dataclass(frozen=True, slots=True)
class Syndrome:
    """The advice for one scale. `state` is open, not_excluded, absent or not_charted."""

    scale: str
    state: str
    standing: Standing | None
    grades: tuple[int, ...]
    lines: tuple[LineFor, ...]
    ruled_out: tuple[LineFor, ...]
    differences: tuple[Difference, ...]
    not_read: tuple[tuple[Guidance, NotRead], ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised for a patient. Support for a clinician, never an order.

    `watched` is what is advised while a syndrome is not there, or is not known to be.
    """

    case: Case
    open: tuple[Syndrome, ...]
    watched: tuple[Syndrome, ...]


def advise(
    case: Case, documents: Iterable[Guidance], asked: Collection[str] | None = None
) -> Advice:
    """The advice for a case. `asked` names scales; then those are told for every possible grade.

    Without, a syndrome that is only not excluded is told with what is missing, and with what is
    advised while it is not there; its higher grades are told when they are asked for.
    """
    documents = tuple(documents)
    lines = tuple(sourced(documents, case.product))
    there, watched = [], []
    for scale in EVENTS_OF:
        if asked is not None and scale not in asked:
            continue
        if asked is None and case.day is not None and case.day < FIRST_DAY.get(scale, 0):
            continue
        standing = case.standing.get(scale)
        state = _state(standing)
        if state == OPEN:
            there.append(_syndrome(scale, state, _all(standing), case, lines, documents))
            continue
        grades = _all(standing) if asked is not None and state == NOT_EXCLUDED else (0,)
        found = _syndrome(scale, state, grades, case, lines, documents)
        if found.lines or found.ruled_out or asked is not None or _is_spoken_of(found, lines):
            watched.append(found)
    return Advice(case, tuple(there), tuple(watched))


def _is_spoken_of(syndrome: Syndrome, lines: Iterable[Sourced]) -> bool:
    """Is it not excluded, and would some line say something if it were there?"""
    events = EVENTS_OF[syndrome.scale]
    return syndrome.state == NOT_EXCLUDED and any(each.line.event in events for each in lines)


def _state(standing: Standing | None) -> str:
    if standing is None:
        return NOT_CHARTED
    if standing.is_there is None:
        return NOT_EXCLUDED
    return OPEN if standing.is_there else ABSENT


def _all(standing: Standing | None) -> tuple[int, ...]:
    """Every grade that is possible."""
    assert standing is not None
    return tuple(range(standing.low, standing.high + 1))


def _syndrome(
    scale: str,
    state: str,
    grades: tuple[int, ...],
    case: Case,
    lines: tuple[Sourced, ...],
    documents: tuple[Guidance, ...],
) -> Syndrome:
    standing = case.standing.get(scale)
    found = list(_lines(scale, grades, case, lines))
    applying = tuple(each for each in found if each.applies)
    held = [Held(each.sourced, each.conditions) for each in applying]
    return Syndrome(
        scale,
        state,
        standing,
        grades,
        applying,
        tuple(each for each in found if not each.applies),
        differences(held, grades),
        tuple(
            (document, each)
            for document in documents
            for each in document.not_read
            if each.event in EVENTS_OF[scale] and set(each.grades) & set(grades)
        ),
    )


def _lines(
    scale: str, grades: tuple[int, ...], case: Case, lines: Iterable[Sourced]
) -> Iterator[LineFor]:
    standing = case.standing.get(scale)
    onset_at = standing.onset_at if standing is not None else None
    for each in lines:
        line = each.line
        at_grades = tuple(grade for grade in grades if grade in line.grades)
        if line.event not in EVENTS_OF[scale] or not at_grades:
            continue
        certainty = AT_LOWEST if grades[0] in at_grades else POSSIBLE
        asks = conditions(line, case, onset_at, each.document)
        # Of a line that is not for this patient no amount is told: somebody might read only that.
        ruled_out = any(condition.state == DOES_NOT for condition in asks)
        yield LineFor(
            each,
            at_grades,
            CERTAIN if at_grades == grades else certainty,
            asks,
            () if ruled_out else tuple(dose_for(dose, case) for dose in line.doses),
        )
