"""What is known of a treatment as plain data and back, without loss; plans as the API tells them.

An instant is kept as microseconds since 1970, a number as text. Plans and windows are told with
instants as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from toxmon.dosing.steroids import SteroidDay
from toxmon.protocol.citation import Citation
from toxmon.saved import EPOCH, MICROSECOND, OldForm, value_from_plain, value_to_plain
from toxmon.timeline.check import Check
from toxmon.timeline.doses import NextDose, Observed
from toxmon.timeline.known import Dose, Known, Level, Pause, Release, Stay
from toxmon.timeline.obligations import Due
from toxmon.timeline.plan import Plan
from toxmon.timeline.seen import Reading, Seen
from toxmon.timeline.windows import WindowNow

FORM = 2
"""The form of what is kept; anything in another form is made again from the record."""

__all__ = [
    "FORM", "OldForm", "dump_known", "dump_level", "dump_readings", "dump_rest", "load_known",
    "told_check", "told_dose", "told_due", "told_observed", "told_plan", "told_window",
]  # fmt: skip


def dump_known(known: Known) -> list[Any]:
    """All of it, as lists, texts and numbers."""
    return [
        FORM,
        {kind: dump_readings(readings) for kind, readings in sorted(known.seen.readings.items())},
        {scale: dump_level(level) for scale, level in sorted(known.levels.items())},
        *dump_rest(known),
    ]


def dump_readings(readings: Iterable[Reading]) -> list[Any]:
    """The readings of a kind, for `dump_known`."""
    return [[_at(each.at), each.fact, value_to_plain(each.value)] for each in readings]


def dump_rest(known: Known) -> list[Any]:
    """What `dump_known` has after the readings and the levels."""
    return [
        [_dose(each) for each in known.doses],
        {name: _dose(each) for name, each in sorted(known.given.items())},
        {sign: _maybe(until) for sign, until in sorted(known.attributed.items())},
        [
            [each.fact, [*each.what], _at(each.from_at), _at(each.until_at), each.reason, each.by]
            for each in known.pauses
        ],
        [[each.fact, _at(each.at), each.setting, each.bed] for each in known.stays],
        _maybe(known.died_at),
        [_steroid_day(each) for each in known.steroids],
        [
            [each.fact, _at(each.at), each.medication, each.mg, each.by, _at(each.chart_by)]
            for each in known.released
        ],
    ]


def load_known(plain: Any) -> Known:
    """The knowledge of `dump_known`. Raises OldForm."""
    if not isinstance(plain, list) or not plain or plain[0] != FORM:
        raise OldForm("what is known of a treatment was kept in another form")
    rest: list[Any] = plain[1:]
    readings, levels, doses, given, attributed, pauses, stays, died, steroids, released = rest
    return Known(
        seen=Seen(
            {
                kind: tuple(
                    Reading(_instant(at), fact, value_from_plain(value)) for at, fact, value in each
                )
                for kind, each in readings.items()
            }
        ),
        levels={scale: _read_level(level) for scale, level in levels.items()},
        doses=tuple(_read_dose(each) for each in doses),
        given={name: _read_dose(each) for name, each in given.items()},
        attributed={sign: _known(until) for sign, until in attributed.items()},
        pauses=tuple(
            Pause(
                fact=fact,
                what=tuple(what),
                from_at=_instant(begins),
                until_at=_instant(ends),
                reason=reason,
                by=by,
            )
            for fact, what, begins, ends, reason, by in pauses
        ),
        stays=tuple(
            Stay(fact=fact, at=_instant(at), setting=setting, bed=bed)
            for fact, at, setting, bed in stays
        ),
        died_at=_known(died),
        steroids=tuple(_read_steroid_day(each) for each in steroids),
        released=tuple(
            Release(
                fact=fact,
                at=_instant(at),
                medication=medication,
                mg=mg,
                by=by,
                chart_by=_instant(chart_by),
            )
            for fact, at, medication, mg, by, chart_by in released
        ),
    )


def told_check(check: Check) -> dict[str, Any]:
    """A check as the API tells it."""
    return {
        "what": check.what,
        "state": check.state,
        "due_at": check.due_at,
        "overdue_at": check.overdue_at,
        "every_seconds": None if check.every is None else int(check.every.total_seconds()),
        "grace_seconds": int(check.grace.total_seconds()),
        "kinds": [[*kinds] for kinds in check.kinds],
        "met_at": check.met_at,
        "met_by": [*check.met_by],
        "have": [*check.have],
        "missing": [*check.missing],
        "missed": [*check.missed],
        "paused_until": check.paused_until,
        "because": check.because,
        "day_based": check.day_based,
        "source": told_citation(check.source),
    }


def told_plan(plan: Plan) -> dict[str, Any]:
    """A plan as the API tells it."""
    return {
        "checks": [told_check(each) for each in plan.checks],
        "next_at": plan.next_at,
        "observed": [told_observed(each) for each in plan.observed],
        "next_dose": None if plan.next_dose is None else told_dose(plan.next_dose),
    }


def told_observed(each: Observed) -> dict[str, Any]:
    """A span of observation as the API tells it."""
    return {
        "dose": each.dose,
        "from_at": each.from_at,
        "until_at": each.until_at,
        "where": each.where,
        "when": each.when,
        "region": each.region,
        "source": told_citation(each.source),
    }


def told_dose(each: NextDose) -> dict[str, Any]:
    """The next dose as the API tells it; dates are the site's."""
    return {
        "number": each.number,
        "label": each.label,
        "planned_for": each.planned_for,
        "from_date": each.from_date,
        "until_date": each.until_date,
        "schedule": each.schedule,
        "source": told_citation(each.source),
    }


def told_window(window: WindowNow) -> dict[str, Any]:
    """A window as the API tells it."""
    return {
        "event": window.event,
        "title": window.title,
        "state": window.state,
        "first_at": window.first_at,
        "last_at": window.last_at,
        "days": window.days,
        "basis": window.basis,
        "course": window.course,
        "dose": window.dose,
        "source": told_citation(window.source),
    }


def told_due(due: Due) -> dict[str, Any]:
    """Something with a date as the API tells it; dates are the site's."""
    return {
        "id": due.id,
        "title": due.title,
        "says": due.says,
        "on": due.on,
        "next_on": due.next_on,
        "state": due.state,
        "blocked_by": [*due.blocked_by],
        "unless": due.unless,
        "note": due.note,
        "source": told_citation(due.source),
    }


def told_citation(source: Citation) -> dict[str, Any]:
    """A source as the API tells it."""
    return {
        "source": source.source,
        "year": source.year,
        "kind": source.kind,
        "verified": source.verified,
    }


def dump_level(level: Level) -> list[Any]:
    """A level, for `dump_known`."""
    return [
        level.low,
        level.high,
        _at(level.at),
        level.says,
        level.edition,
        level.episode,
        _maybe(level.onset_at),
        [*level.facts],
        level.text,
        level.suspected,
        [[_at(at), low] for at, low in level.earlier],
    ]


def _read_level(plain: list[Any]) -> Level:
    low, high, at, says, edition, episode, onset, facts, text, suspected, earlier = plain
    return Level(
        low=low,
        high=high,
        at=_instant(at),
        says=says,
        edition=edition,
        episode=episode,
        onset_at=_known(onset),
        facts=tuple(facts),
        text=text,
        suspected=suspected,
        earlier=tuple((_instant(since), grade) for since, grade in earlier),
    )


def _dose(dose: Dose) -> list[Any]:
    return [dose.fact, _at(dose.at), dose.medication]


def _read_dose(plain: list[Any]) -> Dose:
    fact, at, medication = plain
    return Dose(fact=fact, at=_instant(at), medication=medication)


def _steroid_day(day: SteroidDay) -> list[Any]:
    amounts = (day.mg, day.per_kg, day.most, day.most_per_kg)
    instants = (_at(day.first_at), _at(day.last_at))
    return [day.on.toordinal(), day.doses, day.unknown, *map(str, amounts), *instants, day.fact]


def _read_steroid_day(plain: list[Any]) -> SteroidDay:
    on, doses, unknown, mg, per_kg, most, most_per_kg, first_at, last_at, fact = plain
    return SteroidDay(
        on=date.fromordinal(on),
        doses=doses,
        mg=Decimal(mg),
        per_kg=Decimal(per_kg),
        unknown=unknown,
        most=Decimal(most),
        most_per_kg=Decimal(most_per_kg),
        first_at=_instant(first_at),
        last_at=_instant(last_at),
        fact=fact,
    )


def _at(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else _at(at)


def _instant(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND


def _known(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _instant(microseconds)
