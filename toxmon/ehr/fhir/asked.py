"""What a sender asks for: one resource to create or update, alone or as an entry of a Bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from toxmon.ehr.fhir.elements import Element, Reader, is_id
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.ehr.fhir.resource_types import R4_TYPES
from toxmon.ehr.fhir.sent import by_number
from toxmon.intake.report import Identifier

POST, PUT = "POST", "PUT"
_TAG = re.compile(r'(?:W/)?"([0-9]{1,15})"', re.ASCII)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One interaction. `place` is the JSON pointer of the resource in the body.

    `sought`: identifiers of a conditional create or update, any of which may match; None without
    one. `at_version`: what If-Match says, -1 for what is no version of ours.
    """

    method: str
    kind: str
    resource: Element
    place: str = ""
    given_id: str | None = None
    full_url: str | None = None
    sought: tuple[Identifier, ...] | None = None
    at_version: int | None = None
    reader: Reader = field(default_factory=Reader)

    @property
    def only_if_none(self) -> bool:
        """Is it a conditional create?"""
        return self.method == POST and self.sought is not None

    def names(self) -> tuple[str, ...]:
        """What the sender may have called the resource that is sought."""
        return tuple(by_number(self.kind, each.system, each.value) for each in self.sought or ())


def check_resource(resource: Any, kind: str, place: str = "") -> Element:
    """A resource of this type. Raises Failed (400) for anything else."""
    if not isinstance(resource, dict):
        raise _malformed(place, "is not a resource")
    if resource.get("resourceType") != kind:
        raise _malformed(f"{place}/resourceType", f"is not {kind}, to which it was sent")
    return resource


def check_type(kind: str) -> None:
    """Raises Failed (404) for a name that is no resource type of R4."""
    if kind not in R4_TYPES:
        raise Failed(404, Issue("not-found", "this is no resource type of FHIR R4"))


def check_id(asked: Asked) -> None:
    """The id of an update stands in the resource as it stands in the address. Raises Failed."""
    given = asked.resource.get("id")
    if not is_id(asked.given_id):
        raise _malformed("", "the id in the address has to be of 1 to 64 letters, digits, - and .")
    if given != asked.given_id:
        raise _malformed(f"{asked.place}/id", "is not the id in the address")


def version_of(tag: str | None) -> int | None:
    """The version that If-Match names, -1 for what is none of ours; None without one."""
    if tag is None or tag.strip() == "*":
        return None
    found = _TAG.fullmatch(tag.strip())
    return int(found[1]) if found else -1


def sought(criteria: str | None, header: str) -> tuple[Identifier, ...] | None:
    """The identifiers of conditional criteria. Raises Failed (412) for any other criteria."""
    if criteria is None:
        return None
    text = criteria.strip()
    if "?" in text:
        text = text.partition("?")[2]
    asked = [(name, value) for name, value in parse_qsl(text, keep_blank_values=True)]
    found = [
        Identifier(*each.split("|", 1))
        for name, value in asked
        for each in value.split(",")
        if name == "identifier" and "|" in each and each.split("|", 1)[1]
    ]
    if len(asked) != 1 or not found or len(found) != len(asked[0][1].split(",")):
        words = f"{header} is looked for by identifier=system|value alone"
        raise Failed(412, Issue("not-supported", words))
    return tuple(dict.fromkeys(found))


def split_url(url: str) -> tuple[str, str | None, str | None]:
    """(type, id, query) of the request address of an entry. Raises Failed (400)."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _malformed("", "the address of an entry cannot be read") from error
    steps = [unquote(step) for step in parts.path.strip("/").split("/") if step]
    if not 1 <= len(steps) <= 2 or parts.scheme or parts.netloc:
        raise _malformed("", "the address of an entry is Type, Type/id or Type?identifier=")
    check_type(steps[0])
    return steps[0], steps[1] if len(steps) == 2 else None, parts.query or None


def _malformed(place: str, words: str) -> Failed:
    return Failed(400, Issue("structure", words, (place,) if place else ()))
