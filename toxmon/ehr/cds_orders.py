"""Drafts of orders, read: which of them are the drug, how much, when, what for.

What cannot be read with certainty is None, with words for the card: an order that was not checked
must not look like one that was found good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from toxmon.dosing.situation import Asked
from toxmon.ehr.cds_calls import ORDER_SELECT, Call, Ordered, Resource
from toxmon.ehr.cds_fhir import OTHER_FORM, codings, decimal, in_mg, instant, kind_of, text
from toxmon.protocol import Drug

ORDERS = frozenset({"MedicationRequest", "MedicationOrder"})
"""The second is what the first was called in DSTU2, which browser clients still send."""
OVER = frozenset({"cancelled", "stopped", "completed", "entered-in-error", "revoked"})
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
REASONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("crs", "D89.83", ("cytokine release", "crs")),
    ("icans", "G92.0", ("icans", "immune effector cell-associated neurotoxicity")),
)
"""(what it is for, the beginning of its codes in ICD-10-CM, words)."""
PROPHYLAXIS = ("prophyla",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft of an order of a drug that has rules.

    `mg` None: no amount that is certain. `unsure`: what could not be checked, each a sentence.
    """

    drug: Drug
    reference: str | None
    mg: Decimal | None
    at: datetime
    indication: str | None
    unsure: tuple[str, ...]
    has_dose: bool

    @property
    def asked(self) -> Asked:
        """The question to the rules."""
        return Asked(at=self.at, mg=self.mg, indication=self.indication)

    def saying(self, words: str) -> Draft:
        """The same with something more that could not be checked."""
        return replace(self, unsure=(*self.unsure, words))


def drafts_of(call: Call, drugs: Iterable[Drug], now: datetime, zone: tzinfo) -> list[Draft]:
    """The drafts of these drugs, in the order in which they were sent."""
    others = {
        name: each.resource
        for each in call.drafts
        for name in (each.reference, each.address)
        if name
    }
    found = []
    for each in call.selected():
        resource = each.resource
        if resource["resourceType"] not in ORDERS or resource.get("doNotPerform") is True:
            continue
        if text(resource.get("status")) in OVER:
            continue
        for drug in drugs:
            kind = kind_of(resource, drug, others)
            if kind is not None:
                found.append(_draft(call, each, drug, kind, now, zone))
                break
    return found


def _draft(
    call: Call, ordered: Ordered, drug: Drug, kind: str, now: datetime, zone: tzinfo
) -> Draft:
    resource = ordered.resource
    instructions = list(_tables(resource.get("dosageInstruction")))
    amounts = [amount for each in instructions for amount in _amounts(each)]
    mgs = sorted({amount.mg for amount in amounts if amount.mg is not None})
    unsure = []
    if len(mgs) > 1:
        unsure.append("It names more than one dose; the highest of them was checked.")
    elif not mgs and amounts:
        why = "; ".join(dict.fromkeys(amount.why for amount in amounts if amount.why))
        unsure.append(f"Its dose was not checked: {why}.")
    elif not mgs and call.hook != ORDER_SELECT:
        unsure.append("It names no dose in mg, so the amount was not checked.")
    if kind == OTHER_FORM or any(_under_the_skin(each) for each in instructions):
        unsure.append(
            f"It is a product of {drug.title} in a form or by a route that the limits are not for."
        )
    if any(_repeats(each) for each in instructions):
        unsure.append("It is for more than one dose; only the first was checked.")
    at, said = _at(resource, instructions, now, zone)
    if not said:
        unsure.append("The time that it names could not be read; it was checked for now.")
    return Draft(
        drug=drug,
        reference=ordered.reference,
        mg=mgs[-1] if mgs else None,
        at=at,
        indication=_indication(resource),
        unsure=tuple(unsure),
        has_dose=bool(amounts),
    )


def _tables(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; an object that stands there alone is a list of one."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def _amounts(instruction: Mapping[str, Any]) -> list[Any]:
    """The amounts of an instruction, in R4's place for them or in that of the releases before.

    Where one dose is given both for each kg and worked out in mg, the one in mg is the amount.
    """
    found = []
    for each in (*_tables(instruction.get("doseAndRate")), instruction):
        found.append(in_mg(each.get("doseQuantity")))
        ends = each.get("doseRange")
        if isinstance(ends, dict):
            found += [in_mg(ends.get("low")), in_mg(ends.get("high"))]
    found = [each for each in found if each.mg is not None or each.why is not None]
    certain = [each for each in found if each.mg is not None]
    return certain or found


def _under_the_skin(instruction: Mapping[str, Any]) -> bool:
    """Does it say, in words, that it is given subcutaneously?"""
    route = instruction.get("route")
    texts = [display for _, _, display in codings(route)]
    texts.append(route.get("text") if isinstance(route, dict) else None)
    return any("subcut" in each.casefold() for each in texts if isinstance(each, str))


def _repeats(instruction: Mapping[str, Any]) -> bool:
    """More than one dose: more than one count, time or dose a day. Daily alone says nothing."""
    timing = instruction.get("timing")
    if not isinstance(timing, dict):
        return False
    events, repeat = timing.get("event"), timing.get("repeat")
    if isinstance(events, list) and len(events) > 1:
        return True
    if not isinstance(repeat, dict):
        return False
    counts = [decimal(repeat.get(name)) for name in ("count", "countMax")]
    known = [count for count in counts if count is not None]
    if known:
        return max(known) > 1
    frequency, period = decimal(repeat.get("frequency")), decimal(repeat.get("period"))
    if frequency is not None and frequency > 1:
        return True
    return period is not None and repeat.get("periodUnit") in ("s", "min", "h")


def _at(
    resource: Resource, instructions: list[Mapping[str, Any]], now: datetime, zone: tzinfo
) -> tuple[datetime, bool]:
    """When it would be given, never before now; and whether what it says of that could be read.

    A draft that was written an hour ago is given now at the earliest, and is judged as of now.
    """
    timings = [each["timing"] for each in instructions if isinstance(each.get("timing"), dict)]
    said: list[Any] = []
    for timing in timings:
        events, repeat = timing.get("event"), timing.get("repeat")
        said += events[:1] if isinstance(events, list) else []
        bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
        if isinstance(bounds, dict) and bounds.get("start") is not None:
            said.append(bounds["start"])
    if not said and resource.get("authoredOn") is not None:
        said.append(resource["authoredOn"])
    found = [instant(each, zone) for each in said]
    known = [each for each in found if each is not None]
    return max(now, min(known, default=now)), len(known) == len(found)


def _indication(resource: Resource) -> str | None:
    """What it is for, where the order says so in a code or in plain words; None: not said."""
    texts, codes = [], []
    for concept in _tables(resource.get("reasonCode")):
        texts.append(concept.get("text"))
        for system, code, display in codings(concept):
            texts.append(display)
            if system is not None and system.startswith(ICD_10) and code is not None:
                codes.append(code)
    said = " ".join(each.casefold() for each in texts if isinstance(each, str))
    if any(word in said for word in PROPHYLAXIS):
        return "prophylaxis"
    for name, prefix, words in REASONS:
        if any(code.startswith(prefix) for code in codes):
            return name
        if any(f" {word} " in f" {said} " or (" " in word and word in said) for word in words):
            return name
    return None
