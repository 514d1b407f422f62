"""What is wrong with a protocol file, in words: the place, what it is, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault. `place` reads "products/ide-cel.toml: published[3].onset.median".

    Blocks are counted from 1, as a reader counts them. `line` is the line of the fault or, for a
    fault inside a block, the line on which the block begins; None where no line can be named.
    """

    place: str
    what: str
    instead: str
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f" (line {self.line})"
        return f"{self.place}{line}: {self.what}. Write instead: {self.instead}"


class ProtocolError(ValueError):
    """Protocol files that cannot be used. `faults` holds every fault that was found, at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: list[Fault] = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Words(str):
    """An error message of a field that also knows what to write instead."""

    __slots__ = ("instead",)
    instead: str

    def __new__(cls, what: str, instead: str) -> Words:
        words = super().__new__(cls, what)
        words.instead = instead
        return words


def nearest(given: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or all of them: "crs", "one of a, b, c"."""
    names = sorted(known)
    close = get_close_matches(given, names, n=1, cutoff=0.6)
    return close[0] if close else "one of " + ", ".join(names)


def spread(messages: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Words]]:
    """The nested messages of a schema as (path in words, message): "label[1].rems.value"."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from spread(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield from spread(message, path)
    else:
        yield in_words(path), messages


def in_words(path: tuple[str | int, ...]) -> str:
    """A path as it is printed, counted from 1: ("label", 0, "rems") is "label[1].rems"."""
    return "".join(
        f"[{step + 1}]" if isinstance(step, int) else (f".{step}" if number else step)
        for number, step in enumerate(path)
    )


def line_of(text: str, path: str) -> int | None:
    """The line of a key of the top, or the one on which the block of a path begins.

    None where neither can be found, as for a key that is missing.
    """
    step = re.match(r"(\w+)(?:\[(\d+)\])?", path)
    if not step:
        return None
    name, left = re.escape(step[1]), int(step[2] or 1)
    inside = False
    for line, words in enumerate(text.splitlines(), start=1):
        begins = re.match(rf"\s*(\[\[\s*{name}\s*\]\]|\[\s*{name}\s*\])", words)
        if begins or (not inside and re.match(rf"\s*{name}\s*=", words)):
            left -= 1
            if left == 0:
                return line
        inside = inside or words.lstrip().startswith("[")
    return None
