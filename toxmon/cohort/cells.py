"""A cell of a CSV file as JSON would have said it, and a line that is text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from toxmon.grading.kinds import KINDS
from toxmon.scales import Input

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
YES_NO: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}


def decoded(each: Input, cell: str) -> Any:
    """What a cell says; what cannot be read stays text, and is refused as such."""
    form = KINDS[each.kind].form if each.kind else each.form
    if form == "yes_no":
        return YES_NO.get(cell.lower(), cell)
    if form == "list":
        return [] if cell.lower() == "none" else cell.replace(";", " ").split()
    return cell if form in ("code", "items", "series") else number(cell)


def number(cell: str) -> Decimal | str:
    """A number, or the text that is none: a comparator, or what is refused."""
    return Decimal(cell) if NUMBER.fullmatch(cell) else cell


def is_text(text: str) -> bool:
    """Was it UTF-8? What was not came in as halves of surrogate pairs."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def delimiter(head: str) -> str:
    """What parts the cells, by the first line of a file."""
    # Spreadsheets of half of the world write semicolons, as a comma is in their numbers.
    return ";" if ";" in head and "," not in head else ","


def first_row(rows: Iterator[list[str]]) -> list[str]:
    """The first row that says anything; the rows after it are left."""
    return next((row for row in rows if any(cell.strip() for cell in row)), [])
