"""What a system posts is taken if it is signed, once, and only as far as it says what it means."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.hooks.conftest import OLD, PLAIN, Site, message, observed
from toxmon.actions.verify import verify
from toxmon.saved import load_value
from toxmon.store import facts


def values(site: Site, patient: str, kind: str = "body_temperature") -> list[str]:
    with site.api.service.store.reading():
        rows = facts.standing_of_kind(site.api.service.store, patient, kind)
    return [str(load_value(row["value"])) for row in rows]


@pytest.mark.conforms("hook-in", by="standardwebhooks")
def test_a_signed_message_is_charted_and_graded(site: Site) -> None:
    patient = site.api.treated()
    number = site.api.get(f"/patients/{patient}").body["identifiers"][0]
    body = {
        "patient": number,
        "observations": [observed()],
        "doses": [
            {
                "id": "d-1",
                "medication": "tocilizumab",
                "value": 560,
                "unit": "mg",
                "route": "iv",
                "given_at": "2026-03-01T07:45:00Z",
            }
        ],
    }
    answer = site.standard(body)
    assert answer.status == 200, answer.body
    assert [each["outcome"] for each in answer.body["results"]] == ["charted", "charted"]
    assert values(site, patient) == ["38.6"]
    assert values(site, patient, "administration") == ["tocilizumab"]
    grades = site.api.get(f"/patients/{patient}/grades?as_of=2026-03-01T08:00:00Z").body
    assert grades["grades"]["crs"]["low"] == 1
    assert verify(site.api.service, lambda *_: None) == []


@pytest.mark.hazard("H51")
def test_the_same_message_again_has_no_effect(site: Site) -> None:
    patient = site.api.patient()
    first = site.standard(message(), id_="msg_a")
    site.clock.forward(minutes=10)
    again = site.standard(message(), id_="msg_a")
    assert again.body["results"] == first.body["results"]
    assert (again.body["duplicate"], again.body["message"]) == (True, first.body["message"])
    other = site.standard(message(observed(value=39.9)), id_="msg_a")
    assert other.status == 409
    assert values(site, patient) == ["38.6"]
    plain = {"patient": {"system": "urn:mrn", "value": "I1"}, "observations": [observed()]}
    inside = site.api.patient("I1", unit="icu")
    assert site.plain(plain).body["duplicate"] is False
    assert site.plain(plain).body["duplicate"] is True
    assert values(site, inside) == ["38.6"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"off": -301}, "behind our clock"),
        ({"off": 301}, "ahead of our clock"),
        ({"secret": bytes(32)}, "no signature is right"),
        ({"webhook_id": "other"}, "no signature is right"),
        ({"webhook_id": ""}, "webhook-id is missing"),
        ({"webhook_timestamp": ""}, "webhook-timestamp is missing"),
        ({"webhook_timestamp": "soon"}, "no number of seconds"),
        ({"webhook_timestamp": "9" * 5_000}, "no number of seconds"),
        ({"webhook_signature": ""}, "webhook-signature is missing"),
        ({"webhook_signature": "v1,AAAA"}, "has no v1,BASE64"),
        ({"webhook_signature": "v1a,AAAA"}, "has no v1,BASE64"),
        ({"webhook_signature": "v1,\N{LATIN SMALL LETTER E WITH ACUTE}"}, "has no v1,BASE64"),
    ],
)
@pytest.mark.conforms("hook-in")
def test_what_is_not_signed_as_agreed_is_refused(
    site: Site, how: dict[str, Any], says: str
) -> None:
    patient = site.api.patient()
    answer = site.standard(message(), **how)
    assert (answer.status, says in answer.body["detail"]) == (401, True), answer.body
    assert values(site, patient) == []


def test_at_the_ends_of_the_window_and_with_the_older_secret(site: Site) -> None:
    site.api.patient()
    assert site.standard(message(), off=-300).status == 200
    assert site.standard(message(), off=300).status == 200
    assert site.standard(message(), secret=OLD).status == 200


@pytest.mark.conforms("hook-in")
def test_other_ways_to_sign(site: Site) -> None:
    site.api.patient()
    assert site.plain(message(), secret="a-secret-of-somebody-else").status == 401
    outside = site.plain(message())
    assert outside.body["results"][0]["held"]["reason"] == "out_of_reach"
    raw = (
        b"MSH|^~\\&|LAB|HOSP|TOXMON|SITE|20260301080000+0000||ORU^R01^ORU_R01|m1|P|2.5.1\r"
        b"PID|||A1^^^urn:mrn\r"
    )
    body = {"Content-Type": "application/hl7-v2", "Authorization": f"Bearer {PLAIN}"}
    answer = site.post("engine", raw, body)
    assert b"MSA|" in answer.raw
    wrong = site.post("engine", raw, {**body, "Authorization": "Bearer x" * 9})
    assert wrong.status == 401
    assert PLAIN not in wrong.raw.decode()
    assert site.post("quiet", b"{}", {}).status == 404
    assert site.post("nobody", b"{}", {}).status == 404


def test_a_resource_of_fhir_is_taken_from_who_has_the_token(site: Site) -> None:
    patient = site.api.patient()
    body = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
        "subject": {"identifier": {"system": "urn:mrn", "value": "A1"}},
        "effectiveDateTime": "2026-03-01T07:30:00Z",
        "valueQuantity": {
            "value": 38.6, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel",
        },
    }  # fmt: skip
    headers = {"X-Token": PLAIN, "Content-Type": "application/fhir+json"}
    answer = site.post("server", orjson.dumps(body), headers)
    assert answer.status in (200, 201), answer.raw
    assert values(site, patient) == ["38.6"]
    assert site.post("server", orjson.dumps(body), headers).status in (200, 201)
    assert values(site, patient) == ["38.6"]
    assert site.post("server", b"{", headers).status == 400
    assert site.post("server", b"[]", headers).status in (400, 422)
    assert site.post("server", orjson.dumps(body), {"X-Token": "x" * 20}).status == 401


def test_a_code_that_nobody_has_mapped_waits_and_the_rest_is_charted(site: Site) -> None:
    patient = site.api.patient()
    unknown = observed(id="r-2", code={"system": "99LAB", "code": "XX", "display": "Odd"})
    answer = site.standard(message(observed(), unknown))
    outcomes = [each["outcome"] for each in answer.body["results"]]
    assert outcomes == ["charted", "held"]
    assert answer.body["results"][1]["held"]["reason"] == "unknown_code"
    assert values(site, patient) == ["38.6"]
    withdrawn = site.standard(message(observed(status="withdrawn")))
    assert withdrawn.body["results"][0]["outcome"] == "withdrawn"
    assert values(site, patient) == []


def test_a_patient_who_is_told_of_is_on_record(site: Site) -> None:
    body = message()
    waiting = site.standard(body)
    assert waiting.body["results"][0]["held"]["reason"] == "unknown_patient"
    patient = {**body["patient"], "name": "A. Example", "birth_date": "1961-05-02", "ward": "bmt-1"}
    answer = site.standard({"patient": patient})
    assert answer.body["arrived"][0]["created"] is True
    assert values(site, answer.body["arrived"][0]["patient"]) == ["38.6"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], {"", "/patient"}),
        ({}, {"/patient"}),
        ({"patient": {"system": "urn:mrn", "value": "A1"}}, {""}),
        (message(observed(value={"a": 1})), {
            "/observations/0/value/a", "/observations/0/value/system", "/observations/0/value/code",
        }),
        (message(observed(effective_at="2026-03-01T07:30:00")), {"/observations/0/effective_at"}),
        (message(observed(effective_at=None, code=None)), {
            "/observations/0/effective_at", "/observations/0/code",
        }),
        (message(observed(status="maybe", odd=1, value=[])), {
            "/observations/0/status", "/observations/0/odd", "/observations/0/value",
        }),
        (message(3), {"/observations/0"}),
        ({**message(), "observations": {}}, {"/observations"}),
        ({**message(), "doses": [{"value": "1", "given_at": "2026-13-01T00:00:00Z"}]}, {
            "/doses/0/value", "/doses/0/given_at", "/doses/0/code",
        }),
        (message(patient={"system": 3, "birth_date": "1961-02-30", "sex": "x"}), {
            "/patient/system", "/patient/value", "/patient/birth_date", "/patient/sex",
        }),
        (message(observed(effective_at="0001-01-01T00:00:00+14:00")), {
            "/observations/0/effective_at",
        }),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_every_place_and_kept(
    site: Site, body: Any, pointers: set[str]
) -> None:
    patient = site.api.patient()
    answer = site.standard(body)
    assert answer.status == 422, answer.body
    assert {each["pointer"] for each in answer.body["errors"]} == pointers
    assert answer.body["message"]
    assert values(site, patient) == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"a": 1, "a": 2}', b"[" * 500])
def test_what_is_no_json_is_kept_and_told(site: Site, raw: bytes) -> None:
    answer = site.standard(raw)
    assert answer.status == 400, answer.body
    assert answer.body["message"]
    assert site.standard(raw).body["message"] == answer.body["message"]


def test_only_posts_and_not_too_large(site: Site) -> None:
    assert site.api.client.get("/hooks/lab").status_code == 405
    assert site.standard(b" " * (4 * 1024 * 1024 + 1)).status == 413
