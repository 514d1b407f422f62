"""The same key and body again: the same bytes and one effect, whenever and however often."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import kept, pointers
from tests.conftest import Api, Clock, Reply
from toxmon.app import create_app
from toxmon.store import Unavailable

AT, LATE = "2026-03-01T07:00:00Z", "2026-03-01T07:10:00Z"
SEEN = {"kind": "heart_rate", "value": 80, "unit": "/min"}
SOON = "2026-03-01T08:05:00Z"
TOO_LATE = "2026-03-09T07:00:00Z"


def written(api: Api, patient: str) -> dict[str, tuple[str, Any, Any]]:
    """Every write: its path, a good body and a body that is refused."""
    fact = api.chart(patient, AT, respiratory_rate=(16, "/min")).body["observations"][0]["id"]
    gone = api.chart(patient, AT, weight=(70, "kg")).body["observations"][0]["id"]
    slip = api.chart(patient, AT, oxygen_saturation=(0.95, "%")).body["observations"][0]["id"]
    dose = {"medication": "tocilizumab", "given_at": AT}
    sign = {"sign": "fever", "cause": "pneumonia", "from": AT, "reason": "the film"}
    new = {"identifiers": [{"system": "urn:mrn", "value": "NEW"}], "unit": "bmt-1"}
    hot = api.chart(patient, AT, body_temperature=(39, "Cel")).body
    (alert,) = [each["id"] for each in hot["alerts"] if each["key"] == "crs#1"]
    shift = {"unit": "bmt-1", "role": "charge_nurse", "person": "Noor", "from": AT, "until": SOON}
    old = api.post("/rosters", shift).body["id"]
    end = {"until": SOON, "reason": "x"}
    right = {"value": 17, "unit": "/min", "reason": "misread"}
    return {
        "patient": ("/patients", new, {**new, "birth_date": TOO_LATE[:10]}),
        "set": (f"/patients/{patient}/observations", {"effective_at": AT, "observations": [SEEN]},
                {"effective_at": TOO_LATE, "observations": [SEEN]}),
        "infusion": (f"/patients/{patient}/infusions",
                     {"product": "cilta-cel", "infused_at": AT},
                     {"product": "cilta-cel", "infused_at": TOO_LATE}),
        "dose": (f"/patients/{patient}/administrations", dose, {**dose, "given_at": TOO_LATE}),
        "attribution": (f"/patients/{patient}/attributions", sign, {**sign, "from": TOO_LATE}),
        "death": (f"/patients/{patient}/deaths", {"died_at": AT, "cause": "other"},
                  {"died_at": TOO_LATE, "cause": "other"}),
        "correction": (f"/observations/{fact}/corrections", right,
                       {**right, "effective_at": TOO_LATE}),
        "confirmation": (f"/observations/{slip}/confirmation", {"reason": "seen"}, {"reason": ""}),
        "retraction": (f"/observations/{gone}/retraction", {"reason": "wrong"}, {"reason": ""}),
        "pause": (f"/patients/{patient}/pauses", {**end, "from": AT}, {**end, "from": SOON}),
        "stay": (f"/patients/{patient}/stays", {"from": AT, "setting": "inpatient", "unit": "x"},
                 {"from": TOO_LATE, "setting": "inpatient"}),
        "shift": ("/rosters", shift, {**shift, "role": "gardener"}),
        "swap": (f"/rosters/{old}/corrections", {**shift, "person": "Ada", "reason": "swapped"},
                 {**shift, "person": "Ada", "reason": "x", "role": "gardener"}),
        "off": (f"/rosters/{old}/retraction", {"reason": "ill"}, {"reason": ""}),
        "acknowledge": (f"/alerts/{alert}/acknowledge", {"reason": "going"},
                        {"reason": "going", "until": TOO_LATE}),
        "shelve": (f"/alerts/{alert}/shelve", end, {**end, "until": TOO_LATE}),
        "note": (f"/alerts/{alert}/note", {"text": "cultures taken"}, {"text": ""}),
        "out": (f"/alerts/{alert}/out-of-service", end, {**end, "until": AT}),
        "batch": ("/observations/batch",
                  [{"patient_id": patient, "effective_at": AT, **SEEN}, {"patient_id": "nobody"}],
                  {}),
    }  # fmt: skip


def dosed_written(api: Api, patient: str) -> dict[str, tuple[str, Any, Any]]:
    """The same for what is written of doses."""

    def given(medication: str, at: str) -> str:
        body = {"medication": medication, "given_at": at}
        found: str = api.post(f"{of}/administrations", body).body["observations"][0]["id"]
        return found

    def overridden(by: str) -> str:
        found: str = api.post(f"{early}/overrides", wanted, by=by).body["permission"]["id"]
        return found

    of, later = f"/patients/{patient}", f"/patients/{api.treated()}"
    early, dosing = f"{of}/dosing/tocilizumab", f"{later}/dosing/tocilizumab"
    weighed = {"effective_at": AT, "observations": [{"kind": "weight", "value": 70, "unit": "kg"}]}
    assert api.post(f"{later}/observations", weighed).status == 201
    elsewhere = {"medication": "tocilizumab", "answer": "none", "reason": "asked"}
    wanted = {"dose": {"value": 560, "unit": "mg"}, "indication": "prophylaxis", "reason": "x"}
    one, other = given("levetiracetam", AT), given("levetiracetam", LATE)
    given("tocilizumab", AT)
    vials = {"unit": "bmt-1", "medication": "tocilizumab", "counted_at": AT,
             "counts": [{"strength": 80, "vials": 4}]}  # fmt: skip
    return {
        "stock": ("/stock", vials, {**vials, "counted_at": TOO_LATE}),
        "dose correction": (f"/administrations/{one}/corrections",
                            {"status": "stopped", "reason": "the line came out"},
                            {"given_at": TOO_LATE, "reason": "x"}),
        "distinct": (f"{of}/doses/distinct", {"doses": [one, other], "reason": "two bags"},
                     {"doses": [one, one], "reason": "two bags"}),
        "elsewhere": (f"{of}/doses/elsewhere", elsewhere, {**elsewhere, "medication": "aspirin"}),
        "reservation": (f"{dosing}/reservations", wanted, {**wanted, "at": TOO_LATE}),
        "release at once": (f"{dosing}/releases", wanted, {**wanted, "at": TOO_LATE}),
        "override": (f"{early}/overrides", wanted, {**wanted, "at": AT}),
        "release": (f"{of}/permissions/{overridden('pharmacist')}/release",
                    {"override": True, "reason": "agreed"}, {"override": True}),
        "return": (f"{of}/permissions/{overridden('physician')}/return", {"reason": "dropped"},
                   {"reason": " "}),
    }  # fmt: skip


OF_DOSES = ("dose correction", "distinct", "elsewhere", "reservation", "release at once",
            "override", "release", "return", "stock")  # fmt: skip
WRITES = (*OF_DOSES, "patient", "set", "infusion", "dose", "attribution", "death", "correction",
          "confirmation", "retraction", "batch", "pause", "stay", "shift", "swap", "off",
          "acknowledge", "shelve", "note", "out")  # fmt: skip


BY = {"release at once": "pharmacist", "stock": "pharmacist"}
"""Whose write it is, where it is not a physician's."""


def write(api: Api, name: str) -> tuple[Callable[..., Reply], Any, Any]:
    """How this write is sent, a good body and one that is refused."""
    made = dosed_written if name in OF_DOSES else written
    path, good, bad = made(api, api.treated())[name]
    return sender(api, path, BY.get(name, "physician")), good, bad


def sender(api: Api, path: str, role: str = "physician") -> Callable[..., Reply]:
    def send(body: Any, key: str, by: str = role, raw: bytes | None = None, **more: str) -> Reply:
        return api.post(path, body, by=by, raw=raw, headers={"Idempotency-Key": key, **more})

    return send


def not_kept() -> None:
    raise Unavailable("database or disk is full")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.conforms("http-idempotency")
def test_the_same_again_has_the_same_answer_and_one_effect(
    api: Api, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One key through all that can happen to it."""
    send, good, bad = write(api, name)
    before = kept(api.service)
    # It is not used up by what was refused.
    refused = send(bad, "one")
    assert refused.status == 422, refused.body
    assert pointers(refused)
    again = send(bad, "one")
    assert (again.status, again.body) == (422, refused.body)
    assert "Idempotent-Replayed" not in again.headers
    assert kept(api.service) == before
    # Nor by a commit that fails after everything was written.
    with monkeypatch.context() as patch:
        patch.setattr(api.service.store, "commit", not_kept)
        failed = send(good, "one")
    assert failed.status == 503
    assert int(failed.headers["Retry-After"]) > 0
    assert kept(api.service) == before
    # It stands for the good one from now on.
    first = send(good, "one")
    assert first.status in (200, 201), first.body
    assert "Idempotent-Replayed" not in first.headers
    before = kept(api.service)
    for _ in range(3):
        again = send(good, "one")
        assert (again.status, again.raw) == (first.status, first.raw)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
    # Another body under it is told so, be it one blank longer.
    assert send(bad, "one").status in (409, 422)
    other = send(None, "one", raw=json.dumps(good).encode() + b" ")
    assert other.status == 409
    assert "Idempotency-Key" in other.body["detail"]
    assert send(good, "one").headers["Idempotent-Replayed"] == "true"
    assert kept(api.service) == before


def test_the_same_key_on_another_path_is_409(api: Api) -> None:
    one, other = api.patient("A"), api.patient("B")
    body = {"effective_at": AT, "observations": [SEEN]}
    assert sender(api, f"/patients/{one}/observations")(body, "k", by="nurse").status == 201
    before = kept(api.service)
    assert sender(api, f"/patients/{other}/observations")(body, "k", by="nurse").status == 409
    assert kept(api.service) == before


def test_a_key_is_of_one_token(api: Api) -> None:
    """Two people who choose the same key, even of one name, do not meet."""
    send = sender(api, f"/patients/{api.patient()}/observations")
    body = {"effective_at": AT, "observations": [SEEN]}
    answers = [
        send(body, "1", by=by) for by in ("nurse", "physician", api.token("nurse", units=None))
    ]
    assert [each.status for each in answers] == [201] * 3
    assert len({each.raw for each in answers}) == 3
    assert (
        send({**body, "effective_at": "2026-03-01T07:01:00Z"}, "1", by="integration").status == 201
    )


@pytest.mark.parametrize(
    "forms",
    [
        ("8e03978e-40d5", '"8e03978e-40d5"', ' "8e03978e-40d5" '),
        ('"a b"', "a b"),
        ("Zoé".encode().decode("latin-1"), '"' + "Zoé".encode().decode("latin-1") + '"'),
        ("x" * 255, '"' + "x" * 255 + '"'),
    ],
)
def test_a_key_may_stand_in_quotes(api: Api, forms: tuple[str, ...]) -> None:
    send = sender(api, f"/patients/{api.patient()}/observations")
    body = {"effective_at": AT, "observations": [SEEN]}
    answers = [send(body, form) for form in forms]
    assert {each.raw for each in answers} == {answers[0].raw}
    assert [each.headers.get("Idempotent-Replayed") for each in answers[1:]] == ["true"] * (
        len(forms) - 1
    )


def test_keys_differ_by_their_case(api: Api) -> None:
    send = sender(api, f"/patients/{api.patient()}/observations")
    body = {"effective_at": AT, "observations": [SEEN]}
    assert send(body, "a").raw != send(body, "A").raw


def test_the_answer_stays_after_all_that_comes_later(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=1)
    path = f"/patients/{patient}/observations"
    hot = {"effective_at": AT, "observations": [{**SEEN, "kind": "body_temperature", "value": 39.8,
                                                 "unit": "Cel"}]}  # fmt: skip
    send = sender(api, path)
    first = send(hot, "first", **{"If-Match": api.get(f"/patients/{patient}").headers["ETag"]})
    assert first.status == 201
    for minute in range(40):
        api.chart(patient, f"2026-03-01T08:{minute:02}:00Z", heart_rate=(80, "/min"))
    fact = first.body["observations"][0]["id"]
    right = {"value": 36.8, "unit": "Cel", "reason": "typed wrong"}
    correct = sender(api, f"/observations/{fact}/corrections")
    corrected = correct(right, "second")
    assert corrected.status == 201
    clock.forward(days=40)
    before = kept(api.service)
    # The fact is replaced by now and the version is an old one; neither is looked at again.
    assert send(hot, "first", **{"If-Match": '"2"'}).raw == first.raw
    assert correct(right, "second").raw == corrected.raw
    assert kept(api.service) == before


def test_that_two_are_two_stays_when_one_is_taken_back(api: Api) -> None:
    send, body, _ = write(api, "distinct")
    first = send(body, "one")
    taken = api.post(f"/observations/{body['doses'][0]}/retraction", {"reason": "not given"})
    assert taken.status == 201
    again = send(body, "one")
    assert (again.status, again.raw) == (201, first.raw)
    assert send(body, "two").status == 422


def test_the_answer_stays_when_the_service_starts_again(api: Api) -> None:
    path = f"/patients/{api.patient()}/observations"
    body = {"effective_at": AT, "observations": [SEEN]}
    first = sender(api, path)(body, "k")
    client = create_app(api.service).test_client()
    again = client.post(
        f"/api/v1{path}",
        data=json.dumps(body).encode().replace(b", ", b",").replace(b": ", b":"),
        headers={
            "Authorization": f"Bearer {api.token('physician')}",
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": "k",
        },
    )
    assert (again.status_code, again.data) == (201, first.raw)


def test_grading_without_a_record_needs_no_key(api: Api) -> None:
    """Nothing is kept, so a key has nothing to remember; the same body has the same answer."""
    send = sender(api, "/grade/crs")
    before = kept(api.service)
    assert send({"temperature_c": 38}, "k").raw == send({"temperature_c": 38}, "k").raw
    assert send({"temperature_c": 39}, "k").status == 200
    assert kept(api.service) == before
