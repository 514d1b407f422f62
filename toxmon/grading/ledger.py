"""What the grades of weeks rest on: the lows of each day, the baselines, what closed the windows.

It changes with a blood count and not with a temperature, so it is kept apart from the rest of the
state and written only when it has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from toxmon.grading.chart import DEATH
from toxmon.grading.days import Days
from toxmon.grading.facts import Bounds, Fact, Number, above
from toxmon.grading.kinds import KINDS, worse_of
from toxmon.grading.treatment import Treatment

BASELINE_SPAN = timedelta(days=30)
"""How long before the infusion a value may have been measured to be its baseline."""
BASELINES = frozenset(
    {
        "ferritin",
        "ast",
        "alt",
        "bilirubin_total",
        "bilirubin_direct",
        "creatinine",
        "fibrinogen",
        "ldh",
        "anc",
        "alc",
        "hemoglobin",
        "platelets",
        "igg",
        "ice_score",
    }
)
CLOSING = ("disease_progression", "next_therapy", "follow_up_ended", DEATH)
"""What ends the windows of hematotoxicity: after it counts say something else."""
LAST_DAY = 100
"""The last day that is graded; later counts are kept in the record and not in the ledger."""
COUNTED = frozenset({"anc", "wbc", "platelets"})
MOVES = frozenset({*COUNTED, *CLOSING})
NONE = Decimal(0)
FEW = Decimal(500)


@dataclass(frozen=True, slots=True)
class Closed:
    """What closed the windows, on which day, and the fact that says so."""

    day: int
    kind: str
    fact: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """`before` is the last value of each of BASELINES before the infusion, or at it."""

    before: Mapping[str, Fact] = field(default_factory=dict)
    anc: Days = field(default_factory=Days)
    wbc: Days = field(default_factory=Days)
    """Of days on which white cells came without neutrophils, and were few."""
    platelets: Days = field(default_factory=Days)
    closed: Closed | None = None

    def counted(self, together: Iterable[Fact], treatment: Treatment) -> Ledger:
        """The ledger once the facts of one instant are known, whatever order they came in.

        Counts after what closed the windows say something else and are left out.
        """
        mine = sorted((fact for fact in together if fact.kind in MOVES), key=_by_id)
        if not mine:
            return self
        day = treatment.day(mine[0].effective_at)
        ledger = self
        if day <= LAST_DAY and (self.closed is None or day <= self.closed.day):
            has_neutrophils = any(fact.kind == "anc" for fact in mine)
            for fact in mine:
                if fact.kind == "anc":
                    ledger = replace(ledger, anc=_lower(ledger.anc, day, fact))
                elif fact.kind == "platelets":
                    ledger = replace(ledger, platelets=_lower(ledger.platelets, day, fact))
                elif fact.kind == "wbc" and not has_neutrophils and not above(_number(fact), FEW):
                    ledger = replace(ledger, wbc=_lower(ledger.wbc, day, fact))
        for fact in mine:
            closes = fact.kind == DEATH or (fact.kind in CLOSING and fact.value is True)
            if closes and (ledger.closed is None or day < ledger.closed.day):
                ledger = replace(ledger, closed=Closed(day, fact.kind, fact.id))
        return ledger


def baselines(facts: Iterable[Fact], treatment: Treatment) -> Mapping[str, Fact]:
    """The last value of each kind of BASELINES before the infusion or at it, not too long before.

    Of two at one instant it is the worse (decision 0008).
    """
    last: dict[str, Fact] = {}
    first = treatment.infused_at - BASELINE_SPAN
    for fact in facts:
        if fact.kind not in BASELINES or not first <= fact.effective_at <= treatment.infused_at:
            continue
        known = last.get(fact.kind)
        if known is None or fact.effective_at > known.effective_at:
            last[fact.kind] = fact
        elif fact.effective_at == known.effective_at:
            last[fact.kind] = _worse(fact, known)
    return last


def neutrophils(ledger: Ledger) -> Days:
    """The neutrophils of each day; of a day with few white cells and no neutrophils, at most those.

    Neutrophils are white cells: there cannot be more of them than of those.
    """
    days = ledger.anc
    for day, value, fact in ledger.wbc.items():
        if day not in ledger.anc:
            most = value if isinstance(value, Decimal) else value.high
            days = days.with_value(day, Bounds(NONE, most), fact)
    return days


def _lower(days: Days, day: int, fact: Fact) -> Days:
    return days.with_value(day, _number(fact), fact.id)


def _number(fact: Fact) -> Number:
    assert isinstance(fact.value, Decimal | Bounds)
    return fact.value


def _by_id(fact: Fact) -> tuple[int, str]:
    """What closes first, in the order of CLOSING, then by id: the order of arrival is no matter."""
    return (CLOSING.index(fact.kind) if fact.kind in CLOSING else 0, fact.id)


def _worse(one: Fact, other: Fact) -> Fact:
    if one.value == other.value or one.kind not in KINDS:
        return min(one, other, key=lambda fact: fact.id)
    return one if worse_of(KINDS[one.kind], one.value, other.value) == one.value else other
