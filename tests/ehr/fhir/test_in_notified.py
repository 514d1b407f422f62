"""Notifications of subscriptions, the older rest-hook, and messages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api, Clock
from tests.ehr.fhir.sender import Resource, Sender, coded, numbered, observation, sender
from tests.ehr.fhir.told import Hospital
from toxmon.store import messages, notified

SUBSCRIPTION = "https://ehr.example.org/fhir/Subscription/abc"
HOOK = "/hooks/fhir"


@pytest.fixture
def ehr(api: Api, clock: Clock) -> Sender:
    return sender(api, clock)


@pytest.fixture
def one(before_one: Hospital) -> Sender:
    """A sender before a standing ward, where no query is asked that others do not test."""
    return sender(before_one.api, before_one.clock)


def notification(
    kind: str, *resources: Resource, number: int | None = None, count: Any = None, **more: Any
) -> Resource:
    """A notification as the backport guide has it: numbers are texts."""
    parameters: list[Resource] = [
        {"name": "subscription", "valueReference": {"reference": SUBSCRIPTION}},
        {"name": "topic", "valueCanonical": "http://example.org/topic"},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
    ]
    if count is not None:
        name = "events-since-subscription-start"
        parameters.append({"name": name, "valueString": str(count)})
    if number is not None:
        part = [{"name": "event-number", "valueString": str(number)}]
        parameters.append({"name": "notification-event", "part": part})
    status = {"resource": {"resourceType": "Parameters", "parameter": parameters},
              "request": {"method": "GET", "url": f"{SUBSCRIPTION}/$status"}}  # fmt: skip
    entries = [
        {
            "fullUrl": f"https://ehr.example.org/fhir/{each['resourceType']}/{each['id']}",
            "resource": each,
            "request": {"method": "POST", "url": each["resourceType"]},
        }
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "history", "entry": [status, *entries], **more}


def said(reply: Any) -> str:
    return " ".join(issue["diagnostics"] for issue in reply.body["issue"])


def gaps(ehr: Sender) -> list[tuple[int, int]]:
    return [(row["first"], row["last"]) for row in notified.gaps(ehr.api.service.store)]


@pytest.mark.conforms("fhir-notification")
def test_a_subscription_from_its_handshake_on(ehr: Sender) -> None:
    assert ehr.send("POST", HOOK, notification("handshake")).status == 200
    assert ehr.send("POST", HOOK, notification("heartbeat", count=0)).status == 200
    first = observation(38.6, id="o1", meta={"versionId": "1"})
    told = ehr.send("POST", HOOK, notification("event-notification", first, number=1, count=1))
    assert (told.status, said(told)) == (200, "event-notification taken")
    again = ehr.send("POST", HOOK, notification("event-notification", first, number=1, count=1))
    assert again.status == 200
    second = observation(39.6, id="o1", meta={"versionId": "2"})
    ehr.send("POST", HOOK, notification("event-notification", second, number=2, count=2))
    late = ehr.send("POST", HOOK, notification("event-notification", first, number=1, count=1))
    assert "newer version" in said(late)
    assert ehr.values("body_temperature") == [39.6]
    assert gaps(ehr) == []


@pytest.mark.conforms("fhir-notification")
def test_an_event_that_has_not_come_is_missed(ehr: Sender) -> None:
    def event(number: int, value: float) -> Any:
        resource = observation(value, id=f"o{number}",
                               effectiveDateTime=f"2026-03-01T07:0{number}:00Z")  # fmt: skip
        return ehr.send("POST", HOOK, notification("event-notification", resource, number=number))

    event(1, 37)
    jumped = event(4, 38)
    assert "events 2 to 3 have not come" in said(jumped)
    beat = ehr.send("POST", HOOK, notification("heartbeat", count=6))
    assert "events 5 to 6 have not come" in said(beat)
    assert gaps(ehr) == [(2, 3)]
    event(3, 38)
    event(2, 38)
    assert gaps(ehr) == []


def test_ids_without_resources_are_kept_to_be_fetched(ehr: Sender) -> None:
    sent = notification("event-notification", number=1)
    sent["entry"].append({"fullUrl": "https://ehr.example.org/fhir/Observation/9",
                          "request": {"method": "POST", "url": "Observation"}})  # fmt: skip
    reply = ehr.send("POST", HOOK, sent)
    assert (reply.status, "to be fetched" in said(reply)) == (200, True)
    [waits] = notified.unfetched(ehr.api.service.store)
    assert (waits["subscription"], waits["n"]) == (SUBSCRIPTION, 1)
    everything = {"before": 10**9, "source": "%", "outcome": "%"}
    assert len(messages.page(ehr.api.service.store, everything, 10)) == 1


def test_a_resource_that_cannot_be_read_does_not_stop_the_others(ehr: Sender) -> None:
    good = observation(38.6, id="o1")
    bad = observation("39", id="o2")
    reply = ehr.send("POST", HOOK, notification("event-notification", bad, good, number=1))
    assert reply.status == 200
    [fault] = [each for each in reply.body["issue"] if each["severity"] == "error"]
    assert fault["expression"] == ["Bundle.entry[1].resource.valueQuantity.value"]
    assert ehr.values("body_temperature") == [38.6]
    kept = messages.page(
        ehr.api.service.store, {"before": 10**9, "source": "%", "outcome": "unreadable"}, 10
    )
    assert len(kept) == 1


def test_a_rest_hook_of_before(one: Sender) -> None:
    sent = observation(38.6, id="o1")
    assert one.send("PUT", f"{HOOK}/Observation/o1", sent).status == 200
    assert one.send("POST", HOOK, observation(39.0, id="o1")).status == 200
    assert one.values("body_temperature") == [39]
    ping = one.send("POST", HOOK, raw=b"")
    assert (ping.status, "nothing is fetched" in said(ping)) == (200, True)
    assert one.send("PUT", f"{HOOK}/Observation/o2", sent).status == 400
    assert one.send("PUT", f"{HOOK}/Nonsense/o1", sent).status == 404
    assert one.send("PUT", f"{HOOK}/Observation/o1", sent | {"status": "x"}).status == 422


def test_who_may_notify(one: Sender) -> None:
    sent = notification("handshake")
    headers = {"Content-Type": "application/fhir+json"}

    def post(**more: str) -> int:
        own = headers | {name.replace("_", "-"): value for name, value in more.items()}
        return int(one.api.client.post(HOOK, json=sent, headers=own).status_code)

    assert post() == 401
    assert post(X_Toxmon_Token="tmk_wrong") == 401
    assert post(X_Toxmon_Token=one.token) == 200
    assert post(Authorization=f"Bearer {one.token}") == 200
    assert post(X_Toxmon_Token=one.api.token("auditor")) == 403


@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Bundle", "type": "transaction"},
        {"resourceType": "Bundle", "type": "history"},
        {"resourceType": "Bundle", "type": "history", "entry": [{}]},
        {"resourceType": "Bundle", "type": "history", "entry": 7},
        notification("unheard-of"),
        {"resourceType": "Nonsense"},
        [],
        "x",
    ],
)
def test_what_is_no_notification(one: Sender, sent: Any) -> None:
    reply = one.send("POST", HOOK, sent)
    assert 400 <= reply.status < 500
    assert reply.body["resourceType"] == "OperationOutcome"


def message(*resources: Resource, number: str = "m1") -> Resource:
    header = {"resourceType": "MessageHeader", "id": number, "source": {"endpoint": "urn:x"},
              "eventCoding": coded("results", "urn:events")["coding"][0],
              "focus": [{"reference": "Observation/o1"}]}  # fmt: skip
    entries = [{"resource": each} for each in (header, *resources)]
    identifier = {"system": "urn:messages", "value": number}
    return {"resourceType": "Bundle", "type": "message", "identifier": identifier,
            "timestamp": "2026-03-01T08:00:00Z", "entry": entries}  # fmt: skip


def answered(reply: Any) -> tuple[int, str, str]:
    header, outcome = (each["resource"] for each in reply.body["entry"])
    assert reply.body["type"] == "message"
    assert header["eventCoding"]["code"] == "results"
    words = " ".join(each["diagnostics"] for each in outcome["issue"])
    response = header["response"]
    return reply.status, f"{response['identifier']} {response['code']}", words


@pytest.mark.conforms("fhir-message")
def test_a_message_is_taken_once_and_answered_by_a_message(one: Sender) -> None:
    path = "/fhir/$process-message"
    patient = {"resourceType": "Patient", "id": "p", "identifier": numbered("T1", "urn:mrn")}
    by_id = observation(39, id="o2", subject={"reference": "Patient/p"},
                        effectiveDateTime="2026-03-01T07:50:00Z")  # fmt: skip
    sent = message(observation(38.6, id="o1"), patient, by_id)
    assert answered(one.send("POST", path, sent)) == (200, "m1 ok", "taken")
    assert answered(one.send("POST", path, sent))[:2] == (200, "m1 ok")
    other = answered(one.send("POST", path, message(observation(40, id="o1"))))
    assert other[:2] == (409, "m1 fatal-error")
    bad = message(observation(40, id="o1"), observation("x", id="o2"), number="m2")
    assert answered(one.send("POST", path, bad))[:2] == (422, "m2 fatal-error")
    waits = message(observation(40, id="o3", code="1-8"), number="m3")
    status, code, words = answered(one.send("POST", path, waits))
    assert (status, code) == (200, "m3 ok")
    assert "kept, and not charted yet" in words
    assert one.values("body_temperature") == [38.6, 39]
    for wrong in ({"resourceType": "Bundle", "type": "batch"}, message() | {"entry": []}):
        assert one.send("POST", path, wrong).status == 400


def test_what_was_missed_is_told_to_the_operator(ehr: Sender) -> None:
    with ehr.api.service.store.writing():
        at = ehr.clock()
        for number, kind in ((1, "full"), (4, "id-only")):
            row = {"source": "ehr", "subscription": "s1", "number": number, "kind": kind}
            notified.note(ehr.api.service.store, {**row, "heard_at": at})
    told = ehr.api.get("/interfaces", by="admin").body
    assert [(each["first"], each["last"]) for each in told["missed"]] == [(2, 3)]
    assert [each["n"] for each in told["to_fetch"]] == [1]
    assert sum("subscription s1" in each for each in told["needs"]) == 2
