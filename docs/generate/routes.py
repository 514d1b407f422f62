"""Prints docs/reference/http.md from the app's routes. `make docs-check` fails when it is stale."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toxmon.app import create_app, create_service
from toxmon.config import read_config

PAGE = Path(__file__).parents[1] / "reference" / "http.md"

OPENING = """# Routes

Printed by `docs/generate/routes.py` from the app; do not edit. Fields, answers and examples are in
the OpenAPI document of a running server, `/openapi.json`, and on its page `/docs`.

`Authorization: Bearer TOKEN`, JSON both ways, instants in RFC 3339 with an offset. Errors are
Problem Details (RFC 9457) that name every fault at once. Every POST that keeps something takes an
`Idempotency-Key`, and `If-Match` with the version that was read. Roles are those that may use the
route, within the units of the token; what is out of reach is not found.

| route | what it does | roles |
| --- | --- | --- |
"""


def page() -> str:
    """The page as text."""
    return OPENING + "\n".join(sorted(set(_rows()))) + "\n"


def _rows() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        config = read_config({"TOXMON_DATABASE_URL": f"sqlite:///{folder}/none.db"})
        app = create_app(create_service(config))
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        words = (view.__doc__ or "").strip().split("\n")[0] or "The OpenAPI document."
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"| `{method} {rule.rule}` | {words} | {_roles(view)} |"


def _roles(view: Any) -> str:
    while view is not None:
        if hasattr(view, "toxmon_roles"):
            return ", ".join(view.toxmon_roles)
        view = getattr(view, "__wrapped__", None)
    return "no token needed"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
