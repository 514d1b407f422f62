"""Reading one resource: who may, which version, and whether the asker has it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Request, Response

from toxmon.actions import Actor, NotFound, Service
from toxmon.ehr.fhir.outcome import answer
from toxmon.store import Row, searching

Resource = dict[str, Any]
NOT_MODIFIED = 304


@dataclass(slots=True)
class Reader:
    """Who reads, at which time. Only inside `store.reading`."""

    service: Service
    actor: Actor
    now: datetime
    computed: dict[Any, Any] = field(default_factory=dict)
    """What was worked out for this answer already."""

    def lies(self, patient_id: str) -> Row:
        """Where a patient lies, and up to when the record is told. Raises NotFound."""
        row = searching.lies(self.service.store, patient_id)
        if row is None or not self.actor.may_see(row["unit"]):
            raise NotFound("no such patient")
        return row


@dataclass(frozen=True, slots=True)
class Found:
    """A resource, or one version of it: whose it is, and when it became so."""

    patient_id: str | None
    resource: Resource

    @property
    def version(self) -> str | None:
        """The version id, None where it is worked out anew each time."""
        found: str | None = self.resource.get("meta", {}).get("versionId")
        return found


def meta(version: int | None, changed_at: datetime) -> dict[str, Any]:
    """The meta of a resource."""
    told = {} if version is None else {"versionId": str(version)}
    return {**told, "lastUpdated": changed_at}


def told(found: Found, request: Request) -> Response:
    """One resource as an answer, with its ETag; 304 when the asker has this version."""
    headers: dict[str, str] = {}
    tag = None
    if found.version is not None:
        headers["ETag"] = tag = f'W/"{found.version}"'
    changed_at = found.resource.get("meta", {}).get("lastUpdated")
    if isinstance(changed_at, datetime):
        headers["Last-Modified"] = format_datetime(changed_at, usegmt=True)
    if tag is not None and request.if_none_match.contains_weak(found.version or ""):
        return Response(status=NOT_MODIFIED, headers=headers)
    return answer(found.resource, headers=headers)


def without_nothing(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None or empty: FHIR has no such thing."""
    return {
        name: value
        for name, value in plain.items()
        if value is not None and value != [] and value != {}
    }


def reference(resource: str, id_: str) -> dict[str, str]:
    """A reference to a resource of this server."""
    return {"reference": f"{resource}/{id_}"}
