"""What was given beyond a limit: looked at afterwards, for every dose that is on record.

A dose that was given is never refused, so that a breach is found and told (semantics 12). Records
that may be one dose make no breach; they are a question to a person first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from toxmon.dosing import counting, weight
from toxmon.dosing.check import BY_WEIGHT, CAP, DAY, IN_24_H, IN_TREATMENT, INTERVAL
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
    found: list[Reason] = []
    for start in given:
        found += _of(start, given, situation, rules, weights.get(start.id))
    return tuple(found)


def _of(
    start: Start,
    given: list[Start],
    situation: Situation,
    rules: DrugRules,
    weighed: Weighing | None,
) -> list[Reason]:
    found: list[Reason] = []
    policy, zone = rules.policy, situation.zone

    def breach(limit: Limit, words: str, facts: tuple[str, ...] = ()) -> None:
        others = tuple(each for each in facts if each != start.id)
        found.append(
            Reason(
                code=limit.code,
                detail=words,
                source=limit.cited.source,
                facts=(start.id, *others),
            )
        )

    when = "a time that is not known" if start.at is None else moment(start.at, zone)
    interval = policy.limit(INTERVAL)
    if interval is not None and interval.span is not None and start.at is not None:
        near = [
            each
            for each in counting.others(given, start)
            if each.at is not None
            and timedelta() <= start.at - each.at < interval.span
            and (each.at, each.id) < (start.at, start.id)
        ]
        if near and near[-1].at is not None:
            words = (
                f"the dose of {when} began {span(start.at - near[-1].at)} after the one before; "
                f"at least {span(interval.span)} are asked for"
            )
            breach(interval, words, tuple(each.id for each in near))
    window = policy.limit(IN_24_H)
    if window is not None and window.count is not None and start.at is not None:
        count = counting.in_window(given, start.at, window.span or DAY)
        if count.certain > window.count:
            words = (
                f"the dose of {when} was number {count.certain} in {span(window.span or DAY)}, "
                f"of at most {window.count}"
            )
            breach(window, words, count.facts)
    total = policy.limit(IN_TREATMENT)
    before = rules.handling.before_infusion
    if total is not None and total.count is not None:
        mine = [each for each in given if counting.is_of_treatment(each, situation, before)]
        if start in mine:
            so_far = mine[: mine.index(start) + 1]
            groups = {each.group for each in so_far}
            first = start.group not in {each.group for each in so_far[:-1]}
            if first and len(groups) > total.count:
                words = (
                    f"the dose of {when} is number {len(groups)} in this treatment, of at most "
                    f"{doses(total.count)}"
                )
                breach(total, words, tuple(each.id for each in so_far))
    cap = policy.limit(CAP)
    if start.mg is not None and cap is not None and cap.mg is not None and start.mg > cap.mg:
        words = f"the dose of {when} was {amount(start.mg)} mg, of at most {amount(cap.mg)} mg"
        breach(cap, words)
    if weighed is not None and start.mg is not None:
        band = weight.band_of(policy, weighed.kg, situation.age_years)
        if band is not None and band.mg_per_kg is not None:
            exact = band.mg_per_kg * weighed.kg
            if start.mg > exact * (1 + rules.handling.tolerance_percent / 100):
                words = (
                    f"the dose of {when} was {amount(start.mg)} mg, above "
                    f"{amount(band.mg_per_kg)} mg/kg x {amount(weighed.kg)} kg = "
                    f"{amount(exact)} mg"
                )
                facts = (start.id, weighed.fact) if weighed.fact else (start.id,)
                found.append(
                    Reason(code=BY_WEIGHT, detail=words, source=band.cited.source, facts=facts)
                )
    return found
