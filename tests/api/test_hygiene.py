"""Nothing about a patient stands in a log, in the metrics, or in a problem.

Canaries are sent wherever a person may write something about a patient, in requests that succeed
and in requests that fail in every way, and are looked for wherever operators look.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Api
from tests.running import running
from toxmon.store import Unavailable

AT = "2026-03-01T07:00:00Z"
NAME = "Zoe Canary-Name"
NUMBER = "CANARY-MRN-7731"
REASON = "canary reason, of his brother"
CAUSE = "canary pneumonia"
DRUG = "canarymycin"
BIRTH = "1961-07-31"
CANARIES = (NAME, "Canary-Name", NUMBER, REASON, CAUSE, DRUG, BIRTH, "38.731")
KEY = "the canary of keys"

Send = Callable[[str, str, bytes | None], tuple[int, bytes]]


def requests_of(patient: str, fact: str) -> list[tuple[str, str, bytes | None]]:
    """Requests that carry canaries: good ones, and one for every way to fail."""

    def body(**more: Any) -> bytes:
        return json.dumps(more).encode()

    who = {"identifiers": [{"system": "urn:mrn", "value": NUMBER}], "name": NAME}
    hot = {"kind": "body_temperature", "value": 38.731, "unit": "Cel"}
    draft = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": DRUG},
             "note": [{"text": REASON}]}  # fmt: skip
    orders = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
    seen = {"userId": f"Practitioner/{NAME}", "patientId": NUMBER, "draftOrders": orders}
    call = body(hook="order-sign", hookInstance=NUMBER, context=seen)
    of = f"/patients/{patient}"
    return [
        ("POST", "/patients", body(**who, unit="bmt-1", birth_date=BIRTH)),
        ("POST", "/patients", body(**who, unit="bmt-1", birth_date=BIRTH)),  # a second time
        ("POST", "/patients", body(**who, birth_date=BIRTH, sex="x", ward=NAME)),
        ("POST", "/patients", body(**who, unit="bmt-1", birth_date=f"{BIRTH}T00:00:00")),
        ("POST", "/patients", body(**who, unit=[NAME])),
        ("POST", "/patients", body(**who, unit="bmt-1")[:-1]),
        ("POST", "/patients", body(**who, unit="bmt-1").decode().encode("utf-16")),
        ("POST", "/patients", b'{"name": "%s\\ud800"}' % NAME.encode()),
        ("POST", "/patients", b'{"name": "%s", "name": "%s"}' % (NAME.encode(), NAME.encode())),
        ("GET", f"/patients?identifier=urn:mrn|{NUMBER}", None),
        ("GET", f"/patients?identifier={NUMBER}", None),
        ("GET", f"/patients?limit=0&cursor={NUMBER}", None),
        ("GET", f"/patients/{NUMBER}", None),
        ("POST", f"/patients/{NUMBER}/observations", body(effective_at=AT, observations=[hot])),
        ("POST", f"{of}/observations", body(effective_at=AT, observations=[hot])),
        ("POST", f"{of}/observations", body(effective_at=AT, observations=[{**hot, "kind": "x"}])),
        ("POST", f"{of}/observations", body(effective_at=BIRTH, observations=[hot])),
        ("POST", f"{of}/administrations", body(medication=DRUG, given_at=AT)),
        ("POST", f"{of}/administrations", body(medication=DRUG, given_at=AT, route=NAME)),
        ("POST", f"{of}/administrations", body(medication=DRUG * 20, given_at=AT)),
        ("POST", f"{of}/administrations", body(medication=DRUG, given_before=AT, permission=NAME)),
        ("POST", f"/administrations/{fact}/corrections", body(medication=DRUG, reason=REASON)),
        ("POST", f"{of}/dosing/{DRUG}/check", body()),
        ("POST", f"{of}/dosing/tocilizumab/check", body(indication=NAME, at=BIRTH)),
        ("POST", f"/dosing/{DRUG}/check", body(earlier_doses=[], requested_at=AT)),
        ("POST", "/dosing/tocilizumab/check",
         body(weight_kg=38.731, earlier_doses=[], requested_at=AT, indication=DRUG)),
        ("GET", f"{of}/dosing/{DRUG}", None),
        ("POST", f"{of}/doses/elsewhere", body(medication=DRUG, answer=NAME, reason=REASON)),
        ("POST", f"{of}/doses/distinct", body(doses=[NAME, NUMBER], reason=REASON)),
        ("POST", f"{of}/dosing/tocilizumab/overrides", body(dose=NUMBER, reason=REASON)),
        ("GET", f"{of}/guidance?scale={DRUG}", None),
        ("GET", f"/stock?unit={DRUG}&medication={DRUG}", None),
        ("POST", "/stock", body(unit=NAME, medication=DRUG, counts=[], note=REASON)),
        ("POST", "//cds-services/toxmon-dose", call),
        ("POST", "//cds-services/toxmon-dose", call.replace(b"CANARY", b"\\u0000CANARY")),
        ("POST", "//cds-services/toxmon-dose/feedback", body(feedback=[{"card": NUMBER}])),
        ("POST", f"{of}/attributions",
         body(sign="fever", cause=CAUSE, reason=REASON, **{"from": AT})),
        ("POST", f"{of}/attributions", body(sign="fever", cause=CAUSE, reason=REASON)),
        ("POST", f"{of}/deaths", body(died_at=AT, cause="x", reason=REASON)),
        ("POST", f"/observations/{fact}/corrections", body(value=-1, unit="/min", reason=REASON)),
        ("POST", f"/observations/{fact}/corrections", body(value=20, unit="/min", reason=REASON)),
        ("POST", f"/observations/{fact}/corrections", body(value=20, unit="/min", reason=REASON)),
        ("POST", f"/observations/{fact}/retraction", body(reason=REASON, name=NAME)),
        ("POST", "/observations/batch",
         b"[%s]" % body(identifier={"system": "urn:mrn", "value": NUMBER}, effective_at=AT, **hot)),
        ("POST", "/observations/batch",
         b"[%s]" % body(identifier={"system": NAME, "value": NUMBER}, effective_at=AT, **hot)),
        ("GET", f"/{NUMBER}", None),
    ]  # fmt: skip


def role_of(path: str) -> str:
    """Who sends it: what only a person may say is a pharmacist's."""
    of_persons = ("/doses/", "/overrides", "/stock")
    return "pharmacist" if any(part in path for part in of_persons) else "integration"


def no_canary(text: str, where: str) -> None:
    found = [each for each in CANARIES if each.lower() in text.lower()]
    assert found == [], f"{where}: {text[:1000]}"


def send_all(send: Send, patient: str, fact: str) -> set[int]:
    """Send everything; no problem may quote what was sent. The statuses that came."""
    statuses = set()
    for method, path, body in requests_of(patient, fact):
        status, raw = send(method, path, body)
        statuses.add(status)
        if status >= 400:
            no_canary(raw.decode(), f"{method} {path[:30]} {status}")
    return statuses


def test_no_log_no_metric_and_no_problem_tells_of_a_patient(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    patient = api.patient()
    fact = api.chart(patient, AT, heart_rate=(80, "/min")).body["observations"][0]["id"]

    def send(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        reply = api.call(method, path, raw=body, by=role_of(path), headers={"Idempotency-Key": KEY})
        return reply.status, reply.raw

    def send_unkeyed(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        reply = api.call(method, path, raw=body, by=role_of(path))
        return reply.status, reply.raw

    assert {200, 201, 400, 404, 409, 422} <= send_all(send_unkeyed, patient, fact)
    assert 409 in send_all(send, patient, fact)

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise Unavailable("database or disk is full")

    def not_foreseen(*args: Any, **kwargs: Any) -> Any:
        raise ValueError(f"cannot make sense of {NAME}, {NUMBER}")

    for failure, status in ((fail, 503), (not_foreseen, 500)):
        with monkeypatch.context() as patch:
            patch.setattr(api.service.store, "writing", failure)
            assert status in send_all(send_unkeyed, patient, fact)
    assert len(caplog.records) > 15
    no_canary(caplog.text, "the log")
    assert KEY not in caplog.text
    metrics = api.get("//metrics").raw.decode()
    no_canary(metrics, "the metrics")
    for private in (patient, fact, KEY, "of the test"):
        assert private not in metrics
    assert 'route="/api/v1/patients/<patient_id>/observations",status="2xx"' in metrics
    for open_path in ("//health/ready", "//docs", "//openapi.json"):
        no_canary(api.get(open_path).raw.decode(), open_path)


def test_the_audit_says_what_was_done_and_no_value(api: Api) -> None:
    patient = api.patient()
    fact = api.chart(patient, AT, heart_rate=(80, "/min")).body["observations"][0]["id"]
    for method, path, body in requests_of(patient, fact):
        api.call(method, path, raw=body, by=role_of(path))
    reply = api.get("/audit?limit=500", by="auditor")
    assert len(reply.body["items"]) >= 15
    no_canary(reply.raw.decode(), "the audit")
    assert {"enrol", "chart", "give", "attribute", "correct", "chart.batch", "find.patient"} <= {
        each["action"] for each in reply.body["items"]
    }


def test_the_real_server_prints_nothing_of_a_patient(tmp_path: Path) -> None:
    database = tmp_path / "ward.db"
    with running(f"sqlite:///{database}", tmp_path) as ward:
        bearers = {role: ward.token(role) for role in ("integration", "pharmacist")}
        bearer = bearers["integration"]

        def send(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
            root = path[1:] if path.startswith("//") else f"/api/v1{path}"
            who = bearers[role_of(path)]
            request = urllib.request.Request(
                f"{ward.url}{root.replace('|', '%7C')}",
                data=body,
                method=method,
                headers={"Authorization": f"Bearer {who}", "Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read()

        who = {"identifiers": [{"system": "urn:mrn", "value": "A1"}], "unit": "bmt-1"}
        patient = json.loads(send("POST", "/patients", json.dumps(who).encode())[1])["id"]
        seen = {"effective_at": AT, "observations": [
            {"kind": "heart_rate", "value": 80, "unit": "/min"}]}  # fmt: skip
        raw = send("POST", f"/patients/{patient}/observations", json.dumps(seen).encode())[1]
        fact = json.loads(raw)["observations"][0]["id"]
        assert {200, 201, 400, 404, 409, 422} <= send_all(send, patient, fact)
        blocker = sqlite3.connect(database, isolation_level=None)
        blocker.execute("begin immediate")
        try:
            method, path, body = requests_of(patient, fact)[0]
            status, raw = send(method, path, body)
        finally:
            blocker.close()
        assert status == 503
        no_canary(raw.decode(), "503")
        with urllib.request.urlopen(f"{ward.url}/metrics", timeout=10) as answer:
            no_canary(answer.read().decode(), "the metrics")
        ward.stop()
        printed = ward.log.read_text()
    assert "locked" in printed
    no_canary(printed, "what the server printed")
    for private in (bearer, bearer.split("_", 2)[2], patient, fact):
        assert private not in printed
