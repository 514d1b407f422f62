"""Words and numbers inside a drawing, and how much room they take."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from html import escape
from textwrap import wrap

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LETTER = 0.58
"""How wide a letter is at the most, on average, in parts of the size of the type."""


def safe(words: str) -> str:
    """Words inside XML, which has no place at all for control characters."""
    if not words.isprintable():
        words = "".join(sign for sign in words if sign.isprintable())
    return escape(words)


def number(value: float) -> str:
    """A number without an exponent and without zeros that nobody measured."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def thousands(value: float) -> str:
    """A number beside an axis: 10k is ten thousand."""
    if abs(value) >= 1_000_000:
        return f"{number(value / 1_000_000)}M"
    return f"{number(value / 1000)}k" if abs(value) >= 10_000 else number(value)


def width(words: str, size: float) -> float:
    """Room for words in type of a size: an estimate that errs on the safe side."""
    return len(words) * size * LETTER


def cut(words: str, room: float, size: float) -> str:
    """Words that end with a dot where there is no room for all of them."""
    most = int(room / (size * LETTER))
    return words if len(words) <= most else f"{words[: max(most - 1, 1)].rstrip()}."


def lines(title: str, most: int) -> list[str]:
    """A title in lines of at most so many letters, so that it stays beside the drawing."""
    words = (word if len(word) <= most else f"{word[: most - 1]}." for word in title.split())
    return wrap(" ".join(words), most)


@lru_cache(maxsize=8_192)
def date(at: datetime, zone: tzinfo) -> str:
    """A date without its year: 06-Mar."""
    local = at.astimezone(zone)
    return f"{local.day:02}-{MONTHS[local.month - 1]}"


@lru_cache(maxsize=8_192)
def clock(at: datetime, zone: tzinfo) -> str:
    """The time of the day; with its offset in the hour that the clock shows twice."""
    local = at.astimezone(zone)
    other = local.replace(fold=1 - local.fold)
    mine, its = local.utcoffset(), other.utcoffset()
    # In the hour that is left out the offset grows; in the one that comes twice it falls.
    first, second = (its, mine) if local.fold else (mine, its)
    twice = first is not None and second is not None and first > second
    return f"{local:%H:%M}{local.isoformat()[-6:] if twice else ''}"


def moment(at: datetime, zone: tzinfo) -> str:
    """A date and a time: 06-Mar 20:55."""
    return f"{date(at, zone)} {clock(at, zone)}"


def age(at: datetime, now: datetime, zone: tzinfo) -> str:
    """How old a reading is; beyond two days its date says more."""
    passed = now - at
    if passed < timedelta():
        return moment(at, zone)
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{passed // MINUTE} min ago"
    if passed < 2 * DAY:
        return f"{passed // HOUR} h ago"
    return moment(at, zone)


def grade(low: int, high: int, unknown: bool = False) -> str:
    """A grade as it is read out."""
    if unknown:
        return "not gradable"
    return f"grade {low}" if low == high else f"grade {low} to {high}, not certain"


def digit(low: int, high: int, unknown: bool = False) -> str:
    """A grade as it is drawn: 2, 1-3 or a question mark."""
    if unknown:
        return "?"
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"


def day(number: int) -> str:
    """A day of the treatment: D3, or with a true minus before the infusion."""
    return f"D{number}".replace("-", "\N{MINUS SIGN}")
