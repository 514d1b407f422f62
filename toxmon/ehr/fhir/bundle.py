"""Bundles: a transaction is taken as a whole or not at all, of a batch each entry alone.

The answers stand in the order of the entries. Nothing is ever deleted: a DELETE is answered with
what to send instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toxmon.actions import Actor, Service
from toxmon.actions.received import FHIR, Message
from toxmon.ehr.fhir import answers
from toxmon.ehr.fhir.answers import Told
from toxmon.ehr.fhir.asked import (
    POST,
    PUT,
    Asked,
    check_resource,
    sought,
    split_url,
    version_of,
)
from toxmon.ehr.fhir.charting import Delivery, chart
from toxmon.ehr.fhir.elements import Reader
from toxmon.ehr.fhir.outcome import Failed, Issue

TRANSACTION, BATCH = "transaction", "batch"
MOST_ENTRIES = 5_000
NO_DELETE = "nothing is deleted here: what was wrong is sent again with the status entered-in-error"


def take_bundle(
    service: Service, actor: Actor, message: Message, bundle: Mapping[str, Any], base: str
) -> dict[str, Any]:
    """The response Bundle to a transaction or batch.

    Raises Failed for a Bundle of another type, and where a transaction has any fault: nothing of
    it is kept then. `message` is what came, `base` the address of our FHIR.
    """
    kind = bundle.get("type")
    if kind not in (TRANSACTION, BATCH):
        words = "is neither transaction nor batch, which are taken here"
        raise Failed(422, Issue("not-supported", words, ("Bundle.type",)))
    strict = kind == TRANSACTION
    asked: list[Asked | Told] = []
    for number, entry in entries(bundle):
        try:
            asked.append(_asked(entry, number))
        except Failed as error:
            issues = [_at(each, number) for each in error.issues]
            if strict:
                raise Failed(error.status, *issues, headers=error.headers) from error
            asked.append(Told(status=error.status, issues=issues))
    told, _ = chart(
        Delivery(
            service=service,
            actor=actor,
            message=message,
            asked=[each for each in asked if isinstance(each, Asked)],
            kind="Bundle",
            base=base,
            strict=strict,
        )
    )
    done = iter(told)
    listed = [each if isinstance(each, Told) else next(done) for each in asked]
    return {
        "resourceType": "Bundle",
        "type": f"{kind}-response",
        "entry": [answers.entry(each, base) for each in listed],
    }


def entries(bundle: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """(number, entry) of each entry. Raises Failed (400)."""
    listed = bundle.get("entry", [])
    if not isinstance(listed, list) or len(listed) > MOST_ENTRIES:
        words = f"is not a list of at most {MOST_ENTRIES} entries"
        raise Failed(400, Issue("structure", words, ("Bundle.entry",)))
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict):
            place = (f"Bundle.entry[{number}]",)
            raise Failed(400, Issue("structure", "is not an object", place))
    return list(enumerate(listed))


def full_url_of(entry: Mapping[str, Any], number: int) -> str | None:
    """The address of an entry. Raises Failed (400)."""
    found = entry.get("fullUrl")
    if found is None or (isinstance(found, str) and found.strip()):
        return found
    place = (f"Bundle.entry[{number}].fullUrl",)
    raise Failed(400, Issue("structure", "is not an address", place))


def message_of(actor: Actor, body: bytes, content_type: str, control_id: str | None) -> Message:
    """What came, as it is kept. The sender is known by the name of its token."""
    return Message(actor.name, FHIR, control_id, body, content_type[:200])


def _asked(entry: Mapping[str, Any], number: int) -> Asked:
    """The interaction of an entry. Raises Failed with places inside it."""
    reader, place = Reader(), "/request"
    request = reader.table(entry, "request", "")
    reader.needed(request, place)
    request = request or {}
    method = reader.code(
        request, "method", place, ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")
    )
    reader.needed(method, f"{place}/method")
    url = reader.text(request, "url", place, 2_000)
    reader.needed(url, f"{place}/url")
    none_exist = reader.text(request, "ifNoneExist", place, 2_000)
    if_match = reader.text(request, "ifMatch", place)
    if reader.faults:
        raise Failed(
            400,
            *(Issue("structure", each.detail, (each.pointer,)) for each in reader.faults),
        )
    assert method is not None
    assert url is not None
    kind, given_id, query = split_url(url)
    if method == "DELETE":
        raise Failed(405, Issue("not-supported", NO_DELETE, ("/request/method",)))
    if method not in (POST, PUT):
        words = "only POST and PUT are taken in a Bundle; read and search one by one"
        raise Failed(405, Issue("not-supported", words, ("/request/method",)))
    resource = check_resource(entry.get("resource"), kind, "/resource")
    if method == POST and (given_id is not None or query is not None):
        words = "to POST is to create: its address is the type alone"
        raise Failed(400, Issue("structure", words, ("/request/url",)))
    if method == PUT and (given_id is None) == (query is None):
        words = "to PUT is to update: its address is Type/id, or Type?identifier=system|value"
        raise Failed(400, Issue("structure", words, ("/request/url",)))
    return Asked(
        method=method,
        kind=kind,
        resource=resource,
        place=f"/entry/{number}/resource",
        given_id=given_id,
        full_url=full_url_of(entry, number),
        sought=sought(none_exist, "ifNoneExist") if method == POST else sought(query, "PUT"),
        at_version=version_of(if_match),
    )


def _at(issue: Issue, number: int) -> Issue:
    """An issue of an entry, with its place in the Bundle."""
    inside = issue.expression[0] if issue.expression else ""
    if inside.startswith("Bundle"):
        return issue
    place = answers.path(f"/entry/{number}{inside}", "Bundle")
    return Issue(issue.code, issue.diagnostics, (place,), issue.severity)
