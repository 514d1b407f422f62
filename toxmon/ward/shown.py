"""What every template may say, and what every page answers besides: headers, and packed."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, Response, current_app, g, request

from toxmon import __version__
from toxmon.actions import heartbeat
from toxmon.clock import elapsed
from toxmon.store import StoreError
from toxmon.ward import door, language, value, words
from toxmon.ward.language import later

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Of ourselves a form must be able to say where it comes from.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class ViewOf:
    """A place in the head of each page, and who is shown the way to it."""

    address: str
    label: str
    roles: tuple[str, ...]


VIEWS = (
    ViewOf("/", later("Board"), door.CLINICAL),
    ViewOf("/alerts", later("Alerts"), door.CLINICAL),
    ViewOf("/due", later("Due list"), door.CLINICAL),
    ViewOf("/find", later("Find"), door.CLINICAL),
    ViewOf("/pharmacy", later("Pharmacy"), door.CLINICAL),
    ViewOf("/calc", later("Calculators"), door.EVERYBODY),
    ViewOf("/cohort", later("Cohort"), ("physician", "integration")),
    ViewOf("/integrate", later("Integration"), ("integration", "admin")),
    ViewOf("/audit", later("Audit"), ("auditor",)),
    ViewOf("/admin", later("Admin"), ("admin",)),
    ViewOf("/watch", later("Health"), door.EVERYBODY),
    ViewOf("/help", later("Help"), door.EVERYBODY),
)
ROLES = {
    "nurse": later("nurse"),
    "physician": later("physician"),
    "pharmacist": later("pharmacist"),
    "integration": later("integration"),
    "admin": later("admin"),
    "auditor": later("auditor"),
}
WORTH_PACKING = 1_000
"""Bytes below which a page fits one packet anyhow."""
PACKED = ("text/html", "application/json", "image/svg+xml")


def prepare(app: Flask) -> None:
    """Give templates their words, and pages their headers."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=lambda instant: words.when(instant, door.service().zone),
        clock=lambda instant: words.at(instant, door.service().zone),
        seconds=lambda instant: words.at(instant, door.service().zone, seconds=True),
        date=_date,
        years=_years,
        born=lambda born: words.on(date.fromisoformat(born) if isinstance(born, str) else born),
        span=words.span,
        ago=lambda instant: words.ago(instant, now()),
        number=words.number,
        grouped=words.grouped,
        machine=words.machine,
        instant=datetime.fromisoformat,
        day=day_word,
        kind_title=value.title,
        readable=value.readable,
        lately=_lately,
    )


def now() -> datetime:
    """The time of this page: one instant, however long it takes to draw."""
    if "now" not in g:
        g.now = door.service().clock()
    found: datetime = g.now
    return found


@door.blueprint.context_processor
def common() -> dict[str, Any]:
    """What the frame of each page needs."""
    service = door.service()
    signed_in = g.get("session")
    return {
        "actor": g.get("actor"),
        "session": signed_in,
        "form_token": door.form_token,
        "form_id": door.form_id,
        "now": now(),
        "lock_after_s": int(service.locks_after.total_seconds()),
        "zone": f"{getattr(service.zone, 'key', service.zone)}",
        "offset": words.offset(now(), service.zone),
        "age": lambda born: words.age(born, now().astimezone(service.zone).date()),
        "language": language.current(),
        "languages": language.LANGUAGES,
        "not_monitored": not_monitored() if signed_in else (),
        "version": __version__,
        "views": VIEWS,
        "role_words": lambda role: language._(ROLES.get(role) or role),
        "policy": service.protocols.policies[service.policy_name].policy,
    }


def not_monitored() -> tuple[str, ...]:
    """Why the watch is not whole, on every page; empty when it is."""
    if "not_monitored" not in g:
        began = current_app.extensions["toxmon_began"]
        fresh = elapsed() - began <= heartbeat.SILENT.total_seconds()
        try:
            g.not_monitored = heartbeat.reasons(door.service(), fresh=fresh)
        except StoreError:
            g.not_monitored = (language._("the record cannot be read"),)
    found: tuple[str, ...] = g.not_monitored
    return found


@door.blueprint.after_request
def finish(response: Response) -> Response:
    """The headers of a page, and its bytes packed where the browser can unpack."""
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code == 304:
        return response  # A page of ours asked, and what came with it holds on.
    for name, text in HEADERS.items():
        response.headers.setdefault(name, text)
    return pack(response)


def pack(response: Response) -> Response:
    """The same answer in fewer bytes; the proof of a form is masked, so length tells nothing."""
    headers = response.headers
    if (
        response.status_code in (204, 304)
        or "Content-Encoding" in headers
        or response.mimetype not in PACKED
        or response.is_streamed
    ):
        return response
    headers.add("Vary", "Accept-Encoding")
    body = response.get_data()
    if len(body) >= WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, 5, mtime=0))
        headers["Content-Encoding"] = "gzip"
    return response


def _years(born: str | date) -> str:
    """How old somebody is today, at the site."""
    day = date.fromisoformat(born) if isinstance(born, str) else born
    return words.age(day, now().astimezone(door.service().zone).date())


def _date(day: date | datetime) -> str:
    if isinstance(day, datetime):
        day = day.astimezone(door.service().zone).date()
    return words.on(day)


def _lately(instant: datetime) -> str:
    """An instant of today without its date, which is in the foot of the page."""
    zone = door.service().zone
    today = now().astimezone(zone).date() == instant.astimezone(zone).date()
    return words.at(instant, zone) if today else words.when(instant, zone)


def day_word(day: int | None) -> str:
    """The day of a treatment as it is written everywhere: D3, D−2."""
    return "" if day is None else f"D{day}".replace("-", "−")
