"""Wires the web: a Flask app with what its doors need, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, g, request

from toxmon import __version__
from toxmon.actions import Service
from toxmon.actions.burden import Burden
from toxmon.api import (
    acts,
    alerts,
    audit,
    batch,
    board,
    checks,
    concordance,
    doses,
    dosing,
    events,
    grades,
    grading,
    guidance,
    headers,
    health,
    held,
    identity,
    interfaces,
    metrics,
    observations,
    patients,
    permissions,
    prevention,
    problems,
    protocols,
    reference,
    rosters,
    stays,
    steroids,
    stock,
    timeline,
    webhooks,
)
from toxmon.api.answers import NOT_TO_BE_KEPT
from toxmon.api.described import BASE, DescribedApi
from toxmon.config import read_config
from toxmon.ehr import cds_hooks, fhir, hl7v2
from toxmon.ehr.cds_clients import NOBODY, Clients, load_clients
from toxmon.ehr.hooks import routes as hooks
from toxmon.ehr.hooks.forms import READERS
from toxmon.sources import NOBODY as NO_SOURCES
from toxmon.sources import Source, load_sources
from toxmon.ward import join as join_ward
from toxmon.ward.oidc import Provider, load_provider
from toxmon.ward.provider import HELD as PROVIDER
from toxmon.wiring import create_service

LARGEST_BODY = 1024 * 1024
BLUEPRINTS = (
    patients,
    identity,
    held,
    interfaces,
    acts,
    doses,
    dosing,
    steroids,
    permissions,
    observations,
    batch,
    grades,
    timeline,
    concordance,
    board,
    alerts,
    events,
    checks,
    stays,
    rosters,
    webhooks,
    guidance,
    prevention,
    stock,
    grading,
    protocols,
    audit,
    health,
    metrics,
    reference,
)
WITHOUT_TOKEN = ("/health/", "/metrics", "/docs", "/openapi.json", "/static/")


class Plain(Flask):
    """A Flask all of whose functions are plain ones, so that no request asks whether they are."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(
    service: Service,
    clients: Clients = NOBODY,
    sources: Mapping[str, Source] = NO_SOURCES,
    provider: Provider | None = None,
) -> Flask:
    """The web app over a service.

    `clients` are the ordering systems that may ask it, `sources` those that post signed messages,
    `provider` is where people sign in beside accounts of toxmon.
    """
    app = Plain("toxmon", static_folder=None)
    app.config.update(
        API_TITLE="toxmon",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        PROPAGATE_EXCEPTIONS=False,
        API_SPEC_OPTIONS={
            "info": {
                "description": "Grades and watches toxicity after CAR-T cells and T-cell engagers. "
                "Support for clinicians; not a cleared medical device.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        },
    )
    app.extensions["toxmon"] = service
    app.extensions["toxmon_tokens"] = {}
    app.extensions["toxmon_counts"] = {}
    app.extensions["toxmon_burden"] = Burden()
    api = DescribedApi(app)
    for module in BLUEPRINTS:
        api.register_blueprint(module.blueprint)
    cds_hooks.join(app, clients)
    fhir.join(app)
    hl7v2.join(app)
    hooks.join(app, sources)
    app.extensions[held.READERS] = READERS
    problems.register(app)
    app.extensions[PROVIDER] = provider
    join_ward(app)
    headers.tell_in_logs()
    _refuse_unguarded(app)

    @app.before_request
    def begin() -> None:
        g.request_id = headers.id_of(request)
        rule = request.url_rule
        # Pages, metrics and OPTIONS have forms of their own; a wrong path is told as JSON anyhow.
        if rule is not None and rule.rule.startswith(BASE) and request.method != "OPTIONS":
            headers.check_accept(request)

    @app.after_request
    def finish(response: Response) -> Response:
        told = response.headers
        told.add("X-Request-Id", g.request_id)
        for name, value in NOT_TO_BE_KEPT.items():
            if name not in told:
                told.add(name, value)
        counts: dict[tuple[str, str], int] = app.extensions["toxmon_counts"]
        route = request.url_rule.rule if request.url_rule else "none"
        key = (route, f"{response.status_code // 100}xx")
        counts[key] = counts.get(key, 0) + 1
        return response

    return app


def from_environment() -> Flask:
    """The app that a web server loads: configured by the environment, ready to serve."""
    config = read_config()
    return create_app(
        create_service(config),
        load_clients(config.cds_clients),
        load_sources(config.sources),
        load_provider(config.oidc),
    )


def _refuse_unguarded(app: Flask) -> None:
    """A route that forgot to say who may use it must not go live."""
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        while view is not None and not hasattr(view, "toxmon_roles"):
            view = getattr(view, "__wrapped__", None)
        if view is None and not rule.rule.startswith(WITHOUT_TOKEN):
            raise AssertionError(f"{rule.rule} does not say who may use it")
