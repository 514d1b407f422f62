"""The address that other systems post to, one for each source; and what each is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Flask, Response, current_app, g, request

from toxmon import strict_json
from toxmon.actions import Actor, Fault, NotFound, Refused, Service
from toxmon.actions.received import WEBHOOK, Message, keep_unreadable
from toxmon.actions.take_in import Taken
from toxmon.ehr.fhir.bundle import message_of
from toxmon.ehr.fhir.notification import take_notification
from toxmon.ehr.fhir.outcome import BASE, Failed, answer, failed
from toxmon.ehr.hl7v2 import receive as hl7v2
from toxmon.ehr.hl7v2.acknowledge import ACCEPTED
from toxmon.ehr.hooks.forms import taken_plain
from toxmon.ehr.hooks.signature import NotSigned, verified
from toxmon.sources import FHIR, HL7V2, Source
from toxmon.strict_json import Unreadable

SOURCES = "toxmon_sources"
ROLE = "integration"
HL7V2_BODY = "application/hl7-v2; charset=utf-8"
AGAIN_S = "2"
LARGEST_BODY = 4 * 1024 * 1024

blueprint = Blueprint("hooks", __name__)
blueprint.register_error_handler(Failed, failed)

View = TypeVar("View", bound=Callable[..., Any])


def join(app: Flask, sources: Mapping[str, Source]) -> None:
    """Open this door of an app to those sources that sign what they send."""
    app.extensions[SOURCES] = {
        name: each for name, each in sources.items() if each.verify is not None
    }
    app.register_blueprint(blueprint)


def signed(view: View) -> View:
    """Only what a source of the site's file has signed."""

    @wraps(view)
    def guarded(source_name: str) -> Any:
        sources: Mapping[str, Source] = current_app.extensions[SOURCES]
        source = sources.get(source_name)
        if source is None:
            raise NotFound("there is no such source; TOXMON_SOURCES names those that may post")
        request.max_content_length = LARGEST_BODY
        body = request.get_data(cache=True)
        message_id = verified(source, request.headers, body, _service().clock())
        g.actor = Actor(f"source:{source.name}", source.name, ROLE, source.units)
        return view(source, message_id, body)

    guarded.toxmon_roles = (ROLE,)  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


@blueprint.post("/hooks/<source_name>")
@signed
def receive(source: Source, message_id: str | None, body: bytes) -> Response:
    """Take what a source posts. The same message again is answered as before."""
    if source.form == HL7V2:
        return _acknowledged(source, body)
    if source.form == FHIR:
        return _notified(source, body)
    # Without an id of its own a message is known by its bytes.
    control_id = message_id or f"body:{hashlib.sha256(body).hexdigest()}"
    content_type = (request.content_type or "")[:200]
    message = Message(source.name, WEBHOOK, control_id, body, content_type)
    try:
        found = taken_plain(_service(), g.actor, message)
    except Unreadable as error:
        return _refused(message, 400, str(error), ())
    except Refused as error:
        count = len(error.faults)
        words = "1 fault was found" if count == 1 else f"{count} faults were found"
        return _refused(message, 422, f"{words}; nothing was charted", error.faults)
    return _told(200, plain(found))


@blueprint.errorhandler(NotSigned)
def not_signed(error: NotSigned) -> Response:
    """A message that was not signed as agreed. Nothing of it is kept."""
    return _problem(401, "Not signed as agreed", str(error))


def plain(found: Taken) -> dict[str, Any]:
    """What became of a message, as its sender is told."""
    results = [
        {
            "outcome": each.outcome,
            "fact": each.fact_id,
            "resource": each.resource_id,
            "patient": each.patient_id,
            "held": each.hold and {"reason": each.hold.reason, "words": each.hold.words},
        }
        for each in found.results
    ]
    arrived = [
        {
            "patient": each.patient_id,
            "created": each.created,
            "held": each.hold and {"reason": each.hold.reason, "words": each.hold.words},
        }
        for each in found.arrived
    ]
    return {
        "message": found.message_id,
        "duplicate": found.duplicate,
        "results": results,
        "arrived": arrived,
    }


def _acknowledged(source: Source, body: bytes) -> Response:
    """An HL7 v2 message is known by its MSH-10, and answered with its acknowledgement."""
    answered = hl7v2.receive(_service(), g.actor, hl7v2.Port(source=source.name), body)
    status = 503 if answered.again else 200 if answered.code == ACCEPTED else 422
    response = Response(b"".join(answered.answers[-1:]), status, content_type=HL7V2_BODY)
    if answered.again:
        response.headers["Retry-After"] = AGAIN_S
    return response


def _notified(source: Source, body: bytes) -> Response:
    """A notification of FHIR, a transaction, or one resource, answered as FHIR does."""
    content_type = request.content_type or ""
    try:
        read = strict_json.read(body)
    except Unreadable as error:
        words = str(error)
        kept = keep_unreadable(
            _service(), g.actor, message_of(g.actor, body, content_type, None), words
        )
        return _problem(400, "Not acceptable as sent", words, message=kept)
    base = f"{request.url_root.rstrip('/')}{BASE}"
    return answer(take_notification(_service(), g.actor, read, (body, content_type), base))


def _refused(message: Message, status: int, words: str, faults: tuple[Fault, ...]) -> Response:
    """Tell what is wrong; the message is kept as it came, for a person to see."""
    kept = keep_unreadable(_service(), g.actor, message, words)
    errors = [{"pointer": each.pointer, "detail": each.detail} for each in faults]
    return _problem(status, "Not acceptable as sent", words, message=kept, errors=errors)


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    told = {name: value for name, value in more.items() if value}
    response = _told(status, {**body, **told})
    response.content_type = "application/problem+json"
    return response


def _told(status: int, body: Any) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")


def _service() -> Service:
    found: Service = current_app.extensions["toxmon"]
    return found
