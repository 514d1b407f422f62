"""Who may use the doors of hospitals: every route of theirs, by every role, and without a token."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Api
from toxmon.actions.tokens import ROLES

# nurse, physician, pharmacist, integration, admin, auditor; `open` is anybody, `signed` signs.
TABLE = """
GET    /fhir/metadata                              open
GET    /fhir/<resource>                            xxxxxx
POST   /fhir/<resource>/_search                    xxxxxx
GET    /fhir/<resource>/<id_>                      xxxxxx
GET    /fhir/<resource>/<id_>/_history/<version>   xxxxxx
GET    /fhir/<resource>/<id_>/_history             xxxxxx
GET    /fhir/Patient/<id_>/$everything             xxxx--
POST   /fhir/Patient/<id_>/$everything             xxxx--
POST   /fhir/                                      xx-x--
POST   /fhir                                       xx-x--
POST   /fhir/$process-message                      xx-x--
POST   /fhir/<kind>                                xx-x--
PUT    /fhir/<kind>/<given_id>                     xx-x--
PUT    /fhir/<kind>                                xx-x--
DELETE /fhir/<kind>                                xx-x--
DELETE /fhir/<kind>/<given_id>                     xx-x--
POST   /fhir/Subscription                          ----x-
GET    /fhir/Subscription                          ----xx
GET    /fhir/Subscription/<name>                   ----xx
DELETE /fhir/Subscription/<name>                   ----x-
POST   /hooks/fhir                                 xx-x--
POST   /hooks/fhir/<kind>/<given_id>               xx-x--
PUT    /hooks/fhir/<kind>/<given_id>               xx-x--
POST   /hooks/hl7v2                                ---x--
POST   /hooks/<source_name>                        signed
"""
ORDER = ("nurse", "physician", "pharmacist", "integration", "admin", "auditor")
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()]
GUARDED = [row for row in ROWS if row[2] not in ("open", "signed")]
STATEMENTS = ("nurse", "physician", "pharmacist", "integration")


def path_of(rule: str, role: str = "nurse") -> str:
    kind = "Patient" if role in STATEMENTS else "CodeSystem"
    return (
        rule.replace("<resource>", kind)
        .replace("<kind>", "Observation")
        .replace("<id_>", "nobody")
        .replace("<given_id>", "nobody")
        .replace("<version>", "1")
        .replace("<name>", "nobody")
    )


def asked(api: Api, method: str, path: str, by: str | None) -> tuple[int, str]:
    headers = {} if by is None else {"Authorization": f"Bearer {api.token(by)}"}
    form = "text/plain" if path.endswith("hl7v2") else "application/fhir+json"
    body = json.dumps({}) if method != "GET" else None
    sent = {**headers, "Content-Type": form}
    reply = api.client.open(path, method=method, data=body, headers=sent)
    return reply.status_code, reply.headers.get("WWW-Authenticate", "")


def test_the_table_has_every_route(api: Api) -> None:
    routes = {
        (method, rule.rule)
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/fhir", "/hooks"))
    }
    assert {(method, rule) for method, rule, _ in ROWS} == routes
    assert set(ORDER) == set(ROLES)


def test_only_these_roles_are_let_through(api: Api) -> None:
    for method, rule, marks in GUARDED:
        for role, mark in zip(ORDER, marks, strict=True):
            status, _ = asked(api, method, path_of(rule, role), role)
            where = f"{method} {rule} by {role}: {status}"
            assert (status == 403) == (mark == "-"), where
            assert status != 401, where
            assert status < 500, where


@pytest.mark.conforms("http-bearer")
def test_nobody_does_anything_without_a_token(api: Api) -> None:
    for method, rule, _ in GUARDED:
        status, wanted = asked(api, method, path_of(rule), None)
        assert (status, wanted.startswith("Bearer")) == (401, True), f"{method} {rule}"
