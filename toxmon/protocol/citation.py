"""Where a number comes from. Nothing in a protocol stands without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

SOURCE_KINDS: dict[str, str] = {
    "label": "prescribing information, or the manufacturer's page that prints it",
    "regulator": "a notice of a medicines authority",
    "trial": "a report of the product's own trials",
    "paper": "a journal article that defines or reviews",
    "real-world": "a series or registry outside trials",
    "guideline": "a recommendation of a society",
    "news": "a press release or news item",
    "secondary": "a text that quotes somebody else's numbers",
    "policy": "a choice of ours or of the site; no publication sets it",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """`kind` is one of SOURCE_KINDS. `verified` says that the source was read and says this."""

    source: str
    year: int
    kind: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Cited(Generic[T]):
    """One value with its own citation."""

    value: T
    citation: Citation


def citations(document: Any) -> Iterator[Citation]:
    """Every citation in a document, one for each block or value that carries one."""
    if isinstance(document, Citation):
        yield document
    elif isinstance(document, tuple):
        for each in document:
            yield from citations(each)
    elif is_dataclass(document):
        for part in fields(document):
            yield from citations(getattr(document, part.name))
