"""A body's advice as lines of a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from toxmon.protocol.advised_words import joined
from toxmon.protocol.events import EVENTS
from toxmon.protocol.guidance import Guidance, Line
from toxmon.protocol.lines import Sources, in_words, section, wrapped


def guidance_lines(document: Guidance, sources: Sources) -> Iterator[str]:
    """Its lines by event, then what of it was not read."""
    yield from wrapped(f"The advice of {document.body}. Support for a clinician, never an order.")
    if document.about:
        yield from wrapped(f"It is about {' and '.join(document.about)}.")
    if document.high_risk is not None:
        words = f"High-risk products: {', '.join(document.high_risk.value)}."
        yield from sources.lines(document.high_risk.citation, words, 0)
    for event, lines in groupby(document.lines, lambda line: line.event):
        yield from section(EVENTS[event])
        for line in lines:
            yield from wrapped(f"{_grades(line.grades)}, {_head(line)}", 2, "")
            yield from sources.lines(line.citation, _words(line), 2)
    if document.not_read:
        yield from section("What was not read")
        yield from sources.items(
            (f"{EVENTS[each.event]}, {_grades(each.grades)}: {each.text}", each.citation)
            for each in document.not_read
        )


def _grades(grades: tuple[int, ...]) -> str:
    if grades == (0,):
        return "while it is not there"
    return f"grade {', '.join(str(grade) for grade in grades)}"


def _head(line: Line) -> str:
    words = [f"{line.section}: {line.topic}, {line.position}"]
    return "; ".join([*words, *conditions(line)])


def _words(line: Line) -> str:
    parts = [line.text, f"Doses: {joined(line.doses)}." if line.doses else None, line.note]
    return " ".join(part for part in parts if part)


def conditions(line: Line) -> Iterator[str]:
    """Each condition of a line in words, without saying whether it holds."""
    if line.onset_before is not None:
        yield f"if it began less than {in_words(line.onset_before)} after the infusion"
    if line.onset_from is not None:
        yield f"if it began {in_words(line.onset_from)} or later after the infusion"
    if line.persistent_for is not None:
        yield f"if it has lasted longer than {in_words(line.persistent_for)}"
    if line.products:
        yield f"for {' and '.join(line.products)}"
    if line.targets:
        yield f"for products that bind {' or '.join(line.targets)}"
    if line.high_risk:
        yield "for high-risk products"
    if line.from_age is not None:
        yield f"from {line.from_age} years of age"
    if line.below_age is not None:
        yield f"below {line.below_age} years of age"
    if line.with_events:
        yield f"with {' and '.join(_short(each) for each in line.with_events)}"
    if line.without:
        yield f"without {' or '.join(_short(each) for each in line.without)}"
    if line.given:
        yield f"after {' or '.join(line.given)} was given"
    if line.from_day is not None or line.until_day is not None:
        last = "on" if line.until_day is None else f"to day {line.until_day}"
        yield f"from day {line.from_day or 0} {last}"
    if line.only_if:
        yield f"if {line.only_if}"


def _short(event: str) -> str:
    return event.upper().replace("_", "-")
