"""A product as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from toxmon.protocol.events import EVENTS
from toxmon.protocol.lines import Sources, in_words, section, wrapped
from toxmon.protocol.product import Dose, Label, Product, Published, Rate, Times

POPULATION = 30
"""Columns for the name of a population; a longer one has a line to itself."""


def product_lines(product: Product, on: date | None, sources: Sources) -> Iterator[str]:
    """Every section of a product that holds anything."""
    yield from wrapped(
        f"Class: {product.product_class}. Target: {product.target}. "
        f"Costimulation: {product.costimulation}."
    )
    yield from wrapped(
        f"Days are counted from the {product.clock_origin}: day 0 is its date in the site's time "
        "zone. Alert windows and the watch are policy; the published figures are to be read."
    )
    yield from section("Labels")
    yield from _labels(product, on, sources)
    yield from section("Indication, dose, preparation")
    yield from _use(product, sources)
    yield from section("Published figures")
    yield from _figures(product, sources)
    yield from section("Alert windows (policy)")
    yield from _windows(product, sources)
    yield from section("Watch (policy)")
    yield from _watches(product, sources)
    if product.markers:
        yield from section("Bounds that somebody acts upon")
        yield from _markers(product, sources)
    if product.management:
        yield from section("What sources advise (support for a clinician, never an order)")
        yield from _advice(product, sources)
    if product.remarks:
        yield from section("Remarks")
        yield from sources.items((each.text, each.citation) for each in product.remarks)


def _labels(product: Product, on: date | None, sources: Sources) -> Iterator[str]:
    current = None if on is None else product.label_on(on)
    if on is not None and current is None:
        yield f"No {product.region} label was in force on {on.isoformat()}."
    for label in sorted(product.labels, key=lambda each: each.effective_from.value):
        force = "" if on is None or label is not current else f", in force on {on.isoformat()}"
        words = f"{label.title}: from {label.effective_from.value.isoformat()}{force}"
        yield from sources.lines(label.effective_from.citation, words, 0)
        yield from _label(label, sources)


def _label(label: Label, sources: Sources) -> Iterator[str]:
    if label.rems:
        words = "REMS: yes." if label.rems.value else "REMS: none."
        yield from sources.lines(label.rems.citation, words, 2)
    for words, span in (
        ("Daily monitoring", label.daily_monitoring),
        ("Monitoring in all", label.monitoring),
        ("Near a treatment center", label.proximity),
        ("No driving", label.no_driving),
    ):
        if span:
            yield from sources.lines(span.citation, f"{words}: {in_words(span.value)}.", 2)
    if label.boxed:
        words = f"Boxed warning: {'; '.join(label.boxed.value)}."
        yield from sources.lines(label.boxed.citation, words, 2)
    for note in label.notes:
        yield from sources.lines(note.citation, note.value, 2)


def _use(product: Product, sources: Sources) -> Iterator[str]:
    yield from sources.items(
        (f"Indication, {each.region}, {each.period}: {each.text}.", each.citation)
        for each in product.indications
    )
    yield from sources.items((words, dose.citation) for words, dose in _doses(product))
    for age in product.ages:
        covered = "covered" if age.indicated else "not covered"
        bounds = [
            f"{word} {years} years"
            for word, years in (("from", age.from_years), ("below", age.below_years))
            if years is not None
        ]
        words = f"Age, {age.group} ({', '.join(bounds)}): {covered}. {age.note or ''}"
        yield from sources.items([(words, age.citation)])
    for regimen in product.lymphodepletion:
        drugs = ", ".join(f"{d.drug} {d.dose} {d.unit} x {d.days} days" for d in regimen.drugs)
        gap, again = regimen.infusion_after, regimen.repeat_if_delayed
        days = f"infusion {_range(gap)} days after its {regimen.counted_from}" if gap else ""
        repeat = f"repeat if delayed by more than {in_words(again)}" if again else ""
        words = "; ".join(part for part in (drugs, days, repeat, regimen.note) if part)
        yield from sources.items(
            [(f"Lymphodepletion, {regimen.region}: {words}.", regimen.citation)]
        )
    yield from sources.items(
        (f"Premedication: {each.text}", each.citation) for each in product.premedication
    )
    for hand in product.at_hand:
        doses = (
            ""
            if hand.doses is None
            else f"{hand.doses} doses for each patient before the infusion."
        )
        more = f"More within {in_words(hand.more_within)}." if hand.more_within else ""
        words = " ".join(part for part in (doses, more, hand.note) if part)
        head = f"{hand.drug.capitalize()} at hand, {hand.region}, {hand.period}"
        yield from sources.items([(f"{head}: {words}", hand.citation)])


def _doses(product: Product) -> Iterator[tuple[str, Dose]]:
    for dose in product.doses:
        per = f" for each {dose.per}" if dose.per else ""
        parts = [
            ""
            if dose.low is None or dose.high is None
            else f"{_range((dose.low, dose.high))}{per}",
            "" if dose.target is None else f"target {dose.target}{per}",
            "" if dose.maximum is None else f"at most {dose.maximum}",
        ]
        words = f"{', '.join(part for part in parts if part)}, in {dose.unit}. {dose.note or ''}"
        yield f"Dose, {dose.region}, {dose.period}: {words}", dose


def _figures(product: Product, sources: Sources) -> Iterator[str]:
    for event in dict.fromkeys(each.event for each in product.published):
        yield EVENTS[event]
        yield _row("population", "n", "any", "grade >=3", "onset", "duration")
        for each in product.figures(event):
            name = each.population
            if len(name) > POPULATION:
                yield from wrapped(name, 2)
                name = ""
            yield _row(
                name,
                "" if each.n is None else str(each.n),
                _share(each.rate),
                _share(each.grade_3_or_more),
                _times(each.onset),
                _times(each.duration),
            )
            yield from sources.lines(each.citation, " ".join(_beside(each)), 6)


def _row(name: str, n: str, any_grade: str, severe: str, onset: str, duration: str) -> str:
    return f"  {name:<{POPULATION}} {n:>4} {any_grade:>6} {severe:>9}  {onset:<15} {duration}"


def _beside(each: Published) -> Iterator[str]:
    """What stands beside the columns: definition, grades, whose duration, note."""
    if each.definition:
        yield f"{each.definition[0].upper()}{each.definition[1:]}."
    for name, rate in (("3", each.grade_3), ("4", each.grade_4), ("5", each.grade_5)):
        if rate:
            yield f"Grade {name}: {_share(rate)}."
    if each.duration_of:
        yield f"Duration: {each.duration_of}."
    if each.graded_by:
        yield f"Graded by {each.graded_by}."
    if each.note:
        yield each.note


def _windows(product: Product, sources: Sources) -> Iterator[str]:
    for window in product.windows:
        until = "no end" if window.last_day is None else f"day {window.last_day}"
        yield f"day {window.first_day} to {until}: {EVENTS[window.event]}"
        note = f"{window.basis} {window.note}" if window.note else window.basis
        yield from sources.lines(window.citation, note, 4)


def _watches(product: Product, sources: Sources) -> Iterator[str]:
    for watch in product.watches:
        if watch.every is None:
            when = "on " + ", ".join(f"day {day}" for day in watch.on)
        else:
            until = "no end" if watch.last_day is None else f"day {watch.last_day}"
            when = f"every {in_words(watch.every)}, day {watch.first_day} to {until}"
        yield from wrapped(f"{watch.what}: {when}; grace {in_words(watch.grace)}", 2, "")
        sets = [", ".join(kinds) for kinds in (watch.kinds, *watch.or_kinds)]
        yield from wrapped("; or ".join(sets), 4)
        yield from sources.lines(watch.citation, watch.note, 4)


def _markers(product: Product, sources: Sources) -> Iterator[str]:
    yield from sources.items(
        (f"{each.kind} {each.comparison} {each.value} {each.unit}: {each.text}", each.citation)
        for each in product.markers
    )


def _advice(product: Product, sources: Sources) -> Iterator[str]:
    for each in product.management:
        grades = ", ".join(str(grade) for grade in each.grades)
        when = f", onset before {in_words(each.onset_before)}" if each.onset_before else ""
        when += f", onset after {in_words(each.onset_from)} or later" if each.onset_from else ""
        words = f"{EVENTS[each.event]}, grade {grades}{when}: {each.text}"
        yield from sources.items([(words, each.citation)])


def _share(rate: Rate | None) -> str:
    if rate is None:
        return ""
    return f"n={rate.count}" if rate.percent is None else f"{rate.percent}%"


def _range(numbers: tuple[Decimal, ...]) -> str:
    low, high = numbers
    return str(low) if low == high else f"{low} to {high}"


def _times(times: Times | None) -> str:
    if times is None:
        return ""
    spread = times.range or times.iqr
    inner = "" if spread is None else f"{spread[0]}-{spread[1]}"
    if times.range is None and times.iqr is not None:
        inner = f"IQR {inner}"
    unit = {"week": "wk", "month": "mo"}.get(times.unit, times.unit)
    middle = "" if times.median is None else str(times.median)
    return " ".join(part for part in (middle, unit, f"({inner})" if inner else "") if part)
