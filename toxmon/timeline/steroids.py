"""Matters of steroids: were they tapered, and have they gone on for so long that they ask for more?

Reminders to think, never orders. Days are those of the site, amounts dexamethasone equivalents.
What nobody charted was not given; an amount that is not known calms nobody (decision 0082).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from toxmon.dosing.steroids import Days, SteroidDay, lowered, newest_course
from toxmon.protocol.alarms import Alarms, SteroidWatch
from toxmon.timeline.check import Check
from toxmon.timeline.known import Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.steroid_line import GLUCOSE, RULE, begun, from_now
from toxmon.timeline.syndromes import Placed
from toxmon.timeline.table import Table
from toxmon.timeline.words import moment, span

TAPER = "steroid:taper"
GRADED = ("crs", "icans")
"""Steroids are tapered once these are of grade 1 at most."""
GIVEN, STOPPED = 1, 2
"""Levels of the taper: given as before after an improvement; stopped at once."""

Told = tuple[int | None, datetime, str]


def steroid_matters(
    known: Known,
    placed: Placed,
    rules: Table,
    checks: Sequence[Check],
    raised: Collection[str],
) -> Iterator[Matter]:
    """The matters of steroids. An alarm of a glucose line that is gone is over."""
    days = begun(known, placed.now)
    courses: dict[int, Days] = {}
    for watch in placed.alarms.steroid_watches:
        if watch.rule == RULE:
            key = f"check:{GLUCOSE}"
            if key in raised and not any(each.what == GLUCOSE for each in checks):
                says = f"{watch.title}: no steroid in the last {span(watch.within)}."
                yield _matter(watch, key, (0, placed.now, says), (), rules)
            continue
        if not known.steroids and watch.rule not in raised:
            yield rules.quiet(watch.rule, watch.rule, 0, watch.title)
            continue
        gap = watch.gap_days or 0
        course = courses.get(gap)
        if course is None:
            course = courses[gap] = newest_course(days, gap)
        told = _told(known, course, watch, placed)
        if not told[0] and watch.rule not in raised:
            yield rules.quiet(watch.rule, watch.rule, told[0], watch.title)
        else:
            yield _matter(watch, watch.rule, told, course, rules)


def next_changes(known: Known, alarms: Alarms, now: datetime) -> Iterator[datetime]:
    """The instants at which a matter of steroids may rise or end by time alone."""
    if not known.steroids:
        return
    for watch in alarms.steroid_watches:
        for day in from_now(known, now):
            yield day.first_at
            yield day.last_at + watch.within
            if watch.stopped_after is not None:
                yield day.last_at + watch.stopped_after


def _told(known: Known, course: Days, watch: SteroidWatch, placed: Placed) -> Told:
    now = placed.now
    if not course:
        return 0, now, f"{watch.title}: no steroids."
    last_at = course[-1].last_at
    if now >= last_at + watch.within:
        return 0, now, f"{watch.title}: no steroid in the last {span(watch.within)}."
    if watch.rule == TAPER:
        return _taper(known, course, watch, placed)
    needed = watch.days or 1
    if len(course) < needed:
        return 0, now, f"{watch.title}: on fewer than {needed} days."
    since = moment(course[0].first_at, placed.treatment, now)
    says = f"Systemic steroids on {needed} days or more, since {since}. {watch.says.strip()}"
    return 1, course[needed - 1].first_at, says


def _taper(known: Known, course: Days, watch: SteroidWatch, placed: Placed) -> Told:
    assert watch.stopped_after is not None
    now, last_at, kg = placed.now, course[-1].last_at, _weight(known)
    if now >= last_at + watch.stopped_after:
        less = lowered(course, kg)
        if less or len(course) < (watch.days or 1):
            return 0, now, f"{watch.title}: stopped after a lower dose, or after few days."
        before = "none lower was given before"
        if less is None:
            before = "whether a lower one was given before is not known, for an amount is not"
        says = (
            f"Steroids were given on {len(course)} days, the last dose at "
            f"{moment(last_at, placed.treatment, now)}, and {before}. {watch.says.strip()}"
        )
        return STOPPED, last_at + watch.stopped_after, says
    return _given(known, course, watch, placed, kg)


def _given(
    known: Known, course: Days, watch: SteroidWatch, placed: Placed, kg: Decimal | None
) -> Told:
    """Is a steroid given as before, though CRS and ICANS have been of grade 1 at most for long?

    A dose counts that was given when they had been so for the policy's span (inclusive), of a
    course that had begun before.
    """
    assert watch.improved_for is not None
    now = placed.now
    no = (0, now, f"{watch.title}: not asked now.")
    levels = [known.levels.get(scale) for scale in GRADED]
    if any(level is not None and level.low > 1 for level in levels):
        return no
    improved = max((level.at for level in levels if level is not None), default=None)
    last_at = course[-1].last_at
    if improved is None or last_at < improved + watch.improved_for:
        return no
    if course[0].first_at >= improved:
        return no
    less = lowered(course, kg, now.astimezone(placed.treatment.zone).date())
    if less:
        return no
    if less is None or any(level is None or level.high > 1 for level in levels):
        return None, now, f"{watch.title}: a grade or an amount is not known."
    since = moment(improved, placed.treatment, now)
    most = max((day.least(kg) for day in course), default=Decimal(0))
    says = (
        f"CRS and ICANS have been of grade 1 at most since {since}, and steroids are given as "
        f"before: up to {_number(most)} mg a day in dexamethasone equivalents. "
        f"{watch.says.strip()}"
    )
    return GIVEN, improved + watch.improved_for, says


def _weight(known: Known) -> Decimal | None:
    """The newest weight in kg, for doses that were charted per kg."""
    newest = known.seen.newest("weight")
    return newest.value if newest is not None and isinstance(newest.value, Decimal) else None


def _number(mg: Decimal) -> str:
    return f"{mg.normalize():f}"


def _matter(
    watch: SteroidWatch, key: str, told: Told, course: Sequence[SteroidDay], rules: Table
) -> Matter:
    level, at, says = told
    return Matter(
        key=key,
        rule=watch.rule,
        level=level,
        at=at,
        priority=rules.priority(watch.rule, level or 1),
        title=watch.title,
        says=says,
        source=watch.citation.source,
        facts=tuple(day.fact for day in course),
        hold=rules.hold(watch.rule),
    )
