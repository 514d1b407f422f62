"""Where sources differ on one topic. Every side is shown as it is; none is averaged or preferred.

What a source does not say is not a difference: it is silent. A dose given once differs from one
that is given every 12 h, "consider" from "give", and "if tocilizumab did not help" from always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from toxmon.guidance.conditions import NOT_KNOWN, Condition
from toxmon.guidance.lines import LABEL, Sourced
from toxmon.protocol.advised_words import joined
from toxmon.protocol.guidance import Advised

NOTHING_COMPARED = LABEL
"""The topic of a label's line that names no dose: words are not held against each other."""


@dataclass(frozen=True, slots=True)
class Held:
    """A line that holds or may hold, with its conditions."""

    sourced: Sourced
    conditions: tuple[Condition, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """The conditions that nobody has answered."""
        return tuple(each.says for each in self.conditions if each.state == NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Side:
    """What one line says of a topic."""

    held: Held
    doses: tuple[Advised, ...]

    @property
    def position(self) -> str:
        """What is said of it; of a drug before of the line."""
        own = self.doses[0].position if self.doses else None
        return own or self.held.sourced.line.position

    @property
    def says(self) -> str:
        """The side in words, with the conditions that are open."""
        line = self.held.sourced.line
        # Of a label only what it says of this topic; a guideline's line is of one topic.
        words = joined(self.doses) if self.doses else line.text.rstrip(".")
        if self.doses and self.position == "against" and self.doses[0].position is None:
            words = line.text.rstrip(".")
        if self.position == "consider" and self.doses and self.doses[0].position is None:
            words = f"consider {words}"
        asks = "".join(f", if {each}" for each in self.held.asks)
        return f"{words}{asks}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A topic on which at least two bodies differ, and at which grades in just this way."""

    topic: str
    grades: tuple[int, ...]
    sides: tuple[Side, ...]


def differences(lines: Iterable[Held], grades: Iterable[int]) -> tuple[Difference, ...]:
    """Every topic on which the lines that hold or may hold differ, at some of these grades."""
    lines = tuple(lines)
    found: dict[tuple[str, ...], Difference] = {}
    for grade in grades:
        for topic, sides in _at(lines, grade):
            # By the ids of its lines: a line is long, and to hash one is to read all of it.
            key = (topic, *(side.held.sourced.id for side in sides))
            before = found.get(key)
            at = (*before.grades, grade) if before is not None else (grade,)
            found[key] = Difference(topic, at, sides)
    return tuple(found.values())


def _at(lines: Iterable[Held], grade: int) -> Iterator[tuple[str, tuple[Side, ...]]]:
    topics: dict[str, list[Side]] = {}
    for held in lines:
        if grade in held.sourced.line.grades:
            for topic, doses in held.sourced.by_topic().items():
                topics.setdefault(topic, []).append(Side(held, doses))
    for topic, sides in topics.items():
        if topic != NOTHING_COMPARED and _differ(sides):
            yield topic, tuple(sides)


def _differ(sides: list[Side]) -> bool:
    """Do two bodies say something else? A body is all that its lines say of the topic."""
    bodies: dict[str, list[Side]] = {}
    for side in sides:
        bodies.setdefault(side.held.sourced.body, []).append(side)
    return any(not _agree(one, other) for one, other in combinations(list(bodies.values()), 2))


def _agree(one: list[Side], other: list[Side]) -> bool:
    """Has each line of either body one of the other body that says the same?"""
    return all(any(_same(each, more) for more in other) for each in one) and all(
        any(_same(each, more) for more in one) for each in other
    )


def _same(one: Side, other: Side) -> bool:
    first, second = one.held.sourced.line, other.held.sourced.line
    if one.position != other.position or bool(one.held.asks) != bool(other.held.asks):
        return False
    if None not in (first.every, second.every) and first.every != second.every:
        return False
    if not one.doses or not other.doses:
        return True
    return len(one.doses) == len(other.doses) and all(
        _same_dose(each, more) for each, more in zip(one.doses, other.doses, strict=True)
    )


def _same_dose(one: Advised, other: Advised) -> bool:
    """The same as far as both say it."""
    if (one.drug, one.note) != (other.drug, other.note):
        return False
    pairs = [
        ((one.amount, one.amount_high, one.unit, one.per_kg), one.amount,
         (other.amount, other.amount_high, other.unit, other.per_kg), other.amount),
        ((one.every, one.every_high, one.times), one.every or one.times,
         (other.every, other.every_high, other.times), other.every or other.times),
        ((one.days, one.days_high), one.days, (other.days, other.days_high), other.days),
        (one.cap, one.cap, other.cap, other.cap),
        (one.route, one.route, other.route, other.route),
    ]  # fmt: skip
    return all(first == second for first, said, second, said_too in pairs if said and said_too)
