"""The hospital's FHIR R4: what toxmon knows, read and searched as resources; what is
so in other systems, taken in.

Every error below `/fhir` is an OperationOutcome, wherever it arises.
"""

from __future__ import annotations

from flask import Flask

from toxmon.ehr.fhir import outcome, routes_hooks, routes_read, routes_subscription, routes_write


def join(app: Flask) -> None:
    """Open this door of an app."""
    app.register_blueprint(routes_read.blueprint)
    app.register_blueprint(routes_write.blueprint)
    app.register_blueprint(routes_hooks.blueprint)
    app.register_blueprint(routes_subscription.blueprint)
    app.register_error_handler(outcome.Failed, outcome.failed)
    app.after_request(outcome.spoken)
