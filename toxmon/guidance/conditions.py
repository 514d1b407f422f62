"""Which conditions of a line hold for a patient: they do, they do not, or nobody knows.

A condition whose finding is not known is never taken as met or as not met: it is told as "if".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from toxmon.guidance.case import Case
from toxmon.protocol.guidance import Guidance, Line
from toxmon.protocol.lines import in_words

HOLDS, DOES_NOT, NOT_KNOWN = "holds", "does_not_hold", "not_known"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a line in words, as they follow "if", and how it stands for this patient."""

    says: str
    state: str


def conditions(
    line: Line, case: Case, onset_at: datetime | None, document: Guidance | None
) -> tuple[Condition, ...]:
    """Every condition of a line. `onset_at` is when the event that it speaks of began."""
    return tuple(
        Condition(says, _stands(answer))
        for says, answer in [
            *_of_time(line, case, onset_at),
            *_of_product(line, case, document),
            *_of_patient(line, case),
        ]
    )


def _stands(answer: bool | None) -> str:
    return NOT_KNOWN if answer is None else HOLDS if answer else DOES_NOT


def _of_time(
    line: Line, case: Case, onset_at: datetime | None
) -> Iterator[tuple[str, bool | None]]:
    since = None if onset_at is None or case.infused_at is None else onset_at - case.infused_at
    if (span := line.onset_before) is not None:
        words = f"it began less than {in_words(span)} after the infusion"
        yield words, None if since is None else since < span
    if (span := line.onset_from) is not None:
        words = f"it began {in_words(span)} or later after the infusion"
        yield words, None if since is None else since >= span
    if (span := line.persistent_for) is not None:
        words = f"it has lasted longer than {in_words(span)}"
        yield words, None if onset_at is None else case.at - onset_at > span
    if line.from_day is not None or line.until_day is not None:
        yield _days(line), _on_day(line, case.day)


def _days(line: Line) -> str:
    if line.until_day is None:
        return f"it is day {line.from_day} or later"
    return f"it is day {line.from_day or 0} to day {line.until_day}"


def _on_day(line: Line, day: int | None) -> bool | None:
    if day is None:
        return None
    late_enough = line.from_day is None or day >= line.from_day
    return late_enough and (line.until_day is None or day <= line.until_day)


def _of_product(
    line: Line, case: Case, document: Guidance | None
) -> Iterator[tuple[str, bool | None]]:
    product = case.product
    about = document.about if document is not None else ()
    if product is not None and about and not any(each in product.product_class for each in about):
        # Nobody says that it does not hold there, and nobody says that it does.
        words = f"it holds for a {product.product_class} too"
        yield f"{words} (the text is about {' and '.join(about)})", None
    if line.products:
        words = f"the product is {' or '.join(line.products)}"
        yield words, None if product is None else any(map(product.is_called, line.products))
    if line.targets:
        words = f"the product binds {' or '.join(line.targets)}"
        yield words, None if product is None else _binds(product.target, line.targets)
    if line.high_risk:
        listed = document.high_risk.value if document and document.high_risk else ()
        named = f"named so, as far as was read: {', '.join(listed)}"
        # The list was not read whole, so a product that is not on it may be of high risk too.
        on_it = product is not None and any(map(product.is_called, listed))
        yield f"the product is of high risk ({named})", True if on_it else None


def _binds(target: str, wanted: tuple[str, ...]) -> bool | None:
    """Does a target name one of these? A product whose target is "any" may."""
    if target.startswith("any"):
        return None
    return any(each in target for each in wanted)


def _of_patient(line: Line, case: Case) -> Iterator[tuple[str, bool | None]]:
    age = case.age_years
    if (bound := line.from_age) is not None:
        yield f"the patient is {bound} years or older", None if age is None else age >= bound
    if (bound := line.below_age) is not None:
        words = f"the patient is younger than {bound} years"
        yield words, None if age is None else age < bound
    for event in line.with_events:
        yield f"{name_of(event)} is there too", case.is_there(event)
    for event in line.without:
        there = case.is_there(event)
        yield f"{name_of(event)} is not there", None if there is None else not there
    if line.given:
        # That none is charted does not say that none was given, before arrival say.
        charted = any(drug in case.given for drug in line.given)
        words = f"{' or '.join(line.given)} was given"
        yield (words if charted else f"{words} (none is charted)"), True if charted else None
    if line.only_if:
        yield line.only_if, None


def name_of(event: str) -> str:
    """An event in a word: "CRS", "IEC-HS"."""
    return event.upper().replace("_", "-")
