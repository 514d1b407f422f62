"""Reads the tables of `tocilizumab.md` as questions about a dose and the answers expected.

Each table stands under a heading, and above it may stand one line "In every row: weight 70; crs
none", which holds for all its rows and is written in the same words as a cell. What cannot be read
is a `ValueError` that names the line, so that no row passes because it was skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from toxmon.dosing.situation import Asked, Given, Held, Situation, Syndrome, Weighing

PAGE = Path(__file__).with_name("tocilizumab.md")
ALWAYS = "In every row:"
ZERO = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""What 0:00 is in a table."""
NAMES = "ABCDEFGH"
OFFSET = r"(-?)(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?"
TIME = r"-?\d+:[\d:.]+|\d{4}-\d\d-\d\d [\d:]+(?: second)?"

ANSWER = (
    "allowed", "reasons", "next", "left_24_h", "left_treatment", "left_episode", "computed_mg",
    "warnings",
)  # fmt: skip
QUESTION = (
    "doses", "distinct", "held", "infusion", "next_infusion", "weight", "weighed",
    "weight_before", "weighed_before", "crs", "icans", "record", "elsewhere", "at", "now", "mg",
    "for", "policy", "zone", "fresh_hours", "change_percent", "tolerance_percent", "same_minutes",
    "before_hours", "chart_hours", "stopped_counts", "ask_elsewhere",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One question. What the answer has in `expected` is exactly what the row says."""

    heading: str
    case: str
    asked: Asked
    situation: Situation
    policy: str
    site: Mapping[str, Decimal | bool]
    """What the row says that the site decides, by the column's name."""
    allowed: bool
    reasons: frozenset[str]
    next_at: datetime | None
    left: Mapping[str, int | None]
    computed_mg: Decimal | None
    warnings: frozenset[str]


def rows(page: Path = PAGE) -> list[Row]:
    """Every row of the page; two cases of one name under one heading are an error."""
    found = list(_read(page))
    names = {(row.heading, row.case) for row in found}
    if not found or len(names) < len(found):
        raise ValueError(f"{page.name}: no row, or a case twice")
    return found


def names(page: Path = PAGE) -> list[tuple[str, bool]]:
    """The names that somebody may send, and whether each is this drug."""
    found = [cells for _, _, cells in tables(page) if set(cells) == {"name", "same"}]
    return [(cells["name"], {"yes": True, "no": False}[cells["same"]]) for cells in found]


def _read(page: Path) -> Iterator[Row]:
    for number, heading, cells in tables(page):
        if "name" not in cells:
            try:
                yield _row(heading, cells)
            except (IndexError, KeyError, ValueError, InvalidOperation) as error:
                raise ValueError(f"{page.name}:{number}: cannot read: {error!r}") from error


def tables(page: Path) -> Iterator[tuple[int, str, dict[str, str]]]:
    """The rows of all tables: their line, their heading, and their words by column."""
    heading, always, columns = "", dict[str, str](), list[str]()
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.startswith("#"):
            heading, always, columns = line.lstrip("# "), {}, []
        elif line.startswith(ALWAYS):
            always = _always(line.removeprefix(ALWAYS))
        elif not line.startswith("|"):
            columns = []
        elif not columns:
            columns = _cells(line)
            if len(set(columns)) < len(columns) or set(columns) & set(always):
                raise ValueError(f"{page.name}:{number}: a column is said twice")
        elif not re.fullmatch(r"[|: -]+", line):
            yield number, heading, always | dict(zip(columns, _cells(line), strict=True))


def _always(words: str) -> dict[str, str]:
    pairs = [pair.strip().partition(" ") for pair in words.split(";")]
    if len({name for name, _, _ in pairs}) != len(pairs):
        raise ValueError(f"a column is said twice: {words}")
    return {name: word.strip() for name, _, word in pairs}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _row(heading: str, cells: Mapping[str, str]) -> Row:
    unknown = set(cells) - set(QUESTION) - set(ANSWER) - {"case"}
    if unknown or not cells["case"]:
        raise ValueError(f"no case, or no such column: {sorted(unknown)}")
    zone = ZoneInfo(cells.get("zone", "UTC"))

    def when(column: str) -> datetime | None:
        word = cells.get(column, "")
        return instant(word, zone) if word and word != "none" else None

    asked_at = when("at")
    if asked_at is None:
        raise ValueError("nobody asks")
    weight = _weighing(cells.get("weight", ""), when("weighed"))
    doses = tuple(
        _given(NAMES[place], words, zone) for place, words in enumerate(_listed(cells["doses"]))
    )
    return Row(
        heading=heading,
        case=cells["case"],
        asked=Asked(at=asked_at, mg=_amount(cells.get("mg")), indication=cells.get("for") or None),
        situation=Situation(
            doses=doses,
            held=tuple(
                _held(f"permission {place}", words, zone)
                for place, words in enumerate(_listed(cells.get("held", "none")))
            ),
            weight=weight,
            weight_before=_weighing(cells.get("weight_before", ""), when("weighed_before")),
            began_at=when("infusion"),
            ended_at=when("next_infusion"),
            distinct=frozenset((pair[0], pair[2]) for pair in _listed(cells.get("distinct", ""))),
            none_elsewhere={"": None, "no": True, "yes": False}[cells.get("elsewhere", "")],
            syndromes=_syndromes(cells, zone),
            now=when("now"),
        ),
        policy=cells["policy"],
        site={
            column: answer if (answer := _yes_no(cells[column])) is not None
            else Decimal(cells[column])
            for column in QUESTION[QUESTION.index("fresh_hours") :]
            if cells.get(column)
        },
        allowed={"yes": True, "no": False}[cells["allowed"]],
        reasons=frozenset(_listed(cells["reasons"])),
        next_at=instant(cells["next"], zone) if cells["next"] != "none" else None,
        left={
            column: int(cells[column]) if cells[column] else None
            for column in ANSWER
            if column.startswith("left_") and column in cells
        },
        computed_mg=_amount(cells["computed_mg"]),
        warnings=frozenset(_listed(cells["warnings"])),
    )  # fmt: skip


def _listed(cell: str) -> list[str]:
    return [] if cell in ("", "none") else [each.strip() for each in cell.split(",")]


def _yes_no(word: str) -> bool | None:
    return {"yes": True, "no": False}.get(word)


def _amount(word: str | None) -> Decimal | None:
    return Decimal(word) if word and word != "none" else None


def _weighing(kg: str, at: datetime | None) -> Weighing | None:
    if not kg:
        return None
    if at is None:
        raise ValueError("a weight has a time")
    return Weighing(kg=Decimal(kg), at=at)


def _given(name: str, words: str, zone: ZoneInfo) -> Given:
    """`8:00`, `8:00 stopped`, `8:00 subcutaneous`, `?` and `? by 8:00`, then perhaps `560 mg`."""
    found = re.fullmatch(
        rf"(?:(\?)(?: by ({TIME}))?|({TIME}))( stopped)?( subcutaneous)?(?: ([\d.]+) mg)?", words
    )
    if found is None:
        raise ValueError(f"not a dose: {words!r}")
    unknown, by, at, stopped, route, mg = found.groups()
    return Given(
        fact=name,
        at=None if unknown else instant(at, zone),
        not_after=instant(by, zone) if by else None,
        mg=_amount(mg),
        route=route.strip() if route else None,
        stopped=bool(stopped),
    )


def _held(name: str, words: str, zone: ZoneInfo) -> Held:
    """`12:00 released`, `12:00 reserved`, `12:00 reserved until 12:30`."""
    at, state, *until = words.replace(" until ", " ").split(" ")
    if state not in ("reserved", "released") or len(until) > 1:
        raise ValueError(f"not held: {words!r}")
    start = instant(at, zone)
    return Held(
        permission=name, state=state, at=start, mg=Decimal(560), by="Pat", since=start,
        until_at=instant(until[0], zone) if until else None,
    )  # fmt: skip


def _syndromes(cells: Mapping[str, str], zone: ZoneInfo) -> dict[str, Syndrome] | None:
    """`2`, `0-1`, `0 since 4:00` (an open episode), `unknown`, for crs and for icans."""
    if cells.get("record") == "no":
        return None
    found = {}
    for name in ("crs", "icans"):
        grade, _, since = cells.get(name, "0").partition(" since ")
        low, _, high = {"unknown": "0-4"}.get(grade, grade).partition("-")
        onset = instant(since, zone) if since else None
        found[name] = Syndrome(low=int(low), high=int(high or low), onset_at=onset)
    return found


def instant(word: str, zone: ZoneInfo) -> datetime:
    """`7:59:59` after the zero of the page, or a time on a clock on the wall of a zone.

    A wall time is written `2026-10-25 02:30`; where the clock shows it twice, `second` follows.
    """
    offset = re.fullmatch(OFFSET, word)
    if offset:
        sign, hours, minutes, seconds = offset.groups()
        micros = round(Decimal(seconds or 0) * 1_000_000)
        span = timedelta(hours=int(hours), minutes=int(minutes), microseconds=micros)
        return ZERO - span if sign else ZERO + span
    wall = word.removesuffix(" second")
    naive = datetime.fromisoformat(wall)
    if naive.tzinfo is not None:
        raise ValueError(f"not on the wall: {word!r}")
    return naive.replace(tzinfo=zone, fold=int(wall != word))
