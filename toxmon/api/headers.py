"""What every request may say in its headers: by which id it is told, which forms are wanted.

They are read from where WSGI puts them, because every request pays for each look at a header.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import Any

from flask import Request, g, has_request_context
from werkzeug.exceptions import NotAcceptable

JSON = ("application/json", "application/problem+json")
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
"""What is sent as one of these is answered as lines too."""

_SANE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?")
_RANGE = re.compile(r"(?:\*|[\w!#$&^.+-]+)/(?:\*|[\w!#$&^.+-]+)", re.ASCII)
_NEVER = re.compile(r"q\s*=\s*0(?:\.0*)?", re.ASCII)
_STARTED = secrets.token_hex(6)
_NUMBERS = count(1)


def id_of(request: Request) -> str:
    """The id that the sender chose, if it is printable ASCII of at most 128 signs; else a new one.

    A line break in it could forge a line of the log.
    """
    sent = request.environ.get("HTTP_X_REQUEST_ID")
    if sent is not None and _SANE.fullmatch(sent):
        return sent
    # Counting costs less than chance, and no process has the beginning of another.
    return f"{_STARTED}-{next(_NUMBERS)}"


def check_accept(request: Request) -> None:
    """Raises NotAcceptable when the Accept header allows no form in which we answer."""
    accept = request.environ.get("HTTP_ACCEPT")
    if accept is None or accept == "*/*":
        return
    forms = (*JSON, *NDJSON) if request.mimetype in NDJSON else JSON
    if not _allows(accept, forms):
        raise NotAcceptable(f"this is answered as {' or '.join(forms)}; let Accept allow it")


@lru_cache(maxsize=256)
def _allows(accept: str, forms: tuple[str, ...]) -> bool:
    """Does it allow one of them? What names no media type at all says nothing, and allows all."""
    allowed: dict[str, bool] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        kind = "*/*" if kind == "*" else kind  # As Java's own client writes it.
        if _RANGE.fullmatch(kind):
            allowed[kind] = not any(_NEVER.fullmatch(each) for each in parameters)
    if not allowed:
        return True
    for form in forms:
        ranges = (form, f"{form.partition('/')[0]}/*", "*/*")  # The narrowest decides.
        if next((allowed[each] for each in ranges if each in allowed), False):
            return True
    return False


class Told:
    """Makes lines of the log that begin with the id of the request in which they are written.

    It stands before every logger and every format, so that no line of ours can go without.
    """

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self.make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.make(*args, **kwargs)
        told = g.get("request_id") if has_request_context() else None
        if told is not None and record.name.startswith("toxmon"):
            record.msg, record.args = f"[{told}] {record.getMessage()}", ()
        return record


def tell_in_logs() -> None:
    """Have each line of our log begin with the id of its request; once is enough."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, Told):
        logging.setLogRecordFactory(Told(make))
