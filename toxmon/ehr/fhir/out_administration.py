"""A charted dose, and the infusion that begins a treatment, as a MedicationAdministration."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from toxmon.ehr.fhir.codes_out import MEDICATION, PRODUCT, RXNORM, UCUM, coding, concept
from toxmon.ehr.fhir.crawl import Page, Place, by_id, instant, number, placed
from toxmon.ehr.fhir.out_observation import bounds, order
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.protocol import Protocols
from toxmon.saved import load_value
from toxmon.store import Row, searching

DOSE, INFUSION = "administration", "infusion"
KINDS = (DOSE, INFUSION)
STATUS = {"started": "in-progress", "stopped": "stopped"}
"""The status of a dose that was not simply completed."""
RETRACTED = "entered-in-error"
INGREDIENT = "ingredient"


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """Doses and infusions of a patient from a place on."""
    if asked.ids is not None:
        return by_id(_by_ids(reader, lies, asked), after, room)
    by, newest_first = order(asked)
    begun = placed(after, instant, number)
    behind = None if begun is None else searching.Place(*begun)
    store = reader.service.store
    rows = searching.standing_facts(
        store,
        lies["patient_id"],
        bounds(asked, lies["told_at"], by, newest_first, behind),
        room + 1,
        kinds=KINDS,
    )
    shown = rows[:room]
    place = None
    if len(rows) > room:
        place = [shown[-1][by].isoformat(), shown[-1]["seq"]]
    roots = searching.roots(store, [row["id"] for row in shown])
    made = [
        resource(row, roots[row["id"]]["id"], roots[row["id"]]["before"] + 1, reader)
        for row in shown
    ]
    return Page([each for each in made if asked.matches(each)], place)


def _by_ids(reader: Reader, lies: Row, asked: Asked) -> list[Resource]:
    found = []
    for id_ in asked.ids or ():
        if searching.owner(reader.service.store, id_) == lies["patient_id"]:
            found += [each.resource for each in versions(reader, id_)[-1:]]
    return [each for each in found if asked.matches(each)]


def versions(reader: Reader, id_: str) -> list[Found]:
    """Every version, the first one first; none when there is no such dose."""
    chain = searching.chain(reader.service.store, id_)
    if not chain or chain[0]["replaces_id"] is not None or chain[0]["kind"] not in KINDS:
        return []
    reader.lies(chain[0]["patient_id"])
    return [
        Found(row["patient_id"], resource(row, id_, place, reader))
        for place, row in enumerate(chain, 1)
    ]


def resource(row: Row, first_id: str, version: int, reader: Reader) -> Resource:
    """The MedicationAdministration that a fact is the `version`th of."""
    detail = orjson.loads(row["detail"]) if row["detail"] else {}
    status = STATUS.get(detail.get("status") or "", "completed")
    return without_nothing(
        {
            "resourceType": "MedicationAdministration",
            "id": first_id,
            "meta": meta(version, row["recorded_at"]),
            "status": RETRACTED if row["status"] == RETRACTED else status,
            "medicationCodeableConcept": _medication(row, detail, reader.service.protocols),
            "subject": reference("Patient", row["patient_id"]),
            **_when(row, detail),
            "performer": [{"actor": {"display": row["recorded_by"]}}],
            "dosage": _dosage(detail),
        }
    )


def _when(row: Row, detail: dict[str, Any]) -> dict[str, Any]:
    if detail.get("time_unknown"):  # The latest that it can have been.
        return {"effectivePeriod": {"end": row["effective_at"]}}
    if row["until_at"] is not None:
        return {"effectivePeriod": {"start": row["effective_at"], "end": row["until_at"]}}
    return {"effectiveDateTime": row["effective_at"]}


def _medication(row: Row, detail: dict[str, Any], protocols: Protocols) -> dict[str, Any]:
    """What was given: RxNorm of the ingredient where it is known, our name, and what was sent."""
    if row["kind"] == INFUSION:
        name = detail.get("product") or _value(row)
        product = protocols.products.get(name)
        title = product.title if product is not None else name
        return concept(title, coding(PRODUCT, name, title))
    name = detail.get("medication") or _value(row)
    drug = protocols.drug(name)
    known = []
    if drug is not None:
        ingredients = [each for each in drug.codes if each.kind == INGREDIENT]
        known = [coding(RXNORM, code) for each in ingredients[:1] for code in each.codes[:1]]
    sent = detail.get("as_sent") or name
    return concept(name if sent.isdecimal() else sent, *known, coding(MEDICATION, name))


def _value(row: Row) -> str:
    return "unknown" if row["value"] is None else str(load_value(row["value"]))


def _dosage(detail: dict[str, Any]) -> dict[str, Any] | None:
    dose, route = detail.get("dose"), detail.get("route")
    if not dose and not route:
        return None
    found: dict[str, Any] = {}
    if route:
        found["route"] = concept(route)
    if dose:
        unit = dose["unit"]
        code = {"unit": unit, "system": UCUM, "code": unit}
        found["dose"] = {"value": Decimal(dose["value"]), **code}
    return {"text": _words(dose, route), **found}


def _words(dose: dict[str, Any] | None, route: str | None) -> str:
    much = f"{dose['value']} {dose['unit']}" if dose else ""
    return " ".join(each for each in (much, route) if each)
