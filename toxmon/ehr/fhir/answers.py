"""What became of one resource that was sent: as an answer of its own, or in a Bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Response, request

from toxmon.actions import Fault
from toxmon.actions.received import HELD, NOTED, OUTDATED, Arrived, Result
from toxmon.ehr.fhir.outcome import FORM, Failed, Issue, answer, instant, outcome
from toxmon.intake.hold import REASONS, Hold

MINIMAL, REPRESENTATION, OUTCOME = "minimal", "representation", "OperationOutcome"
REASON = {
    200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 412: "Precondition Failed",
    422: "Unprocessable Entity",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Told:
    """The answer to one interaction. `id` None: nothing has an address (it was not stored).

    `resource`: what is told as what is on record; None where that is not known here.
    """

    status: int
    kind: str = ""
    id: str | None = None
    version: int | None = None
    changed_at: datetime | None = None
    issues: list[Issue] = field(default_factory=list)
    resource: Mapping[str, Any] | None = None
    stands: bool = False
    """It was on record already, and what was sent was not looked at."""
    called: str | None = None
    """The id that its sender has given it, by which it is read too."""

    @property
    def failed(self) -> bool:
        """Was it refused?"""
        return self.status >= 400

    def location(self, base: str) -> str:
        """The address of this version."""
        return f"{base}/{self.kind}/{self.called or self.id}/_history/{self.version}"

    def representation(self) -> dict[str, Any]:
        """The resource as it was sent, with the id and version that it has here."""
        assert self.resource is not None
        meta = self.resource.get("meta")
        meta = dict(meta) if isinstance(meta, dict) else {}
        if self.version is not None:
            meta["versionId"] = str(self.version)
        if self.changed_at is not None:
            meta["lastUpdated"] = instant(self.changed_at)
        return {**self.resource, "id": self.called or self.id, "meta": meta}


def preferred() -> str | None:
    """What `Prefer: return=` asks for; None where it asks for nothing."""
    for part in request.headers.get("Prefer", "").replace(";", ",").split(","):
        name, _, value = part.partition("=")
        if name.strip().lower() == "return" and value.strip() in (MINIMAL, REPRESENTATION, OUTCOME):
            return value.strip()
    return None


def alone(told: Told, base: str) -> Response:
    """The answer to an interaction that came alone."""
    headers: dict[str, str] = {}
    if told.id is not None:
        headers["Location"] = told.location(base)
        headers["ETag"] = f'W/"{told.version}"'
    if told.changed_at is not None:
        headers["Last-Modified"] = format_datetime(told.changed_at, usegmt=True)
    wish = preferred()
    if told.failed:
        return answer(outcome(told.issues), told.status, headers)
    if wish == MINIMAL:
        return Response(status=told.status, headers=headers, content_type=FORM)
    # What waits, or was not stored, is not to be overlooked: the sender would take it as done.
    unknown = told.id is None or told.resource is None
    if wish == OUTCOME or unknown or (told.issues and wish is None):
        words = "it is on record already" if told.stands else "taken"
        issues = told.issues or [Issue("informational", words, severity="information")]
        return answer(outcome(issues), told.status, headers)
    return answer(told.representation(), told.status, headers)


def entry(told: Told, base: str) -> dict[str, Any]:
    """The answer to an interaction as the entry of a Bundle."""
    response: dict[str, Any] = {"status": f"{told.status} {REASON.get(told.status, '')}".strip()}
    if told.id is not None:
        response["location"] = told.location(base)
        response["etag"] = f'W/"{told.version}"'
    if told.changed_at is not None:
        response["lastModified"] = instant(told.changed_at)
    if told.issues:
        response["outcome"] = outcome(told.issues)
    return {"response": response}


def issues_of(faults: Sequence[Fault], kind: str) -> list[Issue]:
    """Faults as issues, each with the FHIRPath of its place in a body of this type."""
    return [Issue(_code(each), each.detail, (path(each.pointer, kind),)) for each in faults]


def refused(faults: Sequence[Fault], kind: str) -> Failed:
    """422 with every fault."""
    return Failed(422, *issues_of(faults, kind))


def path(pointer: str, kind: str) -> str:
    """A JSON pointer into a body of a type as FHIRPath: Bundle.entry[3].resource.code."""
    found = kind
    for step in pointer.strip("/").split("/"):
        if step:
            found += f"[{step}]" if step.isdecimal() else f".{step}"
    return found


def waits(why: Hold, place: str, kind: str) -> Issue:
    """A statement that is kept, and is charted once somebody has seen to it."""
    words = f"kept, and not charted yet: {REASONS.get(why.reason, why.reason)} ({why.words})"
    return Issue("incomplete", words, (path(place, kind),), severity="warning")


def of_result(result: Result, place: str, kind: str) -> list[Issue]:
    """What is to be said of a statement, beyond that it was charted."""
    if result.outcome == HELD and result.hold is not None:
        return [waits(result.hold, place, kind)]
    where = (path(place, kind),)
    if result.outcome == NOTED and result.fact_id is None:
        words = "kept, and nothing is charted: it states no value that stands"
        return [Issue("informational", words, where, severity="information")]
    if result.outcome == OUTDATED:
        words = "kept, and nothing is changed: a newer version of it is on record"
        return [Issue("business-rule", words, where, severity="information")]
    return []


def of_arrival(arrived: Arrived, place: str, kind: str) -> list[Issue]:
    """Why a patient that was told of is not on record."""
    return [] if arrived.hold is None else [waits(arrived.hold, place, kind)]


def _code(fault: Fault) -> str:
    return "required" if fault.detail.startswith("is missing") else "value"
