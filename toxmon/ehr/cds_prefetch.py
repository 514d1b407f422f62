"""What the ordering system has fetched beforehand: read to be shown, never to be counted.

The record of toxmon decides. What the ordering system shows and toxmon does not know is told on the
card as not in toxmon, so that somebody charts it; merging it silently would count a dose twice or
take a weight that nobody has confirmed (decision 0086).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from toxmon.dosing.words import amount, moment
from toxmon.ehr.cds_calls import Call, Resource
from toxmon.ehr.cds_fhir import (
    codings,
    in_mg,
    instant,
    kilograms,
    named,
    refers_to,
    text,
)
from toxmon.protocol import Drug
from toxmon.store import NEVER

WEIGHTS = frozenset({"29463-7", "3141-9"})
LOINC = "http://loinc.org"
HAD, NOTHING, NOT_HAD, FAILED = "had", "nothing", "not had", "failed"
GIVEN = frozenset({"completed", "in-progress", "stopped", "on-hold", "unknown"})
WRONG = frozenset({"entered-in-error", "cancelled"})
SAME_WEIGHT = Decimal("0.05")
"""In kg: two records of one weighing may be rounded differently."""
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A weight or a dose that the ordering system shows; None is what it does not say."""

    at: datetime | None
    value: Decimal | None


def state(call: Call, key: str) -> str:
    """Was it fetched? `nothing`: asked, and there is none; `not had`: the key was not sent."""
    if key not in call.prefetch:
        return NOT_HAD
    value = call.prefetch[key]
    if value is None:
        return NOTHING
    return FAILED if value.get("resourceType") == "OperationOutcome" else HAD


def one_page_only(call: Call, key: str) -> bool:
    """Is there more than was sent?"""
    if state(call, key) != HAD:
        return False
    links = call.prefetch[key].get("link")
    return isinstance(links, list) and any(
        isinstance(link, dict) and link.get("relation") == "next" for link in links
    )


def resources(call: Call, key: str, kind: str) -> Iterator[Resource]:
    """The resources of a kind that were fetched under a key; what is none of them is left out."""
    if state(call, key) != HAD:
        return
    value = call.prefetch[key]
    if value.get("resourceType") == kind:
        yield value
    entries = value.get("entry")
    if value.get("resourceType") == "Bundle" and isinstance(entries, list):
        for entry in entries:
            found = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(found, dict) and found.get("resourceType") == kind:
                yield found


def weights(call: Call, zone: tzinfo) -> list[Seen]:
    """The weights of this patient in kg, the newest first; one without a time is left out."""
    found = []
    for each in resources(call, "weight", "Observation"):
        codes = {code for system, code, _ in codings(each.get("code")) if system == LOINC}
        if text(each.get("status")) in WRONG or not codes & WEIGHTS or not refers_to(each, call):
            continue
        at, kg = instant(each.get("effectiveDateTime"), zone), kilograms(each.get("valueQuantity"))
        if at is not None and kg is not None:
            found.append(Seen(at, kg))
    return sorted(found, key=lambda one: one.at or NEVER, reverse=True)


def given(call: Call, drug: Drug, zone: tzinfo) -> list[Seen]:
    """The doses of a drug that were given by the ordering system's own record, oldest first."""
    found = []
    for each in resources(call, "given", "MedicationAdministration"):
        if (
            text(each.get("status")) not in GIVEN
            or not refers_to(each, call)
            or not named(each, drug)
        ):
            continue
        period = each.get("effectivePeriod")
        start = period.get("start") if isinstance(period, dict) else None
        at = instant(each.get("effectiveDateTime") or start, zone)
        dosage = each.get("dosage")
        dose = dosage.get("dose") if isinstance(dosage, dict) else None
        found.append(Seen(at, in_mg(dose).mg))
    return sorted(found, key=lambda one: (one.at is not None, one.at or NEVER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the record of toxmon has of the same: doses of the drug, a weight, a date of birth.

    A dose with no time is one that was given at a time that nobody knows.
    """

    doses: tuple[datetime | None, ...] = ()
    weight: Seen | None = None
    born: str | None = None


def not_in_toxmon(call: Call, drug: Drug, ours: Ours, zone: tzinfo) -> list[str]:
    """What the ordering system shows and the record does not have, each in words."""
    words = [
        *_other_birth(call, ours.born),
        *_unknown_doses(call, drug, ours.doses, zone),
        *_newer_weight(call, ours.weight, zone),
    ]
    if len(words) > MOST_SHOWN:
        left = len(words) - MOST_SHOWN
        words = [*words[:MOST_SHOWN], f"and {left} more that the ordering system shows"]
    return words


def not_seen(call: Call) -> list[str]:
    """What of the ordering system's own list could not be compared."""
    words = []
    if state(call, "given") in (NOT_HAD, FAILED):
        words.append("The list of doses given was not sent, so it was not compared with toxmon.")
    elif one_page_only(call, "given"):
        words.append("Only one page of the list of doses given was sent and compared with toxmon.")
    return words


def _other_birth(call: Call, born: str | None) -> Iterator[str]:
    for patient in resources(call, "patient", "Patient"):
        shown = patient.get("birthDate")
        if isinstance(shown, str) and born and len(shown) == len(born) and shown != born:
            yield "another date of birth than in toxmon: make sure that this is the same patient"


def _unknown_doses(
    call: Call, drug: Drug, ours: Iterable[datetime | None], zone: tzinfo
) -> Iterator[str]:
    """Doses with no record of ours within the span in which two records may be one dose."""
    near: timedelta = drug.rules.handling.duplicate_within
    left = list(ours)
    for each in given(call, drug, zone):
        dose = f"{amount(each.value)} mg of " if each.value is not None else ""
        shown_at = each.at
        if shown_at is None:
            if None in left:
                left.remove(None)
            else:
                yield f"{dose}{drug.title} given at a time that it does not say"
            continue
        fitting = [at for at in left if at is not None and abs(at - shown_at) <= near]
        if fitting:
            left.remove(min(fitting, key=lambda at: abs(at - shown_at)))
        else:
            yield f"{dose}{drug.title} given at {moment(shown_at, zone)}"


def _newer_weight(call: Call, ours: Seen | None, zone: tzinfo) -> Iterator[str]:
    for each in weights(call, zone)[:1]:
        if each.at is None or each.value is None:
            continue
        words = f"a weight of {amount(each.value)} kg at {moment(each.at, zone)}"
        if ours is None or ours.at is None or ours.value is None:
            yield f"{words}; there is none in toxmon"
        elif each.at > ours.at and abs(each.value - ours.value) >= SAME_WEIGHT:
            had = f"{amount(ours.value)} kg at {moment(ours.at, zone)}"
            yield f"{words}; in toxmon it is {had}"
