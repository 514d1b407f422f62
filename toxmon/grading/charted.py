"""A toxicity that nothing grades but the clinician who charts its severity.

    | charted                     | low | high        |
    | --------------------------- | --- | ----------- |
    | absent, or of severity 0    | 0   | 0           |
    | present, of severity n      | n   | n           |
    | present, without a severity | 1   | the highest |
    | neither                     | 0   | the highest |

A severity above 0 says that it is present. Where what is charted contradicts itself, the worse
counts (decision 0046).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon.grading.facts import Number, above, at_least
from toxmon.grading.grade import Grade, Reason

MOST_CTCAE = 5

WARNINGS: Mapping[str, str] = {
    "presence_contradictory": "Charted as absent, and with a sign or a severity all the same; it "
    "is taken as present.",
    "severity_contradictory": "Charted as present, and with a severity of 0; the severity is taken "
    "as not known.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is asked of each of them. None is not known, which is not the same as no.

    `onset_day` is the day after the infusion on which it began.
    """

    present: bool | None = None
    severity: Number | None = None
    onset_day: int | None = None


@dataclass(frozen=True, slots=True)
class Charted:
    """A toxicity whose severity is charted: its answer for a presence and a severity."""

    name: str
    edition: str
    source: str
    most: int = MOST_CTCAE

    def grade(
        self,
        findings: Findings,
        signs: Mapping[str, bool | None],
        more: Mapping[str, Any],
    ) -> Grade:
        """The charted severity, between what its absence and its worst would be.

        `signs` are further findings any of which says that it is present. `more` is added to the
        answer, beside whether it is present and since which day.
        """
        severity = findings.severity
        present, warnings = _presence(findings, signs)
        told = {"present": present, "onset_day": findings.onset_day if present else None, **more}
        if present is False:
            reason = self._because("absent", "charted as absent", "present", *signs, "severity")
            return Grade(self.name, self.edition, 0, 0, (reason,), (), (), warnings, told)
        if present and severity == 0:
            severity, warnings = None, (*warnings, "severity_contradictory")
        low, high = self._levels(severity)
        missing = ("severity",) if low < high else ()
        if present is None:
            reason = self._because("unknown", "not charted as present or absent")
            unknown = [name for name, so in {"present": None, **signs}.items() if so is None]
            low, missing = 0, (*unknown, *missing)
        elif missing:
            reason = self._because("present", "present; the severity is not known", *signs)
        else:
            reason = self._because("severity", f"charted as grade {low}", "severity")
        return Grade(self.name, self.edition, low, high, (reason,), missing, (), warnings, told)

    def _levels(self, severity: Number | None) -> tuple[int, int]:
        """The lowest and the highest severity above 0 that the charted one allows."""
        allowed = [
            level
            for level in range(1, self.most + 1)
            if at_least(severity, Decimal(level)) is not False
            and above(severity, Decimal(level)) is not True
        ]
        # More than the highest is the highest.
        return (allowed[0], allowed[-1]) if allowed else (self.most, self.most)

    def _because(self, rule: str, text: str, *findings: str) -> Reason:
        return Reason(f"{self.name}.{rule}", text, self.source, findings)


def _presence(
    findings: Findings, signs: Mapping[str, bool | None]
) -> tuple[bool | None, tuple[str, ...]]:
    """Whether it is present, and a warning where what is charted contradicts itself."""
    present, severity = findings.present, findings.severity
    if any(signs.values()) or at_least(severity, Decimal(1)):
        return True, ("presence_contradictory",) if present is False else ()
    none = bool(signs) and all(so is False for so in signs.values())
    if present is None and (severity == 0 or none):
        return False, ()
    return present, ()
