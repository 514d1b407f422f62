"""The matters that somebody may have to be told now, found without looking at all the others.

Most facts move few matters, and most matters are not so and have no alarm. What neither facts nor
time can have moved since the last look is not looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Threshold
from toxmon.protocol.product import Product
from toxmon.timeline import matters, thresholds
from toxmon.timeline.check import OVERDUE
from toxmon.timeline.known import Known, Level
from toxmon.timeline.matter import Matter
from toxmon.timeline.memory import Bench, KeptMatter, KeptSign, Memory
from toxmon.timeline.plan import Plan
from toxmon.timeline.signs import NAMES, RESTS_ON, Bedside, Sign, changes_at, sign
from toxmon.timeline.steroids import steroid_matters
from toxmon.timeline.syndromes import Placed, syndromes, told
from toxmon.timeline.table import table
from toxmon.timeline.words import dated_at

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
        bench = Bench(self._rules, policy, treatment, known.attributed, known.given, known.doses)
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
        found = [
            *syndromes(known, placed, raised, older=False, live=True, tell=self._syndrome),
            *self._checks(plan, raised),
        ]
        present = self._present = {name: self._sign(name) for name in NAMES}
        asked = [
            each
            for each in present.values()
            if each.present or (raised and KEYS[each.name] in raised)
        ]
        if asked:
            found.extend(self._signs(asked, raised))
        for matter in matters.unconfirmed(self._bedside, placed, rules, raised):
            if matter.level or matter.key in raised:
                found.append(matter)
        for matter in matters.not_charted(known, placed, rules, raised):
            if matter.level or matter.key in raised:
                found.append(matter)
        for matter in steroid_matters(known, placed, rules, plan.checks, raised):
            if matter.level or matter.key in raised:
                found.append(matter)
        found.extend(self._thresholds(raised))
        return tuple(found)

    def next_at(self) -> datetime | None:
        """What `matters.next_at` says."""
        return matters.next_at_of(self._bedside, self._day.changes_at, self._rules.alarms)

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

    def _checks(self, plan: Plan, raised: Collection[str]) -> Iterator[Matter]:
        for each in plan.checks:
            if each.state == OVERDUE:
                told = (*each.missed, each.met_at) if each.met_at is not None else each.missed
                yield self._kept(
                    f"check:{each.what}",
                    (each,),
                    told,
                    partial(matters.check_matter, each, self._placed, self._rules, raised),
                )
            elif raised and f"check:{each.what}" in raised:
                yield matters.check_matter(each, self._placed, self._rules, raised)

    def _signs(self, asked: list[Sign], raised: Collection[str]) -> Iterator[Matter]:
        accounted = matters.accounted_for(self._bedside.known)
        for each in asked:
            key = KEYS[each.name]
            up = key in raised
            level = matters.sign_level(each, key in accounted and not up)
            if each.at is None:
                if level or up:
                    yield matters.sign_matter(each, key, level, self._placed, self._rules)
            elif level or up:
                yield self._kept(
                    key,
                    (each, level),
                    (each.at,),
                    partial(matters.sign_matter, each, key, level, self._placed, self._rules),
                )

    def _syndrome(
        self, scale: str, key: str, level: Level, stands: int | None, placed: Placed
    ) -> Matter:
        if not stands:
            return told(scale, key, level, stands, placed)
        # Which facts bear a grade changes with every set of vital signs, and its words do not.
        of = (
            level.low, level.high, level.at, level.says, level.edition, level.episode,
            level.onset_at, level.text, level.suspected, level.earlier,
        )  # fmt: skip
        found = self._kept(key, of, (level.at,), partial(told, scale, key, level, stands, placed))
        return found if found.facts == level.facts else replace(found, facts=level.facts)

    def _kept(
        self,
        key: str,
        of: tuple[object, ...],
        said: Iterable[datetime],
        make: Callable[[], Matter],
    ) -> Matter:
        """The matter as it was put in words before, while it is of the same.

        `said`: the instants that its words name. No words outlast the day, for a year may end.
        """
        kept, now = self._memory.matters.get(key), self._placed.now
        if kept is not None and kept.since <= now < kept.until and kept.of == of:
            return kept.matter
        made = make()
        until = min(dated_at(said, now) or self._day.end_at, self._day.end_at)
        self._memory.matters[key] = KeptMatter(of, now, until, made)
        return made
