"""A message of the outbox in the words of its receiver: six formats, none with more than it needs.

The formats of other makers (PagerDuty, Alertmanager, Alerta) travel to systems that are not part
of the record: by default they name the unit and the bed, and nothing of the patient (0075).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon import __version__
from toxmon.actions.event_types import TESTED
from toxmon.actions.notification import notification
from toxmon.alerting.alarm import NORMAL, OUT_OF_SERVICE, SHELVED, SUPPRESSED
from toxmon.channels import (
    ALERTA,
    ALERTMANAGER,
    CLOUDEVENTS,
    FHIR,
    PAGERDUTY,
    STANDARD,
    Channel,
)
from toxmon.store import Row

JSON = "application/json"
THIN = ("at", "raised_at", "priority", "state", "condition", "level", "step", "unit", "bed",
        "alert_id", "patient_id", "version", "n")  # fmt: skip
WORDS = ("title", "says")
"""What a message says only where that may be told; or of a matter of no patient."""

ACKNOWLEDGED = "acknowledged"
QUIET = (ACKNOWLEDGED, SHELVED, OUT_OF_SERVICE, SUPPRESSED)
"""States in which an alarm stands and calls nobody."""
OPEN_FOR = timedelta(days=30)
"""Alertmanager forgets an alert that has no end soon; an alarm of ours says when it is over."""
A_MOMENT = timedelta(minutes=1)
LONGEST_KEY, LONGEST_SUMMARY = 255, 1024

OF_PAGERDUTY = {"high": "critical", "medium": "warning", "low": "info"}
OF_ALERTMANAGER = OF_PAGERDUTY
OF_ALERTA = {"high": "critical", "medium": "warning", "low": "informational"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a message is written from.

    `body` is what waits in the outbox, `patient` a name only where it may be told, `roots` the
    first fact of each chain of corrections that an event replaces, for references that last.
    """

    row: Row
    body: Mapping[str, Any]
    base_url: str = ""
    names: bool = False
    patient: str | None = None
    roots: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The type of its event."""
        return self.row.get("type") or f"alarm.{self.body.get('event')}"

    @property
    def link(self) -> str:
        """Where a person sees it; the empty string when nobody said where toxmon is opened."""
        if not self.base_url or self.type == TESTED:
            return self.base_url
        if self.body.get("alert_id"):
            return f"{self.base_url}/alerts/{self.body['alert_id']}"
        return f"{self.base_url}/patients/{self.body.get('patient_id')}"

    @property
    def over(self) -> bool:
        """Has the alarm ended?"""
        return self.body.get("state") == NORMAL


Written = tuple[bytes, str, dict[str, str]]
"""The body, its media type, and headers beside the signature."""


def written(channel: Channel, told: Told) -> Written:
    """A message in the format of a channel."""
    body, form = WRITERS[channel.format](channel, told)
    headers = {}
    if channel.format == ALERTA and channel.key:
        headers["Authorization"] = f"Key {channel.key}"
    return orjson.dumps(body), form, headers


def _data(channel: Channel, told: Told) -> dict[str, Any]:
    """What toxmon's own formats say: thin, so that the receiver asks for the newest."""
    body = told.body
    data = {name: body.get(name) for name in THIN if name in body or "alert_id" in body}
    data |= body.get("of") or {}
    if told.names or not channel.thin or told.row["patient_id"] is None:
        data |= {name: body[name] for name in WORDS if name in body}
    if told.names and told.patient is not None:
        data["patient"] = told.patient
    if told.link:
        data["link"] = told.link
    return data


def _standard(channel: Channel, told: Told) -> tuple[Any, str]:
    """Standard Webhooks 1.0. The `webhook-id` is the message's, `id` the event's."""
    message = {
        "type": told.type,
        "timestamp": told.body.get("at"),
        "id": told.row["event_id"],
        "data": _data(channel, told),
    }
    return message, JSON


def _cloudevent(channel: Channel, told: Told) -> tuple[Any, str]:
    """CloudEvents 1.0, structured."""
    message = {
        "specversion": "1.0",
        "id": told.row["event_id"],
        "source": told.base_url or "urn:toxmon",
        "type": f"toxmon.{told.type}",
        "time": told.body.get("at"),
        "datacontenttype": JSON,
        "data": _data(channel, told),
    }
    if told.row["patient_id"] is not None:
        message["subject"] = f"patients/{told.row['patient_id']}"
    return message, "application/cloudevents+json"


def _fhir(channel: Channel, told: Told) -> tuple[Any, str]:
    """A notification of the R4 backport of Subscriptions, with ids only."""
    bundle = notification(channel.name, told.type, told.row, told.body, told.roots, told.base_url)
    return bundle, "application/fhir+json"


def _pagerduty(channel: Channel, told: Told) -> tuple[Any, str]:
    """PagerDuty Events v2. One incident for each alarm, however often it is told."""
    body = told.body
    action = "trigger"
    if told.over:
        action = "resolve"
    elif body.get("state") in QUIET:
        action = "acknowledge"
    message: dict[str, Any] = {
        "routing_key": channel.key,
        "event_action": action,
        "dedup_key": _key(told)[:LONGEST_KEY],
    }
    if action == "trigger":
        details = {"unit": body.get("unit"), "bed": body.get("bed"), **_more(channel, told)}
        message |= {
            "client": "toxmon",
            "payload": {
                "summary": _summary(told)[:LONGEST_SUMMARY],
                "source": told.base_url or "toxmon",
                "severity": OF_PAGERDUTY[told.row["priority"]],
                "timestamp": body.get("at"),
                "component": body.get("unit") or "site",
                "group": "toxmon",
                "class": "alarm",
                "custom_details": {name: each for name, each in details.items() if each},
            },
        }
        if told.link:
            message |= {"client_url": told.link}
    return message, JSON


def _alertmanager(channel: Channel, told: Told) -> tuple[Any, str]:
    """Alertmanager v2: the alert as it is, and that it is over in every other severity.

    What it is known by are its labels; one whose severity changed would stand twice.
    """
    body = told.body
    at = _instant(body["at"])
    raised = min(_instant(body.get("raised_at") or body["at"]), at)
    until = at + (A_MOMENT if told.type == TESTED else OPEN_FOR)
    now = OF_ALERTMANAGER[told.row["priority"]]
    annotations = {"summary": _summary(told), "bed": body.get("bed") or "", **_more(channel, told)}
    return [
        {
            "labels": {
                "alertname": "toxmon",
                "alarm": _key(told),
                "unit": body.get("unit") or "site",
                "severity": severity,
            },
            "annotations": {name: str(each) for name, each in annotations.items() if each},
            "startsAt": raised,
            "endsAt": until if severity == now and not told.over else at,
            "generatorURL": told.link,
        }
        for severity in OF_ALERTMANAGER.values()
    ], JSON


def _alerta(channel: Channel, told: Told) -> tuple[Any, str]:
    """Alerta: one alert for each alarm, told apart by its event."""
    body = told.body
    severity = "cleared" if told.over else OF_ALERTA[told.row["priority"]]
    message = {
        "environment": "Production",
        "resource": body.get("unit") or "site",
        "event": f"toxmon {_key(told)}",
        "service": ["toxmon"],
        "group": "toxmon",
        "severity": severity,
        "text": _summary(told),
        "value": body.get("state") or "",
        "origin": "toxmon",
        "type": "toxmonAlarm",
        "createTime": f"{_instant(body['at']):%Y-%m-%dT%H:%M:%S.}{_milliseconds(body['at'])}Z",
        "attributes": {
            name: each
            for name, each in {
                "bed": body.get("bed"), "link": told.link, "version": __version__,
                **_more(channel, told),
            }.items()
            if each
        },
    }  # fmt: skip
    if told.type == TESTED:
        message["timeout"] = int(A_MOMENT.total_seconds())
    return message, JSON


WRITERS: Mapping[str, Callable[[Channel, Told], tuple[Any, str]]] = {
    STANDARD: _standard,
    CLOUDEVENTS: _cloudevent,
    FHIR: _fhir,
    PAGERDUTY: _pagerduty,
    ALERTMANAGER: _alertmanager,
    ALERTA: _alerta,
}


def _key(told: Told) -> str:
    """What another system knows an alarm by."""
    return str(told.body.get("alert_id") or f"test-{told.row['event_id']}")


def _summary(told: Told) -> str:
    """One line for a person: how urgent, and where."""
    body = told.body
    if told.type == TESTED:
        return "A test of toxmon; nothing is the matter"
    place, bed = body.get("unit") or "the whole site", body.get("bed")
    return f"{str(told.row['priority']).upper()} alarm: {place}" + (f", bed {bed}" if bed else "")


def _more(channel: Channel, told: Told) -> dict[str, Any]:
    """What is the matter, where that may be told: of no patient, or where the site said so."""
    if channel.thin and told.row["patient_id"] is not None:
        return {}
    return {name: told.body[name] for name in WORDS if told.body.get(name)}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _milliseconds(text: str) -> str:
    return f"{_instant(text).microsecond // 1000:03d}"
