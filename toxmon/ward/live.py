"""News for a page that stays open: the same page asked for again, and "nothing is new" cheaply.

A screen asks every few seconds (js/live.js). What it is answered by, and when it must say that it
is not monitoring: decision 0104.
"""

from __future__ import annotations

import hashlib

from flask import Response, g, request

from toxmon.store import events, patients
from toxmon.ward import door, language, shown

POLL = "X-Toxmon-Poll"
EVERY_S, ALERTS_EVERY_S = 10, 5
ORDER = "toxmon_order"
"""The cookie that says in which order this device wants boards: it names nobody."""


def frame() -> str:
    """What a page stands in: of news nothing but what lives."""
    return "poll.html" if polled() else "frame.html"


def polled() -> bool:
    """Has a script of an open page asked, and not somebody?"""
    return request.method == "GET" and request.headers.get(POLL) == "1"


@door.blueprint.before_request
def unchanged() -> Response | None:
    """Nothing is new since the page that asks was drawn: 304, without drawing it again."""
    if not polled():
        return None
    door.enter()
    # Worked out before the page is drawn: what changes meanwhile is news the next time.
    g.live_tag = _tag()
    if request.headers.get("If-None-Match") == g.live_tag:
        return Response(status=304)
    return None


@door.blueprint.after_request
def marked(response: Response) -> Response:
    """The mark of what was answered, and the time of the server."""
    if "live_tag" in g and response.status_code in (200, 304):
        response.headers["ETag"] = g.live_tag
        response.headers["X-Toxmon-Now"] = f"{shown.now().timestamp():.0f}"
    return response


def _tag() -> str:
    """Changes with every event of the record (of the patient's, on a page of one), with the state
    of the watch, with the minute, and with who asks and how."""
    service, actor = door.service(), door.actor()
    patient_id = (request.view_args or {}).get("patient_id")
    if patient_id is None:
        record = f"{events.newest(service.store)}"
    else:
        heads = patients.heads_in_short(service.store, patient_id)
        record = ",".join(f"{row['version']} {row['unit']}" for row in heads)
    parts = (
        record,
        *shown.not_monitored(),
        f"{shown.now():%H:%M}",
        actor.id,
        actor.role,
        language.current(),
        request.cookies.get(ORDER, ""),
        # Who may see what can change with no event.
        ",".join(sorted(actor.units)) if actor.units is not None else "*",
        ",".join(sorted(actor.opened)),
    )
    digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=9)
    return f'"{digest.hexdigest()}"'
