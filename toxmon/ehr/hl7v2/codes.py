"""CE, CWE: a code with its words and the system that it is of, in up to three forms at once."""

from __future__ import annotations

from toxmon.ehr.hl7v2.message import Delimiters, part
from toxmon.intake.report import Coding

LOCAL = "L"
"""What table 0396 calls a code of the sender's own; a code of no named system is one."""
_TRIPLES = ((1, 2, 3), (4, 5, 6), (10, 11, 12))
"""Components of the code, its alternate, and (since 2.7) its second alternate."""


def codings_of(repeat: str, by: Delimiters) -> tuple[Coding, ...]:
    """The codes of one repeat of a field, as sent; none of words alone."""
    found = []
    for code, words, system in _TRIPLES:
        if value := part(repeat, by, code):
            named = part(repeat, by, system)
            found.append(Coding(named or LOCAL, value, part(repeat, by, words) or None))
    return tuple(found)


def words_of(repeat: str, by: Delimiters) -> str | None:
    """The words of a coded field: the original text, or those of a code."""
    for place in (9, 2, 5):
        if words := part(repeat, by, place):
            return words
    return None


def unit_of(repeat: str, by: Delimiters) -> tuple[str | None, str | None]:
    """(code of UCUM, text) of a unit as sent in OBX-6 or RXA-7.

    A code of UCUM is one only where the field says so; every other code is but a text, and where
    words stand beside it, these are the text.
    """
    for code, words, system in _TRIPLES:
        value = part(repeat, by, code)
        if value and part(repeat, by, system).upper() in ("UCUM", "URN:OID:2.16.840.1.113883.6.8"):
            return value, part(repeat, by, words) or None
    for code, words, _ in _TRIPLES:
        if text := part(repeat, by, words) or part(repeat, by, code):
            return None, text
    return None, None
