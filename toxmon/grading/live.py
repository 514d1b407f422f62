"""The scales that are watched: what moves each of them, and how it looks at a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from toxmon.grading import (
    crs_course,
    delayed_course,
    icaht_course,
    icans_course,
    iec_hs_course,
    laboratory_course,
)
from toxmon.grading.asked import READ
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH
from toxmon.grading.grade import Grade
from toxmon.grading.kinds import KINDS
from toxmon.grading.ledger import BASELINES, CLOSING, COUNTED
from toxmon.grading.moment import Moment
from toxmon.grading.state import State

BIRTHDAY = "birthday"
FEVER = "fever:changed"
"""IEC-HS asks whether there is a fever and not how high it is."""
CRS_MOVED = "crs:moved"
"""An episode of CRS has opened, is resolving, or is over."""
ICANS_MOVED = "icans:moved"
"""ICANS has become certain, or is certainly absent, or neither any more."""
ENDED = "ended:"
"""Before a scale's name: an episode or a window of that scale is over."""

Parts = dict[str, Any]
Told = Mapping[str, Grade]
Look = Callable[[State, Moment, Parts, Told], Grade | None]


@dataclass(frozen=True, slots=True)
class Live:
    """A scale that is graded at every step that can move it.

    `moves` are kinds of fact, and marks such as a birthday. `look` reads the state as it was,
    puts what it changes of it into the parts, and answers; None is nothing to tell yet.
    """

    scale: str
    moves: frozenset[str]
    look: Look
    also: frozenset[str] = frozenset()
    """What moves it once it has been told, and is no reason to begin."""
    always: bool = False
    """Told of from the first fact on, whatever that is."""


def _crs(state: State, moment: Moment, parts: Parts, told: Told) -> Grade:
    parts["crs"], grade = crs_course.look(
        state.crs, moment.chart, moment.at, moment.drug, moment.age, moment.policy
    )
    return grade


def _icans(state: State, moment: Moment, parts: Parts, told: Told) -> Grade:
    parts["icans"], grade = icans_course.look(
        state.icans, moment.chart, moment.at, moment.age, moment.policy
    )
    return grade


def _iec_hs(state: State, moment: Moment, parts: Parts, told: Told) -> Grade:
    parts["iec_hs"], grade = iec_hs_course.look(
        state.iec_hs, moment, parts.get("crs", state.crs), neurotoxic(told.get("icans"))
    )
    return grade


def neurotoxic(grade: Grade | None) -> bool | None:
    """Is there certainly ICANS, or certainly none?"""
    if grade is None:
        return None
    return True if grade.low > 0 else (False if grade.high == 0 else None)


def _counted(
    rule: Callable[[Moment], Grade], state: State, moment: Moment, parts: Parts, told: Told
) -> Grade:
    return rule(moment)


def _tested(
    test: laboratory_course.Test, state: State, moment: Moment, parts: Parts, told: Told
) -> Grade:
    return laboratory_course.look(test, moment, parts.get("given", state.given))


def _delayed(
    toxicity: delayed_course.Toxicity, state: State, moment: Moment, parts: Parts, told: Told
) -> Grade | None:
    since = parts.get("since", state.since)
    parts["since"], grade = delayed_course.look(toxicity, moment, since)
    return grade


def _in(window: str, *kinds: str) -> frozenset[str]:
    """The marks of counts in a window."""
    return frozenset(f"{kind}:{window}" for kind in kinds)


WINDOWS: tuple[tuple[str, frozenset[str], Callable[[Moment], Grade]], ...] = (
    ("icaht_early", _in("early", "anc", "wbc"), icaht_course.early),
    ("icaht_late", _in("late", "anc", "wbc"), icaht_course.late),
    ("t_icaht_early", _in("early", "platelets"), icaht_course.early_platelets),
    ("t_icaht_late", _in("late", "platelets"), icaht_course.late_platelets),
)

LIVE: tuple[Live, ...] = (
    Live(
        "crs",
        frozenset({*crs_course.KINDS, ADMINISTRATION, ATTRIBUTION, DEATH, BIRTHDAY, "ended:crs"}),
        _crs,
        always=True,
    ),
    Live(
        "icans",
        frozenset({*icans_course.KINDS, ATTRIBUTION, DEATH, BIRTHDAY, "ended:icans"}),
        _icans,
        always=True,
    ),
    Live("iec_hs", iec_hs_course.MOVES, _iec_hs, also=frozenset({FEVER, CRS_MOVED, ICANS_MOVED})),
    *(
        Live(
            scale,
            moves,
            partial(_counted, rule),
            also=frozenset({*CLOSING, f"{ENDED}{scale}"}),
        )
        for scale, moves, rule in WINDOWS
    ),
    *(Live(test.scale, test.moves, partial(_tested, test)) for test in laboratory_course.TESTS),
    *(
        Live(toxicity.scale, toxicity.moves, partial(_delayed, toxicity))
        for toxicity in delayed_course.TOXICITIES
    ),
)
"""In this order: IEC-HS asks where CRS stands."""

SCALES = tuple(live.scale for live in LIVE)
ACTS = (ADMINISTRATION, ATTRIBUTION, DEATH)
GRADED = frozenset(
    {
        *(kind for live in LIVE for kind in live.moves if kind in KINDS),
        *ACTS,
        *BASELINES,
        *COUNTED,
        *CLOSING,
        *READ,
    }
)
"""Kinds of fact that the fold keeps in mind; all others leave it alone."""
DERIVED_DAYS = frozenset(scale for scale, _, _ in WINDOWS)
