"""The inputs of the laboratory grades of CTCAE v5.0.

A limit of normal or a baseline that could only be in another unit is refused: every grade would
hang on it, and unlike a result it waits in no quarantine for somebody to confirm it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon.grading import ctcae
from toxmon.grading.kinds import KINDS
from toxmon.grading.measured import plainly
from toxmon.scales.inputs import Input, Stateless, limit, of_kind, yes_no

REFERENCES = {
    "lln": "The laboratory's lower limit of normal",
    "uln": "The laboratory's upper limit of normal",
    "baseline": "Value before treatment",
}
BILIRUBIN_ULN_MOST_MG_DL = Decimal(15)
"""No limit of normal is above it, not even that of a newborn; in umol/L all of them are."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A test as it is asked for: the field's name is `name`, then a reference, then `suffix`."""

    scale: str
    kind: str
    name: str
    suffix: str
    words: str
    references: tuple[str, ...]
    more: tuple[Input, ...] = ()

    def field(self, reference: str) -> str:
        """The name of the field of one of `references`."""
        return f"{self.name}_{reference}_{self.suffix}"

    def inputs(self) -> tuple[Input, ...]:
        """The value, the references, and what else is asked."""
        unit = KINDS[self.kind].unit or ""
        value = of_kind(f"{self.name}_{self.suffix}", f"{self.words} in {unit}", self.kind)
        limits = (
            limit(self.field(each), f"{REFERENCES[each]}, {self.words}, in {unit}", unit)
            for each in self.references
        )
        return (value, *limits, *self.more)

    def check(self, read: Mapping[str, Any]) -> dict[str, str]:
        """Limits and baselines that are another unit's, as words by field."""
        faults = {}
        for reference in self.references:
            number: Decimal | None = read.get(self.field(reference))
            why = None if number is None else self._of_another_unit(reference, number)
            if number is not None and why is not None:
                unit = KINDS[self.kind].unit
                faults[self.field(reference)] = f"is {plainly(number)}, {why}; send it in {unit}"
        return faults

    def _of_another_unit(self, reference: str, number: Decimal) -> str | None:
        """What probably happened, in words, or None."""
        slips = [slip for slip in KINDS[self.kind].slips if slip.above < number < slip.below]
        if slips:
            return slips[0].words.split(":")[0]
        if self.kind == "bilirubin_total" and reference == "uln":
            return "probably umol/L" if number > BILIRUBIN_ULN_MOST_MG_DL else None
        return None


TRANSFUSED = yes_no("transfused_recently", "Platelets were transfused shortly before the sample")
ANEMIA = (
    yes_no("transfusion_indicated", "A transfusion of red cells is indicated"),
    yes_no("life_threatening", "The anemia is life-threatening, urgent intervention indicated"),
)

TESTS = (
    Tested("neutropenia", "anc", "anc", "per_ul", "Neutrophils", ("lln",)),
    Tested("anemia", "hemoglobin", "hemoglobin", "g_dl", "Hemoglobin", ("lln",), ANEMIA),
    Tested(
        "thrombocytopenia",
        "platelets",
        "platelets",
        "10e9_l",
        "Platelets",
        ("lln",),
        (TRANSFUSED,),
    ),
    Tested("lymphopenia", "alc", "alc", "per_ul", "Lymphocytes", ("lln",)),
    Tested("cd4_lymphopenia", "cd4", "cd4", "per_ul", "CD4 cells", ("lln",)),
    Tested(
        "hypofibrinogenemia", "fibrinogen", "fibrinogen", "mg_dl", "Fibrinogen", ("lln", "baseline")
    ),
    Tested(
        "creatinine_increased",
        "creatinine",
        "creatinine",
        "mg_dl",
        "Creatinine in serum",
        ("uln", "baseline"),
    ),
    Tested("ast_increased", "ast", "ast", "u_l", "AST", ("uln", "baseline")),
    Tested("alt_increased", "alt", "alt", "u_l", "ALT", ("uln", "baseline")),
    Tested(
        "bilirubin_increased",
        "bilirubin_total",
        "bilirubin",
        "mg_dl",
        "Total bilirubin",
        ("uln", "baseline"),
    ),
)
_SCALES = {scale.name: scale for scale in ctcae.SCALES}
SCALES = tuple(Stateless(_SCALES[tested.scale], tested.inputs(), tested.check) for tested in TESTS)
