"""What the demo says of doses, limits and guidance: at whom to look, and with which command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping

from toxmon.demo.client import BASE
from toxmon.demo.dose_cases import DOSE_MG
from toxmon.demo.ward import Patient

SHOWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "severe_icans": (
        "ICANS of grade 3 now, dexamethasone every 6 h: what is advised, and where guidelines "
        "differ",
        ("toxmon guidance {mrn}",),
    ),
    "icans_alone": (
        "ICANS without CRS: tocilizumab is not indicated",
        ("toxmon toci {mrn}", "toxmon guidance {mrn}"),
    ),
    "charted_twice": (
        "a dose that was charted twice, by nurse and ordering system: one or two?",
        ("toxmon toci {mrn}",),
    ),
    "gained": (
        "heavier by more than 5 % than a day before: is that weight right?",
        ("toxmon toci {mrn}",),
    ),
    "steroids": (
        "steroids for the fifth day, in dexamethasone equivalents",
        ("GET {base}/patients/{mrn_id}/dosing/steroids",),
    ),
    "prevention": (
        "months after a product that aims at BCMA: IgG 380 mg/dL, CD4 190/uL, infections",
        ("GET {base}/patients/{mrn_id}/prevention",),
    ),
}
"""By the name of a case: what there is to see, and how."""
THREE_DOSES = "three_doses"


def pointing(
    address: str,
    database_url: str,
    tokens: Mapping[str, str],
    patients: Iterable[Patient],
    patient_ids: Mapping[str, str],
) -> str:
    """The words, ready to print."""
    by_name = {one.shows: one for one in patients if one.shows}
    full = by_name[THREE_DOSES]
    lines = [
        f"Doses: {full.mrn} ({full.name}) has had three doses of tocilizumab in the last 24 h. A",
        "fourth is refused with the same words and the same earliest time in a second terminal,",
        "by the API, and to the ordering system that is about to sign it (CDS Hooks):",
        "",
        f"export TOXMON_DATABASE_URL={shlex.quote(database_url)}",
        f"toxmon toci {full.mrn} --dose {DOSE_MG}",
        *refusals(address, tokens, patient_ids[full.mrn]),
        "",
        "Others to look at there:",
        "",
    ]
    for name, (words, commands) in SHOWN.items():
        one = by_name[name]
        lines.append(f"- {one.mrn} {one.name}: {words}")
        lines += (
            "  " + each.format(base=BASE, mrn=one.mrn, mrn_id=patient_ids[one.mrn])
            for each in commands
        )
    return "\n".join((*lines, f"- Vials against patients: GET {BASE}/stock?unit=bmt-1", ""))


def refusals(address: str, tokens: Mapping[str, str], patient_id: str) -> tuple[str, str]:
    """Two commands that are answered with a refusal: to the API, and as an ordering system."""
    path = f"{BASE}/patients/{patient_id}/dosing/tocilizumab/check"
    dose = {"dose": {"value": DOSE_MG, "unit": "mg"}}
    return (
        _post(address, path, tokens["pharmacist"], dose),
        _post(address, "/cds-services/toxmon-dose", tokens["integration"], signing(patient_id)),
    )


def signing(patient_id: str) -> dict[str, object]:
    """What an ordering system sends when an order of tocilizumab is about to be signed."""
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    ucum = "http://unitsofmeasure.org"
    order = {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "medicationCodeableConcept": {"coding": [{"system": rxnorm, "code": "612865"}]},
        "dosageInstruction": [
            {
                "doseAndRate": [
                    {
                        "doseQuantity": {
                            "value": DOSE_MG,
                            "unit": "mg",
                            "code": "mg",
                            "system": ucum,
                        }
                    }
                ]
            }
        ],
    }
    return {
        "hook": "order-sign",
        "hookInstance": "00000000-0000-4000-8000-000000000001",
        "context": {
            "userId": "Practitioner/demo",
            "patientId": patient_id,
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
    }


def _post(address: str, path: str, token: str, body: object) -> str:
    sign_in = f"-H {shlex.quote('Authorization: Bearer ' + token)}"
    data = shlex.quote(json.dumps(body, separators=(",", ":")))
    return f"curl -s {sign_in} -H 'Content-Type: application/json' -d {data} {address}{path}"
