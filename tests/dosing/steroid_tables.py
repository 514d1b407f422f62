"""Reads the tables of `steroids.md`: doses at a site in New York, and what they come to.

What cannot be read is an error that names the line, so that no row passes because it was skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from toxmon.dosing.steroids import SteroidDose, named

PAGE = Path(__file__).with_name("steroids.md")
ZONE = ZoneInfo("America/New_York")
DAY_ZERO = date(2026, 3, 6)
COLUMNS = ("case", "doses", "days", "total", "row", "lowered")
DOSE = re.compile(
    r"(?P<name>[a-z, ]+) (?P<amount>\?|[\d.]+)(?P<unit>[a-zA-Z/]*) (?P<at>\d+ [\d:]+)"
)
LOWERED = re.compile(r"(stopped|on day (?P<day>\d+)) (?P<answer>yes|no|\?)")
ANSWERS = {"yes": True, "no": False, "?": None}


@dataclass(frozen=True)
class Sum:
    """An amount in mg of dexamethasone, exact or at the least."""

    mg: Decimal
    at_least: bool


@dataclass(frozen=True)
class Row:
    """One record. What a row does not say is None and is not asked."""

    case: str
    doses: tuple[SteroidDose, ...]
    days: tuple[Sum, ...] | None
    total: Sum | None
    in_a_row: int | None
    lowered: tuple[date | None, bool | None] | None
    """The day on which somebody looks (None: it was stopped), and the answer."""


def rows(page: Path = PAGE) -> list[Row]:
    """Every row of the page."""
    found = list(_read(page))
    assert len({row.case for row in found}) == len(found), "two cases have one name"
    return found


def _read(page: Path) -> Iterator[Row]:
    columns: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = cells
            if not set(columns) <= set(COLUMNS):
                raise ValueError(f"line {number}: a column is not known: {columns}")
        elif not re.fullmatch(r"[|: -]+", line):
            if len(cells) != len(columns):
                raise ValueError(f"line {number}: {len(cells)} cells for {len(columns)} columns")
            try:
                yield _row(dict(zip(columns, cells, strict=True)))
            except (ValueError, ArithmeticError) as error:
                raise ValueError(f"line {number}: {error}") from error


def _row(cells: dict[str, str]) -> Row:
    lowered = None
    if "lowered" in cells:
        words = LOWERED.fullmatch(cells["lowered"])
        if words is None:
            raise ValueError(f"lowered: {cells['lowered']!r}")
        day = words["day"]
        looked = None if day is None else DAY_ZERO + timedelta(days=int(day))
        lowered = looked, ANSWERS[words["answer"]]
    days = None
    if "days" in cells:
        days = tuple(_sum(each.strip()) for each in cells["days"].split(",") if each.strip())
    return Row(
        case=cells["case"],
        doses=tuple(_doses(cells["doses"])),
        days=days,
        total=_sum(cells["total"]) if "total" in cells else None,
        in_a_row=int(cells["row"]) if "row" in cells else None,
        lowered=lowered,
    )


def _sum(text: str) -> Sum:
    return Sum(Decimal(text.rstrip("+")), text.endswith("+"))


def _doses(text: str) -> Iterator[SteroidDose]:
    weight = re.match(r"([\d.]+) kg: ", text)
    kg = Decimal(weight[1]) if weight else None
    for place, each in enumerate(filter(None, text[weight.end() if weight else 0 :].split(";"))):
        words = DOSE.fullmatch(each.strip())
        if words is None:
            raise ValueError(f"not a dose: {each.strip()!r}")
        known = named(words["name"])
        if known is None:
            continue
        day, hour = words["at"].split()
        local = datetime.combine(
            DAY_ZERO + timedelta(days=int(day)), time.fromisoformat(hour), ZONE
        )
        amount = None if words["amount"] == "?" else Decimal(words["amount"])
        yield SteroidDose(
            fact=f"dose{place}", at=local.astimezone(UTC), drug=known[0], depot=known[1],
            amount=amount, unit=words["unit"] or None, kg=kg,
        )  # fmt: skip
