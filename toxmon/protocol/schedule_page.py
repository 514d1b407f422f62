"""Doses in a row as lines of a page: steps, observation, delays, and the time after a dose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from toxmon.protocol.events import EVENTS
from toxmon.protocol.lines import Sources, in_words, wrapped
from toxmon.protocol.product import Product
from toxmon.protocol.schedule import Restart, RestartRule, Schedule, Step

DAY = timedelta(days=1)


def schedule_lines(product: Product, sources: Sources) -> Iterator[str]:
    """Schedules with their steps, then how long after which dose, then what follows a delay."""
    for schedule in product.schedules:
        yield from wrapped(_head(schedule))
        for step in schedule.steps:
            yield from wrapped(_step(step, schedule), 6, "  ")
        yield from sources.lines(schedule.citation, " ".join(_beside(schedule)), 4)
    for each in product.observations:
        place = _where(each.region, each.indications, each.schedules)
        span = f"{in_words(each.span)} {each.where} after {each.when}"
        words = f"Observe, {place}: {span}. {each.note or ''}"
        yield from sources.items([(words, each.citation)])
    for restart in product.restarts:
        where = _where(restart.region, (), restart.schedules)
        words = f"After a delay, {where}. {restart.note or ''}".strip()
        yield from sources.lines(restart.citation, words, 0)
        for rule in restart.rules:
            yield from wrapped(_rule(rule, _step_names(product, restart)), 6, "  ")


def dose_window_lines(product: Product, sources: Sources) -> Iterator[str]:
    """The usual time of an event after a dose, with what it was made from."""
    for window in product.dose_windows:
        doses = _numbers(window.doses)
        which = f" ({doses})" if doses else ""
        words = f"{_elapsed(window.first)} to {in_words(window.last)} after the {window.clock}"
        yield from wrapped(f"{words}{which}: {EVENTS[window.event]}", 2, "")
        note = f"{window.basis} {window.note}" if window.note else window.basis
        yield from sources.lines(window.citation, note, 4)


def _head(schedule: Schedule) -> str:
    """What the schedule is for: where, for whom, by which route."""
    weight = [
        f"{word} {bound} kg"
        for word, bound in (
            ("from", schedule.weight_from_kg),
            ("below", schedule.weight_below_kg),
        )
        if bound is not None
    ]
    parts = [schedule.region, schedule.name, *schedule.indications, schedule.period]
    parts += [" and ".join(weight), schedule.route]
    return f"Schedule, {', '.join(part for part in parts if part)}"


def _step(step: Step, schedule: Schedule) -> str:
    unit = f"{schedule.unit}/{schedule.per}" if schedule.per else schedule.unit
    here = "" if step.day is None else f" (day {step.day} here)"
    infusion = step.infusion or schedule.infusion
    over = f" over {in_words(infusion)}" if infusion else ""
    return f"{step.number}. {step.label_day}{here}: {step.label}, {step.dose} {unit}{over}"


def _beside(schedule: Schedule) -> Iterator[str]:
    """How far apart, what follows, note."""
    if schedule.next_after:
        apart = " to ".join(_days(span) for span in schedule.next_after)
        most = f", at most {_days(schedule.next_at_most)}" if schedule.next_at_most else ""
        yield f"Steps lie {apart} apart{most}."
    elif schedule.next_at_most:
        yield f"Steps lie at most {_days(schedule.next_at_most)} apart."
    if schedule.then:
        yield f"Then {schedule.then}."
    if schedule.note:
        yield schedule.note


def _where(region: str, indications: tuple[str, ...], schedules: tuple[str, ...]) -> str:
    return ", ".join((region, *indications, *schedules))


def _step_names(product: Product, restart: Restart) -> dict[int, str]:
    """What labels call the steps that a restart can mean."""
    return {
        step.number: step.label
        for schedule in product.schedules
        if not restart.schedules or schedule.name in restart.schedules
        for step in schedule.steps
    }


def _rule(rule: RestartRule, steps: Mapping[int, str]) -> str:
    if rule.from_day == 0 and rule.until_day:
        days = f"up to {rule.until_day} days"
    elif rule.until_day is None:
        days = f"{rule.from_day} days or more"
    elif rule.from_day == rule.until_day:
        days = f"{rule.from_day} days"
    else:
        days = f"{rule.from_day} to {rule.until_day} days"
    give = rule.action if rule.step is None else f"give {steps[rule.step]} ({rule.action})"
    return f"{days} after {rule.last}: {give}"


def _numbers(doses: tuple[int, ...]) -> str:
    listed = ", ".join(str(number) for number in doses)
    return f"dose{'s' if len(doses) > 1 else ''} {listed}" if doses else ""


def _elapsed(span: timedelta) -> str:
    return in_words(span) if span else "0 h"


def _days(span: timedelta) -> str:
    """A span between doses: in days where it is whole days, as labels say it."""
    return f"{span // DAY} d" if span % DAY == timedelta() else in_words(span)
