"""What is known at the bedside at one moment: the newest fact of each kind, until it grows old.

A chart is a value: charting the facts of an instant gives a new one. It knows no grade. Facts of
one measurement belong together, so that half of a new one is never completed from an old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from toxmon.grading.facts import Fact
from toxmon.grading.grade import Stale
from toxmon.grading.kinds import KINDS, worse_of
from toxmon.grading.policy import Policy

PRESSURES = ("systolic_bp", "diastolic_bp", "mean_arterial_pressure")
ICE = (
    "ice_score",
    "ice_orientation",
    "ice_naming",
    "ice_commands",
    "ice_writing",
    "ice_attention",
)
OF_SEIZURE = ("seizure_duration", "seizure_resolved", "seizure_without_recovery")

RENEWED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(PRESSURES, PRESSURES),
    **dict.fromkeys(ICE, ICE),
    "seizure": OF_SEIZURE,
    "cerebral_edema": ("edema_from_hemorrhage",),
    "capd_score": ("capd_performed",),
    "capd_performed": ("capd_score",),
}
"""A fact of the kind on the left is a new measurement: older facts on the right no longer hold."""

OF_DEVICE = ("oxygen_flow", "ventilation_reason")
"""Flow and reason belong to a device; another device leaves them behind."""

ATTRIBUTION = "attribution"
ADMINISTRATION = "administration"
DEATH = "death"

OWN_CAUSES = frozenset({"crs", "icans"})
"""An attribution to the syndrome itself says that there is no other cause."""

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chart:
    """The newest fact of each kind, and the newest attribution of each sign."""

    newest: Mapping[str, Fact] = field(default_factory=dict)
    attributed: Mapping[str, Fact] = field(default_factory=dict)

    def charted(self, together: Iterable[Fact]) -> Chart:
        """The chart once the facts of one instant are known, whatever order they came in."""
        newest, attributed = dict(self.newest), self.attributed
        arrived: dict[str, Fact] = {}
        for fact in together:
            if fact.kind == ATTRIBUTION:
                sign = attributed_sign(fact)
                before = attributed.get(sign)
                if before is None or _attribution_order(fact) > _attribution_order(before):
                    attributed = {**attributed, sign: fact}
            elif fact.kind in KINDS or fact.kind == DEATH:
                other = arrived.get(fact.kind)
                arrived[fact.kind] = fact if other is None else _worse(fact, other)
        for kind in arrived:
            for left_behind in RENEWED.get(kind, ()):
                newest.pop(left_behind, None)
        device, former = arrived.get("oxygen_device"), newest.get("oxygen_device")
        if device is not None and former is not None and device.value != former.value:
            for left_behind in OF_DEVICE:
                newest.pop(left_behind, None)
        newest.update(arrived)
        return Chart(newest, attributed)

    def known(self, kind: str, at: datetime, policy: Policy) -> Fact | None:
        """The fact of a kind that is still true at `at`, or None."""
        fact = self.newest.get(kind)
        if fact is None:
            return None
        span = policy.fresh_for.get(kind)
        return fact if span is None or at < fact.effective_at + span else None

    def other_cause(self, sign: str, at: datetime) -> Fact | None:
        """The attribution of a sign to another cause that holds at `at`, or None."""
        fact = self.attributed.get(sign)
        if fact is None or (fact.until is not None and at >= fact.until):
            return None
        return None if fact.value[1] in OWN_CAUSES else fact  # type: ignore[index]

    def stale(self, kinds: Iterable[str], at: datetime, policy: Policy) -> tuple[Stale, ...]:
        """Those of `kinds` that were known once and are too old at `at`."""
        old = []
        for kind in kinds:
            fact, span = self.newest.get(kind), policy.fresh_for.get(kind)
            if fact is not None and span is not None and at >= fact.effective_at + span:
                old.append(Stale(kind, fact.effective_at + span, fact.id))
        return tuple(old)

    def next_lapse(self, after: datetime, policy: Policy) -> datetime | None:
        """The first instant after `after` at which a finding or an attribution lapses."""
        ends = [
            fact.effective_at + span
            for kind, fact in self.newest.items()
            if (span := policy.fresh_for.get(kind)) is not None
        ]
        ends += [fact.until for fact in self.attributed.values() if fact.until is not None]
        return min((end for end in ends if end > after), default=None)


def attributed_sign(fact: Fact) -> str:
    """The sign that an attribution speaks of; its value is (sign, cause)."""
    return str(fact.value[0])  # type: ignore[index]


def _attribution_order(fact: Fact) -> tuple[datetime, datetime, str]:
    return (fact.effective_at, fact.until or FAR, fact.id)


def _worse(one: Fact, other: Fact) -> Fact:
    """Of two facts of a kind at one instant the worse counts, or the smaller id if they agree."""
    if one.value == other.value or one.kind not in KINDS:
        return min(one, other, key=lambda fact: fact.id)
    return one if worse_of(KINDS[one.kind], one.value, other.value) == one.value else other
