"""What was given beyond a limit: looked at afterwards, for every dose that is on record.

A dose that was given is never refused, so that a breach is found and told (semantics 12). Records
that may be one dose make no breach; they are a question to a person first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from toxmon.dosing import counting, weight
from toxmon.dosing.amounts import BY_WEIGHT, CAP
from toxmon.dosing.check import DAY, IN_24_H, IN_EPISODE, IN_TREATMENT, INTERVAL
from toxmon.dosing.counting import Start
from toxmon.dosing.drug import DrugRules, Limit
from toxmon.dosing.situation import Reason, Situation, Weighing
from toxmon.dosing.words import amount, doses, moment, span

NO_WEIGHTS: Mapping[str, Weighing] = {}


def breaches(
    situation: Situation, rules: DrugRules, weights: Mapping[str, Weighing] = NO_WEIGHTS
) -> tuple[Reason, ...]:
    """Each limit that a given dose went beyond, in the order of doses; its id is the first fact.

    `weights`: by dose, the weight that was on record when it was given, if it was fresh.
    """
    given = [
        each
        for each in counting.starts(situation, rules.handling, situation.now or counting.FAR)
        if each.state == counting.GIVEN
    ]
    afterwards = _Afterwards(given, situation, rules)
    return tuple(
        reason for start in given for reason in afterwards.of(start, weights.get(start.id))
    )


class _Afterwards:
    """The doses that were given, each held against the limits of the policy in force."""

    def __init__(self, given: Sequence[Start], situation: Situation, rules: DrugRules) -> None:
        self.given, self.situation = given, situation
        self.policy, self.handling = rules.policy, rules.handling

    def of(self, start: Start, weighed: Weighing | None) -> Iterator[Reason]:
        """The limits that one dose went beyond."""
        when = "a time that is not known"
        if start.at is not None:
            when = moment(start.at, self.situation.zone)
        yield from self._interval(start, when)
        yield from self._window(start, when)
        yield from self._number(start, when, IN_TREATMENT)
        yield from self._number(start, when, IN_EPISODE)
        cap = self.policy.limit(CAP)
        if start.mg is not None and cap is not None and cap.mg is not None and start.mg > cap.mg:
            words = f"the dose of {when} was {amount(start.mg)} mg, of at most {amount(cap.mg)} mg"
            yield _beyond(start, cap, words)
        yield from self._weight(start, when, weighed)

    def _interval(self, start: Start, when: str) -> Iterator[Reason]:
        limit = self.policy.limit(INTERVAL)
        if limit is None or limit.span is None or start.at is None:
            return
        near = [
            each
            for each in counting.others(self.given, start)
            if each.at is not None
            and timedelta() <= start.at - each.at < limit.span
            and (each.at, each.id) < (start.at, start.id)
        ]
        if near and near[-1].at is not None:
            words = (
                f"the dose of {when} began {span(start.at - near[-1].at)} after the one before; "
                f"at least {span(limit.span)} are asked for"
            )
            yield _beyond(start, limit, words, [each.id for each in near])

    def _window(self, start: Start, when: str) -> Iterator[Reason]:
        limit = self.policy.limit(IN_24_H)
        if limit is None or limit.count is None or start.at is None:
            return
        length = limit.span or DAY
        count = counting.in_window(self.given, start.at, length)
        if count.certain > limit.count:
            words = (
                f"the dose of {when} was number {count.certain} in {span(length)}, "
                f"of at most {limit.count}"
            )
            yield _beyond(start, limit, words, count.facts)

    def _number(self, start: Start, when: str, code: str) -> Iterator[Reason]:
        """Too many in the treatment, or in the episode that is open."""
        limit = self.policy.limit(code)
        if limit is None or limit.count is None:
            return
        mine = [each for each in self.given if self._counts(each, code)]
        if start not in mine:
            return
        so_far = mine[: mine.index(start) + 1]
        groups = {each.group for each in so_far}
        again = start.group in {each.group for each in so_far[:-1]}
        if len(groups) > limit.count and not again:
            where = "this treatment" if code == IN_TREATMENT else "this episode"
            words = (
                f"the dose of {when} is number {len(groups)} in {where}, of at most "
                f"{doses(limit.count)}"
            )
            yield _beyond(start, limit, words, [each.id for each in so_far])

    def _counts(self, start: Start, code: str) -> bool:
        crs = (self.situation.syndromes or {}).get("crs")
        onset_at = crs.onset_at if crs is not None else None
        if code == IN_EPISODE:  # Without an open one there is nothing to be too many of.
            return onset_at is not None and start.at is not None and start.at >= onset_at
        return counting.is_of_treatment(start, self.situation, self.handling.before_infusion)

    def _weight(self, start: Start, when: str, weighed: Weighing | None) -> Iterator[Reason]:
        if weighed is None or start.mg is None:
            return
        band = weight.band_of(self.policy, weighed.kg, self.situation.age_years)
        if band is None or band.mg_per_kg is None:
            return
        exact = band.mg_per_kg * weighed.kg
        if start.mg > exact * (1 + self.handling.tolerance_percent / 100):
            words = (
                f"the dose of {when} was {amount(start.mg)} mg, above {amount(band.mg_per_kg)} "
                f"mg/kg x {amount(weighed.kg)} kg = {amount(exact)} mg"
            )
            facts = (start.id, weighed.fact) if weighed.fact else (start.id,)
            yield Reason(code=BY_WEIGHT, detail=words, source=band.cited.source, facts=facts)


def _beyond(start: Start, limit: Limit, words: str, facts: Iterable[str] = ()) -> Reason:
    others = tuple(each for each in facts if each != start.id)
    return Reason(
        code=limit.code, detail=words, source=limit.cited.source, facts=(start.id, *others)
    )
