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
    "iec_hs_resolved": ("iec_hs_confirmed", "iec_hs_severity", "iec_hs_treated"),
    "capd_score": ("capd_performed",),
    "capd_performed": ("capd_score",),
}
"""A fact of the kind on the left is a new measurement: older facts on the right no longer hold."""

OF_DEVICE = ("oxygen_flow", "ventilation_reason")
"""Flow and reason belong to a device; another device leaves them behind."""

ATTRIBUTION = "attribution"
ADMINISTRATION = "administration"
STOPPED = "stopped"
"""An administration that was not finished: less was given than was charted."""
DEATH = "death"

SIGNS = (
    "fever",
    "hypotension",
    "hypoxia",
    "consciousness",
    "seizure",
    "motor_weakness",
    "cerebral_edema",
    "organ_toxicity",
    "iec_hs",
)
"""What a clinician may say has another cause; `iec_hs` is the hyperinflammation as a whole."""
DEATHS = ("crs", "icans", "iec_hs", "other")
"""The main cause of a death, as far as a grade asks for it."""

OWN_CAUSES = frozenset({"crs", "icans"})
"""An attribution to the syndrome itself says that there is no other cause."""

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chart:
    """The newest fact of each kind, and the newest attribution of each sign."""

    newest: Mapping[str, Fact] = field(default_factory=dict)
    attributed: Mapping[str, Fact] = field(default_factory=dict)

    def charted(self, together: Iterable[Fact], policy: Policy) -> Chart:
        """The chart once the facts of one instant are known, whatever order they came in.

        From here on `until` of a finding is the instant at which it is no longer known.
        """
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
        for kind, fact in arrived.items():
            newest[kind] = _with_end(fact, policy)
        return Chart(newest, attributed)

    def known(self, kind: str, at: datetime) -> Fact | None:
        """The fact of a kind that is still true at `at`, or None."""
        fact = self.newest.get(kind)
        return fact if fact is None or fact.until is None or at < fact.until else None

    def other_cause(self, sign: str, at: datetime) -> Fact | None:
        """The attribution of a sign to another cause that holds at `at`, or None."""
        fact = self.attributed.get(sign)
        if fact is None or (fact.until is not None and at >= fact.until):
            return None
        cause = fact.value[1]  # type: ignore[index]
        return None if cause in OWN_CAUSES or cause == sign else fact

    def stale(self, kinds: frozenset[str], at: datetime) -> tuple[Stale, ...]:
        """Those of `kinds` that were known once and are too old at `at`, by name."""
        old = [
            Stale(kind, fact.until, fact.id)
            for kind, fact in self.newest.items()
            if fact.until is not None and at >= fact.until and kind in kinds
        ]
        # In the order of the chart they would stand as they happened to arrive.
        return tuple(sorted(old, key=lambda stale: stale.finding))

    def next_lapse(self, after: datetime) -> datetime | None:
        """The first instant after `after` at which a finding or an attribution lapses."""
        first = None
        for facts in (self.newest, self.attributed):
            for fact in facts.values():
                end = fact.until
                if end is not None and end > after and (first is None or end < first):
                    first = end
        return first

    def lapsing(self, at: datetime) -> Iterable[str]:
        """The kinds that are no longer known from `at` on, attributions among them."""
        for kind, fact in self.newest.items():
            if fact.until == at:
                yield kind
        if any(fact.until == at for fact in self.attributed.values()):
            yield ATTRIBUTION


def attributed_sign(fact: Fact) -> str:
    """The sign that an attribution speaks of; its value is (sign, cause)."""
    return str(fact.value[0])  # type: ignore[index]


def _attribution_order(fact: Fact) -> tuple[datetime, bool, datetime, str, str]:
    """The last one holds. Of one instant it is the one that leaves the sign in the grade."""
    cause = str(fact.value[1])  # type: ignore[index]
    return (fact.effective_at, cause in OWN_CAUSES, fact.until or FAR, cause, fact.id)


def _with_end(fact: Fact, policy: Policy) -> Fact:
    span = policy.fresh_for.get(fact.kind)
    if span is None:
        return fact
    until = fact.effective_at + span
    return Fact(fact.id, fact.kind, fact.value, fact.effective_at, until, fact.normal)


def _worse(one: Fact, other: Fact) -> Fact:
    """Of two facts of a kind at one instant the worse counts, or the smaller id if they agree."""
    if one.value == other.value:
        return min(one, other, key=lambda fact: fact.id)
    if one.kind == DEATH:  # The cause that makes a grade.
        return max(one, other, key=lambda fact: (fact.value != "other", str(fact.value)))
    return one if worse_of(KINDS[one.kind], one.value, other.value) == one.value else other
