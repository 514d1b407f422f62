"""What every route goes through: who is it, may they, what did they send.

The schemas are documented through flask-smorest, whose OpenAPI is kept; its wrapping of every call
is not, because it costs more than the rest of a hot route (decision 0005).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from toxmon import strict_json
from toxmon.actions import Actor, Fault, Forbidden, NotFound, Refused, Service, tokens
from toxmon.actions.replay import Answer, Keyed
from toxmon.api.answers import send
from toxmon.api.quick_load import quickly
from toxmon.clock import elapsed
from toxmon.store import patients

View = TypeVar("View", bound=Callable[..., Any])
More = Callable[..., list[Fault]]
NUL = "\x00"

CLINICAL = ("nurse", "physician", "pharmacist", "integration")
CHARTING = ("nurse", "physician", "integration")
WARD = ("nurse", "physician")
PERSONS = ("nurse", "physician", "pharmacist")
"""A program may chart; that somebody has seen to an alarm only a person can say."""
CLINICIAN = ("physician", "integration")
EVERYBODY = (*CLINICAL, "admin", "auditor")

TOKEN_LIVES_S = 2.0
"""How long a token that was good is not looked up again; a revoked one is dead after this."""


class Unauthorized(Exception):
    """No token, or not a live one."""


def service() -> Service:
    """What actions need, as wired by `create_app`."""
    found: Service = current_app.extensions["toxmon"]
    return found


def actor() -> Actor:
    """Who acts in this request."""
    found: Actor = g.actor
    return found


def may_see(patient_id: str) -> bool:
    """Is there such a patient, within reach of who acts?"""
    heads = patients.heads(service().store, patient_id)
    return bool(heads) and actor().may_see(heads[0]["unit"])


def blueprint(name: str, words: str) -> Blueprint:
    """A blueprint of routes below /api/v1."""
    return Blueprint(name, name, url_prefix="/api/v1", description=words)


def allowed(*roles: str) -> Callable[[View], View]:
    """Only these roles, with a live bearer token. Every route declares one."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            acts = g.actor = signed_in(request.environ.get("HTTP_AUTHORIZATION", ""))
            if acts.role not in roles:
                raise Forbidden(f"the role {acts.role} may not do that; {_or(roles)} may")
            if any(NUL in name for name in kwargs.values()):
                raise NotFound("nothing is named so")  # PostgreSQL could not even be asked.
            return view(*args, **kwargs)

        guarded.toxmon_roles = roles  # type: ignore[attr-defined]
        _apidoc(guarded).setdefault("manual_doc", {})["x-roles"] = list(roles)
        return guarded  # type: ignore[return-value]

    return decorate


def signed_in(header: str) -> Actor:
    """The actor of an Authorization header. Raises Unauthorized."""
    scheme, _, bearer = header.partition(" ")
    if scheme.lower() != "bearer" or not bearer:
        raise Unauthorized("send Authorization: Bearer TOKEN; toxmon token create makes one")
    cache: dict[str, tuple[Actor, float]] = current_app.extensions["toxmon_tokens"]
    now = elapsed()
    known = cache.get(bearer)
    if known is not None and known[1] > now:
        return known[0]
    found = tokens.identify(service(), bearer.strip())
    if found is None:
        cache.pop(bearer, None)
        raise Unauthorized("this token is unknown, expired or revoked")
    if len(cache) > 1_000:
        cache.clear()
    cache[bearer] = (found[0], now + TOKEN_LIVES_S)
    return found[0]


def takes(
    schema: type[Schema], also: More | None = None, described: dict[str, Any] | None = None
) -> Callable[[View], View]:
    """Give the view the JSON body, loaded; refuse with every fault and its pointer.

    `also(valid, **names)` is asked of a body that has faults: what is wrong with the fields that
    the schema found well, by the record of the patient or fact that the path names.
    `described` is the JSON schema to document, where the schema itself does not say it.
    """
    ready = schema()
    load = quickly(ready)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            body = json_body()
            try:
                sent = load(body)
            except ValidationError as error:
                found = faults(error.messages)
                if also is not None and isinstance(error.valid_data, dict):
                    found += also(error.valid_data, **kwargs)
                raise Refused(*found) from error
            return view(sent, *args, **kwargs)

        _argue(wrapper, "json", described or schema())
        return wrapper  # type: ignore[return-value]

    return decorate


def asks(schema: type[Schema]) -> Callable[[View], View]:
    """Give the view the query parameters, loaded."""
    ready = schema()

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            given, found = _parameters()
            asked: Any = None
            try:
                asked = ready.load(given)
            except ValidationError as error:
                found += faults(error.messages)
            if found:
                raise Refused(*found)
            return view(asked, *args, **kwargs)

        _argue(wrapper, "query", schema())
        return wrapper  # type: ignore[return-value]

    return decorate


def answers(
    status: int,
    schema: type[Schema] | Schema | dict[str, Any] | None = None,
    words: str = "",
    form: str = "application/json",
) -> Callable[[View], View]:
    """Document what a view answers, and in which media type; it makes its own response."""

    def decorate(view: View) -> View:
        apidoc = _apidoc(view)
        responses = apidoc.setdefault("response", {}).setdefault("responses", {})
        doc: dict[str, Any] = {"description": words or "Done", "content_type": form}
        if schema is not None:
            doc["schema"] = schema() if isinstance(schema, type) else schema
        responses.setdefault(status, []).append(doc)
        apidoc.setdefault("success_status_codes", []).append(status)
        return view

    return decorate


def faults(messages: Any, pointer: str = "") -> list[Fault]:
    """marshmallow's nested messages as faults with JSON pointers."""
    if isinstance(messages, dict):
        found = []
        for name, inner in messages.items():
            place = pointer
            if name != "_schema":
                place = f"{pointer}/{step(name)}"
            found += faults(inner, place)
        return found
    found = []
    for message in messages:  # A validator's own places come as a dictionary in the list.
        nested = isinstance(message, dict)
        found += faults(message, pointer) if nested else [Fault(pointer, str(message))]
    return found


def documents(**operation: Any) -> Callable[[View], View]:
    """Say in OpenAPI what the other decorators cannot."""

    def decorate(view: View) -> View:
        _apidoc(view).setdefault("manual_doc", {}).update(operation)
        return view

    return decorate


def step(name: object) -> str:
    """A name as one step of a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def json_body() -> Any:
    """The body as plain data. Raises Unreadable, UnsupportedMediaType."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType("send Content-Type: application/json")
    return strict_json.read(request.get_data(cache=True))


def keyed() -> Keyed | None:
    """The Idempotency-Key of the request with the digest of what came with it."""
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    key = key.strip().strip('"')
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Refused(Fault("", "Idempotency-Key has 1 to 255 printable characters"))
    digest = hashlib.sha256(f"{request.method} {request.full_path} {request.mimetype}\n".encode())
    digest.update(request.get_data(cache=True))
    return Keyed(key, digest.hexdigest())


def said(answer: Answer) -> Response:
    """The answer of an action."""
    response = send(answer.status, answer.body)
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def tagged(response: Response, version: int) -> Response:
    """The answer with the version of the record as its ETag; 304 when the asker has it."""
    response.set_etag(str(version))
    response.make_conditional(request)
    return response


def at_version() -> int | None:
    """The version that If-Match asks the record to be at; None without one."""
    given = request.environ.get("HTTP_IF_MATCH")
    if given is None or given.strip() == "*":
        return None
    text = given.strip().strip('"')
    # What is no version of ours cannot be the newest.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1


def _parameters() -> tuple[dict[str, str], list[Fault]]:
    """The query parameters, each once, and what is wrong with the others."""
    given: dict[str, str] = {}
    wrong = []
    for name, values in request.args.lists():
        if len(values) > 1:
            wrong.append(Fault(f"/{step(name)}", f"stands {len(values)} times; send it once"))
        elif NUL in name or NUL in values[0]:
            wrong.append(Fault(f"/{step(name)}", "has a NUL character"))
        else:
            given[name] = values[0]
    return given, wrong


def _apidoc(view: Any) -> dict[str, Any]:
    if "_apidoc" not in vars(view):
        view._apidoc = {}
    found: dict[str, Any] = view._apidoc
    return found


def _argue(view: Any, place: str, schema: Schema | dict[str, Any]) -> None:
    docs = _apidoc(view).setdefault("arguments", {"responses": {}})
    docs.setdefault("parameters", []).append({"in": place, "required": True, "schema": schema})


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
