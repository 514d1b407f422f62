"""Cards that were told, and what became of them: kept in the patient's record, on each database."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.ehr.conftest import SELECT, SIGN, VIEW, Ehr, medication_request
from toxmon.actions import audit
from toxmon.actions.verify import verify
from toxmon.store import cards, facts, feeds

FEEDBACK = f"/cds-services/{SIGN}/feedback"
AT = "2026-03-01T08:00:30Z"


def told(ehr: Ehr) -> tuple[str, dict[str, Any]]:
    """A patient, and the critical card that was told of a draft."""
    patient = ehr.patient()
    return patient, ehr.card(SIGN, patient, medication_request(801))


def overridden(card: dict[str, Any], **more: Any) -> dict[str, Any]:
    reason = card["overrideReasons"][0]
    return {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": reason, "userComment": "Dr. Adam said so"},
        "outcomeTimestamp": AT,
    } | more


def kept(ehr: Ehr, patient: str) -> list[dict[str, Any]]:
    rows = facts.standing_of_kind(ehr.api.service.store, patient, "card_feedback")
    return [orjson.loads(row["detail"]) | {"value": row["value"]} for row in rows]


def test_a_card_is_kept_with_what_it_rested_on(either: Ehr) -> None:
    patient, card = told(either)
    row = cards.get(either.api.service.store, card["uuid"])
    assert row is not None
    assert (row["patient_id"], row["service"], row["recorded_by"]) == (patient, SIGN, "Ordering")
    body = orjson.loads(row["body"])
    assert body["card"] == card
    assert body["rested_on"]["asked"]["dose"] == {"value": "801", "unit": "mg"}
    assert body["grades"]["crs"]["low"] == 1
    links = either.api.get(f"/audit?patient={patient}", by="auditor").body["items"]
    assert [each["action"] for each in links][-2:] == ["read.dosing.card", "card.tell"]
    assert links[-1]["detail"]["cards"] == [card["uuid"]]
    store = either.api.service.store
    (signed,) = store.query("select content from access where action = 'card.tell'")
    assert signed["content"] == audit.content(cards.written(store, [card["uuid"]]))
    assert verify(either.api.service, lambda done, total: None) == []


def test_silence_keeps_nothing(either: Ehr) -> None:
    patient = either.patient()
    assert either.cards(SIGN, patient, medication_request(560)) == []
    assert either.api.service.store.query("select id from told_card") == []


def test_feedback_is_a_fact_and_the_same_again_is_none(either: Ehr) -> None:
    patient, card = told(either)
    either.clock.forward(minutes=1)
    sent = {"feedback": [overridden(card)]}
    reply = either.send(FEEDBACK, sent)
    assert (reply.status, reply.body) == (200, {"kept": 1})
    again = {"feedback": [overridden(card, outcomeTimestamp="2026-03-01T09:00:30+01:00")] * 2}
    assert either.send(FEEDBACK, again).body == {"kept": 0}
    (found,) = kept(either, patient)
    assert found["value"] == '"overridden"'
    assert found["reason"]["code"] == "attending-aware"
    assert found["comment"] == "Dr. Adam said so"
    assert found["indicator"] == "critical"
    assert found["grades"]["crs"]["low"] == 1
    later = overridden(card, outcomeTimestamp="2026-03-01T08:00:45Z")
    assert either.send(FEEDBACK, {"feedback": [later]}).body == {"kept": 1}
    assert verify(either.api.service, lambda done, total: None) == []


def test_feedback_on_cards_of_two_patients_comes_in_one(either: Ehr) -> None:
    (one, first), (two, second) = told(either), told(either)
    either.clock.forward(minutes=1)
    accepted = {
        "card": second["uuid"], "outcome": "accepted", "outcomeTimestamp": AT,
        "acceptedSuggestions": [{"id": second["suggestions"][0]["uuid"]}],
    }  # fmt: skip
    reply = either.send(FEEDBACK, {"feedback": [overridden(first), accepted]})
    assert reply.body == {"kept": 2}
    assert [each["value"] for each in kept(either, one)] == ['"overridden"']
    assert [each["accepted"] for each in kept(either, two)] == [[second["suggestions"][0]["uuid"]]]


def test_a_reason_and_a_comment_may_be_missing(ehr: Ehr) -> None:
    patient, card = told(ehr)
    ehr.clock.forward(minutes=1)
    alone = overridden(card)
    del alone["overrideReason"]
    commented = overridden(
        card, overrideReason={"userComment": "no"}, outcomeTimestamp=AT[:-3] + "31Z"
    )
    reply = ehr.send(FEEDBACK, {"feedback": [alone, commented]})
    assert (reply.status, reply.body) == (200, {"kept": 2})
    assert [each["comment"] for each in kept(ehr, patient)] == [None, "no"]
    assert ehr.send(FEEDBACK, {"feedback": []}).body == {"kept": 0}


def test_an_ordering_system_is_no_feed_that_must_be_heard(ehr: Ehr) -> None:
    _, card = told(ehr)
    ehr.clock.forward(minutes=1)
    before = [row["name"] for row in feeds.every(ehr.api.service.store)]
    for by in (None, "integration"):
        at = AT if by is None else AT[:-3] + "32Z"
        sent = {"feedback": [overridden(card, outcomeTimestamp=at)]}
        assert ehr.send(FEEDBACK, sent, by=by).body == {"kept": 1}
    assert [row["name"] for row in feeds.every(ehr.api.service.store)] == before


NOBODY = "4e0a3a1e-3283-4575-ab82-028d55fe2719"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"card": NOBODY}, "/feedback/1/card"),
        ({"card": "x"}, "/feedback/1/card"),
        ({"card": None}, "/feedback/1/card"),
        ({"outcome": "ignored"}, "/feedback/1/outcome"),
        ({"outcome": ["accepted"]}, "/feedback/1/outcome"),
        ({"outcome": "accepted"}, "/feedback/1/acceptedSuggestions"),
        ({"acceptedSuggestions": {}}, "/feedback/1/acceptedSuggestions"),
        ({"acceptedSuggestions": [{}]}, "/feedback/1/acceptedSuggestions/0/id"),
        ({"acceptedSuggestions": ["x"]}, "/feedback/1/acceptedSuggestions/0"),
        ({"overrideReason": "no"}, "/feedback/1/overrideReason"),
        ({"overrideReason": {"reason": "no"}}, "/feedback/1/overrideReason/reason"),
        ({"overrideReason": {"reason": {"code": 1}}}, "/feedback/1/overrideReason/reason/code"),
        ({"overrideReason": {"userComment": 1}}, "/feedback/1/overrideReason/userComment"),
        (
            {"overrideReason": {"userComment": "x" * 4_001}},
            "/feedback/1/overrideReason/userComment",
        ),
        ({"outcomeTimestamp": None}, "/feedback/1/outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-03-01"}, "/feedback/1/outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-03-01T08:00:30"}, "/feedback/1/outcomeTimestamp"),
        ({"outcomeTimestamp": "9999-12-31T23:59:59Z"}, "/feedback/1/outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-03-01T08:06:01Z"}, "/feedback/1/outcomeTimestamp"),
    ],
    ids=range(19),
)
def test_one_that_is_wrong_is_named_and_none_is_kept(
    ehr: Ehr, more: dict[str, Any], pointer: str
) -> None:
    patient, card = told(ehr)
    ehr.clock.forward(minutes=1)
    sent = {"feedback": [overridden(card), overridden(card) | more]}
    reply = ehr.send(FEEDBACK, sent)
    assert reply.status == 400, reply.body
    assert pointer in [each["pointer"] for each in reply.body["errors"]]
    assert kept(ehr, patient) == []


@pytest.mark.parametrize("sent", [{}, [], {"feedback": None}, {"feedback": {}}, {"feedback": [1]}])
def test_what_is_no_feedback_is_refused(ehr: Ehr, sent: Any) -> None:
    assert ehr.send(FEEDBACK, sent).status == 400


def test_only_the_service_that_told_a_card_hears_of_it_and_only_within_reach(ehr: Ehr) -> None:
    patient, card = told(ehr)
    ehr.clock.forward(minutes=1)
    sent = {"feedback": [overridden(card)]}
    for service in (SELECT, VIEW):
        assert ehr.send(f"/cds-services/{service}/feedback", sent).status == 400
    other = ehr.token(FEEDBACK, tenant="other", headers={"jku": None})
    assert ehr.send(FEEDBACK, sent, by=other).status == 400
    assert kept(ehr, patient) == []
    assert ehr.send(FEEDBACK, sent).body == {"kept": 1}
