"""Is it alive, is it ready, how much has it done. No patient is in any of these."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, current_app
from marshmallow import Schema, fields

from toxmon import __version__
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.grading.published import PUBLISHED
from toxmon.store import Unavailable

log = logging.getLogger("toxmon.api")

blueprint = door.blueprint("health", "Health and metrics")
blueprint.url_prefix = ""


class LiveOut(Schema):
    """The process answers."""

    status = fields.String()
    version = fields.String()


class ReadyOut(LiveOut):
    """What it runs with; `reason` when it is not ready."""

    reason = fields.String()
    database = fields.Dict()
    grading = fields.List(fields.String())
    protocols = fields.List(fields.String())
    overrides = fields.List(fields.String())


@blueprint.route("/health/live")
@door.answers(200, LiveOut, "The process answers")
def live() -> Response:
    """Does the process answer?"""
    return reply(200, {"status": "live", "version": __version__})


@blueprint.route("/health/ready")
@door.answers(200, ReadyOut, "It can keep and grade")
@door.answers(503, ReadyOut, "It cannot, and why")
def ready() -> Response:
    """Can it keep a fact and grade it? 503 with the reason when it cannot."""
    service = door.service()
    body: dict[str, Any] = {"status": "ready", "version": __version__}
    try:
        with service.store.writing():
            service.store.query("select 1 as one")
        body["database"] = service.store.describe()
    except Unavailable as error:
        # Anybody may ask, so the answer does not say where the database is; the log does.
        log.error("not ready: %s", error)
        body |= {"status": "not ready", "reason": "the record cannot be written; the log says why"}
    body["grading"] = [f"{name} {scale.edition}" for name, scale in PUBLISHED.items()]
    body["protocols"] = sorted(service.protocols.products)
    body["overrides"] = list(service.protocols.overrides)
    return reply(200 if body["status"] == "ready" else 503, body)


@blueprint.route("/metrics")
@door.answers(200, {"type": "string"}, "Prometheus text", "text/plain")
def metrics() -> Response:
    """Counts since the process began, as Prometheus reads them."""
    counts: dict[tuple[str, str], int] = current_app.extensions["toxmon_counts"]
    lines = [
        "# HELP toxmon_requests_total Requests answered, by route and status class.",
        "# TYPE toxmon_requests_total counter",
    ]
    for (route, status), count in sorted(dict(counts).items()):
        lines.append(f'toxmon_requests_total{{route="{route}",status="{status}"}} {count}')
    commits, turns = door.service().store.counted()
    lines += [
        "# HELP toxmon_commits_total Durable commits; each may be of several turns.",
        "# TYPE toxmon_commits_total counter",
        f"toxmon_commits_total {commits}",
        "# HELP toxmon_turns_total Turns at writing that were committed.",
        "# TYPE toxmon_turns_total counter",
        f"toxmon_turns_total {turns}",
        "# HELP toxmon_info Version of toxmon.",
        "# TYPE toxmon_info gauge",
        f'toxmon_info{{version="{__version__}"}} 1',
        "",
    ]
    return Response("\n".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")
