"""What the watch of a treatment rests on, gathered: from new facts, or from the whole record.

`Known` is a pure function of the facts that stand and of the grades they make, so the order of
arrival cannot matter. New facts are added to what was saved; after a correction of an act, or
when nothing usable is saved, all of it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

import orjson

from toxmon.actions import Service
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import as_fact, belongs, plain_grades
from toxmon.actions.steroid_doses import steroid_dose
from toxmon.dosing.situation import RELEASED
from toxmon.dosing.steroids import with_dose
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH, OWN_CAUSES
from toxmon.grading.course import SCALES
from toxmon.grading.facts import Fact
from toxmon.grading.kinds import KINDS
from toxmon.grading.medications import GROUP_OF
from toxmon.protocol import Product
from toxmon.saved import load_value
from toxmon.store import EVER, NEVER, Row, assessments, facts
from toxmon.timeline.known import Dose, Known, Level, Pause, Release, Stay, followed
from toxmon.timeline.plain import (
    FORM,
    OldForm,
    dump_level,
    dump_readings,
    dump_rest,
    load_known,
)
from toxmon.timeline.seen import Seen

PAUSE, STAY, INFUSION, PERMISSION = "pause", "stay", "infusion", "permission"
ACT_KINDS = (ADMINISTRATION, ATTRIBUTION, DEATH, PAUSE, STAY, INFUSION, PERMISSION)
REARRANGING = frozenset(ACT_KINDS) - {ADMINISTRATION}
"""Acts after which all acts are read again: a later one may end or replace an earlier one."""
BEFORE = timedelta(days=30)
"""Readings of this span before the infusion are known too: a weight, the counts of the morning."""

MOST_AT_HAND = 1_000
MOST_REASONS = 3
"""Reasons of a grade that are told with its alarm; the grade itself names all of them."""
_AT_HAND: dict[str, _Saved] = {}
"""What was saved lately, by its text: a value that nobody changes."""

Grades = Mapping[str, Mapping[str, Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Saved:
    """What was saved, and the text of each of its parts in the order in which they stand."""

    known: Known
    readings: dict[str, bytes]
    levels: dict[str, bytes]
    rest: bytes


def load(text: str) -> Known:
    """What was saved. Raises OldForm."""
    saved = _AT_HAND.get(text)
    return load_known(orjson.loads(text)) if saved is None else saved.known


def dump(known: Known, before: str | None = None) -> str:
    """The text to save. `before`: the text that it follows; what is as it was is taken from it."""
    was = _AT_HAND.pop(before, None) if before is not None else None
    if was is None:
        was = _Saved(Known(), {}, {}, b"")
    readings = _parts(known.seen.readings, was.known.seen.readings, was.readings, dump_readings)
    levels = _parts(known.levels, was.known.levels, was.levels, dump_level)
    rest = was.rest
    if not rest or _rest(known) != _rest(was.known):
        rest = orjson.dumps(dump_rest(known))[1:]
    text = b"[%d,{%s},{%s},%s" % (
        FORM,
        b",".join(readings.values()),
        b",".join(levels.values()),
        rest,
    )
    saved = text.decode()
    if len(_AT_HAND) >= MOST_AT_HAND:
        _AT_HAND.clear()
    _AT_HAND[saved] = _Saved(known, readings, levels, rest)
    return saved


def _parts(
    now: Mapping[str, T],
    before: Mapping[str, T],
    texts: dict[str, bytes],
    plain: Callable[[T], Any],
) -> dict[str, bytes]:
    """The text of each part by name, in order; of what is the same object as before, as it was."""
    if now is before:
        return texts
    parts = dict(texts)
    for name, part in now.items():
        if before.get(name) is not part:
            parts[name] = orjson.dumps(name) + b":" + orjson.dumps(plain(part))
    if len(parts) != len(texts) or len(parts) != len(now):
        parts = {name: parts[name] for name in sorted(now)}
    return parts


def _rest(known: Known) -> tuple[Any, ...]:
    return (
        known.doses, known.given, known.attributed, known.pauses, known.stays, known.died_at,
        known.steroids, known.released,
    )  # fmt: skip


def is_of(row: Row, treatment: Row) -> bool:
    """Is a fact one that the watch of a treatment knows of?"""
    at, next_at = row["effective_at"], treatment["next_at"]
    return bool(treatment["infused_at"] - BEFORE <= at and (next_at is None or at < next_at))


def counts(row: Row) -> bool:
    """Does a fact count, or does it wait in quarantine or take another one back?"""
    return row["status"] in facts.GRADED and row["value"] is not None


def with_facts(known: Known, rows: Iterable[Row], product: Product, zone: tzinfo) -> Known:
    """With these new readings and doses too, each of them once. None replaces another one."""
    measured = []
    for row in rows:
        if not counts(row):
            continue
        if row["kind"] == ADMINISTRATION:
            known = _on_steroids(_given(known, _dose(row), product), row, zone)
        elif row["kind"] in KINDS:
            measured.append(as_fact(row))
    return replace(known, seen=known.seen.charted(measured)) if measured else known


def seen_again(
    service: Service, known: Known, patient_id: str, treatment: Row, kinds: Sequence[str]
) -> Known:
    """With the readings of some kinds made again from the record, after a correction."""
    rows = facts.measured(
        service.store,
        patient_id,
        sorted(kinds),
        treatment["infused_at"] - BEFORE,
        treatment["next_at"] or EVER,
    )
    readings = {kind: each for kind, each in known.seen.readings.items() if kind not in kinds}
    seen = Seen(readings).charted(as_fact(row) for row in rows)
    return replace(known, seen=seen)


def gathered(service: Service, patient_id: str, treatment: Row) -> Known:
    """All of it from the record, but for the levels of the scales."""
    rows = facts.graded(
        service.store, patient_id, treatment["infused_at"] - BEFORE, treatment["next_at"] or EVER
    )
    newest = _newest_of(as_fact(row) for row in rows if row["kind"] in KINDS)
    return with_acts(service, Known(seen=Seen().charted(newest)), patient_id, treatment)


def with_acts(service: Service, known: Known, patient_id: str, treatment: Row) -> Known:
    """With everything that was done and decided, as it stands in the record."""
    product = service.product(treatment["product_edition"])
    known = Known(seen=known.seen, levels=known.levels)
    for kind in ACT_KINDS:
        for row in facts.standing_of_kind(service.store, patient_id, kind):
            if counts(row):
                known = _with_act(known, row, product, treatment)
                if kind == ADMINISTRATION and is_of(row, treatment):
                    known = _on_steroids(known, row, service.zone)
    return known


def _newest_of(found: Iterable[Fact]) -> list[Fact]:
    """The last facts of each kind: no more of a long record is looked at."""
    by_kind: dict[str, list[Fact]] = {}
    for fact in found:
        by_kind.setdefault(fact.kind, []).append(fact)
    return [fact for kind in by_kind.values() for fact in kind[-64:]]


def with_levels(
    known: Known, grades: Grades, told: Iterable[Row], at: datetime, within: timedelta
) -> Known:
    """With where these scales stand now, and since when by the assessments that were told.

    `within`: how long a lower level is remembered, to see a rise. Answers that hold no grade (an
    index) are left out.
    """
    levels = dict(known.levels)
    rows = [row for row in told if not row["withdrawn"]]
    for row in sorted(rows, key=lambda row: row["effective_at"]):
        before, since = levels.get(row["scale"]), row["effective_at"]
        level = level_of(orjson.loads(row["body"]), since)
        in_order = before is not None and before.at <= since
        levels[row["scale"]] = followed(before, level, within) if in_order else level
    for scale, grade in grades.items():
        if isinstance(grade["low"], int) and isinstance(grade["high"], int):
            before = levels.get(scale)
            since = at if before is None else max(at, before.at)
            levels[scale] = followed(before, level_of(grade, since), within)
    return replace(known, levels=levels)


def level_of(grade: Mapping[str, Any], at: datetime) -> Level:
    """Where a scale stands by its answer, from `at` on."""
    episode = grade.get("episode")
    because = grade["because"]
    return Level(
        low=grade["low"],
        high=grade["high"],
        at=at,
        says=grade["says"],
        edition=grade["edition"],
        episode=episode["number"] if episode else None,
        onset_at=datetime.fromisoformat(episode["onset_at"]) if episode else None,
        facts=tuple(dict.fromkeys(fact for reason in because for fact in reason["facts"])),
        text="; ".join(reason["text"] for reason in because[:MOST_REASONS]),
        suspected=grade.get("suspected"),
    )


def _with_act(known: Known, row: Row, product: Product, treatment: Row) -> Known:
    """With one act, in bedside order."""
    at, fact, value = row["effective_at"], row["id"], load_value(row["value"])
    if row["kind"] == ADMINISTRATION:
        return _given(known, _dose(row), product, inside=belongs(row, treatment))
    if row["kind"] == INFUSION:
        # The first one begins the treatment; a series of doses goes on with the others.
        begins, mine = at == treatment["infused_at"], belongs(row, treatment)
        if mine and not begins and product.repeated and product.is_called(str(value)):
            return _dosed(known, _dose(row))
    elif row["kind"] == ATTRIBUTION:
        return _attributed(known, value, row["until_at"])
    elif row["kind"] == DEATH:
        return replace(known, died_at=min(at, known.died_at) if known.died_at else at)
    elif row["kind"] == PAUSE:
        return replace(known, pauses=(*known.pauses, _pause(row)))
    elif row["kind"] == STAY:
        detail = orjson.loads(row["detail"])
        stay = Stay(fact=fact, at=at, setting=str(value), bed=detail.get("bed"))
        return replace(known, stays=(*known.stays, stay))
    elif row["kind"] == PERMISSION:
        release = _release(row)
        return known if release is None else replace(known, released=(*known.released, release))
    return known


def _release(row: Row) -> Release | None:
    """A permission that stands as released; None for one that is reserved or taken back."""
    detail = orjson.loads(row["detail"])
    if detail["state"] != RELEASED:
        return None
    return Release(
        fact=row["id"],
        at=row["effective_at"],
        medication=detail["medication"],
        mg=detail["dose_mg"],
        by=row["recorded_by"],
        chart_by=datetime.fromisoformat(detail["chart_by"]),
    )


def _pause(row: Row) -> Pause:
    detail, value = orjson.loads(row["detail"]), load_value(row["value"])
    return Pause(
        fact=row["id"],
        what=tuple(value),  # type: ignore[arg-type]
        from_at=row["effective_at"],
        until_at=row["until_at"],
        reason=detail["reason"],
        by=row["recorded_by"],
    )


def _dose(row: Row) -> Dose:
    return Dose(fact=row["id"], at=row["effective_at"], medication=str(load_value(row["value"])))


def _given(known: Known, dose: Dose, product: Product, *, inside: bool = True) -> Known:
    names = [dose.medication]
    if dose.medication in GROUP_OF:
        names.append(GROUP_OF[dose.medication])
    given = dict(known.given)
    for name in names:
        before = given.get(name)
        if before is None or (before.at, before.fact) < (dose.at, dose.fact):
            given[name] = dose
    known = replace(known, given=given)
    if inside and product.repeated and product.is_called(dose.medication):
        return _dosed(known, dose)
    return known


def _on_steroids(known: Known, row: Row, zone: tzinfo) -> Known:
    """With the day of a systemic steroid; any other drug leaves all as it is."""
    dose = steroid_dose(row)
    if dose is None:
        return known
    return replace(known, steroids=with_dose(known.steroids, dose, zone))


def _dosed(known: Known, dose: Dose) -> Known:
    kept = [each for each in known.doses if each.fact != dose.fact]
    doses = sorted((*kept, dose), key=lambda each: (each.at, each.fact))
    return replace(known, doses=tuple(doses))


def _attributed(known: Known, value: Any, until_at: datetime | None) -> Known:
    sign, cause = value
    attributed = {name: end for name, end in known.attributed.items() if name != sign}
    if cause not in OWN_CAUSES and cause != sign:
        attributed[sign] = until_at
    return replace(known, attributed=attributed)


def every_level(
    service: Service, known: Known, patient_id: str, head: Row, treatment: Row, now: datetime
) -> Known:
    """With where every scale stands, from the grades and what was told of them."""
    state, _ = moment_of(service, patient_id, head, treatment, now)
    told = assessments.standing(service.store, treatment["treatment_id"], NEVER)
    within = service.alarms(treatment["alarms_edition"]).rise.within
    return with_levels(known, plain_grades(state, SCALES), told, now, within)


def with_later(known: Known, newest: Row) -> Known:
    """What is known of an earlier treatment, with what was charted since the newest one began."""
    try:
        later = load(newest["known"]) if newest["known"] else None
    except OldForm:
        later = None
    if later is None:
        return known
    readings = dict(known.seen.readings)
    for kind, found in later.seen.readings.items():
        readings[kind] = (*readings.get(kind, ()), *found)
    return replace(
        known,
        seen=replace(known.seen, readings=readings),
        pauses=later.pauses,
        stays=later.stays,
        died_at=later.died_at,
    )


def why_over(known: Known, now: datetime) -> str | None:
    """Why a patient is not watched any more, or None."""
    if not known.over(now):
        return None
    return "the patient has died" if known.died_at is not None else "the watch was ended by name"


__all__ = [
    "ACT_KINDS",
    "INFUSION",
    "PAUSE",
    "REARRANGING",
    "STAY",
    "OldForm",
    "counts",
    "dump",
    "every_level",
    "gathered",
    "level_of",
    "load",
    "seen_again",
    "why_over",
    "with_acts",
    "with_facts",
    "with_later",
    "with_levels",
]
