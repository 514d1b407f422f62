"""Holds every answer of an app against its own OpenAPI document.

An answer must have a documented status and media type, and a body of the documented form. A body
that was taken must have the form that is documented for it, so that the document is not narrower
than the door.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

OF_A_SPECIFICATION = {
    "/cds-services", "/cds-services/{service_id}", "/cds-services/{service_id}/feedback",
    "/hooks/{source_name}",
}  # fmt: skip
"""Described elsewhere: by CDS Hooks itself (tests/ehr), or on a page of ours (tests/hooks)."""
DOORS_OF_HOSPITALS = ("/fhir", "/hooks/")


def of_a_specification(path: str) -> bool:
    """Is a path described elsewhere: by CDS Hooks or FHIR themselves, or on a page of ours?"""
    return path in OF_A_SPECIFICATION or path.startswith(DOORS_OF_HOSPITALS)


class Contract:
    """What was answered otherwise than documented, and which answers were seen."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.document = document_of(app)
        self.begin()
        self._validators: dict[str, Draft202012Validator] = {}
        app.after_request(self._hold)

    def begin(self) -> None:
        """Forget what was seen, for another test."""
        self.breaches: list[str] = []
        self.seen: set[tuple[str, str, str]] = set()

    def _hold(self, response: Response) -> Response:
        rule = request.url_rule
        if rule is None or request.method in ("OPTIONS", "HEAD") or response.status_code == 405:
            return response
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        method, status = request.method.lower(), str(response.status_code)
        operation = self.document["paths"].get(path, {}).get(method)
        if operation is None:
            if path != "/openapi.json" and not of_a_specification(path):
                self.breaches.append(f"{method} {path} is not documented")
            return response
        self.seen.add((method, path, status))
        where = f"{method} {path} {status}"
        answer = operation["responses"].get("default" if status == "500" else status)
        if answer is None:
            self.breaches.append(f"{where} is not documented")
            return response
        self._check_answer(where, answer, response)
        # A batch is taken with lines that are not, and says so line by line.
        a_batch = path.endswith("/batch")
        if status.startswith("2") and request.mimetype == "application/json" and not a_batch:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            self._check(f"{where}, the body sent", schema, request.get_data(cache=True))
        return response

    def _check_answer(self, where: str, answer: dict[str, Any], response: Response) -> None:
        forms = answer.get("content", {})
        if response.status_code == 304 or (not response.data and not forms):
            return
        schema = forms.get(response.mimetype, {}).get("schema")
        if schema is None:
            self.breaches.append(f"{where} as {response.mimetype} is not documented")
        elif response.mimetype.endswith("json") and "ndjson" not in response.mimetype:
            self._check(f"{where} {response.mimetype}", schema, response.data)

    def _check(self, where: str, schema: dict[str, Any], raw: bytes) -> None:
        validator = self._validators.get(where)
        if validator is None:
            whole = {**schema, "components": self.document["components"]}
            validator = self._validators[where] = Draft202012Validator(whole)
        for error in validator.iter_errors(json.loads(raw)):
            self.breaches.append(f"{where}: {error.json_path}: {error.message[:300]}")


def document_of(app: Flask) -> dict[str, Any]:
    """The OpenAPI document, as the app serves it."""
    spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec
    found: dict[str, Any] = json.loads(json.dumps(spec.to_dict()))
    return found
