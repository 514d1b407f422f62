"""By which way a drug was given, as systems say it: SNOMED CT, HL7, words.

A way that is not listed is none of ours, and is never guessed from a part of its name.
SNOMED CT codes as they stand in the examples of FHIR R4 and its value set route-codes; HL7 codes
from table 0162 and v3 RouteOfAdministration.
"""

from __future__ import annotations

from collections.abc import Iterable

from toxmon.intake.report import Coding

SNOMED = "http://snomed.info/sct"

BY_SNOMED = {
    "47625008": "iv",
    "255560000": "iv",
    "26643006": "oral",
    "34206005": "sc",
    "78421000": "im",
    "37161004": "rectal",
    "72607000": "intrathecal",
    "127492001": "enteral",
    "447694001": "inhaled",
    "6064005": "topical",
    "54485002": "ophthalmic",
    "10547007": "otic",
    "46713006": "intranasal",
}
BY_WORD = {
    **dict.fromkeys(
        ("iv", "ivp", "ivpb", "intravenous", "intravenous route", "intravenously"), "iv"
    ),
    **dict.fromkeys(("po", "oral", "oral route", "by mouth", "orally"), "oral"),
    **dict.fromkeys(("sc", "sq", "subcutaneous", "subcutaneous route"), "sc"),
    **dict.fromkeys(("im", "intramuscular", "intramuscular route"), "im"),
    **dict.fromkeys(("pr", "rectal", "rectal route"), "rectal"),
    **dict.fromkeys(("it", "ithe", "intrathecal", "intrathecal route"), "intrathecal"),
    **dict.fromkeys(("ng", "gt", "ngt", "enteral", "nasogastric", "nasogastric route"), "enteral"),
    **dict.fromkeys(
        ("ih", "ipinhl", "inhaled", "inhalation", "respiratory tract route"), "inhaled"
    ),
    **dict.fromkeys(("tp", "top", "topical", "topical route", "cutaneous"), "topical"),
    **dict.fromkeys(("op", "oph", "opth", "ophthalmic", "ophthalmic route"), "ophthalmic"),
    **dict.fromkeys(("ot", "otic", "otic route"), "otic"),
    **dict.fromkeys(("ns", "nasinh", "intranasal", "nasal", "nasal route"), "intranasal"),
}


def way_of(codings: Iterable[Coding], words: str | None) -> str | None:
    """Our word for a route, or None where none of its codes and words is known, or they differ."""
    codings = tuple(codings)
    found = {
        BY_SNOMED[each.code] for each in codings if each.code in BY_SNOMED and _is_snomed(each)
    }
    said = [each.code for each in codings if not _is_snomed(each)]
    said += [each.display for each in codings if each.display is not None]
    said += [words] if words is not None else []
    found |= {BY_WORD[_plain(each)] for each in said if _plain(each) in BY_WORD}
    return found.pop() if len(found) == 1 else None


def _is_snomed(coding: Coding) -> bool:
    return coding.system == SNOMED


def _plain(text: str) -> str:
    """Without the tag that SNOMED CT puts behind a name."""
    return text.casefold().removesuffix("(qualifier value)").strip()
