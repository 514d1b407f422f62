"""A drug with its dose in words: "dexamethasone 10 to 20 mg IV every 6 to 12 h for 3 days"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from toxmon.protocol.guidance import Advised
from toxmon.protocol.lines import in_words

JOINED = {"or": ", or ", "and": ", and ", "then": ", then "}
SPOKEN = {"consider": "consider ", "against": "no ", "advise": "", "named": ""}


def joined(doses: Iterable[Advised]) -> str:
    """Several doses of one line as one sentence, without an end."""
    words = ""
    for dose in doses:
        words += (JOINED[dose.course] if words else "") + spoken(dose)
    return words


def spoken(dose: Advised) -> str:
    """One dose, with what is said of it where that is not what the line says."""
    return SPOKEN[dose.position or "advise"] + " ".join(_parts(dose))


def _parts(dose: Advised) -> Iterator[str]:
    yield dose.drug
    if dose.amount is not None:
        per = "/kg" if dose.per_kg else ""
        yield f"{between(dose.amount, dose.amount_high)} {dose.unit}{per}"
    if dose.cap is not None:
        yield f"(at most {plain(dose.cap)} {dose.unit})"
    if dose.route:
        yield dose.route
    if dose.every is not None:
        yield f"every {spans(dose.every, dose.every_high)}"
    if dose.times is not None:
        yield "once" if dose.times == 1 else f"{dose.times} times"
    if dose.days is not None:
        days = f"{dose.days} to {dose.days_high}" if dose.days_high else str(dose.days)
        yield f"for {days} {'day' if days == '1' else 'days'}"
    if dose.cap_day is not None:
        yield f"(at most {plain(dose.cap_day)} {dose.unit} a day)"
    if dose.note:
        yield f"({dose.note})"


def between(low: Decimal, high: Decimal | None) -> str:
    """A number, or a range: "10", "10 to 20"."""
    return plain(low) if high is None else f"{plain(low)} to {plain(high)}"


def spans(low: timedelta, high: timedelta | None) -> str:
    """A span, or a range of them in one unit where they share it: "6 h", "6 to 12 h"."""
    if high is None:
        return in_words(low)
    first, second = in_words(low), in_words(high)
    number, unit = first.split(" ")
    return f"{number} to {second}" if second.endswith(f" {unit}") else f"{first} to {second}"


def plain(number: Decimal) -> str:
    """A number as a person writes it: no exponent and no zeros behind the point."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
