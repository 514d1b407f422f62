"""The few parts of FHIR R4 that are read here: codes, amounts of a drug, instants, references.

Nothing here raises: what cannot be read is None, and the caller says so. An amount is taken only
where it is certain; a rate for each kg, a volume or a number of tablets is no amount in mg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from toxmon.dosing.mass import TO_MG
from toxmon.ehr.cds_calls import Call, Resource, is_patient
from toxmon.protocol import Drug

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
SENT_IN_MG = {**TO_MG, **dict.fromkeys(("mcg", "\u00b5g", "\u03bcg"), TO_MG["ug"])}
"""Units as they are sent; both micro signs of Unicode are."""
TO_KG = {"kg": Decimal(1), "g": Decimal("0.001"), "[lb_av]": Decimal("0.45359237")}
TELLING = frozenset({*SENT_IN_MG, "ml", "l", "mg/kg", "g/kg"})
"""Words for a unit that must not stand beside the code of another one."""
MOST_MG, MOST_PLACES = Decimal(1_000_000), 9
OTHER_FORM = "other_form"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in mg, or None and why there is none."""

    mg: Decimal | None = None
    why: str | None = None


def codings(concept: Any) -> Iterator[tuple[str | None, str | None, str | None]]:
    """(system, code, display) of a CodeableConcept."""
    listed = concept.get("coding") if isinstance(concept, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield text(each.get("system")), text(each.get("code")), text(each.get("display"))


def decimal(value: Any) -> Decimal | None:
    """A number as it was sent, exactly; None for anything else, or one of absurd size."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    if not number.is_finite() or len(number.as_tuple().digits) > 20:
        return None
    return number if -MOST_PLACES <= number.adjusted() <= MOST_PLACES else None


def in_mg(quantity: Any) -> Amount:
    """An amount of a drug in mg: from mg, g or micrograms; never from mg/kg or mL."""
    if not isinstance(quantity, dict) or quantity.get("value") is None:
        return Amount()
    unit = _unit(quantity)
    if unit is None:
        return Amount(why="it has no unit, or two")
    value = decimal(quantity["value"])
    if value is None or value <= 0 or quantity.get("comparator") is not None:
        return Amount(why="it is not a certain amount")
    if unit.partition("/")[0] in SENT_IN_MG and "/" in unit:
        return Amount(why="it is a dose for each kg, and not an amount")
    if unit not in SENT_IN_MG:
        return Amount(why="it is not in mg or g")
    mg = value * SENT_IN_MG[unit]
    return Amount(mg) if mg <= MOST_MG else Amount(why="it is not a certain amount")


def kilograms(quantity: Any) -> Decimal | None:
    """A weight in kg."""
    if not isinstance(quantity, dict):
        return None
    value, unit = decimal(quantity.get("value")), _unit(quantity)
    if value is None or value <= 0 or quantity.get("comparator") is not None or unit not in TO_KG:
        return None
    return value * TO_KG[unit]


def instant(value: Any, zone: tzinfo) -> datetime | None:
    """A FHIR dateTime as an instant. A day alone is its beginning at the site."""
    if not isinstance(value, str):
        return None
    try:
        if _DAY.fullmatch(value):
            return datetime.combine(datetime.fromisoformat(value).date(), time(), zone)
        found = datetime.fromisoformat(value)
        # What lies at the edge of the calendar has no other zone's time.
        return found if found.tzinfo is not None and 1900 <= found.year <= 2200 else None
    except ValueError:
        return None


def named(resource: Resource, drug: Drug, others: Mapping[str, Resource] | None = None) -> bool:
    """Is this order or dose one of the drug, by its code, or by its name where no code is known?"""
    return kind_of(resource, drug, others) is not None


def kind_of(
    resource: Resource, drug: Drug, others: Mapping[str, Resource] | None = None
) -> str | None:
    """How the drug is named: a kind of its RxNorm codes, `name`, or None where it is not.

    `others`: resources of the same call by reference, among which a Medication may stand.
    """
    concepts = list(_concepts(resource, others or {}))
    coded = [each for concept in concepts for each in codings(concept)]
    found = [drug.kind_of(code) for system, code, _ in coded if system == RXNORM and code]
    kinds = [kind for kind in found if kind is not None]
    if kinds:
        return OTHER_FORM if OTHER_FORM in kinds else kinds[0]
    texts = [display for _, _, display in coded]
    texts += [text(concept.get("text")) for concept in concepts if isinstance(concept, dict)]
    reference = resource.get("medicationReference")
    if isinstance(reference, dict):
        texts.append(text(reference.get("display")))
    return "name" if any(_says(each, drug) for each in texts if each) else None


def refers_to(resource: Resource, call: Call) -> bool:
    """Is a fetched resource of this patient? One that says no patient was fetched for this one."""
    for name in ("subject", "patient"):
        subject = resource.get(name)
        reference = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(reference, str) and not is_patient(reference, call.patient, call.server):
            return False
    return True


def _concepts(resource: Resource, others: Mapping[str, Resource]) -> Iterator[Any]:
    """What says which drug it is, in the resource itself or in a Medication that it refers to."""
    yield resource.get("medicationCodeableConcept")
    reference = resource.get("medicationReference")
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str):
        return
    contained = resource.get("contained")
    for each in contained if isinstance(contained, list) else ():
        if isinstance(each, dict) and target == f"#{each.get('id')}":
            yield each.get("code")
    if target in others:
        yield others[target].get("code")


def _says(words: str, drug: Drug) -> bool:
    """Does a text have one of the drug's names as a word of its own?"""
    folded = words.casefold()
    return any(
        # A suffix of a biosimilar that is not listed yet is the same drug.
        re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", folded) is not None
        for name in drug.rules.names
    )


def _unit(quantity: Mapping[str, Any]) -> str | None:
    """The unit, by its UCUM code, else by its words; None where the two say different things."""
    code, words = text(quantity.get("code")), text(quantity.get("unit"))
    if code is None:
        return words.casefold() if words is not None and words.casefold() in SENT_IN_MG else words
    if quantity.get("system") not in (None, UCUM):
        return None
    folded = words.casefold() if words is not None else None
    if folded in TELLING and folded != code.casefold():
        same = folded in SENT_IN_MG and SENT_IN_MG[folded] == SENT_IN_MG.get(code)
        return code if same else None
    return code


def text(value: Any) -> str | None:
    """A text that is not empty, None for anything else."""
    return value.strip() if isinstance(value, str) and value.strip() else None
