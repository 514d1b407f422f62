"""What must hold across the blocks of an alarm policy, so that no alarm is left without an answer.

Each of these would be found out at night, with a patient waiting; so the file is refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, TypeVar

from toxmon.protocol.alarm_rules import (
    ALWAYS_HIGH,
    ANY_UNIT,
    NEVER_SILENT,
    PRIORITIES,
    RULES,
    SEVERE,
)
from toxmon.protocol.alarms import (
    Chain,
    Obligation,
    OtherCauses,
    Outpatient,
    Priorities,
    Spans,
    SteroidWatch,
    Threshold,
)
from toxmon.protocol.faults import Words
from toxmon.protocol.form import Found

Block = TypeVar("Block")


def disagreements(data: dict[str, Any]) -> Found:
    """Every fault between blocks; a block with a fault of its own was told already."""
    return [
        *_twice(data, "matters", "matter", Priorities, "rule", lambda each: each.rule),
        *_twice(data, "thresholds", "threshold", Threshold, "id", lambda each: each.id),
        *_twice(data, "obligations", "obligation", Obligation, "id", lambda each: each.id),
        *_twice(data, "outpatient", "outpatient", Outpatient, "what", lambda each: each.what),
        *_twice(
            data,
            "steroid_watches",
            "steroid_watch",
            SteroidWatch,
            "rule",
            lambda each: each.rule,
        ),
        *_twice(data, "spans", "spans", Spans, "priority", lambda each: each.priority),
        *_twice(
            data,
            "chains",
            "chain",
            Chain,
            "unit",
            lambda each: f"{each.about}, unit {each.unit}, {each.priority}",
        ),
        *_causes_twice(data),
        *_left_out(data),
        *_too_calm(data),
        *_alternatives(data),
    ]


def _read(data: dict[str, Any], key: str, kind: type[Block]) -> Iterator[tuple[int, Block]]:
    """The blocks of a list that could be read, with their places."""
    for place, block in enumerate(data.get(key) or ()):
        if isinstance(block, kind):
            yield place, block


def _whole(data: dict[str, Any], key: str, kind: type[Block]) -> list[Block] | None:
    """The blocks of a list, or None where one could not be read: it may be the one that counts."""
    blocks = data.get(key)
    if blocks is None or not all(isinstance(block, kind) for block in blocks):
        return None
    return list(blocks)


def _twice(
    data: dict[str, Any],
    key: str,
    written: str,
    kind: type[Block],
    what: str,
    named: Callable[[Block], str],
) -> Found:
    found: Found = []
    known: set[str] = set()
    for place, block in _read(data, key, kind):
        name = named(block)
        if name in known:
            words = Words(f"another [[{written}]] is for {name} already", "one of them only")
            found.append(((written, place, what), words))
        known.add(name)
    return found


def _causes_twice(data: dict[str, Any]) -> Found:
    found: Found = []
    known: set[str] = set()
    for place, block in _read(data, "other_causes", OtherCauses):
        for number, rule in enumerate(block.rules):
            if rule in known:
                words = Words(f"{rule} has other causes already", "each rule in one of them only")
                found.append((("other_causes", place, "rules", number), words))
            known.add(rule)
    return found


def _left_out(data: dict[str, Any]) -> Found:
    """What an alarm of any priority needs, and what must never be without an alarm."""
    found: Found = []
    matters = _whole(data, "matters", Priorities)
    if matters is not None:
        known = {each.rule for each in matters}
        found += [
            (
                ("matter",),
                Words(
                    f"{rule} has no priorities ({RULES[rule]})", f'[[matter]] with rule = "{rule}"'
                ),
            )
            for rule in NEVER_SILENT
            if rule not in known
        ]
    spans = _whole(data, "spans", Spans)
    if spans is not None:
        known = {each.priority for each in spans}
        found += [
            (
                ("spans",),
                Words(f"priority {each} has no spans", f'[[spans]] with priority = "{each}"'),
            )
            for each in PRIORITIES
            if each not in known
        ]
    chains = _whole(data, "chains", Chain)
    if chains is not None:
        known = {
            each.priority for each in chains if (each.about, each.unit) == ("patients", ANY_UNIT)
        }
        found += [
            (
                ("chain",),
                Words(
                    f"an alarm of priority {each} would be told to nobody in a unit without a "
                    "chain of its own",
                    f'[[chain]] with unit = "{ANY_UNIT}" and priority = "{each}"',
                ),
            )
            for each in PRIORITIES
            if each not in known
        ]
    return found


def _too_calm(data: dict[str, Any]) -> Found:
    """Severe CRS and ICANS are of high priority in every policy: nothing else carries them on."""
    return [
        (
            ("matter", place, "by_level"),
            Words(
                f"{each.rule} of grade {SEVERE} would be of {each.of(SEVERE)} priority",
                f'by_level = {{ {SEVERE} = "high" }}',
            ),
        )
        for place, each in _read(data, "matters", Priorities)
        if each.rule in ALWAYS_HIGH and each.of(SEVERE) != "high"
    ]


def _alternatives(data: dict[str, Any]) -> Found:
    """Of the alternatives of one question one is in force, and no two answer it differently."""
    groups: dict[str, list[tuple[int, Threshold]]] = {}
    for place, block in _read(data, "thresholds", Threshold):
        if block.policy is not None:
            groups.setdefault(block.policy, []).append((place, block))
    found: Found = []
    for question, blocks in groups.items():
        in_force = [(place, block) for place, block in blocks if block.in_force]
        if not in_force:
            words = Words(f"no threshold of the policy {question!r} is in force", "in_force = true")
            found.append((("threshold", blocks[0][0], "in_force"), words))
        for (_, one), (place, other) in combinations(in_force, 2):
            if _meet(one, other):
                words = Words(
                    f"{one.id} is in force too and answers the same question, {question!r}",
                    "in_force = false, in one of the two",
                )
                found.append((("threshold", place, "in_force"), words))
    return found


def _meet(one: Threshold, other: Threshold) -> bool:
    """Could both speak of one product on one day?"""
    return (
        _share(one.targets, other.targets)
        and _share(one.classes, other.classes)
        and (one.from_day or 0) <= _last(other)
        and (other.from_day or 0) <= _last(one)
    )


def _share(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Have both a name in common? None at all stands for every name."""
    return not one or not other or bool({*map(str.lower, one)} & {*map(str.lower, other)})


def _last(threshold: Threshold) -> float:
    return float("inf") if threshold.until_day is None else threshold.until_day
