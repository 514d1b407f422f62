"""The OpenAPI document: valid, whole, and tried by a program that makes its requests from it."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error, response_schema_conformance
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.api.conftest import Ward
from tests.api.contract import OF_A_SPECIFICATION, document_of, of_a_specification
from tests.conftest import lend

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
EXAMPLES = 9
ROOT = Path(__file__).parents[2]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]


@pytest.mark.conforms("http-openapi", by="openapi-spec-validator")
def test_the_document_is_valid_openapi_3_1(ward: Ward) -> None:
    document = ward.api.get("//openapi.json").body
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    assert document == document_of(ward.api.app)


def test_the_document_has_every_route(ward: Ward) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in ward.api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("ward.")  # Pages are for people: tests/ward.
    }
    documented = {(path, method) for path, method, _ in operations(document_of(ward.api.app))}
    of_itself = {(path, method) for path, method in routes if of_a_specification(path)}
    assert {path for path, _ in of_itself} >= OF_A_SPECIFICATION
    assert routes - documented - of_itself == {("/openapi.json", "get")}
    assert documented - routes == set()


def test_every_operation_says_what_it_is(ward: Ward) -> None:
    document = document_of(ward.api.app)
    for path, method, operation in operations(document):
        name = f"{method} {path}"
        assert operation["summary"], name
        for status, response in operation["responses"].items():
            assert response["description"], f"{name} {status}"
            if status not in ("304", "default") and int(status) < 400:
                assert response["content"], f"{name} {status}"
        guarded = path.startswith("/api/v1")
        assert ("x-roles" in operation) == guarded, name
        assert operation.get("security", document["security"]) == (
            [{"token": []}] if guarded else []
        )
        if method == "post":
            assert operation["requestBody"]["required"], name
            headers = {each["name"] for each in operation.get("parameters", [])}
            keeps_nothing = path.endswith(("/grade/{scale}", "/check"))
            assert ("Idempotency-Key" in headers) == (not keeps_nothing), name


@pytest.mark.conforms("http-problem")
def test_every_problem_has_one_form(ward: Ward) -> None:
    document = document_of(ward.api.app)
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if (status == "default" or int(status) >= 400) and not path.startswith("/health"):
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }, f"{method} {path} {status}"


def test_nothing_is_documented_that_nobody_refers_to(ward: Ward) -> None:
    document = document_of(ward.api.app)
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert referred == set(document["components"]["schemas"])


def test_the_page_for_people_has_every_operation(ward: Ward) -> None:
    page = ward.api.get("//docs").raw.decode()
    for path, method, operation in operations(document_of(ward.api.app)):
        assert f"<code>{method.upper()} {path}</code>" in page
        assert operation["summary"].replace("'", "&#x27;") in page
    assert "http://" not in page.replace("http://loinc.org", "")
    assert "src=" not in page


def test_the_page_of_routes_is_not_stale() -> None:
    generator = run_path(str(ROOT / "docs" / "generate" / "routes.py"))
    assert generator["PAGE"].read_text("utf-8") == generator["page"](), (
        "run: python docs/generate/routes.py"
    )


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=[mode.value for mode in GenerationMode])
@pytest.mark.conforms("http-openapi", by="schemathesis")
def test_requests_made_from_the_document_are_answered_as_documented(
    both_wards: tuple[Ward, Ward], mode: GenerationMode
) -> None:
    """Good and bad ones alike; the ids are real, so that they reach what lies behind the door.

    Making one takes longer than answering it, so that each is sent to both databases.
    """
    schema = schemathesis.openapi.from_wsgi("/openapi.json", both_wards[0].api.app)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            tried += tried_on(both_wards, operation, mode)
    assert tried > 150


def real_ids(ward: Ward) -> dict[str, str]:
    """What stands in a path of this ward."""
    return {
        "patient_id": ward.patient,
        "observation_id": ward.fact,
        "alert_id": ward.alert,
        "shift_id": ward.shift,
        "administration_id": ward.dose,
        "permission_id": ward.permission,
        "held_id": "nothing-that-waits",
        "message_id": "no-message",
        "webhook_id": "no-webhook",
        "delivery_id": "no-delivery",
        "medication": "tocilizumab",
        "scale": "icans",
        "name": "cilta-cel",
    }


def tried_on(wards: tuple[Ward, ...], operation: Any, mode: GenerationMode) -> int:
    """Try made requests on one operation, at each ward; how many."""
    role = operation.definition.raw.get("x-roles", ["nurse"])[0]
    asked = []
    for ward in wards:
        lend(ward.api.app, ward.api.service)
        token = {"Authorization": f"Bearer {ward.api.token(role)}"}
        asked.append((ward.api, real_ids(ward), token))
    # No process sweeps here, and /health/ready says so with its documented 503.
    checks = CHECKS[1:] if operation.path.startswith("/health/") else CHECKS
    tried = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_it(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        for api, real, headers in asked:
            lend(api.app, api.service)
            for name in case.path_parameters or {}:
                case.path_parameters[name] = real[name]
            case.call_and_validate(headers=headers, checks=checks)

    try_it()
    return tried
