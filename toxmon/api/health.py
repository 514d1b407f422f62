"""Is it alive, is it ready, how much has it done. No patient is in any of these."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, current_app
from flask.sansio.blueprints import BlueprintSetupState
from marshmallow import Schema, fields

from toxmon import __version__
from toxmon.actions.heartbeat import SILENT, reasons
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.clock import elapsed
from toxmon.grading.published import PUBLISHED
from toxmon.store import StoreError

log = logging.getLogger("toxmon.api")

blueprint = door.blueprint("health", "Health and metrics")
blueprint.url_prefix = ""


class LiveOut(Schema):
    """The process answers."""

    status = fields.String()
    version = fields.String()


class WebOut(LiveOut):
    """What it runs with; `reason` when it cannot."""

    reason = fields.String()
    database = fields.Dict()


class ReadyOut(WebOut):
    """What it runs with; `reasons` when the watch is not whole, and `reason` with all of them."""

    reasons = fields.List(fields.String())
    grading = fields.List(fields.String())
    protocols = fields.List(fields.String())
    overrides = fields.List(fields.String())


@blueprint.record
def begin(state: BlueprintSetupState) -> None:
    """Note when this process began: what is only silent then may still come."""
    state.app.extensions["toxmon_began"] = elapsed()


@blueprint.route("/health/live")
@door.answers(200, LiveOut, "The process answers")
def live() -> Response:
    """Does the process answer?"""
    return reply(200, {"status": "live", "version": __version__})


@blueprint.route("/health/web")
@door.answers(200, WebOut, "It can keep what is sent")
@door.answers(503, WebOut, "It cannot, and why")
def web() -> Response:
    """Can this process keep a fact? For a proxy that chooses where requests go."""
    database, reason = _database()
    body = {"status": "ready", "version": __version__, "database": database}
    if reason is not None:
        return reply(503, {**body, "status": "not ready", "reason": reason})
    return reply(200, body)


@blueprint.route("/health/ready")
@door.answers(200, ReadyOut, "Facts are kept and graded, time is watched, alarms are told")
@door.answers(503, ReadyOut, "Not all of it, and why")
def ready() -> Response:
    """Is the watch whole: what comes is kept and graded, time is watched, alarms go out?

    503 with the reasons within a minute after one of it has failed; also when this process is well
    and none sweeps.
    """
    service = door.service()
    fresh = elapsed() - current_app.extensions["toxmon_began"] <= SILENT.total_seconds()
    database, reason = _database()
    found = [] if reason is None else [reason]
    if reason is None:
        try:
            found += reasons(service, fresh=fresh)
        except StoreError as error:
            log.error("not ready: %s", error)
            found.append("the record cannot be read; the log says why")
    body: dict[str, Any] = {"status": "ready", "version": __version__, "database": database}
    if found:
        body |= {"status": "not ready", "reason": "; ".join(found), "reasons": found}
    body["grading"] = [f"{name} {scale.edition}" for name, scale in PUBLISHED.items()]
    body["protocols"] = sorted(service.protocols.products)
    body["overrides"] = list(service.protocols.overrides)
    return reply(503 if found else 200, body)


def _database() -> tuple[dict[str, str], str | None]:
    """How the record is kept, and why nothing can be written when it cannot."""
    store = door.service().store
    try:
        with store.writing():
            store.query("select 1 as one")
        return store.describe(), None
    except StoreError as error:
        # Anybody may ask, so the answer does not say where the database is; the log does.
        log.error("not ready: %s", error)
        return {}, "the record cannot be written; the log says why"
