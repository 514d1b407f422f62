"""A product as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from toxmon.protocol.events import EVENTS
from toxmon.protocol.figures_page import figures_lines
from toxmon.protocol.label import SPANS, Dose, Label
from toxmon.protocol.lines import Sources, in_words, section, wrapped
from toxmon.protocol.product import Cadence, Product, Watch
from toxmon.protocol.schedule_page import dose_window_lines, schedule_lines

SPAN_WORDS = {
    "daily_monitoring": "Daily monitoring",
    "monitoring": "Monitoring in all",
    "proximity": "Near a treatment center",
    "no_driving": "No driving",
}


def product_lines(product: Product, on: date | None, sources: Sources) -> Iterator[str]:
    """Every section of a product that holds anything."""
    yield from wrapped(" ".join(_kind(product)))
    label_day = " Labels begin with day 1; schedules give both." if product.repeated else ""
    yield from wrapped(
        f"Days are counted from the {product.clock_origin}: day 0 is its date in the site's time "
        f"zone.{label_day} Alert windows and the watch are policy; the published figures are to be "
        "read."
    )
    yield from section("Labels")
    yield from _status(product, sources)
    yield from _labels(product, on, sources)
    yield from section("Indication, dose, preparation")
    yield from _use(product, sources)
    if product.schedules or product.observations or product.restarts:
        yield from section("Doses in a row")
        yield from schedule_lines(product, sources)
    yield from section("Published figures")
    yield from figures_lines(product, sources)
    yield from section("Alert windows (policy)")
    yield from _windows(product, sources)
    yield from dose_window_lines(product, sources)
    yield from section("Watch (policy)")
    yield from _watches(product, sources)
    yield from _cadences(product, sources)
    if product.markers:
        yield from section("Bounds that somebody acts upon")
        yield from _markers(product, sources)
    if product.management:
        yield from section("What sources advise (support for a clinician, never an order)")
        yield from _advice(product, sources)
    if product.remarks:
        yield from section("Remarks")
        yield from sources.items((each.text, each.citation) for each in product.remarks)


def _kind(product: Product) -> Iterator[str]:
    """What the product is, in short sentences."""
    if product.aliases:
        yield f"Also called: {', '.join(product.aliases)}."
    yield f"Class: {product.product_class}."
    yield f"Target: {product.target}."
    if product.costimulation:
        yield f"Costimulation: {product.costimulation}."
    if product.route:
        yield f"Given: {product.route}."


def _status(product: Product, sources: Sources) -> Iterator[str]:
    if product.investigational is not None:
        words = "yes, in trials only" if product.investigational.value else "no"
        yield from sources.lines(product.investigational.citation, f"Investigational: {words}.", 0)
    for each in product.statuses:
        since = f" since {each.since.isoformat()}" if each.since else ""
        words = f"{each.region}: {each.status}{since}. {each.note or ''}"
        yield from sources.lines(each.citation, words.strip(), 0)


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
    if label.version:
        words = f"Version: {label.version.value}."
        yield from sources.lines(label.version.citation, words, 2)
    if label.rems:
        words = "REMS: yes." if label.rems.value else "REMS: none."
        yield from sources.lines(label.rems.citation, words, 2)
    for what in SPANS:
        span = label.span(what)
        if span:
            words = f"{SPAN_WORDS[what]}: {in_words(span.value)}."
            yield from sources.lines(span.citation, words, 2)
        for each in label.differs:
            if each.what == what:
                head = f"{SPAN_WORDS[what]}, {', '.join(each.indications)}"
                words = f"{head}: {in_words(each.value)}. {each.note or ''}"
                yield from sources.lines(each.citation, words.strip(), 2)
    if label.boxed:
        words = f"Boxed warning: {'; '.join(label.boxed.value)}."
        yield from sources.lines(label.boxed.citation, words, 2)
    for note in label.notes:
        yield from sources.lines(note.citation, note.value, 2)


def _use(product: Product, sources: Sources) -> Iterator[str]:
    yield from sources.items(
        (
            f"Indication{_named(each.short)}, {each.region}, {each.period}: {each.text}.",
            each.citation,
        )
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
        who = f"{age.group} ({', '.join(bounds)})" if bounds else age.group
        where = "".join(f", {word}" for word in (age.region, *age.indications) if word)
        words = f"Age, {who}{where}: {covered}. {age.note or ''}"
        yield from sources.items([(words, age.citation)])
    for regimen in product.lymphodepletion:
        drugs = ", ".join(f"{d.drug} {d.dose} {d.unit} x {d.days} days" for d in regimen.drugs)
        gap, again = regimen.infusion_after, regimen.repeat_if_delayed
        days = f"infusion {_range(gap)} days after its {regimen.counted_from}" if gap else ""
        repeat = f"repeat if delayed by more than {in_words(again)}" if again else ""
        words = "; ".join(part for part in (drugs, days, repeat, regimen.note) if part)
        yield from sources.items(
            [
                (
                    f"Lymphodepletion{_named(*regimen.indications)}, {regimen.region}: {words}.",
                    regimen.citation,
                )
            ]
        )
    yield from sources.items(
        (f"Premedication: {each.text}", each.citation) for each in product.premedication
    )
    for hand in product.at_hand:
        doses = (
            ""
            if hand.doses is None
            else f"{hand.doses} {_doses_of(hand.doses)} for each patient before the infusion."
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
        who = _named(*dose.indications, dose.for_whom)
        yield f"Dose{who}, {dose.region}, {dose.period}: {words}", dose


def _doses_of(number: int) -> str:
    return "dose" if number == 1 else "doses"


def _named(*names: str | None) -> str:
    """What a block holds for only, behind its own name: ", MCL"."""
    return "".join(f", {name}" for name in names if name)


def _range(numbers: tuple[Decimal, ...]) -> str:
    low, high = numbers
    return str(low) if low == high else f"{low} to {high}"


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
        yield from wrapped(_sets(watch), 4)
        yield from sources.lines(watch.citation, watch.note, 4)


def _sets(line: Watch | Cadence) -> str:
    """The sets of kinds that meet a line of the chart."""
    return "; or ".join(", ".join(kinds) for kinds in (line.kinds, *line.or_kinds))


def _cadences(product: Product, sources: Sources) -> Iterator[str]:
    for each in product.cadences:
        grades = ", ".join(str(grade) for grade in each.grades)
        words = (
            f"{each.what}: every {in_words(each.every)} at grade {grades} of {EVENTS[each.event]}; "
            f"grace {in_words(each.grace)}"
        )
        yield from wrapped(words, 2, "")
        yield from wrapped(_sets(each), 4)
        yield from sources.lines(each.citation, each.note, 4)


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
