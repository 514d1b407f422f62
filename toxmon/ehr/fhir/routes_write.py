"""The routes of FHIR that take something in: create, update, transaction, batch, messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from toxmon import strict_json
from toxmon.actions import NotFound, look_up
from toxmon.ehr.fhir import answers, bundle, guard, messaging
from toxmon.ehr.fhir.asked import (
    POST,
    PUT,
    Asked,
    check_resource,
    check_type,
    sought,
    version_of,
)
from toxmon.ehr.fhir.capability import TAKEN, Written
from toxmon.ehr.fhir.charting import MAPPERS, Delivery, chart
from toxmon.ehr.fhir.outcome import BASE, Failed, Issue, answer, failed
from toxmon.ehr.fhir.read import Reader
from toxmon.ehr.fhir.sources import SOURCES

CHARTING = ("nurse", "physician", "integration")
LARGEST_BODY = 8 * 1024 * 1024
FORMS = ("application/fhir+json", "application/json")

blueprint = Blueprint("fhir_write", __name__)
blueprint.register_error_handler(Failed, failed)

for _name in MAPPERS:
    TAKEN.types[_name] = Written(
        type=_name,
        interactions=("create", "update"),
        conditional_create=True,
        conditional_update=True,
        update_create=True,
    )
TAKEN.system += ["transaction", "batch"]
TAKEN.operations["process-message"] = messaging.DEFINITION


@blueprint.post(BASE)
@blueprint.post(f"{BASE}/")
@guard.allowed(*CHARTING)
def take_bundle() -> Response:
    """A transaction or a batch."""
    raw, body = read_body()
    sent = check_resource(body, "Bundle")
    actor = guard.actor()
    message = bundle.message_of(actor, raw, request.content_type or "", None)
    return answer(bundle.take_bundle(guard.service(), actor, message, sent, _base()))


@blueprint.post(f"{BASE}/$process-message")
@guard.allowed(*CHARTING)
def process_message() -> Response:
    """A message with a header; answered by a message."""
    raw, body = read_body()
    actor = guard.actor()
    content_type = request.content_type or ""
    told = messaging.process(guard.service(), actor, body, (raw, content_type), _base())
    return answer(told.bundle, told.status, told.headers)


@blueprint.post(f"{BASE}/<kind>")
@guard.allowed(*CHARTING)
def create(kind: str) -> Response:
    """One resource, new or known by its identifier; with If-None-Exist only where there is none."""
    check_type(kind)
    if request.args.keys() - {"_format", "_pretty", "_summary"}:
        words = "a create has no parameters; send If-None-Exist: identifier=system|value"
        raise Failed(400, Issue("not-supported", words))
    raw, body = read_body()
    asked = Asked(
        method=POST,
        kind=kind,
        resource=check_resource(body, kind),
        sought=sought(request.headers.get("If-None-Exist"), "If-None-Exist"),
    )
    return _alone(asked, raw)


@blueprint.put(f"{BASE}/<kind>/<given_id>")
@guard.allowed(*CHARTING)
def update(kind: str, given_id: str) -> Response:
    """The next version of a resource, by our id or by the sender's own."""
    check_type(kind)
    raw, body = read_body()
    asked = Asked(
        method=PUT,
        kind=kind,
        resource=check_resource(body, kind),
        given_id=given_id,
        at_version=version_of(request.headers.get("If-Match")),
    )
    return _alone(asked, raw)


@blueprint.put(f"{BASE}/<kind>")
@guard.allowed(*CHARTING)
def update_found(kind: str) -> Response:
    """The next version of the one resource that has an identifier; new where none has it."""
    check_type(kind)
    raw, body = read_body()
    query = request.query_string.decode("ascii", "replace")
    asked = Asked(
        method=PUT,
        kind=kind,
        resource=check_resource(body, kind),
        sought=sought(query, "PUT"),
        at_version=version_of(request.headers.get("If-Match")),
    )
    return _alone(asked, raw)


@blueprint.delete(f"{BASE}/<kind>/<given_id>")
@blueprint.delete(f"{BASE}/<kind>", defaults={"given_id": ""})
@guard.allowed(*CHARTING)
def delete(kind: str, given_id: str) -> Response:
    """Refused, with what to send instead."""
    check_type(kind)
    raise Failed(405, Issue("not-supported", bundle.NO_DELETE), headers={"Allow": "GET, PUT"})


def _alone(asked: Asked, raw: bytes) -> Response:
    actor = guard.actor()
    told, _ = chart(
        Delivery(
            service=guard.service(),
            actor=actor,
            message=bundle.message_of(actor, raw, request.content_type or "", None),
            asked=[asked],
            kind=asked.kind,
            base=_base(),
            strict=True,
        )
    )
    if told[0].stands:
        told[0].resource = _standing(told[0])
    return answers.alone(told[0], _base())


def _standing(told: answers.Told) -> Mapping[str, Any] | None:
    """What is on record, for who wanted to create it; None where it is not read here, or waits."""
    source = SOURCES.get(told.kind)
    if source is None:
        return None
    service, actor = guard.service(), guard.actor()
    try:
        with service.store.reading():
            found = source.versions(Reader(service, actor, service.clock()), str(told.id))
    except NotFound:
        return None
    if not found:
        return None
    action = f"read.fhir.{told.kind.lower()}"
    look_up.note_reading(service, actor, action, found[-1].patient_id)
    return found[-1].resource


def _base() -> str:
    return f"{request.url_root.rstrip('/')}{BASE}"


def read_body() -> tuple[bytes, Any]:
    """The bytes of a body in JSON, and what they say. Raises Failed (415), Unreadable, 413."""
    if request.mimetype not in FORMS:
        words = f"send Content-Type: {FORMS[0]}; XML is not read here"
        raise Failed(415, Issue("not-supported", words, ("http.Content-Type",)))
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise Failed(415, Issue("not-supported", "send JSON in UTF-8", ("http.Content-Type",)))
    if request.content_encoding not in (None, "", "identity"):
        words = "send the body without Content-Encoding"
        raise Failed(415, Issue("not-supported", words, ("http.Content-Encoding",)))
    request.max_content_length = LARGEST_BODY
    raw = request.get_data(cache=True)
    return raw, strict_json.read(raw)
