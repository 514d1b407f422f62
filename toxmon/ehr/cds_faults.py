"""What a call of an ordering system can be refused for, as the problems that RFC 9457 describes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from flask import Response

from toxmon.actions import Fault

TITLES = {400: "Not a call of CDS Hooks", 412: "Needed data was not sent"}


class Unacceptable(Exception):
    """What was sent is no call of this service: every fault at once, and nothing was looked up."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = faults


class Missing(Exception):
    """The ordering system could not fetch what is needed to say anything."""


def unacceptable(error: Unacceptable) -> Response:
    """400: the caller has to send something else."""
    count = len(error.faults)
    found = "1 fault was found" if count == 1 else f"{count} faults were found"
    return _problem(400, f"{found}; nothing was checked and nothing was kept", error.faults)


def missing(error: Missing) -> Response:
    """412, as CDS Hooks asks for it."""
    return _problem(412, str(error))


def step(name: object) -> str:
    """A name as one step of a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _problem(status: int, detail: str, faults: Iterable[Fault] = ()) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
    }
    errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, content_type="application/problem+json")
