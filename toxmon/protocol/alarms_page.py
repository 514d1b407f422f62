"""An alarm policy as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from toxmon.protocol.alarm_rules import ABOVE, ANY_UNIT, BELOW, ROLES, RULES
from toxmon.protocol.alarms import (
    Alarms,
    Chain,
    Obligation,
    Priorities,
    Spans,
    SteroidWatch,
    Threshold,
)
from toxmon.protocol.citation import Citation
from toxmon.protocol.lines import Sources, in_words, section, wrapped


def alarms_lines(document: Alarms, sources: Sources) -> Iterator[str]:
    """Spans of the site, priorities, thresholds, dates, silence and chains."""
    yield from section("The site")
    yield from sources.items(_site(document))
    yield from section("Priorities")
    for matter in document.matters:
        yield from wrapped(f"{matter.rule}: {levels(matter)}", 2, "")
        words = _joined(f"{RULES[matter.rule]}.", down(matter.hold), matter.note)
        yield from sources.lines(matter.citation, words, 2)
    rise = document.rise
    words = f"A rise of {rise.grades} grades or more within {in_words(rise.within)}"
    yield from sources.lines(rise.citation, f"{words}: {rise.priority}.", 0)
    if document.other_causes:
        yield from section("Outside the usual window: other causes")
        for each in document.other_causes:
            yield from wrapped(f"{', '.join(each.rules)}: {'; '.join(each.causes)}.", 2, "")
            yield from sources.lines(each.citation, each.note, 2)
    yield from _bounds(document, sources)
    if document.obligations:
        yield from section("What has a date")
        for obligation in document.obligations:
            yield from wrapped(f"{date_of(obligation)}: {obligation.title}", 2, "")
            unless = f"Unless {obligation.unless}." if obligation.unless else None
            words = _joined(obligation.says, unless, _only_for(obligation), obligation.note)
            yield from sources.lines(obligation.citation, words, 2)
    if document.steroid_watches:
        yield from section("On steroids")
        for watch in document.steroid_watches:
            yield from wrapped(f"{watch.rule}: {watched(watch)}", 2, "")
            yield from sources.lines(watch.citation, _joined(watch.says, watch.note), 2)
    yield from section("How long silence may last")
    for spans in document.spans:
        yield from sources.lines(spans.citation, f"{spans.priority}: {silence(spans)}.", 2)
    yield from section("Who is called")
    for chain in document.chains:
        yield from wrapped(f"{called_for(chain)}: {'; '.join(steps(chain))}.", 2, "")
        yield from sources.lines(chain.citation, chain.note, 2)
    named = dict.fromkeys(
        role for chain in document.chains for step in chain.steps for role in step.roles
    )
    for role in named:
        yield from wrapped(f"{role}: {ROLES[role]}", 2, "")


def _site(document: Alarms) -> Iterator[tuple[str, Citation]]:
    """The values that hold for the whole site, in words."""
    role = document.fallback_role
    yield f"{role.value} is called where the roster names nobody.", role.citation
    labs = document.labs_due
    yield f"Checks of whole days fall due at {labs.value:%H:%M}.", labs.citation
    for words, cited in (
        ("a check is shown as due so long before", document.due_soon),
        ("a fact charted later than this is told as late", document.told_late),
        ("a hand-over may wait so long to be accepted", document.hand_over),
        ("rosters are searched for gaps so far ahead", document.look_ahead),
        ("a source that is silent for longer is told", document.feed_silent),
        ("an alarm may be out of service so long", document.out_of_service_most),
    ):
        yield f"{in_words(cited.value)}: {words}.", cited.citation


def _bounds(document: Alarms, sources: Sources) -> Iterator[str]:
    """Thresholds, values that say nothing, and the chart of out-patients."""
    if document.thresholds:
        yield from section("Thresholds")
    for threshold in document.thresholds:
        yield from wrapped(f"{threshold.id}: {bound(threshold)}, {threshold.priority}", 2, "")
        words = _joined(counts(threshold), threshold.says, threshold.note)
        yield from sources.lines(threshold.citation, words, 2)
    if document.uninterpretable:
        yield from section("Values that say nothing for a while")
    for each in document.uninterpretable:
        words = f"{', '.join(each.kinds)}: {in_words(each.span)} after {', '.join(each.after)}"
        yield from wrapped(words, 2, "")
        yield from sources.lines(each.citation, each.says, 2)
    if document.outpatient:
        yield from section("Out-patients")
        yield from sources.items(
            (f"{line.what}: every {in_words(line.every)}; grace {in_words(line.grace)}",
             line.citation)
            for line in document.outpatient
        )  # fmt: skip


def levels(matter: Priorities) -> str:
    """The priority of each level, and inside of a window: "1 medium, 2 high; in window 1 high"."""
    told = ", ".join(f"{level} {priority}" for level, priority in matter.by_level.items())
    inside = ", ".join(f"{level} {priority}" for level, priority in matter.in_window.items())
    return f"{told}; in window {inside}" if inside else told


def down(hold: timedelta) -> str:
    """When an alarm follows a level down."""
    return f"Down after {in_words(hold)}." if hold else "Down at once."


def bound(threshold: Threshold) -> str:
    """What is compared: "igg < 400 mg/dL", "ferritin rises by 100 % within 24 h"."""
    if threshold.comparison in (*BELOW, *ABOVE):
        words = f"{threshold.kind} {threshold.comparison} {threshold.value} {threshold.unit}"
    else:
        assert threshold.within is not None
        words = (
            f"{threshold.kind} {threshold.comparison} by {threshold.percent} % or more within "
            f"{in_words(threshold.within)}"
        )
    return f"{words}, over at {threshold.clear}" if threshold.clear is not None else words


def counts(threshold: Threshold) -> str | None:
    """When it counts and when it does not, in words; None where it always does."""
    days = None
    if threshold.from_day is not None or threshold.until_day is not None:
        last = "no end" if threshold.until_day is None else f"day {threshold.until_day}"
        days = f"Day {threshold.from_day or 0} to {last}."
    needs = f"Only with {' and '.join(threshold.needs)}." if threshold.needs else None
    hold = down(threshold.hold) if threshold.hold else None
    idle = None if threshold.in_force else f"Not in force: an alternative of {threshold.policy}."
    return _joined(idle, days, needs, _only_for(threshold), hold) or None


def date_of(obligation: Obligation) -> str:
    """When it falls due: "day 28", "month 12, then every 12 months"."""
    day = f"day {obligation.day}" if obligation.day is not None else f"month {obligation.month}"
    again = obligation.every_months
    return f"{day}, then every {again} months" if again is not None else day


def watched(watch: SteroidWatch) -> str:
    """When it counts: "every 6 h, grace 1 h; until 24 h after the last dose"."""
    parts = []
    if watch.every is not None and watch.grace is not None:
        parts.append(f"every {in_words(watch.every)}, grace {in_words(watch.grace)}")
    if watch.days is not None:
        gap = f"at most {watch.gap_days} in a row without" if watch.gap_days else "none without"
        parts.append(f"steroids on {watch.days} days or more, {gap}")
    if watch.stopped_after is not None:
        parts.append(f"stopped: no dose for {in_words(watch.stopped_after)}")
    if watch.improved_for is not None:
        parts.append(f"improved: grade 1 at most for {in_words(watch.improved_for)}")
    return "; ".join([*parts, f"until {in_words(watch.within)} after the last dose"])


def silence(spans: Spans) -> str:
    """The spans of a priority, in words."""
    return (
        f"acknowledged {in_words(spans.acknowledged)}, "
        f"at most {in_words(spans.acknowledged_most)}, documented {in_words(spans.documented)}; "
        f"shelved {in_words(spans.shelved_most)} at most, {spans.shelved_times} times"
    )


def called_for(chain: Chain) -> str:
    """Which alarms a chain is for: "high, any unit", "high, technical, any unit"."""
    unit = "any unit" if chain.unit == ANY_UNIT else chain.unit
    about = [] if chain.about == "patients" else [chain.about]
    return ", ".join([chain.priority, *about, unit])


def steps(chain: Chain) -> Iterator[str]:
    """The steps of a chain, one by one, and how it goes on."""
    for step in chain.steps:
        after = "at once" if not step.after else f"after {in_words(step.after)}"
        yield f"{after} {' and '.join(step.roles)}"
    yield f"then again every {in_words(chain.repeat)}"


def _only_for(block: Threshold | Obligation) -> str | None:
    named = [*block.targets, *block.classes]
    return f"Only for {' and '.join(named)}." if named else None


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
