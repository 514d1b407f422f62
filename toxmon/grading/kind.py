"""What can be charted: one kind of fact, its form, its unit and its limits.

Two limits stand around every number (decision 0021). Outside `possible` a value is refused,
because nature does not allow it. Outside `plausible` it is kept in quarantine: visible, counted,
not graded, until somebody confirms or corrects it. Plausible limits are wide on purpose: the
sickest patient has the strangest numbers.

How `possible` was chosen: never negative; a fraction of a whole ends at 100 %; for vital signs,
weight and height the most extreme values that people survived, with a margin; for a concentration
ten times the upper plausible limit, or less where blood itself has no room for more.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Form = Literal["number", "code", "list", "yes_no"]
Worse = Literal["higher", "lower"]
Range = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Slip:
    """Canonical values between `above` and `below`, both exclusive, that betray another unit.

    `words` say what probably happened. Such a value goes into quarantine also where it lies
    between the plausible limits; it is never repaired by a guess.
    """

    above: Decimal
    below: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact.

    `unit` is canonical, in UCUM; None for everything that is not a number.
    `codes` of a code kind go from mildest to worst; of a list kind they are the members allowed.
    `resolution` is the step in which the value is usually charted. It serves display only:
    nothing is ever rounded to it before a comparison.
    `possible` and `plausible` are inclusive, in the canonical unit; None unless a number.
    `worse` is the direction of harm: of a number, or of yes over no ("higher") or no over yes
    ("lower"). None where neither direction is, and where `codes` say it.
    `loinc` are the accepted codes; the first is preferred for output.
    `classes` of a list kind are groups of members, the gravest first, that weigh before length.
    """

    name: str
    title: str
    form: Form
    unit: str | None = None
    codes: tuple[str, ...] = ()
    integer: bool = False
    resolution: Decimal | None = None
    possible: Range | None = None
    plausible: Range | None = None
    worse: Worse | None = None
    loinc: tuple[str, ...] = ()
    slips: tuple[Slip, ...] = ()
    classes: tuple[frozenset[str], ...] = ()


def number(
    name: str,
    title: str,
    unit: str,
    *,
    possible: tuple[str, str],
    plausible: tuple[str, str],
    worse: Worse | None,
    resolution: str,
    loinc: str = "",
    slips: tuple[tuple[str, str, str], ...] = (),
) -> Kind:
    """A number with a unit; `loinc` are codes with blanks between them."""
    return Kind(
        name,
        title,
        "number",
        unit=unit,
        resolution=Decimal(resolution),
        possible=_range(possible),
        plausible=_range(plausible),
        worse=worse,
        loinc=tuple(loinc.split()),
        slips=tuple(Slip(Decimal(low), Decimal(high), words) for low, high, words in slips),
    )


def score(name: str, title: str, highest: int, worse: Worse) -> Kind:
    """A whole number of points from 0 to `highest`."""
    limits = (Decimal(0), Decimal(highest))
    return Kind(
        name,
        title,
        "number",
        unit="{score}",
        integer=True,
        resolution=Decimal(1),
        possible=limits,
        plausible=limits,
        worse=worse,
    )


def code(name: str, title: str, *codes: str, loinc: str = "") -> Kind:
    """One word of a closed list, mildest first."""
    return Kind(name, title, "code", codes=codes, loinc=tuple(loinc.split()))


def several(name: str, title: str, *codes: str, classes: tuple[frozenset[str], ...] = ()) -> Kind:
    """Any number of different words of a closed list; none of them is a statement too."""
    return Kind(name, title, "list", codes=codes, classes=classes)


def yes_no(name: str, title: str, worse: Worse = "higher") -> Kind:
    """Yes or no, of which yes is the worse unless `worse` is "lower"."""
    return Kind(name, title, "yes_no", worse=worse)


def _range(limits: tuple[str, str]) -> Range:
    return Decimal(limits[0]), Decimal(limits[1])
