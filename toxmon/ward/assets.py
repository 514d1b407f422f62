"""The styles and scripts of the pages, read once; their names change with what is in them.

All parts of the styles are one file, so that a page asks for two or three files at the most. A
browser keeps each for a year, because another content has another name.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

from toxmon.ward import door

FOLDER = Path(__file__).with_name("static")
FOREVER = "public, max-age=31536000, immutable"
HELD = "toxmon_assets"
STYLES, ICON = "ward.css", "mark.svg"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent, whole and packed; `name` holds a digest of it."""

    name: str
    form: str
    whole: bytes
    packed: bytes


def prepare(app: Flask) -> None:
    """Read the files that pages name, and let templates ask for their addresses."""
    css = b"\n".join(each.read_bytes() for each in sorted((FOLDER / "css").glob("*.css")))
    found = {STYLES: _asset(STYLES, "text/css", css)}
    for script in sorted((FOLDER / "js").glob("*.js")):
        found[script.name] = _asset(script.name, "text/javascript", script.read_bytes())
    found[ICON] = _asset(ICON, "image/svg+xml", (FOLDER / ICON).read_bytes())
    app.extensions[HELD] = found
    app.jinja_env.globals["asset"] = lambda name: f"/static/{found[name].name}"


@door.open_to_all("/static/<name>")
def static(name: str) -> Response:
    """A style sheet, a script or the mark of the pages."""
    held: dict[str, Asset] = current_app.extensions[HELD]
    asset = next((each for each in held.values() if each.name == name), None)
    if asset is None:
        raise NotFound
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(asset.packed if packs else asset.whole, content_type=asset.form)
    answer.headers.update({"Cache-Control": FOREVER, "Vary": "Accept-Encoding"})
    if packs:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _asset(name: str, form: str, whole: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(whole).hexdigest()[:12]
    packed = gzip.compress(whole, 9, mtime=0)
    return Asset(f"{stem}-{digest}.{suffix}", f"{form}; charset=utf-8", whole, packed)
