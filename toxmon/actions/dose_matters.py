"""Matters of doses: one that was given beyond a limit, two records that may be one dose.

A breach is told once, when the facts come to say so, and stays until somebody has seen it; if a
correction takes its ground away, that is told too. The question whether two records are one dose
stays until a person has answered it. Decision 0091.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import orjson

from toxmon.actions import Service
from toxmon.actions.register import Register
from toxmon.actions.situations import breaches_of
from toxmon.dosing import counting
from toxmon.dosing.situation import Reason, Situation
from toxmon.dosing.words import moment
from toxmon.grading.chart import ADMINISTRATION
from toxmon.protocol import Alarms, Drug
from toxmon.saved import load_value
from toxmon.store import Row
from toxmon.timeline.matter import HIGH, Matter

BREACH, QUESTION = "dose:breach", "dose:unreconciled"
BEFORE = timedelta(microseconds=1)
SAID = "dose_distinct"


def drugs_touched(service: Service, rows: Iterable[Row]) -> list[Drug]:
    """The drugs with limits in force that these facts bear on, by name."""
    found: dict[str, Drug] = {}
    for row in rows:
        for drug in _drugs_of(service, row):
            if drug.rules.policy.limits:
                found[drug.name] = drug
    return [found[name] for name in sorted(found)]


def _drugs_of(service: Service, row: Row) -> Iterable[Drug]:
    if row["kind"] == ADMINISTRATION and row["value"] is not None:
        known = service.protocols.drug(str(load_value(row["value"])))
        return () if known is None else (known,)
    if row["kind"] == SAID and row["detail"]:
        known = service.protocols.drug(orjson.loads(row["detail"])["medication"])
        return () if known is None else (known,)
    if row["kind"] == "weight" and row["replaces_id"] is not None:
        return service.protocols.drugs.values()  # A dose may be above another weight by now.
    return ()


def follow(
    register: Register,
    drug: Drug,
    begun: Sequence[Row],
    corrected: Mapping[str, str],
    policy: Alarms,
) -> None:
    """Let what the doses of a drug have come to make and end alarms of the newest treatment."""
    service, now, patient_id = register.service, register.now, register.patient_id
    assert patient_id is not None
    scope = begun[-1]["treatment_id"]
    rules = drug.rules
    situation, after = breaches_of(service, patient_id, begun, rules, now)
    _, before = breaches_of(service, patient_id, begun, rules, now, now - BEFORE)
    was, so = _by_dose(before), _by_dose(after)
    for dose in so:
        new = {each.code for each in so[dose]} - {each.code for each in was.get(dose, ())}
        if new:
            # It was so and will always have been: it is told once, and waits to be seen.
            for level in (1, 0):
                matter = _breach(drug, dose, so[dose], policy, now, level)
                register.decide(scope, scope, [matter], policy)
    for dose in was.keys() - so.keys():
        gone = _breach(drug, dose, was[dose], policy, now, 0)
        if gone.key in register.open(scope):
            register.decide(scope, scope, [gone], policy, corrected)
    _ask(register, scope, drug, situation, policy)


def _by_dose(found: Iterable[Reason]) -> dict[str, list[Reason]]:
    by_dose: dict[str, list[Reason]] = {}
    for reason in found:
        by_dose.setdefault(reason.facts[0], []).append(reason)
    return by_dose


def _breach(
    drug: Drug, dose: str, reasons: Sequence[Reason], policy: Alarms, now: datetime, level: int
) -> Matter:
    """The matter of a dose that went beyond limits."""
    known = policy.matter(BREACH)
    words = "; ".join(each.detail for each in reasons)
    facts = dict.fromkeys((dose, *(fact for each in reasons for fact in each.facts)))
    return Matter(
        key=f"{BREACH}:{dose}",
        rule=BREACH,
        level=level,
        at=now,
        priority=known.of(1) if known is not None else HIGH,
        title=f"{drug.rules.title} given beyond a limit",
        says=f"{words[0].upper()}{words[1:]}.",
        source="; ".join(dict.fromkeys(each.source for each in reasons)),
        facts=tuple(facts),
        more={"codes": sorted({each.code for each in reasons})},
    )


def _ask(register: Register, scope: str, drug: Drug, situation: Situation, policy: Alarms) -> None:
    """Ask about records that may be one dose, and stop asking when somebody has answered."""
    now = register.now
    mine = f"{QUESTION}:{drug.name}:"
    groups = {
        mine + ids[0]: ids for ids in counting.unreconciled(situation, drug.rules.handling, now)
    }
    times = {dose.fact: dose.at for dose in situation.doses}
    asked = [key for key in register.open(scope) if key.startswith(mine)]
    known = policy.matter(QUESTION)
    matters = []
    for key in dict.fromkeys((*groups, *asked)):
        ids = groups.get(key, ())
        when = " and ".join(
            moment(at, situation.zone) for each in ids if (at := times[each]) is not None
        )
        says = (
            f"The records of {when} lie so close together that they may be one dose. Take one "
            "back, or say that they are two; until then each counts in every limit."
        )
        matters.append(
            Matter(
                key=key,
                rule=QUESTION,
                level=int(bool(ids)),
                at=now,
                priority=known.of(1) if known is not None else HIGH,
                title=f"{drug.rules.title}: one dose or two?",
                says=says if ids else "It was answered whether they are one dose.",
                source=drug.rules.handling.cited.source,
                facts=tuple(ids),
            )
        )
    if matters:
        register.decide(scope, scope, matters, policy)
