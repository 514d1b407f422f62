"""The API's own reference page, drawn from its OpenAPI document; works without internet."""

from __future__ import annotations

from html import escape
from typing import Any

from flask import Response, current_app

from toxmon.api import door

blueprint = door.blueprint("reference", "This reference")
blueprint.url_prefix = ""

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1a1a1a; background: #fff; }
code { font-family: ui-monospace, monospace; }
section { border-top: 1px solid #767676; padding: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem 1.5rem; }
@media (prefers-color-scheme: dark) { body { color: #f0f0f0; background: #111; }
  a { color: #9ecbff; } }
"""


@blueprint.route("/docs")
@door.answers(200, {"type": "string"}, "A page for people", "text/html")
def page() -> Response:
    """Every route, who may use it, what it takes and answers."""
    spec: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""][
        "ext_obj"
    ].spec.to_dict()
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>toxmon API</title>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<style>{STYLE}</style><h1>toxmon API</h1><p>{escape(spec['info']['description'])}</p>",
        "<p>The same for programs: <a href=/openapi.json>openapi.json</a></p>",
    ]
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                parts.append(_operation(path, method, operation))
    return Response("".join(parts) + "</html>", content_type="text/html; charset=utf-8")


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    view = operation.get("summary", "")
    more = operation.get("description", "")
    responses = "".join(
        f"<dt>{escape(str(status))}</dt><dd>{escape(each.get('description', ''))}</dd>"
        for status, each in operation.get("responses", {}).items()
    )
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(view)}</p><p>{escape(more)}</p><dl>{responses}</dl></section>"
    )
