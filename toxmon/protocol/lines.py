"""Lines of a page for a terminal: wrapped, with numbered sources and spans in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import timedelta

from toxmon.protocol.citation import Citation

WIDTH = 88
NOT_VERIFIED = "(not verified)"


def wrapped(words: str, indent: int = 0, first: str | None = None) -> list[str]:
    """The words in lines of at most WIDTH columns; `first` begins the first of them."""
    space = " " * indent
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=space if first is None else first,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )


def section(title: str) -> Iterator[str]:
    """A heading with a line below it."""
    yield ""
    yield title
    yield "-" * len(title)


def in_words(span: timedelta) -> str:
    """A span as it is said: "30 min", "72 h", "14 d"."""
    minutes = int(span.total_seconds()) // 60
    if minutes % 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours // 24} d" if hours % 24 == 0 and hours > 72 else f"{hours} h"


class Sources:
    """Numbers the sources of a page in the order in which they are cited."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, str], int] = {}
        self.cited = 0
        self.not_verified = 0

    def cite(self, citation: Citation) -> str:
        """The mark of a citation: "[3]", and whether it was verified."""
        key = (citation.source, citation.year, citation.kind)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        self.cited += 1
        self.not_verified += not citation.verified
        return f"[{number}]" if citation.verified else f"[{number}] {NOT_VERIFIED}"

    def lines(self, citation: Citation, words: str | None, indent: int) -> list[str]:
        """Words with the mark of their source behind them."""
        return wrapped(f"{words or ''} {self.cite(citation)}".strip(), indent)

    def items(self, parts: Iterable[tuple[str, Citation]]) -> Iterator[str]:
        """A list, each part with the mark of its source."""
        for words, citation in parts:
            yield from wrapped(f"- {words.strip()} {self.cite(citation)}", 2, "")

    def section(self) -> Iterator[str]:
        """The list of all sources that were cited so far."""
        yield from section("Sources")
        for (source, year, kind), number in self._numbers.items():
            yield from wrapped(f"[{number}] {source}. {year}, {kind}.", 5, "")
