"""The routes by which FHIR is read: what there is, one resource, its versions, a search."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from toxmon.actions import NotFound, look_up
from toxmon.ehr.fhir import out_audit, out_patient
from toxmon.ehr.fhir.capability import (
    HISTORY,
    OF_EVERYTHING,
    OFFERED,
    READ,
    SEARCH,
    VREAD,
    Offered,
    statement,
)
from toxmon.ehr.fhir.codes_out import terminology
from toxmon.ehr.fhir.conditional import our_id
from toxmon.ehr.fhir.crawl import Crawled, crawl
from toxmon.ehr.fhir.everything import everything
from toxmon.ehr.fhir.guard import (
    EVERYBODY,
    READING,
    actor,
    allowed,
    check_form,
    check_role,
    opened,
    service,
)
from toxmon.ehr.fhir.outcome import BASE, Failed, Issue, answer
from toxmon.ehr.fhir.read import Found, Reader, Resource, told
from toxmon.ehr.fhir.search import Asked, read_search
from toxmon.ehr.fhir.sources import SOURCES
from toxmon.store import searching

blueprint = Blueprint("fhir_read", __name__, url_prefix=BASE)

AUDIT = "AuditEvent"
CODES = ("CodeSystem", "ValueSet", "ConceptMap")
FORM = "application/x-www-form-urlencoded"
LONGEST_ID = 64
LONGEST_NUMBER = 15


@blueprint.get("/metadata")
@opened
def metadata() -> Response:
    """What this server can do."""
    return answer(statement(_base(), service().clock()))


@blueprint.get("/<resource>")
@allowed(*EVERYBODY)
def search(resource: str) -> Response:
    """Search a type."""
    return _searched(resource, list(request.args.items(multi=True)))


@blueprint.post("/<resource>/_search")
@allowed(*EVERYBODY)
def search_by_form(resource: str) -> Response:
    """The same, with the parameters in the body: they stand in no log of addresses."""
    return _searched(resource, _form())


@blueprint.get("/<resource>/<id_>")
@allowed(*EVERYBODY)
def read(resource: str, id_: str) -> Response:
    """One resource as it stands."""
    _offered(resource, READ)
    return told(_versions(resource, id_)[-1], request)


@blueprint.get("/<resource>/<id_>/_history/<version>")
@allowed(*EVERYBODY)
def vread(resource: str, id_: str, version: str) -> Response:
    """One version of a resource."""
    _offered(resource, VREAD)
    every = _versions(resource, id_)
    found = next((each for each in every if each.version == version), None)
    if found is None and resource == "Patient" and version.isascii() and version.isdecimal():
        found = _patient_at(every, id_, version)
    if found is None:
        raise NotFound("there is no such version of it")
    return told(found, request)


@blueprint.get("/<resource>/<id_>/_history")
@allowed(*EVERYBODY)
def history(resource: str, id_: str) -> Response:
    """Every version of a resource, the newest first."""
    _offered(resource, HISTORY)
    found = _versions(resource, id_)
    entries = [_version(resource, id_, each.resource) for each in reversed(found)]
    link = [{"relation": "self", "url": f"{_base()}/{resource}/{id_}/_history"}]
    bundle = {"resourceType": "Bundle", "type": "history", "total": len(found), "link": link}
    return answer({**bundle, "entry": entries})


@blueprint.get("/Patient/<id_>/$everything")
@allowed(*READING)
def all_of(id_: str) -> Response:
    """All that is told of a patient."""
    return _everything(id_, list(request.args.items(multi=True)))


@blueprint.post("/Patient/<id_>/$everything")
@allowed(*READING)
def all_of_by_form(id_: str) -> Response:
    """The same, with the parameters in the body."""
    return _everything(id_, _form())


def _searched(resource: str, given: list[tuple[str, str]]) -> Response:
    offered = _offered(resource, SEARCH)
    _check_format(given)
    asked = read_search(offered, given, strict=_strict(), zone=service().zone)
    if resource in CODES:
        found = Crawled([each for each in terminology(resource).values() if _is(each, asked)])
        return _bundle(resource, asked, found)
    reader = _reader()
    with service().store.reading():
        if resource == AUDIT:
            found = out_audit.crawl(reader, asked)
        elif offered.type == "Patient" and asked.identifiers:
            found = _patients_called(reader, asked)
        else:
            found = crawl(reader, SOURCES[resource].page, asked)
    _note(reader, resource, found.read or asked.patients)
    return _bundle(resource, asked, found)


def _patient_at(every: list[Found], id_: str, version: str) -> Found | None:
    """The Patient at a version of the record in between, if the record has come so far."""
    head = searching.lies(service().store, id_)
    if head is None or len(version) > LONGEST_NUMBER or int(version) > head["version"]:
        return None
    return out_patient.at_version(every, int(version))


def _patients_called(reader: Reader, asked: Asked) -> Crawled:
    """Patients by identifier: here nobody is an answer too."""
    try:
        return crawl(reader, SOURCES["Patient"].page, asked)
    except NotFound:
        return Crawled()


def _everything(id_: str, given: list[tuple[str, str]]) -> Response:
    _check_format(given)
    asked = read_search(OF_EVERYTHING, given, strict=_strict(), zone=service().zone)
    reader = _reader()
    with service().store.reading():
        found = everything(reader, id_, asked)
    _note(reader, "everything", found.read)
    return _bundle("Patient", asked, found, f"Patient/{id_}/$everything")


def _versions(resource: str, id_: str) -> list[Found]:
    """Every version of a resource that may be read, by our id or by what the asker calls it.

    Raises NotFound.
    """
    try:
        return _versions_of(resource, id_)
    except NotFound:
        if resource in CODES or resource == AUDIT or len(id_) > LONGEST_ID:
            raise
        with service().store.reading():
            ours = our_id(service(), actor(), resource, id_)
        if ours is None:
            raise
    found = _versions_of(resource, ours)
    return [replace(each, resource={**each.resource, "id": id_}) for each in found]


def _versions_of(resource: str, id_: str) -> list[Found]:
    """The same by our id."""
    if len(id_) > LONGEST_ID:
        raise NotFound("there is no such resource")
    if resource in CODES:
        one = terminology(resource).get(id_)
        found = [] if one is None else [Found(None, one)]
    else:
        reader = _reader()
        with service().store.reading():
            of = out_audit.versions if resource == AUDIT else SOURCES[resource].versions
            found = of(reader, id_)
        if found:
            whose = found[-1].patient_id
            _note(reader, resource, [] if whose is None or resource == AUDIT else [whose])
    if not found:
        raise NotFound("there is no such resource")
    return found


def _offered(resource: str, interaction: str) -> Offered:
    """The type, if this can be done with it and the actor may. Raises Failed, Forbidden."""
    offered = OFFERED.get(resource)
    if offered is None or interaction not in offered.interactions:
        known = ", ".join(
            name for name, each in OFFERED.items() if interaction in each.interactions
        )
        words = f"{interaction} is offered for {known}"
        raise Failed(404, Issue("not-supported", words))
    check_role(actor(), offered.roles)
    return offered


def _reader() -> Reader:
    return Reader(service(), actor(), service().clock())


def _note(reader: Reader, resource: str, patient_ids: list[str]) -> None:
    action = f"read.fhir.{resource.lower()}"
    noted: list[str | None] = [*patient_ids]
    for patient_id in noted or [None]:
        look_up.note_reading(reader.service, reader.actor, action, patient_id)


def _is(resource: Resource, asked: Asked) -> bool:
    """Is a resource of our codes what is looked for?"""
    urls = [
        token.code or token.system for any_of in asked.tokens.get("url", ()) for token in any_of
    ]
    return (asked.ids is None or resource["id"] in asked.ids) and (
        not urls or resource["url"] in urls
    )


def _bundle(resource: str, asked: Asked, found: Crawled, path: str | None = None) -> Response:
    """The answer of a search."""
    address = f"{_base()}/{path or resource}"
    links = [{"relation": "self", "url": _address(address, asked.used, asked.cursor)}]
    if found.cursor is not None:
        links.append({"relation": "next", "url": _address(address, asked.used, found.cursor)})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if found.cursor is None and asked.cursor is None:  # Only then is it known without counting.
        bundle["total"] = len(found.resources)
    bundle["link"] = links
    if found.resources:
        bundle["entry"] = [_entry(each) for each in found.resources]
    return answer(bundle)


def _entry(resource: Resource) -> dict[str, Any]:
    url = f"{_base()}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def _version(resource: str, id_: str, found: Resource) -> dict[str, Any]:
    number = found["meta"]["versionId"]
    first = number == "1"
    return {
        "fullUrl": f"{_base()}/{resource}/{id_}",
        "resource": found,
        "request": {
            "method": "POST" if first else "PUT",
            "url": resource if first else f"{resource}/{id_}",
        },
        "response": {
            "status": "201" if first else "200",
            "etag": f'W/"{number}"',
            "lastModified": found["meta"]["lastUpdated"],
        },
    }


def _address(address: str, used: list[tuple[str, str]], cursor: str | None) -> str:
    params = [*used, *([("_cursor", cursor)] if cursor is not None else [])]
    return f"{address}?{urlencode(params)}" if params else address


def _base() -> str:
    return request.url_root.rstrip("/") + BASE


def _form() -> list[tuple[str, str]]:
    if request.mimetype not in ("", FORM):
        words = f"send the parameters as Content-Type: {FORM}"
        raise Failed(415, Issue("not-supported", words, ("http.Content-Type",)))
    return [*request.args.items(multi=True), *request.form.items(multi=True)]


def _check_format(given: list[tuple[str, str]]) -> None:
    """A form may say `_format` in its body."""
    asked = dict(given).get("_format")
    if asked is not None:
        check_form(asked)


def _strict() -> bool:
    prefer = request.headers.get("Prefer", "").lower()
    return "handling=strict" in prefer.replace(" ", "").replace('"', "")
