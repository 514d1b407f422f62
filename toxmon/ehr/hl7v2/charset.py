"""Character sets as MSH-18 names them (HL7 table 0211); of those of several octets, UTF-8 alone."""

from __future__ import annotations

PYTHON_NAMES: dict[str, str] = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    **{
        name: f"iso8859-{part}"
        for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)
        for name in (f"8859/{part}", f"ISO-8859-{part}", f"ISO 8859-{part}")
    },
}
"""The name in the table, or as often written instead, to Python's."""


def charset_of(named: str, otherwise: str) -> str:
    """Python's name of a character set, or the name itself; `otherwise` is meant by none."""
    name = (named or otherwise).upper()
    return PYTHON_NAMES.get(name, name)
