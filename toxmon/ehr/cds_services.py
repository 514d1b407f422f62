"""What each service answers: the cards for a call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Service, dosing
from toxmon.actions.weights import weight_at
from toxmon.ehr.cds_calls import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Call
from toxmon.ehr.cds_cards import Card, advice_card, dose_card, unknown_card
from toxmon.ehr.cds_identity import Two, patient_of
from toxmon.ehr.cds_memory import Told, tell
from toxmon.ehr.cds_orders import Draft, drafts_of
from toxmon.ehr.cds_prefetch import Ours, Seen, not_in_toxmon, not_seen
from toxmon.ehr.cds_status import status
from toxmon.protocol import Drug
from toxmon.store import Row

CHECKED = ("tocilizumab",)
"""Drugs whose drafts are checked. The others have rules too, and no limit that a card may say."""

PATIENT = "Patient/{{context.patientId}}"
FETCHED = {
    "patient": PATIENT,
    "weight": "Observation?patient={{context.patientId}}"
    "&code=http://loinc.org|29463-7,http://loinc.org|3141-9&_sort=-date&_count=3",
    "given": "MedicationAdministration?patient={{context.patientId}}"
    "&_sort=-effective-time&_count=200",
}
DESCRIBED: tuple[dict[str, Any], ...] = (
    {
        "hook": ORDER_SIGN,
        "id": "toxmon-dose",
        "title": "CAR-T: limits of tocilizumab",
        "description": "Before an order of tocilizumab is signed: the doses given, the interval, "
        "the weight. Says nothing when the dose is within the limits.",
        "prefetch": FETCHED,
        "usageRequirements": "The patient is known to toxmon by an identifier that the Patient has",
    },
    {
        "hook": ORDER_SELECT,
        "id": "toxmon-dose-select",
        "title": "CAR-T: doses left of tocilizumab",
        "description": "While an order of tocilizumab is chosen: how many doses are left, and the "
        "earliest time.",
        "prefetch": FETCHED,
        "usageRequirements": "The patient is known to toxmon by an identifier that the Patient has",
    },
    {
        "hook": PATIENT_VIEW,
        "id": "toxmon-status",
        "title": "CAR-T: toxicity now",
        "description": "When a chart is opened: open grades, doses near their limit, what is "
        "overdue. Says nothing of a patient with whom nothing is the matter.",
        "prefetch": {"patient": PATIENT},
        "usageRequirements": "The patient is known to toxmon by an identifier that the Patient has",
    },
)
SERVICES = {each["id"]: each for each in DESCRIBED}
NOT_KNOWN = "because this patient is not known here"
TWO_PATIENTS = "because the identifiers belong to two patients here"


def cards_for(service: Service, actor: Actor, service_id: str, call: Call) -> list[Card]:
    """The cards of a call; none when there is nothing to say. Those told are kept.

    Raises Missing where it cannot be known which patient is meant.
    """
    now = service.clock()
    if call.hook == PATIENT_VIEW:
        return _status(service, actor, service_id, call, now)
    drugs = [dosing.drug_of(service, name) for name in CHECKED]
    drafts = drafts_of(call, drugs, now, service.zone)
    if not drafts:
        return []
    try:
        with service.store.reading():
            head = patient_of(service, actor, call)
    except Two:
        return [unknown_card(each, TWO_PATIENTS) for each in drafts]
    if head is None:
        return [unknown_card(each, NOT_KNOWN) for each in drafts]
    told = [
        found
        for number, draft in enumerate(drafts)
        if (found := _checked(service, actor, call, head, draft, _beside(drafts, number)))
    ]
    return tell(service, actor, head["id"], service_id, call, told)


def _status(
    service: Service, actor: Actor, service_id: str, call: Call, now: datetime
) -> list[Card]:
    try:
        with service.store.reading():
            head = patient_of(service, actor, call)
    except Two:
        return []
    found = None if head is None else status(service, actor, head["id"], CHECKED, now)
    if head is None or found is None:
        return []
    return tell(service, actor, head["id"], service_id, call, [found])


def _beside(drafts: list[Draft], number: int) -> int:
    """How many other drafts of the same drug are in this call."""
    drug = drafts[number].drug
    return sum(each.drug is drug for each in drafts) - 1


def _checked(
    service: Service, actor: Actor, call: Call, head: Row, draft: Draft, beside: int
) -> Told | None:
    """What is to be told of one draft."""
    answer = dosing.told(
        service, actor, head["id"], draft.drug.name, draft.asked, action="read.dosing.card"
    )
    zone = service.zone
    shown = not_in_toxmon(call, draft.drug, _ours(service, head, draft.drug, answer), zone)
    if beside:
        draft = draft.saying(
            f"There are {beside + 1} drafts of it; each was checked as if it were the only one."
        )
    if call.hook == ORDER_SELECT and not draft.has_dose and answer["allowed"]:
        card: Card | None = advice_card(draft, answer, shown)
    else:
        card = dose_card(draft, answer, shown, not_seen(call), zone)
    rested_on = {name: each for name, each in answer.items() if name != "by_policy"}
    return None if card is None else Told(card, rested_on, draft.reference)


def _ours(service: Service, head: Row, drug: Drug, answer: dict[str, Any]) -> Ours:
    """What the record has of what the ordering system may show."""
    with service.store.reading():
        weighed = weight_at(service, head["id"], service.clock())
    return Ours(
        doses=tuple(each["at"] for each in answer["given"]),
        weight=Seen(weighed.at, weighed.kg) if weighed is not None else None,
        born=head["birth_date"],
    )
