"""Which drug a statement names, and how much of it was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from toxmon.dosing.mass import TO_MG
from toxmon.grading.kinds import KINDS
from toxmon.grading.medications import ANTICYTOKINES, ANTIPYRETICS, STEROIDS
from toxmon.intake import hold
from toxmon.intake.code_map import MEDICATION, RXNORM, CodeMap, keys
from toxmon.intake.hold import Hold
from toxmon.intake.report import Report
from toxmon.protocol import Protocols

OTHER_FORM = "other_form"
OF_MASS = {**{unit: unit for unit in TO_MG}, "mcg": "ug", "milligram": "mg", "milligrams": "mg",
           "gram": "g", "grams": "g", "microgram": "ug", "micrograms": "ug"}  # fmt: skip
"""Units of an amount as they are sent, and as they are charted. A rate per kg is none."""

VASOPRESSORS = frozenset(KINDS["vasopressors"].codes) - {"other_vasopressor"}
GRADED_DRUGS = ANTIPYRETICS | ANTICYTOKINES | STEROIDS
"""Drugs that a grade asks for, beside those that have a file of their own."""


def drug_of(report: Report, codes: CodeMap, protocols: Protocols) -> str | Hold:
    """The drug's own name, by the map, by RxNorm, by any of its names; else its words, as charted.

    A form that is no such dose (tocilizumab under the skin) is named with it, and is another drug.
    """
    found: set[str] = set()
    for system, code in keys(report.codings):
        mapped = codes.drugs.get((system, code))
        if mapped is not None:
            found.add(_called(mapped, protocols))
            continue
        if system == MEDICATION:
            found.add(_called(code, protocols))
        elif system == RXNORM:
            for drug in protocols.drugs.values():
                kind = drug.kind_of(code)
                if kind is not None:
                    found.add(f"{drug.name}, other form" if kind == OTHER_FORM else drug.name)
    if len(found) > 1:
        return Hold(hold.CODES_DISAGREE, f"its codes are {' and '.join(sorted(found))}")
    if found:
        return found.pop()
    words = [report.detail.get("medication"), report.text, *(e.display for e in report.codings)]
    texts = [word for word in words if isinstance(word, str) and word.strip()]
    for text in texts:
        said = named_in(text, protocols, report.detail.get("route"))
        if len(said) > 1:
            return Hold(hold.UNKNOWN_DRUG, f"its words name {' and '.join(sorted(said))}")
        if said:
            return said.pop()
    if texts:
        # A drug that no rule knows is recorded all the same, by its first word as sent.
        return texts[0].strip().lower()[:100]
    named = ", ".join(f"{each.system}|{each.code}" for each in report.codings)
    return Hold(
        hold.UNKNOWN_DRUG, f"none is mapped: {named}" if named else "nothing names the drug"
    )


def named_in(text: str, protocols: Protocols, route: str | None) -> set[str]:
    """The drugs that a text names: it is a name, or has one as a word of its own.

    "Tocilizumab 400 mg/20 mL" is tocilizumab. A vasopressor within a longer text counts only by the
    vein: there is epinephrine in what dentists and inhalers give.
    """
    folded = text.strip().casefold()
    known = protocols.drug(folded)
    if known is not None:
        return {known.name}
    plain = folded.replace(" ", "_")
    if plain in VASOPRESSORS:
        return {plain}
    found = {
        drug.name
        for drug in protocols.drugs.values()
        if any(_has_word(folded, name) for name in drug.rules.names)
    }
    if found:
        return found
    plainly = {name for name in GRADED_DRUGS if _has_word(folded, name)}
    if route == "iv":
        plainly |= {name for name in VASOPRESSORS if _has_word(folded, name.replace("_", " "))}
    return plainly


def _has_word(folded: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w])", folded) is not None


def _called(word: str, protocols: Protocols) -> str:
    known = protocols.drug(word)
    return known.name if known is not None else word.lower()


def amount(dose: Mapping[str, Any]) -> dict[str, Any] | None:
    """A dose as it is charted, or None for one that cannot be read as an amount of the drug."""
    value, unit = dose.get("value"), dose.get("unit")
    if not isinstance(value, Decimal | int) or isinstance(value, bool) or value <= 0:
        return None
    if not isinstance(unit, str):
        return None
    plain = unit.strip().replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    charted = OF_MASS.get(plain.casefold())
    return None if charted is None else {"value": str(value), "unit": charted}
