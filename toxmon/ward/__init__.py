"""The door for people: pages that a browser without script, a keyboard and a printer can use.

A page asks the rooms below and shows what they answer; it never decides. Every page is drawn whole
on the server; small scripts of ours make some of them more comfortable.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from toxmon.ward import assets, door, problems, shown


def join(app: Flask) -> None:
    """Open this door of an app: every module of this room that has pages."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    assets.prepare(app)
    shown.prepare(app)
    problems.prepare(app)
    app.register_blueprint(door.blueprint)
