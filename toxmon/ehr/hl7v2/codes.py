"""CE, CWE: a code with its words and the system that it is of, in up to three forms at once."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.ehr.hl7v2.message import Delimiters, parts
from toxmon.intake.report import Coding

LOCAL = "L"
"""What table 0396 calls a code of the sender's own; a code of no named system is one."""
UCUM = ("UCUM", "URN:OID:2.16.840.1.113883.6.8")
_TRIPLES = (0, 3, 9)
"""Where the code, its alternate and (since 2.7) its second alternate begin."""


def codings_of(repeat: str, by: Delimiters) -> tuple[Coding, ...]:
    """The codes of one repeat of a field, as sent; none of words alone."""
    components = parts(repeat, by)
    return tuple(
        Coding(system or LOCAL, code, words or None)
        for code, words, system in _triples(components)
        if code
    )


def words_of(repeat: str, by: Delimiters) -> str | None:
    """The words of a coded field: the original text, or those of a code."""
    components = parts(repeat, by)
    for place in (9, 2, 5):
        if len(components) >= place and components[place - 1]:
            return components[place - 1]
    return None


def unit_of(repeat: str, by: Delimiters) -> tuple[str | None, str | None]:
    """(code of UCUM, text) of a unit as sent in OBX-6 or RXA-7.

    A code of UCUM is one only where the field says so; every other code is but a text, and where
    words stand beside it, these are the text.
    """
    triples = _triples(parts(repeat, by))
    for code, words, system in triples:
        if code and system.upper() in UCUM:
            return code, words or None
    for code, words, _ in triples:
        if words or code:
            return None, words or code
    return None, None


def _triples(components: Sequence[str]) -> list[tuple[str, str, str]]:
    """(code, words, system) of a field and of its alternates."""
    found = []
    for begin in _TRIPLES:
        if begin >= len(components):
            break
        code, words, system = (*components[begin : begin + 3], "", "")[:3]
        found.append((code, words, system))
    return found
