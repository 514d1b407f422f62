"""Hematotoxicity over weeks: which days are counted, when a window closes (decision 0050)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from toxmon.grading import icaht, t_icaht
from toxmon.grading.days import Days
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Ledger, neutrophils
from toxmon.grading.moment import Moment
from toxmon.grading.treatment import Treatment

NO_METHODS: Mapping[str, str] = {}
CLOSES = (31, 101)
"""With the beginning of these days a window is over: day 0 to 30, day 31 to 100."""

Rule = Callable[..., Grade]

MOST_KEPT = 1_000
_GRADED: dict[tuple[Any, ...], tuple[Days, Grade]] = {}
"""Answers that were given lately, by the identity of the days and all else that was asked.

A second count of a day that is no lower leaves the days as they are. They are values that nobody
changes, and they are kept here, so that no others have their identity.
"""


class Window(Protocol):
    """One window of one lineage, graded at a moment."""

    def __call__(
        self, moment: Moment, *, ledger: bool = False, method: str | None = None
    ) -> Grade: ...


def early(moment: Moment, *, ledger: bool = False, method: str | None = None) -> Grade:
    """Early ICAHT, day 0 to 30."""
    return _graded(icaht.early, neutrophils(moment.ledger), moment, ledger, method)


def late(moment: Moment, *, ledger: bool = False, method: str | None = None) -> Grade:
    """Late ICAHT, day 31 to 100."""
    return _graded(icaht.late, neutrophils(moment.ledger), moment, ledger, method)


def early_platelets(moment: Moment, *, ledger: bool = False, method: str | None = None) -> Grade:
    """Early T-ICAHT, day 0 to 30."""
    return _graded(t_icaht.early, moment.ledger.platelets, moment, ledger, method)


def late_platelets(moment: Moment, *, ledger: bool = False, method: str | None = None) -> Grade:
    """Late T-ICAHT, day 31 to 100."""
    return _graded(t_icaht.late, moment.ledger.platelets, moment, ledger, method)


WINDOWS: Mapping[str, Window] = {
    "icaht_early": early,
    "icaht_late": late,
    "t_icaht_early": early_platelets,
    "t_icaht_late": late_platelets,
}


def with_ledger(moment: Moment, methods: Mapping[str, str] = NO_METHODS) -> dict[str, Grade]:
    """Every window with the ledger of its days, as somebody reads it at `moment`.

    `methods` names the method of a scale where it is not the default one.
    """
    return {
        scale: window(moment, ledger=True, method=methods.get(scale))
        for scale, window in WINDOWS.items()
    }


def next_change(ledger: Ledger, treatment: Treatment, after: datetime) -> tuple[datetime, ...]:
    """When the next window closes by time alone; none when something has closed them all."""
    if ledger.closed is not None:
        return ()
    return tuple([at for at in _ends(treatment) if at > after])


@lru_cache(maxsize=1_024)
def _ends(treatment: Treatment) -> tuple[datetime, ...]:
    ends = [treatment.begins(day) for day in CLOSES]
    if treatment.ended_at is not None:
        ends.append(treatment.ended_at)
    return tuple(ends)


def followed(moment: Moment) -> tuple[int | None, bool | None]:
    """(the last day that counts, whether follow-up is over); None is still going on."""
    closed, treatment = moment.ledger.closed, moment.treatment
    if closed is not None:
        return closed.day, True
    if treatment.ended_at is not None and moment.at >= treatment.ended_at:
        return treatment.day(treatment.ended_at), True
    return None, None


def _graded(rule: Rule, days: Days, moment: Moment, ledger: bool, method: str | None) -> Grade:
    last, over = followed(moment)
    today, closed = moment.day, moment.ledger.closed
    key = (rule, id(days), today, last, over, closed)
    plainly = method is None and not ledger
    if plainly and (known := _GRADED.get(key)) is not None:
        return known[1]
    more: dict[str, Any] = {} if method is None else {"method": method}
    grade = rule(
        counts=days, today=today, last_follow_up_day=last, final=over, ledger=ledger, **more
    )
    if closed is not None:
        cut = {"day": closed.day, "by": closed.kind, "fact": closed.fact}
        grade = replace(grade, more={**grade.more, "cut": cut})
    if plainly:
        if len(_GRADED) >= MOST_KEPT:
            _GRADED.clear()
        _GRADED[key] = days, grade
    return grade
