"""A site with systems that post signed messages, and how they sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson
import pytest
from flask import Flask

from tests.conftest import KEY, Api, Clock, Reply, lend
from toxmon.actions import Service
from toxmon.app import create_app
from toxmon.protocol import Protocols
from toxmon.sources import load_sources
from toxmon.store import Store

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PLAIN = "a-secret-of-the-gateway"
MAP = """
[[code]]
system = "99LAB"
code = "TEMP"
kind = "body_temperature"
unit = "Cel"
"""


def whsec(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


SOURCES = f"""
[[source]]
name = "lab"
form = "json"
verify = "standard-webhooks"
secret = ["{whsec(OLD)}", "{whsec(NEW)}"]
code_map = "lab-codes.toml"

[[source]]
name = "gateway"
form = "json"
verify = "hmac-sha256"
header = "X-Hub-Signature-256"
prefix = "sha256="
secret = "{PLAIN}"
units = ["icu"]

[[source]]
name = "engine"
form = "hl7v2"
verify = "token"
secret = "{PLAIN}"

[[source]]
name = "server"
form = "fhir"
verify = "token"
header = "X-Token"
secret = "{PLAIN}"

[[source]]
name = "quiet"
"""


@dataclass
class Site:
    """A site, and the systems that post to it."""

    api: Api
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def post(self, source: str, raw: bytes, headers: dict[str, str]) -> Reply:
        sent = {"Content-Type": "application/json", **headers}
        answer = self.api.client.post(f"/hooks/{source}", data=raw, headers=sent)
        json = "json" in (answer.content_type or "")
        parsed = orjson.loads(answer.data) if answer.data and json else None
        return Reply(answer.status_code, parsed, answer.headers, answer.data)

    def standard(
        self,
        body: Any,
        *,
        secret: bytes = NEW,
        id_: str | None = None,
        off: float = 0,
        **changed: str,
    ) -> Reply:
        """A message of the source "lab", signed as Standard Webhooks says."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        id_ = id_ or f"msg_{next(self.numbers)}"
        stamp = str(int(self.clock().timestamp() + off))
        said = f"{id_}.{stamp}.".encode() + raw
        signature = base64.b64encode(hmac.digest(secret, said, "sha256")).decode()
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
        }
        changes = {name.replace("_", "-"): value for name, value in changed.items()}
        told = {name: value for name, value in {**headers, **changes}.items() if value}
        return self.post("lab", raw, told)

    def plain(self, body: Any, secret: str = PLAIN) -> Reply:
        """A message of the source "gateway", with a plain HMAC."""
        raw = orjson.dumps(body)
        digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return self.post("gateway", raw, {"X-Hub-Signature-256": f"sha256={digest}"})


@pytest.fixture(scope="session")
def hooks_app(protocols: Protocols, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "lab-codes.toml").write_text(MAP)
    path = folder / "sources.toml"
    path.write_text(SOURCES)
    nobody = cast(Store, None)
    service = Service(nobody, Clock(), KEY, protocols, ZoneInfo("Europe/Berlin"))
    return create_app(service, sources=load_sources(path))


@pytest.fixture
def site(service: Service, hooks_app: Flask, clock: Clock, tmp_path: Path) -> Site:
    lend(hooks_app, service)
    return Site(Api(hooks_app, hooks_app.test_client(), service), clock)


def observed(**more: Any) -> dict[str, Any]:
    """A temperature of the patient A1."""
    return {
        "id": "r-1",
        "code": {"system": "http://loinc.org", "code": "8310-5", "display": "Temperature"},
        "value": 38.6,
        "unit": "Cel",
        "effective_at": "2026-03-01T07:30:00Z",
        **more,
    }


def message(*observations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A message about the patient A1."""
    told = list(observations or (observed(),))
    return {"patient": {"system": "urn:mrn", "value": "A1"}, "observations": told, **more}
