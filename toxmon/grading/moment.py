"""What every scale is shown of a moment: the chart, the time, the patient, the ward's policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.grading.chart import Chart
from toxmon.grading.facts import Fact
from toxmon.grading.ledger import Ledger
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment


@dataclass(frozen=True, slots=True)
class Moment:
    """`drug`: a drug that hides a fever was given at this very instant."""

    at: datetime
    chart: Chart
    treatment: Treatment
    policy: Policy
    ledger: Ledger
    drug: bool = False

    @property
    def age(self) -> Decimal | None:
        """Completed years of age."""
        return self.treatment.age_years(self.at)

    @property
    def day(self) -> int:
        """The day of the treatment."""
        return self.treatment.day(self.at)

    def known(self, *kinds: str) -> Mapping[str, Fact]:
        """Those of `kinds` that are still true, by kind."""
        newest, at, found = self.chart.newest, self.at, {}
        for kind in kinds:
            fact = newest.get(kind)
            if fact is not None and (fact.until is None or at < fact.until):
                found[kind] = fact
        return found


def value(facts: Mapping[str, Fact], kind: str) -> Any:
    """The value of a kind, or None."""
    fact = facts.get(kind)
    return None if fact is None else fact.value


def upper(fact: Fact | None) -> Decimal | None:
    """The upper limit of the laboratory's own range of this result, where it is above 0."""
    if fact is None or fact.normal is None:
        return None
    limit = fact.normal[1]
    return limit if limit is not None and limit > 0 else None


def lower(fact: Fact | None) -> Decimal | None:
    """The lower limit of the laboratory's own range of this result, where it is above 0."""
    if fact is None or fact.normal is None:
        return None
    limit = fact.normal[0]
    return limit if limit is not None and limit > 0 else None
