"""What one body advises, line by line: pure data, every line with its source.

A document holds one body's text, as far as it was read. A line is support for a clinician and never
an order. Spans are elapsed time, numbers are exact. What of it holds for a patient is decided in
`toxmon/guidance/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from toxmon.protocol.citation import Citation, Cited

SECTIONS: Mapping[str, str] = {
    "monitoring": "what to watch, and how often",
    "drug": "drugs for it",
    "supportive": "supportive care and prevention",
    "investigation": "what to examine",
    "escalation": "whom to call, where to move the patient, what if it does not get better",
    "stop": "when to taper, hold or stop",
    "label": "a line of a product's label that names no dose",
}
POSITIONS: Mapping[str, str] = {
    "advise": "it is advised",
    "consider": "it may be considered",
    "against": "it is advised against",
    "named": "it is named, with a dose but without a position",
}
COURSES: Mapping[str, str] = {
    "or": "instead of the dose before it",
    "and": "together with the dose before it",
    "then": "after the dose before it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """A drug in a line, with as much of its dose as the source gives.

    `amount` to `amount_high` in `unit`, for each kg where `per_kg`; `cap` is the most in one dose,
    `cap_day` in a day, in the same unit. `every` to `every_high` lie between doses. `times` are
    doses in all, `days` to `days_high` how long. Where a line has several, `course` says how each
    stands to the one before. `position` is one of POSITIONS, None is the line's own.
    """

    drug: str
    position: str | None = None
    amount: Decimal | None = None
    amount_high: Decimal | None = None
    unit: str = "mg"
    per_kg: bool = False
    cap: Decimal | None = None
    cap_day: Decimal | None = None
    every: timedelta | None = None
    every_high: timedelta | None = None
    times: int | None = None
    days: int | None = None
    days_high: int | None = None
    route: str | None = None
    course: str = "or"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a body says for an event at some grades; grade 0 is while the event is not there.

    All conditions must hold. `onset_before` (exclusive) and `onset_from` (inclusive) are since the
    infusion. `persistent_for`: it has lasted longer than this. `with_events`, `without`: another
    syndrome is there or not. `given`: a drug that was given before. `only_if` are words that only
    a clinician can answer. Ages in years: `from_age` inclusive, `below_age` exclusive. Days of the
    treatment, both ends inside. `every` is how often, where the line is about watching.
    """

    event: str
    grades: tuple[int, ...]
    section: str
    topic: str
    text: str
    position: str = "advise"
    doses: tuple[Advised, ...] = ()
    every: timedelta | None = None
    onset_before: timedelta | None = None
    onset_from: timedelta | None = None
    persistent_for: timedelta | None = None
    products: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    high_risk: bool = False
    from_age: Decimal | None = None
    below_age: Decimal | None = None
    with_events: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    from_day: int | None = None
    until_day: int | None = None
    only_if: str | None = None
    note: str | None = None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """What of the text was not read, so that its silence is not taken for an answer."""

    event: str
    grades: tuple[int, ...]
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One version of one body's text. `digest` is the SHA-256 of `text`, the file as it was read.

    `about` are words of the classes of product that the text is about; () is every one. `high_risk`
    are the products that the body calls high-risk, as far as was read; a product that is not among
    them may be one too.
    """

    name: str
    title: str
    version: int
    body: str
    about: tuple[str, ...]
    high_risk: Cited[tuple[str, ...]] | None
    lines: tuple[Line, ...]
    not_read: tuple[NotRead, ...]
    digest: str
    text: str
