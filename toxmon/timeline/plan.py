"""What is due for a treatment at `now`, and when that changes by time alone.

Pure: from the protocol, what was charted, and `now`. Spans are elapsed time; days and hours of day
are the site's. What we read into the lines of a protocol: decisions 0064 to 0067.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.product import Cadence, Product
from toxmon.timeline import windows
from toxmon.timeline.check import ENDED, Asked, Check, check
from toxmon.timeline.doses import NextDose, Observed, next_dose, observation_changes, observed
from toxmon.timeline.known import OUTPATIENT, Known, Pause
from toxmon.timeline.lines import Book, Line, at_home, book, of_cadence
from toxmon.timeline.memory import KeptCheck, Memory
from toxmon.timeline.slots import Tight
from toxmon.timeline.steroid_line import asked_already, changes, glucose_line
from toxmon.timeline.words import span

MOST_ASKED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All lines of the chart at one moment. `next_at`: until then time alone changes none of it.

    `observed` are the spans after a dose that hold now, `next_dose` the next step by plan. A
    window of the product that opens or closes counts as a change.
    """

    checks: tuple[Check, ...]
    next_at: datetime | None
    observed: tuple[Observed, ...] = ()
    next_dose: NextDose | None = None


def plan(
    known: Known,
    product: Product,
    treatment: Treatment,
    alarms: Alarms,
    now: datetime,
    *,
    older: bool = False,
    memory: Memory | None = None,
) -> Plan:
    """The plan of a treatment. `older`: a newer one has begun, and only its late watch goes on.

    `memory`: what the last look at this treatment has left; it makes no difference but in time.
    """
    edges = [stay.at for stay in known.stays]
    if known.died_at is not None:
        edges.append(known.died_at)
    if known.over(now):
        return Plan(checks=(), next_at=_first_after(edges, now))
    lines = book(product, treatment, alarms, known.doses, older)
    checks = _checks(lines, known, now, memory or Memory())
    if known.steroids and not older:
        checks = (*checks, *_on_steroids(lines, known, now, checks))
        edges.extend(changes(known, alarms, now))
    edges.extend(each.changes_at for each in checks if each.changes_at is not None)
    if not older:
        opens = windows.next_change(product, treatment, known.doses, now)
        if opens is not None:
            edges.append(opens)
    if not product.schedules and not product.observations:
        return Plan(checks=checks, next_at=_first_after(edges, now))
    if not older:
        edges.extend(observation_changes(product, lines.days, known.doses))
    return Plan(
        checks=checks,
        next_at=_first_after(edges, now),
        observed=() if older else observed(product, lines.days, known.doses, now),
        next_dose=None if older else next_dose(product, lines.days, known.doses),
    )


def _checks(lines: Book, known: Known, now: datetime, memory: Memory) -> tuple[Check, ...]:
    days, soon = lines.days, lines.alarms.due_soon.value
    outpatient, since = _settled(known, now)
    active = [each for each in lines.cadences if _asks(each, known)]
    checks: list[Check] = []
    covered: set[str] = set()
    moved = memory.for_checks(lines, known.seen.readings)
    for asked in _asked(lines, known, active, outpatient, since):
        line = asked.line
        pauses = known.pauses and _pauses(known, line.what)
        kept = memory.checks.get(line.what)
        # The one that was worked out before stands while nothing has changed it.
        if (
            kept is not None
            and kept.asked is asked
            and kept.since <= now
            and (kept.check.changes_at is None or now < kept.check.changes_at)
            and line.kinds.isdisjoint(moved)
            and kept.pauses == pauses
        ):
            found = kept.check
        else:
            found = check(asked, known.seen, pauses, days, now, soon)
            memory.checks[line.what] = KeptCheck(asked, pauses, now, found)
        if asked.tight is not None and line.start <= now and found.state != ENDED:
            covered.update(*line.sets)
        checks.append(found)
    for cadence in active:
        # While the grade asks for it somebody must be asked, also when the chart's line is over.
        if any(covered.issuperset(kinds) for kinds in (cadence.kinds, *cadence.or_kinds)):
            continue
        level = known.levels[cadence.event]
        asked = Asked(
            line=of_cadence(cadence, days),
            grace=cadence.grace,
            floor=level.at,
            because=_why(cadence, level.low, None),
        )
        found = check(asked, known.seen, _pauses(known, cadence.what), days, now, soon)
        checks = [each for each in checks if each.what != cadence.what]
        checks.append(found)
    return tuple(checks)


def _on_steroids(
    lines: Book, known: Known, now: datetime, checks: tuple[Check, ...]
) -> Iterator[Check]:
    """The line that is there only while steroids are given; worked out anew at each look."""
    asked = glucose_line(known, lines.alarms, lines.days, now, *_settled(known, now))
    if asked is not None and not asked_already(checks, asked):
        pauses = _pauses(known, asked.line.what)
        yield check(asked, known.seen, pauses, lines.days, now, lines.alarms.due_soon.value)


def _asked(
    lines: Book,
    known: Known,
    active: list[Cadence],
    outpatient: bool,
    since: datetime | None,
) -> tuple[Asked, ...]:
    """Every line as it is asked for now; worked out once for each grade and each setting."""
    grades = tuple((known.levels[each.event].at, known.levels[each.event].low) for each in active)
    key = (outpatient, since, *map(id, active), *grades)
    asked: tuple[Asked, ...] | None = lines.asked.get(key)
    if asked is None:
        if len(lines.asked) >= MOST_ASKED:
            lines.asked.clear()
        asked = lines.asked[key] = tuple(
            _ask(line, known, active, outpatient, since, lines) for line in lines.lines
        )
    return asked


def _ask(
    line: Line,
    known: Known,
    active: Iterable[Cadence],
    outpatient: bool,
    since: datetime | None,
    lines: Book,
) -> Asked:
    """The line as it is asked for now: tightened by a grade, else as the setting has it.

    A grade that asks for more asks it of an out-patient too (decision 0065).
    """
    asks = [each for each in active if any(each is other for other in line.tightens)]
    tight = min(asks, key=lambda each: each.every, default=None)
    if tight is not None and line.every is not None and tight.every < line.every:
        level = known.levels[tight.event]
        return Asked(
            # Counted in elapsed time while it is tight, whatever it is counted in else.
            line=line if line.step is None else replace(line, step=None),
            grace=min(tight.grace, line.grace),
            tight=Tight(tight.every, max(level.at, line.start)),
            because=_why(tight, level.low, line),
            source=tight.citation,
        )
    if outpatient:
        line = at_home(line, since, lines.days)
        return Asked(line=line, grace=line.grace)
    return Asked(line=line, grace=line.grace, floor=since)


def _asks(cadence: Cadence, known: Known) -> bool:
    level = known.levels.get(cadence.event)
    return level is not None and level.low in cadence.grades


def _why(cadence: Cadence, grade: int, line: Line | None) -> str:
    name = cadence.event.upper() if len(cadence.event) < 6 else cadence.event.replace("_", " ")
    words = f"every {span(cadence.every)} while {name} is grade {grade}"
    if line is None or line.every is None:
        return words
    return f"{words}, else every {span(line.every)}"


def _settled(known: Known, now: datetime) -> tuple[bool, datetime | None]:
    """Is the patient an out-patient, and since when has the setting been what it is?

    A move to another bed is no new setting. None: as it was from the beginning.
    """
    if not known.stays:
        return False, None
    setting, since = known.setting(now), None
    for stay in sorted(known.stays, key=lambda each: (each.at, each.fact), reverse=True):
        if stay.at > now:
            continue
        if stay.setting != setting:
            return setting == OUTPATIENT, since
        since = stay.at
    # All stays that are known agree; a treatment begins in hospital.
    return setting == OUTPATIENT, since if setting == OUTPATIENT else None


def _pauses(known: Known, what: str) -> tuple[Pause, ...]:
    if not known.pauses:
        return ()
    return tuple(each for each in known.pauses if not each.what or what in each.what)


def _first_after(instants: Iterable[datetime], now: datetime) -> datetime | None:
    return min((at for at in instants if at > now), default=None)
