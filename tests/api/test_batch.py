"""A batch: one answer a line, each kept or refused with its reason, and none stops another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api, Clock, Reply
from toxmon.actions import record
from toxmon.store import Unavailable

AT = "2026-03-01T07:00:00Z"
BATCH = "/observations/batch"
NDJSON = {"Content-Type": "application/x-ndjson"}


def line(patient: Any, value: Any = 80, at: Any = AT, **more: Any) -> dict[str, Any]:
    one = {"kind": "heart_rate", "value": value, "unit": "/min"}
    return {"patient_id": patient, "effective_at": at, **one, **more}


def lines_of(reply: Reply) -> list[Any]:
    assert reply.status == 200, reply.raw
    if reply.headers["Content-Type"] == "application/x-ndjson":
        return [json.loads(each) for each in reply.raw.splitlines()]
    assert reply.headers["Content-Type"] == "application/json"
    found: list[Any] = reply.body
    return found


def ndjson(*lines: Any) -> bytes:
    texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
    return b"".join(text + b"\n" for text in texts)


@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_lines_are_answered_in_their_order(api: Api, form: str) -> None:
    """Kept and refused ones mixed, of two patients whose lines do not stand together."""
    a, b = api.patient("A"), api.patient("B", name="Ada")
    lines = [
        line(a, 80),
        line(b, 81),
        line("nobody", 82),
        line(a, "x"),
        line(a, 84),
        {"identifier": {"system": "urn:mrn", "value": "B"}, "effective_at": AT,
         "observations": [
             {"kind": "seizure", "value": "none"},
             {"kind": "oxygen_saturation", "value": 0.95, "unit": "%"},
         ]},
        line(b, 85, at="2026-03-01T09:00:00Z"),
    ]  # fmt: skip
    if form == "list":
        reply = api.post(BATCH, lines)
    else:
        reply = api.post(BATCH, raw=ndjson(*lines), headers=NDJSON)
    told = lines_of(reply)
    assert [each["line"] for each in told] == list(range(7))
    assert [each["status"] for each in told] == [201, 201, 404, 422, 201, 201, 422]
    assert [each.get("patient_id") for each in told] == [a, b, None, None, a, b, None]
    assert [each["pointer"] for each in told[2]["errors"]] == ["/patient_id"]
    assert [each["pointer"] for each in told[3]["errors"]] == ["/value"]
    assert [each["pointer"] for each in told[6]["errors"]] == ["/effective_at"]
    assert [each["status"] for each in told[5]["observations"]] == ["final", "quarantined"]
    # The lines of one patient are one change of its record.
    assert {each["version"] for each in told if each["status"] == 201} == {2}
    items = api.get(f"/patients/{a}/observations").body["items"]
    assert [(each["id"], each["value"]) for each in items] == [
        (told[0]["observations"][0]["id"], 80),
        (told[4]["observations"][0]["id"], 84),
    ]
    assert len(api.get(f"/patients/{b}/observations").body["items"]) == 3


# name, the line, its status, the places of its faults
FAULTS: tuple[tuple[str, Any, int, tuple[str, ...]], ...] = (
    ("null", None, 422, ("",)),
    ("a_list", [], 422, ("",)),
    ("a_text", "x", 422, ("",)),
    ("nothing", {}, 422, ("/effective_at", "/kind", "/patient_id", "/value")),
    ("no_patient", line(None), 422, ("/patient_id",)),
    ("a_patient_by_number", line(7), 422, ("/patient_id",)),
    ("an_unknown_patient", line("nobody"), 404, ("/patient_id",)),
    ("a_patient_of_no_name", line(""), 404, ("/patient_id",)),
    ("an_unknown_number", line(None, identifier={"system": "urn:mrn", "value": "x"}), 404,
     ("/identifier",)),
    ("half_an_identifier", line(None, identifier={"system": "urn:mrn"}), 422, ("/identifier",)),
    ("an_identifier_by_number", line(None, identifier={"system": "urn:mrn", "value": 1}), 422,
     ("/identifier",)),
    ("an_identifier_as_text", line(None, identifier="urn:mrn|A1"), 422, ("/identifier",)),
    ("an_identifier_with_more", line(None, identifier={"system": "a", "value": "b", "use": "c"}),
     422, ("/identifier",)),
    ("two_ways_to_say_who", line("x", identifier={"system": "urn:mrn", "value": "B"}), 422,
     ("/identifier",)),
    ("an_unknown_field", line("x", **{"a/b": 1}), 422, ("/a~1b",)),
    ("no_time", {key: each for key, each in line("x").items() if key != "effective_at"}, 422,
     ("/effective_at",)),
    ("a_naive_time", line("x", at="2026-03-01T07:00:00"), 422, ("/effective_at",)),
    ("an_impossible_value", line("x", value=-1), 422, ("/value",)),
    ("no_unit", line("x", unit=None), 422, ("/unit",)),
    ("no_observations", {"patient_id": "x", "effective_at": AT, "observations": []}, 422,
     ("/observations",)),
    ("observations_of_null", {"patient_id": "x", "effective_at": AT, "observations": None}, 422,
     ("/observations",)),
    ("a_wrong_one_of_several",
     {"patient_id": "x", "effective_at": AT, "observations": [{"kind": "seizure", "value": 1}]},
     422, ("/observations/0/value",)),
    ("both_forms", line("x", observations=[{"kind": "seizure", "value": "none"}]), 422,
     ("/kind", "/unit", "/value")),
    ("all_at_once", {"patient_id": 1, "effective_at": "now", "kind": "x", "y": 1}, 422,
     ("/effective_at", "/kind", "/patient_id", "/value", "/y")),
)  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=[case[0] for case in FAULTS])
@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_a_line_at_fault_is_told_and_stops_no_other(
    ward: Ward, form: str, case: tuple[str, Any, int, tuple[str, ...]]
) -> None:
    _, faulty, status, places = case
    if isinstance(faulty, dict) and faulty.get("patient_id") == "x":
        faulty = {**faulty, "patient_id": ward.patient}
    before = kept(ward.api.service)
    if form == "list":
        reply = ward.api.post(BATCH, [faulty])
    else:
        reply = ward.api.post(BATCH, raw=ndjson(faulty), headers=NDJSON)
    (told,) = lines_of(reply)
    assert (told["line"], told["status"]) == (0, status)
    assert sorted(each["pointer"] for each in told["errors"]) == sorted(places)
    assert "observations" not in told
    assert kept(ward.api.service) == before
    good = line(ward.untreated)
    answers = lines_of(ward.api.post(BATCH, [good, faulty, good]))
    assert [each["status"] for each in answers] == [201, status, 201]


def test_a_time_by_the_record_is_told_beside_other_faults(ward: Ward) -> None:
    late = line(ward.patient, "x", at="2026-03-02T07:00:00Z")
    early = line(ward.patient, "x", at="1960-03-02T07:00:00Z")
    for told in lines_of(ward.api.post(BATCH, [late, early])):
        assert sorted(each["pointer"] for each in told["errors"]) == ["/effective_at", "/value"]


BAD_LINES = (
    b"{",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    b"9" * 5_000,
)


@pytest.mark.parametrize("bad", BAD_LINES, ids=[repr(bad[:12]) for bad in BAD_LINES])
def test_a_line_that_is_no_json_stops_no_other(ward: Ward, bad: bytes) -> None:
    raw = ndjson(line(ward.patient, 80), bad, line(ward.patient, 81))
    told = lines_of(ward.api.post(BATCH, raw=raw, headers=NDJSON))
    assert [each["status"] for each in told] == [201, 400, 201]
    assert [each["pointer"] for each in told[1]["errors"]] == [""]
    # In a list there is no line to blame, so nothing of it is kept.
    before = kept(ward.api.service)
    whole = b"[" + b",".join(raw.splitlines()) + b"]"
    ward.refused(ward.api.post(BATCH, raw=whole), 400)
    assert kept(ward.api.service) == before


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/ndjson",
                                        "application/jsonl"])  # fmt: skip
def test_ndjson_goes_by_three_names(ward: Ward, media_type: str) -> None:
    raw = b"\r\n\n" + ndjson(line(ward.patient)).strip() + b"\r\n  \n" + ndjson(line("nobody"))
    reply = ward.api.post(BATCH, raw=raw, headers={"Content-Type": media_type})
    assert [(each["line"], each["status"]) for each in lines_of(reply)] == [(0, 201), (1, 404)]


@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_a_batch_has_1_to_1000_lines(api: Api, form: str) -> None:
    patient = api.patient()

    def post(count: int) -> Reply:
        lines = [line(patient, 80)] * count
        if form == "list":
            return api.post(BATCH, lines)
        return api.post(BATCH, raw=ndjson(*lines) or b"\n", headers=NDJSON)

    before = kept(api.service)
    too_many = post(1_001)
    assert (too_many.status, too_many.body["status"]) == (413, 413)
    assert "1001" in too_many.body["detail"]
    none = post(0)
    assert none.status == 422
    assert kept(api.service) == before
    told = lines_of(post(1_000))
    assert {each["status"] for each in told} == {201}
    assert len(told) == 1_000


@pytest.mark.parametrize("body", [{}, {"lines": []}, "x", 1, None, True])
def test_what_is_no_list_is_refused(ward: Ward, body: Any) -> None:
    before = kept(ward.api.service)
    ward.refused(ward.api.post(BATCH, raw=json.dumps(body).encode()), 422, "")
    assert kept(ward.api.service) == before


@pytest.mark.parametrize("form", ["list", "ndjson"])
def test_a_batch_again_has_the_same_answer(api: Api, clock: Clock, form: str) -> None:
    """The refused lines too: what was unknown then is known by now, and the answer stays."""
    patient = api.patient("A")
    of_b = {"identifier": {"system": "urn:mrn", "value": "B"}}
    lines = [line(patient), {**line(None), **of_b}, line(patient, "x")]
    headers = {"Idempotency-Key": "one"} | (NDJSON if form == "ndjson" else {})
    raw = ndjson(*lines) if form == "ndjson" else json.dumps(lines).encode()
    first = api.post(BATCH, raw=raw, headers=headers)
    assert [each["status"] for each in lines_of(first)] == [201, 404, 422]
    api.patient("B")
    clock.forward(hours=1)
    before = kept(api.service)
    again = api.post(BATCH, raw=raw, headers=headers)
    assert again.raw == first.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert kept(api.service) == before


def test_a_batch_grades_as_single_sets_do(api: Api, clock: Clock) -> None:
    quiet = [
        {"kind": "vasopressors", "value": []},
        {"kind": "oxygen_device", "value": "room_air"},
        {"kind": "hypotension", "value": False},
        {"kind": "body_temperature", "value": 38.6, "unit": "Cel"},
    ]
    patient = api.treated()
    clock.forward(hours=2)
    lines = [
        {"patient_id": patient, "effective_at": f"2026-03-01T09:0{n}:00Z", **each}
        for n, each in enumerate(quiet)
    ]
    # Out of order on purpose: the order of arrival cannot matter.
    told = lines_of(api.post(BATCH, lines[::-1]))
    assert {each["status"] for each in told} == {201}
    assert api.get(f"/patients/{patient}/grades").body["grades"]["crs"]["value"] == 1


def test_the_batch_of_a_failing_database_keeps_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second patient's rows cannot be written; those of the first go with them."""
    a, b = api.patient("A"), api.patient("B")
    before = kept(api.service)
    keep = record.keep

    def half(service: Any, actor: Any, patient_id: str, *args: Any, **kwargs: Any) -> Any:
        if patient_id == b:
            raise Unavailable("database or disk is full")
        return keep(service, actor, patient_id, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(record, "keep", half)
        reply = api.post(BATCH, [line(a), line(b)])
    assert reply.status == 503
    assert kept(api.service) == before
    assert {each["status"] for each in lines_of(api.post(BATCH, [line(a), line(b)]))} == {201}
