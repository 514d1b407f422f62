"""Every route, every answer that is documented for it: each is brought about, and none is missing.

The list comes from the OpenAPI document; a status that is added there without a way to bring it
about fails here, and a status that a route answers without documenting it fails in `contract.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest

from tests.api.conftest import AT_08, AT_20, SHIFT, Ward, kept
from tests.api.contract import document_of
from tests.api.dosed import Dosed, dosed
from tests.conftest import Reply
from tests.store.rows import subscribe
from toxmon.actions import Actor, redeliver, subscribing
from toxmon.actions.tokens import ROLES
from toxmon.store import Row, Unavailable, deliveries

AT = "2026-03-01T07:00:00Z"
NOBODY = "01980000-0000-7000-8000-000000000000"
SEEN = {"kind": "seizure", "value": "none"}
WANTED = {"dose": {"value": 560, "unit": "mg"}, "at": None, "indication": "crs", "reason": "x"}


def shift(ward: Ward) -> dict[str, Any]:
    return {**SHIFT, "from": AT_08, "until": AT_20, "person": f"Noor {ward.charted}"}


def soon(ward: Ward) -> str:
    """An end that is near enough for every priority."""
    found: str = (ward.clock() + timedelta(minutes=5)).isoformat()
    return found


# The good body of every POST; each time it is sent, something new is kept.
def new_webhook(ward: Ward) -> dict[str, Any]:
    """A webhook to a place that the server allows."""
    ward.api.service.refuses = lambda url: None
    return {"name": f"asked-{ward.charted}", "url": "https://ehr.site/x"}


BODIES: dict[str, Callable[[Ward], Any]] = {
    "/patients": lambda ward: {
        "identifiers": [{"system": "urn:mrn", "value": f"NEW-{ward.charted}"}],
        "unit": "bmt-1",
        "birth_date": "1961-05-02",
        "sex": "female",
        "name": "Ada",
    },
    "/patients/{patient_id}/observations": lambda ward: {
        "effective_at": AT,
        "observations": [
            SEEN,
            {"kind": "crp", "value": 30, "unit": "mg/L", "low": 0, "high": 5},
            {"kind": "vasopressors", "value": ["norepinephrine"]},
            {"kind": "ferritin", "value": "<0.1", "unit": "ng/mL"},
            {"code": {"system": "http://loinc.org", "code": "8480-6"}, "value": 84,
             "unit": "mm[Hg]"},
        ],
    },
    "/patients/{patient_id}/infusions": lambda ward: {
        "product": "cilta-cel", "infused_at": AT, "dose": {"value": 75, "unit": "10*6"},
    },
    "/patients/{patient_id}/administrations": lambda ward: {
        "medication": "tocilizumab", "given_at": AT, "route": "iv",
        "dose": {"value": 8.0, "unit": "mg/kg"},
    },
    "/administrations/{administration_id}/corrections": lambda ward: {
        "dose": {"value": 480, "unit": "mg"}, "status": "stopped", "reason": "the line came out",
    },
    "/patients/{patient_id}/doses/distinct": lambda ward: {
        "doses": list(ward.pair), "reason": "two bags, both given",
    },
    "/patients/{patient_id}/doses/elsewhere": lambda ward: {
        "medication": "tocilizumab", "answer": "none", "reason": "asked the sending hospital",
    },
    "/patients/{patient_id}/dosing/{medication}/check": lambda ward: {
        "dose": {"value": 0.56, "unit": "g"}, "at": AT, "indication": "crs",
    },
    "/patients/{patient_id}/dosing/{medication}/reservations": lambda ward: WANTED,
    "/patients/{patient_id}/dosing/{medication}/releases": lambda ward: {
        **WANTED, "weight_confirmed": True,
    },
    "/patients/{patient_id}/dosing/{medication}/overrides": lambda ward: WANTED,
    "/patients/{patient_id}/permissions/{permission_id}/release": lambda ward: {
        "override": True, "reason": "agreed on the phone",
    },
    "/patients/{patient_id}/permissions/{permission_id}/return": lambda ward: {
        "reason": "bag dropped",
    },
    "/dosing/{medication}/check": lambda ward: {
        "weight_kg": 70, "weighed_at": AT, "age_years": 64, "dose_mg": 560, "indication": "crs",
        "earlier_doses": [{"given_at": None, "given_before": AT, "dose_mg": 560}],
        "requested_at": AT, "treatment_began_at": None,
    },
    "/stock": lambda ward: {
        "unit": "bmt-1", "medication": "tocilizumab", "counted_at": AT, "note": None,
        "counts": [{"strength": 80, "vials": 4}, {"strength": 400, "vials": 0}],
    },
    "/patients/{patient_id}/attributions": lambda ward: {
        "sign": "hypoxia", "cause": "pneumonia", "from": AT, "until": None, "reason": "the film",
    },
    "/patients/{patient_id}/deaths": lambda ward: {"died_at": AT, "cause": "other"},
    "/patients/{patient_id}/pauses": lambda ward: {
        "from": AT, "until": "2026-03-01T09:00:00Z", "checks": [], "reason": "in theatre",
    },
    "/patients/{patient_id}/stays": lambda ward: {
        "from": AT, "setting": "inpatient", "unit": "bmt-1", "bed": "12", "reason": "moved",
    },
    "/rosters": lambda ward: shift(ward),
    "/rosters/{shift_id}/corrections": lambda ward: {**shift(ward), "reason": "swapped"},
    "/rosters/{shift_id}/retraction": lambda ward: {"reason": "ill"},
    "/alerts/{alert_id}/acknowledge": lambda ward: {"reason": "going to the bedside"},
    "/alerts/{alert_id}/shelve": lambda ward: {"until": soon(ward), "reason": "being treated"},
    "/alerts/{alert_id}/unshelve": lambda ward: {"reason": "treated"},
    "/alerts/{alert_id}/note": lambda ward: {"text": "blood cultures taken"},
    "/alerts/{alert_id}/resolve": lambda ward: {"reason": "he is well"},
    "/alerts/{alert_id}/hand-over": lambda ward: {"to": "Noor", "note": "cultures are running"},
    "/alerts/{alert_id}/accept": lambda ward: {"note": None},
    "/alerts/{alert_id}/out-of-service": lambda ward: {"until": soon(ward), "reason": "a test"},
    "/alerts/{alert_id}/in-service": lambda ward: {"reason": "the test is over"},
    "/webhooks": lambda ward: new_webhook(ward),
    "/webhooks/{webhook_id}/approval": lambda ward: {"reason": "the EHR team asked for it"},
    "/webhooks/{webhook_id}/rotate": lambda ward: {"reason": None},
    "/webhooks/{webhook_id}/end": lambda ward: {"reason": "the engine moved"},
    "/webhooks/{webhook_id}/test": lambda ward: {},
    "/deliveries/{delivery_id}/redeliver": lambda ward: {},
    "/observations/{observation_id}/corrections": lambda ward: {
        "value": 17, "unit": "/min", "reason": "misread",
    },
    "/observations/{observation_id}/confirmation": lambda ward: {"reason": "measured again"},
    "/observations/{observation_id}/retraction": lambda ward: {"reason": "another patient"},
    "/observations/batch": lambda ward: [
        {"patient_id": ward.patient, "effective_at": AT, **SEEN},
        {"patient_id": NOBODY, "effective_at": AT, **SEEN},
    ],
    "/grade/{scale}": lambda ward: {
        "temperature_c": 38.6, "oxygen_device": "nasal_cannula", "oxygen_flow_l_min": 3,
        "vasopressors": [], "hypotension": None,
    },
}  # fmt: skip


@dataclass
class Operation:
    """One operation of the document, over a standing ward."""

    ward: Ward
    method: str
    path: str
    roles: list[str]
    things: dict[str, str] = field(default_factory=dict)

    def fresh_fact(self) -> str:
        """The id of a fact that nobody has replaced; in quarantine where that is asked for."""
        doubted = self.path.endswith("/confirmation")
        value = (0.97, "%") if doubted else (96, "%")
        if "/corrections" in self.path:
            reply = self.ward.api.chart(self.ward.patient, AT, respiratory_rate=(16, "/min"))
        else:
            reply = self.ward.api.chart(self.ward.patient, AT, oxygen_saturation=value)
        found: str = reply.body["observations"][0]["id"]
        return found

    def fresh_shift(self) -> str:
        """The id of a shift that nobody has replaced."""
        self.ward.charted += 1
        found: str = self.ward.api.post("/rosters", shift(self.ward)).body["id"]
        return found

    def fresh_alert(self) -> str:
        """The id of an alert that stands as this act needs it."""
        act = self.path.rpartition("/")[2]
        alert = self.ward.new_alert(over=act == "resolve")
        before = {
            "unshelve": [("shelve", {"until": soon(self.ward), "reason": "x"})],
            "hand-over": [("acknowledge", {"reason": "x"})],
            "accept": [
                ("acknowledge", {"reason": "x"}),
                ("hand-over", {"to": f"{self.roles[0]} of the test"}),
            ],
            "in-service": [("out-of-service", {"until": soon(self.ward), "reason": "x"})],
        }
        for name, body in before.get(act, ()):
            by = "physician" if act != "accept" else "pharmacist"
            reply = self.ward.api.post(f"/alerts/{alert}/{name}", body, by=by)
            assert reply.status == 200, reply.body
        return alert

    def fresh_patient(self) -> Dosed:
        """Somebody who may have a dose; where an override is asked for, one too early."""
        found = dosed(self.ward.api, self.ward.clock)
        if self.path.endswith("/overrides"):
            found.give(-1)
        return found

    def fresh_webhook(self) -> str:
        """The id of a webhook in use; where approval is asked for, of one that waits for it."""
        service = self.ward.api.service
        service.refuses = lambda url: None
        self.ward.charted += 1
        found = subscribe(service, f"made-{self.ward.charted}")
        if not self.path.endswith("/approval"):
            bob = Actor("bob", "Bob", "admin")
            subscribing.approve(service, bob, found, None, lambda webhook, secret: b"{}")
        return found

    def fresh_delivery(self) -> str:
        """The id of a message that was given up on."""
        service = self.ward.api.service
        ann = Actor("ann", "Ann", "admin")
        made: list[Row] = []
        redeliver.try_out(
            service,
            ann,
            self.fresh_webhook(),
            lambda row: made.append(row) or b"{}",  # type: ignore[func-returns-value]
        )
        with service.store.writing():
            now = service.clock()
            deliveries.give_up(service.store, made[0]["channel"], now, now, "{}")
        return str(made[0]["id"])

    def fresh_permission(self) -> dict[str, str]:
        """A permission that stands as this step needs it, and whose it is."""
        found = self.fresh_patient()
        what = "reservations"
        if self.path.endswith("/release"):
            found.give(-1)
            what = "overrides"
        reply = found.ask(what, reason="CRS 4")
        assert reply.status == 201, reply.body
        return {"patient_id": found.patient, "permission_id": reply.body["permission"]["id"]}

    def made(self) -> dict[str, str]:
        """What the path names, made for it; again when it was used up."""
        if not self.things:
            made: dict[str, Callable[[], dict[str, str]]] = {
                "{observation_id}": lambda: {"observation_id": self.fresh_fact()},
                "{alert_id}": lambda: {"alert_id": self.fresh_alert()},
                "{shift_id}": lambda: {"shift_id": self.fresh_shift()},
                "{administration_id}": lambda: {
                    "administration_id": self.fresh_patient().give(0).body["observations"][0]["id"]
                },
                "{permission_id}": self.fresh_permission,
                "{webhook_id}": lambda: {"webhook_id": self.fresh_webhook()},
                "{delivery_id}": lambda: {"delivery_id": self.fresh_delivery()},
                "/reservations": lambda: {"patient_id": self.fresh_patient().patient},
                "/releases": lambda: {"patient_id": self.fresh_patient().patient},
                "/overrides": lambda: {"patient_id": self.fresh_patient().patient},
            }
            for part, make in made.items():
                if part in self.path:
                    self.things = make()
        return self.things

    def url(self, **names: str) -> str:
        names = {
            "patient_id": self.ward.patient,
            "medication": "tocilizumab",
            "scale": "crs",
            "name": "ide-cel",
            **self.made(),
            **names,
        }
        query = "?unit=bmt-1" if (self.method, self.path) == ("get", "/api/v1/stock") else ""
        return "/" + self.path.format(**names) + query

    def body(self) -> Any:
        self.ward.charted += 1
        found = BODIES.get(self.path.removeprefix("/api/v1"))
        return None if self.method == "get" else found(self.ward) if found else None

    def call(self, url: str = "", **more: Any) -> Reply:
        by = more.pop("by", self.roles[0])
        if not more.keys() & {"raw", "body"}:
            more["body"] = self.body()
        reply = self.ward.api.call(self.method.upper(), url or self.url(), by=by, **more)
        if reply.status < 300:
            self.things = {}
        return reply


def operations(ward: Ward) -> Iterator[tuple[Operation, set[str]]]:
    """Every operation with the statuses that are documented for it."""
    for path, methods in document_of(ward.api.app)["paths"].items():
        for method, said in methods.items():
            if method != "parameters":
                roles = said.get("x-roles", ["nurse"])
                yield Operation(ward, method, path, roles), set(said["responses"])


@contextmanager
def broken(ward: Ward, error: Exception) -> Iterator[None]:
    """A database that answers nothing but an error."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    ward.api.app.extensions["toxmon_tokens"].clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ward.api.service.store, "query", fail)
        patch.setattr(ward.api.service.store, "writing", fail)
        yield


def forbidden_role(operation: Operation) -> str:
    return next(role for role in ROLES if role not in operation.roles)


def bring_about(operation: Operation, status: str) -> Reply:
    """A request that this operation answers with this status."""
    match status:
        case "200" | "201" | "202":
            return operation.call()
        case "304":
            tag = operation.call().headers["ETag"]
            return operation.call(headers={"If-None-Match": tag})
        case "400":
            return operation.call(raw=b"{")
        case "401":
            return operation.call(by="nobody")
        case "403":
            return operation.call(by=forbidden_role(operation))
        case "404" if operation.path.endswith("/audit"):
            return operation.call(
                f"/{operation.path}?patient={NOBODY}", by=operation.ward.near_auditor
            )
        case "404":
            names = re.findall(r"{(\w+)}", operation.path)
            if operation.path.endswith(("/alerts", "/events")):
                return operation.call(f"/{operation.path}?patient={NOBODY}")
            return operation.call(operation.url(**dict.fromkeys(names, NOBODY)))
        case "406":
            return operation.call(headers={"Accept": "text/html"})
        case "409":
            headers = {"Idempotency-Key": f"key of {operation.path}"}
            url, sent = operation.url(), orjson.dumps(operation.body())
            assert operation.call(url, headers=headers, raw=sent).status < 300
            return operation.call(url, headers=headers, raw=sent + b" ")
        case "412":
            return operation.call(headers={"If-Match": '"0"'})
        case "413":
            return operation.call(raw=b" " * (9 * 1024 * 1024))
        case "415":
            return operation.call(raw=b"{}", headers={"Content-Type": "text/plain"})
        case "422" if operation.method == "get":
            url = operation.url()
            return operation.call(f"{url}{'&' if '?' in url else '?'}nothing=1")
        case "422":
            return operation.call(body={"nothing": 1})
        case "503":
            url, body = operation.url(), operation.body()
            with broken(operation.ward, Unavailable("database or disk is full")):
                return operation.call(url, body=body)
        case "default":
            url, body = operation.url(), operation.body()
            with broken(operation.ward, RuntimeError("not foreseen")):
                return operation.call(url, body=body)
    raise AssertionError(f"nobody knows how to bring about {status}")


ELSEWHERE = {
    *(f"/patients/{{patient_id}}/{act}" for act in ("merge", "unmerge", "move")),
    "/held/reread", "/held/{held_id}/dismissal", "/messages/{message_id}/replay",
}  # fmt: skip
"""They need a second record, or a message that waits: tests/identity and tests/hooks."""


def test_every_documented_answer_of_every_route(ward: Ward) -> None:
    brought_about = 0
    for operation, statuses in operations(ward):
        if operation.path.removeprefix("/api/v1") in (*ELSEWHERE, "/messages/{message_id}"):
            continue
        # The answers that are not problems come last: a death is a fact like any other.
        for status in sorted(statuses, key=lambda each: each < "4"):
            name = f"{operation.method} {operation.path} {status}"
            if status == "default" and not operation.path.startswith("/api/v1"):
                continue  # Nothing of these can be broken by the database.
            operation.made()
            before = kept(ward.api.service)
            reply = bring_about(operation, status)
            expected = 500 if status == "default" else int(status)
            assert reply.status == expected, (name, reply.raw[:500])
            if expected >= 400 and "/health/" not in operation.path:
                assert reply.headers["Content-Type"] == "application/problem+json", name
                if status != "409":
                    assert kept(ward.api.service) == before, name
            if status == "503" and "/health/" not in operation.path:
                assert int(reply.headers["Retry-After"]) > 0
            if status == "401":
                assert reply.headers["WWW-Authenticate"].startswith("Bearer")
            assert reply.headers["X-Request-Id"], name
            brought_about += 1
    assert brought_about > 150


def test_every_post_has_a_good_body_here(ward: Ward) -> None:
    posts = {each.path for each, _ in operations(ward) if each.method == "post"}
    assert {f"/api/v1{path}" for path in {*BODIES, *ELSEWHERE}} == posts


def test_a_fault_of_ours_says_nothing_of_itself(ward: Ward, caplog: Any) -> None:
    with broken(ward, RuntimeError("Ada Lovelace of room 12")):
        reply = ward.api.get(f"/patients/{ward.patient}")
    assert reply.status == 500
    assert b"Lovelace" not in reply.raw
    assert b"Traceback" not in reply.raw
    reference = reply.body["detail"].rpartition("(reference ")[2].rstrip(")")
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "in fail" in caplog.text
    assert "Lovelace" not in caplog.text
    ward.chart_well()
