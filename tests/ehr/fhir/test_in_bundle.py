"""Transactions and batches, conditional creates and updates; on each database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from tests.conftest import Api, Clock
from tests.ehr.fhir.sender import (
    Resource,
    Sender,
    bundle,
    entry,
    numbered,
    observation,
    pressure,
    quantity,
    sender,
)
from tests.ehr.fhir.told import Hospital

URL = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
NEW = {"resourceType": "Patient", "identifier": numbered("N1", "urn:mrn")}
KEPT = ("message", "held", "origin", "fact", "patient", "access")


@pytest.fixture
def ehr(api: Api, clock: Clock) -> Sender:
    """A sender before each of the two databases."""
    return sender(api, clock)


@pytest.fixture
def one(before_one: Hospital) -> Sender:
    """A sender before a standing ward, where no query is asked that others do not test."""
    return sender(before_one.api, before_one.clock)


def counts(ehr: Sender) -> dict[str, int]:
    """How many rows there are of everything that a message can add."""
    store = ehr.api.service.store
    return {name: store.query(f"select count(*) as n from {name}")[0]["n"] for name in KEPT}


def statuses(reply: Any) -> list[str]:
    return [each["response"]["status"].split()[0] for each in reply.body["entry"]]


def hour() -> list[Resource]:
    """A patient who is new, and three results."""
    about = {"subject": {"reference": URL}}
    return [
        entry(NEW, fullUrl=URL, ifNoneExist="identifier=urn:mrn|N1"),
        entry(observation(38.6, identifier=numbered("1"), **about)),
        entry(pressure(84, 50, **about)),
        entry(observation(12, "mg/L", "1988-5", id="crp-1", **about), "PUT", "Observation/crp-1"),
        entry({"resourceType": "Claim", "status": "active"}),
    ]


@pytest.mark.conforms("fhir-transaction")
def test_a_transaction_is_answered_in_its_order(ehr: Sender) -> None:
    reply = ehr.post(bundle("transaction", *hour()))
    assert reply.status == 200, reply.body
    assert reply.body["type"] == "transaction-response"
    assert statuses(reply) == ["201", "201", "201", "201", "200"]
    [told] = reply.body["entry"][4]["response"]["outcome"]["issue"]
    assert told["severity"] == "information"
    assert told["expression"] == ["Bundle.entry[4].resource"]
    again = ehr.post(bundle("transaction", *hour()))
    assert statuses(again) == ["200"] * 5
    for before, after in zip(reply.body["entry"], again.body["entry"], strict=True):
        was, now = (each["response"].get("location", "").split("/") for each in (before, after))
        assert was[:-1] == now[:-1]
    arrived = reply.body["entry"][0]["response"]["location"].split("/")[-3]
    values = ehr.api.get(f"/patients/{arrived}/observations").body["items"]
    assert sorted(each["value"] for each in values) == [12, 38.6, 50, 84]


BROKEN: list[Resource] = [
    entry(observation("38.6", identifier=numbered("bad"))),
    entry(observation(status="done")),
    entry(observation(effectiveDateTime="2026-04-01T00:00:00Z")),
    entry(observation(), "DELETE", "Observation/1"),
    entry(observation(), "GET", "Observation?code=x"),
    entry(observation(id="x"), "PUT", "Observation/y"),
    entry(observation(), "POST", "Patient"),
    entry(observation(), "POST", "Observatoin"),
    entry(observation(identifier=numbered("9")), ifNoneExist="code=x"),
    entry(observation(id="new"), "PUT", "Observation/new", ifMatch='W/"1"'),
    {"resource": observation()},
    entry({"resourceType": "Patient", "identifier": [{"value": "no system"}]}),
]


@pytest.mark.hazard("H52")
@pytest.mark.conforms("fhir-transaction")
def test_one_broken_entry_at_each_place_keeps_nothing(ehr: Sender) -> None:
    before = counts(ehr)
    places = range(len(hour()) + 1)
    for place, broken in ((place, broken) for place in places for broken in BROKEN):
        entries = hour()
        entries.insert(place, broken)
        reply = ehr.post(bundle("transaction", *entries))
        assert 400 <= reply.status < 500, (broken, reply.body)
        assert reply.body["resourceType"] == "OperationOutcome"
        [where] = reply.body["issue"][0]["expression"]
        assert where.startswith(f"Bundle.entry[{place}]"), (broken, where)
        assert counts(ehr) == before


@pytest.mark.hazard("H52")
@pytest.mark.conforms("fhir-batch")
def test_in_a_batch_each_entry_stands_alone(ehr: Sender) -> None:
    good = [
        entry(observation(37 + place, effectiveDateTime=f"2026-03-01T07:0{place}:00Z"))
        for place in range(3)
    ]
    reply = ehr.post(bundle("batch", *good, *BROKEN))
    assert reply.status == 200
    assert reply.body["type"] == "batch-response"
    found = statuses(reply)
    assert found[:3] == ["201"] * 3
    future = found[5]
    assert future == "202", "what can be read, and not be charted, waits"
    assert all(each >= "400" for each in (*found[3:5], *found[6:])), found
    for told in reply.body["entry"][3:]:
        assert told["response"]["outcome"]["issue"][0]["expression"][0].startswith("Bundle.entry[")
    assert ehr.values("body_temperature") == [37, 38, 39]


@pytest.mark.parametrize("kind", ["collection", "document", "searchset", "history", None, 7])
def test_another_bundle_is_not_taken(one: Sender, kind: Any) -> None:
    assert one.post({**bundle("x"), "type": kind}).status == 422


@pytest.mark.conforms("fhir-conditional-create")
def test_a_conditional_create_three_ways(ehr: Sender) -> None:
    named = numbered("7")
    once = {"If_None_Exist": "identifier=urn:lab|7"}
    first = ehr.post(observation(38.6, identifier=named), **once)
    again = ehr.post(observation(40.1, identifier=named), **once)
    assert (first.status, again.status) == (201, 200)
    assert again.body["valueQuantity"]["value"] == 38.6, "what is on record, and not what was sent"
    assert ehr.values("body_temperature") == [38.6]
    other = observation(39, identifier=numbered("8"), effectiveDateTime="2026-03-01T07:10:00Z")
    assert ehr.post(other).status == 201
    several = "identifier=urn:lab|7,urn:lab|8"
    assert ehr.post(observation(), If_None_Exist=several).status == 412
    assert ehr.post(observation(), If_None_Exist="code=8310-5").status == 412
    assert ehr.send("POST", "/fhir/Observation?identifier=a|7", observation()).status == 400


@pytest.mark.conforms("fhir-conditional-create")
def test_a_conditional_create_by_many_at_once_is_one(ehr: Sender) -> None:
    once = {"If_None_Exist": "identifier=urn:lab|7"}
    app = ehr.api.app

    def post(value: int) -> int:
        from dataclasses import replace

        own = replace(ehr, api=replace(ehr.api, client=app.test_client()))
        return own.post(observation(value, identifier=numbered("7")), **once).status

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(post, [37, 38, 39, 40]))
    assert found == [200, 200, 200, 201]
    assert len(ehr.facts("body_temperature")) == 1


@pytest.mark.conforms("fhir-update")
def test_an_update_by_the_senders_own_id(ehr: Sender) -> None:
    sent = observation(38.6, id="their-1")
    first = ehr.put(sent)
    assert first.status == 201
    assert first.body["id"] == "their-1"
    read = ehr.send("GET", "/fhir/Observation/their-1")
    assert (read.status, read.body["id"], read.headers["ETag"]) == (200, "their-1", 'W/"1"')
    assert ehr.api.get("//fhir/Observation/their-1", by="physician").status == 404
    given = ehr.facts("body_temperature")[0]["id"]
    assert ehr.put(observation(39.1, id="their-1")).headers["ETag"] == 'W/"2"'
    assert ehr.send("GET", "/fhir/Observation/their-1/_history").body["total"] == 2
    stale = ehr.put(observation(40, id="their-1"), If_Match='W/"1"')
    assert stale.status == 412
    newest = ehr.put(observation(40, id="their-1"), If_Match='W/"2"')
    assert newest.status == 200
    assert ehr.put(observation(41, id=given), If_Match='W/"3"').status == 200
    assert ehr.values("body_temperature") == [41]
    bare = {"resourceType": "Observation", "id": "their-1", "status": "entered-in-error",
            "code": {"text": "wrong"}}  # fmt: skip
    assert ehr.put(bare).status == 200
    assert ehr.values("body_temperature") == []


@pytest.mark.hazard("H51")
def test_an_identifier_and_an_id_name_one_resource(ehr: Sender) -> None:
    """An update with both, then with the id alone, then a create with the number alone."""
    named = numbered("7")
    assert ehr.put(observation(38.6, id="a", identifier=named)).status == 201
    assert ehr.put(observation(39.0, id="a")).status == 200
    assert ehr.values("body_temperature") == [39]
    assert ehr.post(observation(39.5, identifier=named, status="corrected")).status == 200
    assert ehr.values("body_temperature") == [39.5]
    bare = {"resourceType": "Observation", "id": "a", "status": "entered-in-error",
            "code": {"text": "wrong"}}  # fmt: skip
    assert ehr.put(bare).status == 200
    assert ehr.values("body_temperature") == []


@pytest.mark.conforms("fhir-update")
def test_a_conditional_update(one: Sender) -> None:
    path = f"/fhir/Observation?identifier=urn:lab:{one.number}|7"
    first = one.send("PUT", path, observation(38.6))
    assert first.status == 201
    again = one.send("PUT", path, observation(39.6))
    assert (again.status, again.headers["ETag"]) == (200, 'W/"2"')
    assert one.values("body_temperature") == [39.6]
    assert one.send("PUT", "/fhir/Observation?code=x", observation()).status == 412


def test_what_another_sender_said_is_not_changed(one: Sender) -> None:
    given = one.post(observation(38.6)).body["id"]
    other = Sender(one.api, one.clock, one.api.token("physician"), one.patient_id, one.number)
    assert other.put(observation(39.6, id=given)).status == 409
    charted = one.api.chart(one.patient_id, "2026-03-01T07:00:00Z", heart_rate=(90, "/min"))
    fact = charted.body["observations"][0]["id"]
    assert one.put(observation(100, "/min", "8867-4", id=fact)).status == 409
    assert one.values("heart_rate") == [90]


def test_who_may_send(one: Sender) -> None:
    for role in ("pharmacist", "auditor", "admin"):
        who = Sender(one.api, one.clock, one.api.token(role), one.patient_id)
        assert who.post(observation()).status == 403
        assert who.post(bundle("transaction")).status == 403
    nobody = Sender(one.api, one.clock, "no token", one.patient_id)
    reply = nobody.post(observation())
    assert (reply.status, reply.body["resourceType"]) == (401, "OperationOutcome")
    assert "WWW-Authenticate" in reply.headers


def test_out_of_reach_is_as_if_there_were_nobody(one: Sender) -> None:
    far = Sender(
        one.api, one.clock, one.api.token("integration", units=["elsewhere"]), one.patient_id
    )
    about = {"subject": {"reference": f"Patient/{one.patient_id}"}}
    assert far.post(observation(**about)).status == 202
    assert one.facts("body_temperature") == []


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/fhir+xml"}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/fhir+json; charset=latin-1"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"{", {}, 400),
        (b"", {}, 400),
        (b"[]", {}, 400),
        (b'{"resourceType": "Patient"}', {}, 400),
        (b'{"resourceType": "Observation", "resourceType": "Observation"}', {}, 400),
        (b'{"resourceType": "Observation", "x": NaN}', {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"resourceType": "Observation", "x": "%s"}' % (b"x" * 8 * 1024 * 1024), {}, 413),
    ],
)
def test_bodies_that_are_not_read(one: Sender, raw: bytes, headers: Any, status: int) -> None:
    sent = {"Content-Type": "application/fhir+json", **headers}
    reply = one.api.call("POST", "//fhir/Observation", raw=raw, by=one.token, headers=sent)
    assert reply.status == status, reply.body
    assert reply.body["resourceType"] == "OperationOutcome"


def test_nothing_is_deleted(one: Sender) -> None:
    given = one.post(observation()).body["id"]
    reply = one.send("DELETE", f"/fhir/Observation/{given}")
    assert reply.status == 405
    assert "entered-in-error" in reply.body["issue"][0]["diagnostics"]
    assert one.values("body_temperature") == [38.6]


def test_resources_find_each_other_by_address(one: Sender) -> None:
    """Absolute addresses, relative references beside them, and the id on their server later."""
    base = "https://ehr.example.org/fhir"
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": numbered(f"by address {one.number}", "urn:mrn"),
    }
    first = observation(subject={"reference": "Patient/p1"})
    reply = one.post(
        bundle(
            "transaction",
            entry(first, fullUrl=f"{base}/Observation/o1"),
            entry(patient, fullUrl=f"{base}/Patient/p1"),
        )
    )
    assert statuses(reply) == ["201", "201"]
    later = observation(39, subject={"reference": f"{base}/Patient/p1"},
                        effectiveDateTime="2026-03-01T07:40:00Z")  # fmt: skip
    assert one.post(later).status == 201
    elsewhere = observation(39, subject={"reference": "https://other.example.org/fhir/Patient/p1"})
    assert one.post(elsewhere).status == 202


def test_a_value_is_as_sent_to_the_last_digit(one: Sender) -> None:
    exact = observation() | {"valueQuantity": quantity(0, "[degF]")}
    raw = orjson.dumps(exact).replace(b'"value":0', b'"value":100.40000000000000')
    assert one.send("POST", "/fhir/Observation", raw=raw).status == 201
    assert one.values("body_temperature") == [38]
