"""The matters that somebody may have to be told now, found without looking at all the others.

Most facts move few matters, and most matters are not so and have no alarm. What neither facts nor
time can have moved since the last look is not looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Threshold
from toxmon.protocol.product import Product
from toxmon.timeline import matters, thresholds
from toxmon.timeline.check import OVERDUE
from toxmon.timeline.known import Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.memory import Bench, KeptSign, Memory
from toxmon.timeline.plan import Plan
from toxmon.timeline.signs import NAMES, RESTS_ON, Bedside, Sign, changes_at, sign
from toxmon.timeline.syndromes import Placed, syndromes
from toxmon.timeline.table import table

KEYS = {name: f"sign:{name}" for name in NAMES}


class Looked:
    """One look at the newest treatment of a patient. `memory` makes no difference but in time."""

    __slots__ = ("_bedside", "_day", "_memory", "_moved", "_placed", "_present", "_rules")

    def __init__(
        self,
        known: Known,
        product: Product,
        treatment: Treatment,
        policy: Policy,
        alarms: Alarms,
        now: datetime,
        memory: Memory,
    ) -> None:
        self._rules = table(product, alarms)
        self._placed = Placed(product, treatment, known, alarms, now)
        self._bedside = Bedside(known, policy, treatment, now)
        bench = Bench(self._rules, policy, treatment, known.attributed, known.given)
        self._memory = memory
        self._moved = memory.for_signs(bench, known.seen.readings)
        self._day = memory.day(bench, now)
        self._present: dict[str, Sign] = {}

    def live(self, plan: Plan, raised: Collection[str]) -> tuple[Matter, ...]:
        """The matters of `matters.observe` that are so, or whose alarm is up (`raised`)."""
        known, placed, rules = self._bedside.known, self._placed, self._rules
        if known.over(placed.now):
            self._memory.signs.clear()  # They are not looked at, and may move meanwhile.
            return ()
        found = [*syndromes(known, placed, raised, older=False, live=True)]
        for each in plan.checks:
            if each.state == OVERDUE or (raised and f"check:{each.what}" in raised):
                found.append(matters.check_matter(each, placed, rules, raised))
        present = self._present = {name: self._sign(name) for name in NAMES}
        asked = {
            name: each
            for name, each in present.items()
            if each.present or (raised and KEYS[name] in raised)
        }
        if asked:
            found.extend(_live(matters.sign_matters(known, asked, placed, rules, raised), raised))
        found.extend(_live(matters.unconfirmed(self._bedside, placed, rules, raised), raised))
        found.extend(self._thresholds(raised))
        return tuple(found)

    def next_at(self) -> datetime | None:
        """What `matters.next_at` says."""
        return matters.next_at_of(self._bedside, self._day.changes_at)

    def _sign(self, name: str) -> Sign:
        kept, now = self._memory.signs.get(name), self._placed.now
        if (
            kept is not None
            and kept.since <= now
            and (kept.until is None or now < kept.until)
            and (not self._moved or self._moved.isdisjoint(RESTS_ON[name]))
        ):
            return kept.sign
        found = sign(name, self._bedside)
        self._memory.signs[name] = KeptSign(now, changes_at(name, self._bedside), found)
        return found

    def _thresholds(self, raised: Collection[str]) -> Iterator[Matter]:
        bedside, rules, still = self._bedside, self._rules, self._memory.still
        up = {kind for key in raised if (kind := rules.kind_of.get(key)) is not None}
        alarms, day = rules.alarms, self._day.number
        for kind, group in rules.thresholds.items():
            if kind not in up:
                if kind in still:
                    continue
                if not any(self._holds(each, day) for _, each in group):
                    # Nothing but other readings, drugs or another day can make one of them hold.
                    still.add(kind)
                    continue
            for key, threshold in group:
                held = thresholds.held(threshold, bedside, self._present, alarms, day, raised)
                if held.truth or key in raised:
                    yield matters.threshold_matter(
                        key, threshold, held, self._present, self._placed
                    )

    def _holds(self, threshold: Threshold, day: int) -> bool | None:
        alarms = self._rules.alarms
        found, _ = thresholds.alone(threshold, self._bedside, alarms, day, ())
        return found.truth


def _live(found: Iterator[Matter], raised: Collection[str]) -> Iterator[Matter]:
    return (each for each in found if each.level or each.key in raised)
