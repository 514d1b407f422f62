"""Bounds of the alarm policy on measured values: held against what is known now, three-valued.

A bound takes effect at once; on the way back it is over only at `clear`. A value that has grown
old, or says nothing after a drug, is not known: an alarm stays as it is (decision 0068).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from toxmon.grading.facts import Bounds, Number, above, at_least, below, both, either, negated
from toxmon.grading.medications import ANTICYTOKINES, ANTIPYRETICS, STEROIDS
from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Threshold, Uninterpretable
from toxmon.protocol.product import Product
from toxmon.timeline.known import Dose, Known
from toxmon.timeline.seen import Reading
from toxmon.timeline.signs import Bedside, Sign, number, on_steroids

HUNDRED = Decimal(100)
KEY = "threshold:"
GROUPS: Mapping[str, frozenset[str]] = {
    "steroids": STEROIDS,
    "antipyretics": ANTIPYRETICS,
    "anticytokines": ANTICYTOKINES,
}
"""Groups that an alarm policy may name beside those of toxmon.grading.medications.GROUPS."""


@dataclass(frozen=True, slots=True)
class Held:
    """A threshold as it stands now. `truth` None: not known, for the reason in `caveat` if any."""

    threshold: Threshold
    truth: bool | None
    reading: Reading | None
    before: Reading | None = None
    caveat: str | None = None


def key_of(threshold: Threshold) -> str:
    """The key of its matter."""
    return KEY + threshold.id


def concerns(threshold: Threshold, product: Product) -> bool:
    """Is it in force, and meant for this product?"""
    target, class_ = product.target.casefold(), product.product_class.casefold()
    return (
        threshold.in_force
        and (not threshold.targets or any(t.casefold() in target for t in threshold.targets))
        and (not threshold.classes or any(c.casefold() in class_ for c in threshold.classes))
    )


def plain_value(bedside: Bedside, kind: str) -> Decimal | None:
    """The newest value of a kind if it is fresh and exact, so that a bound is held at a glance."""
    reading = bedside.fresh(kind)
    return reading.value if reading is not None and isinstance(reading.value, Decimal) else None


def held(
    threshold: Threshold,
    bedside: Bedside,
    signs: Mapping[str, Sign],
    alarms: Alarms,
    day: int,
    raised: Container[str],
) -> Held:
    """The threshold on this day. `raised`: keys whose alarm is up, for the way back."""
    found, counts = alone(threshold, bedside, alarms, day, raised)
    if not counts or not threshold.needs:
        return found
    truth = found.truth
    for need in threshold.needs:
        truth = both(truth, _need(need, bedside, signs))
    return replace(found, truth=truth)


def alone(
    threshold: Threshold, bedside: Bedside, alarms: Alarms, day: int, raised: Container[str]
) -> tuple[Held, bool]:
    """The threshold as the value alone has it, and whether the value counts at all.

    Growing old makes a value unknown and never makes a bound hold; what it needs beside can only
    hold it back.
    """
    reading = bedside.fresh(threshold.kind)
    if not threshold.on(day):
        return Held(threshold, False, reading), False
    if reading is None:
        stale = bedside.known.seen.newest(threshold.kind)
        words = None if stale is None else "too old to be used"
        return Held(threshold, None, stale, None, words), False
    unsaid = uninterpretable(threshold.kind, reading, bedside.known, alarms)
    if unsaid is not None:
        return Held(threshold, None, reading, None, unsaid[0].says), False
    before: Reading | None = None
    if threshold.percent is not None and threshold.within is not None:
        truth, before = changed(threshold, bedside.known.seen.readings[threshold.kind])
    else:
        truth = _beyond(threshold, number(reading), key_of(threshold) in raised)
    caveat = None
    if threshold.kind == "igg" and truth is not True:
        caveat = _paraprotein(bedside.known)
        if caveat is not None:
            truth = None
    elif threshold.kind == "igg":
        caveat = _paraprotein(bedside.known)
    return Held(threshold, truth, reading, before, caveat), True


def uninterpretable(
    kind: str, reading: Reading, known: Known, alarms: Alarms
) -> tuple[Uninterpretable, Dose] | None:
    """Why a value says nothing, and the dose that makes it so: by when it was measured."""
    if not known.given:
        return None
    for each in alarms.uninterpretable:
        if kind not in each.kinds:
            continue
        for name in each.after:
            for drug in (name, *GROUPS.get(name, ())):
                dose = known.given.get(drug)
                if dose is not None and dose.at <= reading.at < dose.at + each.span:
                    return each, dose
    return None


def changed(
    threshold: Threshold, readings: tuple[Reading, ...]
) -> tuple[bool | None, Reading | None]:
    """Has the newest value risen or fallen by at least `percent` within the span, and from what?

    Held against every value of the span before it; at exactly the percentage it has. None when
    there is no earlier value in the span: nothing is known of a change.
    """
    assert threshold.percent is not None
    newest, *_ = reversed(readings)
    since = newest.at - (threshold.within or timedelta())
    earlier = [reading for reading in readings[:-1] if since <= reading.at < newest.at]
    if not earlier:
        return None, None
    truth: bool | None = False
    source: Reading | None = None
    for reading in earlier:
        found = _by(threshold, number(reading), number(newest))
        if found and source is None:
            source = reading
        truth = either(truth, found)
    return truth, source


def next_change(treatment: Treatment, alarms: Alarms, now: datetime) -> datetime | None:
    """The first instant of the next day on which a threshold begins or ends to count."""
    day = treatment.day(now)
    days = {
        edge
        for each in alarms.thresholds
        if each.in_force
        for edge in (each.from_day, None if each.until_day is None else each.until_day + 1)
        if edge is not None and edge > day
    }
    return treatment.begins(min(days)) if days else None


def _beyond(threshold: Threshold, value: Number | None, up: bool) -> bool | None:
    """Does the comparison hold, or has it not been undone since it held?"""
    assert threshold.value is not None
    low = threshold.comparison in ("<", "<=")
    if up and threshold.clear is not None:
        # On the way back it is over at `clear` itself.
        return below(value, threshold.clear) if low else above(value, threshold.clear)
    if threshold.comparison == "<":
        return below(value, threshold.value)
    if threshold.comparison == "<=":
        return negated(above(value, threshold.value))
    if threshold.comparison == ">":
        return above(value, threshold.value)
    return at_least(value, threshold.value)


def _by(threshold: Threshold, before: Number | None, now: Number | None) -> bool | None:
    """Is `now` at least so many percent above (below) `before`? Intervals by their ends."""
    assert threshold.percent is not None
    if before is None or now is None:
        return None
    low, high = _ends(before)
    if threshold.comparison == "rises":
        factor = 1 + threshold.percent / HUNDRED
        sure = None if high is None else at_least(now, high * factor)
        never = None if low is None else below(now, low * factor)
        if isinstance(before, Decimal) and before == 0:
            # From nothing there is no percentage; any number is a rise from it.
            return above(now, Decimal(0))
    else:
        factor = 1 - threshold.percent / HUNDRED
        sure = None if low is None else negated(above(now, low * factor))
        never = None if high is None else above(now, high * factor)
    if sure:
        return True
    return False if never else None


def _ends(value: Number) -> tuple[Decimal | None, Decimal | None]:
    return (value.low, value.high) if isinstance(value, Bounds) else (value, value)


def _need(name: str, bedside: Bedside, signs: Mapping[str, Sign]) -> bool | None:
    """A sign, whatever its cause; steroids; an infection as far as one was charted; a scale."""
    if name in signs:
        return signs[name].found
    if name == "steroids":
        return on_steroids(bedside.known, bedside.now)
    if name == "infection":
        charted = bedside.known.seen.newest("enteric_infection")
        found = None if charted is None else charted.value is True
        return True if found else None
    level = bedside.known.levels.get(name)
    if level is None:
        return None
    return True if level.low > 0 else (False if level.high == 0 else None)


def _paraprotein(known: Known) -> str | None:
    counted = known.seen.newest("igg_paraprotein")
    if counted is not None and counted.value is True:
        return "the M-protein is IgG and counts into this level: the rest is lower than it says"
    return None
