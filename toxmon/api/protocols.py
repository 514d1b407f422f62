"""The protocols: products, drugs, guidance, policies; every number with its source."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import NotFound
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Whole
from toxmon.protocol import FORMS, as_json

blueprint = door.blueprint("protocols", "Protocols of products, the ward's policy, and its alarms")


class WhichQuery(Schema):
    """Which version, and which form where two documents have one name."""

    kind = fields.String(load_default=None, validate=validate.OneOf(tuple(FORMS)))
    version = Whole(load_default=None, validate=validate.Range(1, 10**9))


class ProtocolsOut(Schema):
    """The protocols at hand."""

    items = fields.List(fields.Dict())
    overrides = fields.List(fields.String())


@blueprint.route("/protocols")
@door.answers(200, ProtocolsOut)
@door.allowed(*door.EVERYBODY)
def listed() -> Response:
    """Every document in force, by form, name and version."""
    found = door.service().protocols
    items = [
        {
            "name": each.name,
            "kind": kind,
            "title": getattr(each, "title", each.name),
            "version": each.version,
            "edition": each.digest,
        }
        for kind, each in found.documents()
    ]
    return reply(200, {"items": items, "overrides": list(found.overrides)})


@blueprint.route("/protocols/<name>")
@door.answers(200, {"type": "object"}, "The document, as protocols/README.md has it")
@door.allowed(*door.EVERYBODY)
@door.asks(WhichQuery)
def get(asked: dict[str, Any], name: str) -> Response:
    """One document, each of its numbers with its source."""
    found = door.service().protocols
    document = found.document(name, asked["kind"])
    if document is None:
        raise NotFound("no such protocol; GET /api/v1/protocols lists them")
    if asked["version"] not in (None, document.version):
        raise NotFound(f"version {asked['version']} is not at hand; {document.version} is")
    return reply(200, as_json(document))
