"""How a cell of a table is read, by what it holds. What cannot be read is a `ValueError`."""

import re
from decimal import Decimal

from toxmon.grading.facts import Bounds


def listed(cell: str) -> tuple[str, ...]:
    """Words with commas between them; an empty cell has none."""
    return tuple(name.strip() for name in cell.split(",")) if cell else ()


def yes_or_no(word: str) -> bool:
    return {"yes": True, "no": False}[word]


def name(word: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", word):
        raise ValueError(f"not a name: {word!r}")
    return word


def names(word: str) -> tuple[str, ...]:
    return () if word == "none" else tuple(name(each) for each in listed(word))


def number(word: str) -> Decimal | Bounds:
    """A number, or all the numbers on one side of it; nothing that is measured is below 0."""
    found = re.fullmatch(r"(<=|>=|<|>|)([0-9.]+)", word)
    if found is None:
        raise ValueError(f"not a number: {word!r}")
    sign, bound = found[1], Decimal(found[2])
    match sign:
        case "<" | "<=":
            return Bounds(Decimal(0), bound, False, sign == "<")
        case ">" | ">=":
            return Bounds(bound, None, sign == ">", False)
    return bound
