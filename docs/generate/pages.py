"""Prints docs/reference/pages.md: every page for people, what it is, and which roles may open it.

Run it from the top of the tree: `python docs/generate/pages.py`. A test asks every page as every
role and fails when the page does not say what is so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from toxmon.actions.tokens import ROLES
from toxmon.app import create_app
from toxmon.config import read_config
from toxmon.wiring import create_service

PAGE = Path(__file__).parents[1] / "reference" / "pages.md"

OPENING = """# Pages

Printed by `docs/generate/pages.py` from the app; do not edit.

Every page works without script, by keyboard, on a phone and in print. Who is not signed in comes to
the sign-in and then back. A patient of another ward is not there. A POST must come from a form of
ours. What a page shows and keeps is what the [routes for programs](http.md) show and keep.

| page | method | what it is | roles |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The page as text."""
    lines = [
        f"| `{rule}` | {method} | {words} | {', '.join(roles) or 'everybody, not signed in'} |"
        for rule, method, words, roles in rows()
    ]
    return OPENING + "\n".join(lines) + "\n"


def rows() -> list[tuple[str, str, str, list[str]]]:
    """(address, method, what it is, roles) of each page; no roles: nobody has to be signed in."""
    with tempfile.TemporaryDirectory() as folder:
        service = create_service(read_config({"TOXMON_DATABASE_URL": f"sqlite:///{folder}/x.db"}))
        found = sorted(_rows(create_app(service)))
        service.store.close()
    return found


def _rows(app: Flask) -> Iterator[tuple[str, str, str, list[str]]]:
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("ward."):
            continue
        view = app.view_functions[rule.endpoint]
        words = (view.__doc__ or "").strip().partition("\n")[0]
        roles = getattr(view, "toxmon_roles", ())
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.rule, method, words, [role for role in ROLES if role in roles]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
