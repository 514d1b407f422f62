"""An ordering system that asks: its keys, its patient, its drafts; and a ward that answers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jsonschema import Draft202012Validator
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.conftest import KEY, Api, Clock, Reply, _migrate
from toxmon.actions import Service
from toxmon.app import create_app
from toxmon.ehr.cds_clients import load_clients
from toxmon.protocol import Protocols
from toxmon.store import open_store

ISSUER, AUDIENCE = "https://ehr.example.org/", "https://toxmon.example.org"
JKU = "https://ehr.example.org/jwks.json"
FHIR = "https://ehr.example.org/fhir/r4"
ORIGIN = "https://ehr.example.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SCHEMA = json.loads(Path(__file__).with_name("cds_hooks_schema.json").read_text("utf-8"))
ANSWER = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/answer"})
DISCOVERY = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/discovery"})
SIGN, SELECT, VIEW = "toxmon-dose", "toxmon-dose-select", "toxmon-status"
HOOKS = {SIGN: "order-sign", SELECT: "order-select", VIEW: "patient-view"}

CLIENTS = f"""
origins = ["{ORIGIN}"]

[[client]]
name = "Ordering"
issuer = "{ISSUER}"
jwks_file = "ordering.jwks.json"
jku = "{JKU}"
audience = "{AUDIENCE}"

[[client]]
name = "Other hospital"
issuer = "{ISSUER}"
tenant = "other"
jwks_file = "ordering.jwks.json"
audience = "{AUDIENCE}"
units = ["elsewhere"]
"""


@dataclass(frozen=True)
class Keys:
    """Private keys by the id of their public half, and the set of the public halves."""

    private: dict[str, Any]
    public: dict[str, Any]


@pytest.fixture(scope="session")
def keys() -> Keys:
    private: dict[str, Any] = {
        "es384": ec.generate_private_key(ec.SECP384R1()),
        "es256": ec.generate_private_key(ec.SECP256R1()),
        "rs": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }
    listed = []
    for kid, key in private.items():
        kind = RSAAlgorithm if kid == "rs" else ECAlgorithm
        listed.append({**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"})
    return Keys(private, {"keys": listed})


def medication_request(
    mg: Any = 560,
    unit: str = "mg",
    code: str | None = "612865",
    name: str = "tocilizumab 20 MG/ML Injectable Solution",
    **more: Any,
) -> dict[str, Any]:
    """A draft as ordering systems of R4 send it."""
    concept: dict[str, Any] = {"text": name}
    if code is not None:
        concept["coding"] = [{"system": RXNORM, "code": code, "display": name}]
    dosage: dict[str, Any] = {"text": "once"}
    if mg is not None:
        amount = {"value": mg, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
        dosage["doseAndRate"] = [{"doseQuantity": amount}]
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept,
        "dosageInstruction": [dosage],
        **more,
    }


@dataclass
class Ehr:
    """An ordering system before a ward. What it sends is signed, unless `by` says otherwise."""

    api: Api
    keys: Keys
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def claims(self, path: str, **more: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE + path, "iat": now, "exp": now + 300,
            "jti": f"call-{next(self.numbers)}", **more,
        }  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, path: str, kid: str = "es384", alg: str = "ES384", **more: Any) -> str:
        headers = {"kid": kid, "jku": JKU, **more.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        claims = self.claims(path, **more)
        return jwt.encode(claims, self.keys.private[kid], algorithm=alg, headers=headers)

    def send(self, path: str, body: Any = None, *, by: str | None = None, **more: Any) -> Reply:
        """A POST to a path below the root."""
        return self.api.call("POST", f"/{path}", body, by=by or self.token(path), **more)

    def ask(self, service: str, patient: str, *drafts: dict[str, Any], **more: Any) -> Reply:
        """A call of a service with drafts for a patient."""
        by = more.pop("by", None)
        return self.send(
            f"/cds-services/{service}", body_of(service, patient, *drafts, **more), by=by
        )

    def cards(self, service: str, patient: str, *drafts: dict[str, Any], **more: Any) -> Any:
        """The cards of an answer that is what the specification describes."""
        reply = self.ask(service, patient, *drafts, **more)
        assert reply.status == 200, reply.body
        ANSWER.validate(reply.body)
        return reply.body["cards"]

    def card(self, service: str, patient: str, *drafts: dict[str, Any], **more: Any) -> Any:
        """The one card of an answer."""
        cards = self.cards(service, patient, *drafts, **more)
        assert len(cards) == 1, cards
        return cards[0]

    def patient(self, kg: int | None = 70, *, fever: bool = True) -> str:
        """A patient on day 0 with CRS, weighed this morning."""
        patient_id = self.api.treated()
        if kg is not None:
            self.api.chart(patient_id, "2026-03-01T06:30:00Z", weight=(kg, "kg"))
        if fever:
            self.api.chart(patient_id, "2026-03-01T07:00:00Z", body_temperature=(39.0, "Cel"))
        return patient_id

    def give(self, patient_id: str, at: str, mg: int = 560) -> None:
        """Chart a dose of tocilizumab."""
        body = {
            "medication": "tocilizumab", "given_at": at, "dose": {"value": mg, "unit": "mg"},
            "route": "iv",
        }  # fmt: skip
        reply = self.api.post(f"/patients/{patient_id}/administrations", body)
        assert reply.status == 201, reply.body


def body_of(service: str, patient: str, *drafts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of a call."""
    context: dict[str, Any] = {"userId": "Practitioner/example", "patientId": patient}
    if service != VIEW:
        subject = {"reference": f"Patient/{patient}"}
        entries = [{"resource": {"subject": subject, **draft}} for draft in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "entry": entries}
    if service == SELECT:
        context["selections"] = [
            f"{draft['resourceType']}/{draft['id']}" for draft in drafts if "id" in draft
        ]
    context |= more.pop("context", {})
    return {
        "hook": HOOKS[service],
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": FHIR,
        "context": context,
        **more,
    }


def with_clients(service: Service, clock: Clock, keys: Keys, folder: Path) -> Ehr:
    (folder / "ordering.jwks.json").write_text(json.dumps(keys.public))
    (folder / "clients.toml").write_text(CLIENTS)
    app = create_app(service, load_clients(folder / "clients.toml"))
    app.testing = False
    return Ehr(Api(app, app.test_client(), service), keys, clock)


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, protocols: Protocols, keys: Keys
) -> Iterator[Ehr]:
    """A ward over SQLite that stands while a module's tests run: each takes patients of its own."""
    folder, clock = tmp_path_factory.mktemp("ehr"), Clock()
    url = f"sqlite:///{folder / 'ward.db'}"
    _migrate(url)
    store = open_store(url)
    service = Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"))
    yield with_clients(service, clock, keys, folder)
    store.close()


@pytest.fixture
def ehr(standing: Ehr) -> Ehr:
    """An ordering system before that ward, on 1 March 2026 at 08:00 UTC."""
    standing.clock.now = Clock().now
    return standing


@pytest.fixture
def either(service: Service, clock: Clock, keys: Keys, tmp_path: Path) -> Ehr:
    """The same over each of the two databases."""
    return with_clients(service, clock, keys, tmp_path)
