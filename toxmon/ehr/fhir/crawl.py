"""The pages of a search: patient after patient, each as the record stood when it was begun.

A source gives the resources of one patient in an order of its own, from any place on. The cursor
of a page says whose record comes next, up to when it is told, and the place in it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import NotFound
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.ehr.fhir.read import Reader, Resource
from toxmon.ehr.fhir.search import Asked
from toxmon.store import Row, patients, searching

PATIENTS_AT_ONCE = 50
"""So many records are looked into for one page; a page may so be short of what was asked for."""
ROUNDS = 20
"""So often one record is asked again for a page of which little matches."""
LARGEST = 2**62
LONGEST_CURSOR = 1_000
LONGEST_NAME = 200

Place = list[Any]


@dataclass(slots=True)
class Page:
    """Resources of one patient; `after` is the place behind the last one, None at the end."""

    resources: list[Resource]
    after: Place | None = None


Source = Callable[[Reader, Row, Asked, Place | None, int], Page]
"""(reader, whose, what for, behind which place, how many at most)."""


@dataclass(slots=True)
class Crawled:
    """The resources of a page, the cursor of the next one, and whose records they are from."""

    resources: list[Resource] = field(default_factory=list)
    cursor: str | None = None
    read: list[str] = field(default_factory=list)


def crawl(reader: Reader, source: Source, asked: Asked) -> Crawled:
    """One page of a search. Only inside `store.reading`. Raises NotFound, Failed."""
    found = Crawled()
    begun = read_cursor(asked.cursor, name, instant, place)
    most = max(PATIENTS_AT_ONCE, asked.count)
    for looked_into, lies in enumerate(_records(reader, asked, begun[0] if begun else None)):
        after: Place | None = None
        if begun is not None and begun[0] == lies["patient_id"]:
            lies = {**lies, "told_at": begun[1]}
            after = begun[2]
        room = asked.count - len(found.resources)
        if room == 0 or looked_into == most:
            found.cursor = _cursor(lies, after)
            return found
        page = pages(reader, source, lies, asked, after, room)
        if page.resources:
            found.resources += page.resources
            found.read.append(lies["patient_id"])
        if page.after is not None:
            found.cursor = _cursor(lies, page.after)
            return found
    return found


def pages(
    reader: Reader, source: Source, lies: Row, asked: Asked, after: Place | None, room: int
) -> Page:
    """Resources of one record until there is no room, no more of it, or too little matches."""
    found: list[Resource] = []
    for _ in range(ROUNDS):
        page = source(reader, lies, asked, after, room - len(found))
        found += page.resources
        after = page.after
        if after is None or len(found) >= room:
            break
    return Page(found, after)


def _records(reader: Reader, asked: Asked, from_id: str | None) -> Iterator[Row]:
    """Whose records are searched, from one on: those that were named, or all within reach."""
    if asked.of_patient:
        named = _named(reader, asked)
        if from_id is not None:
            if from_id not in named:
                raise _not_ours()
            named = named[named.index(from_id) :]
        for patient_id in named:
            yield reader.lies(patient_id)
        return
    store = reader.service.store
    if from_id is not None:
        row = searching.lies(store, from_id)
        if row is not None and reader.actor.may_see(row["unit"]):
            yield row
    after = from_id or ""
    while rows := searching.lying(store, after, PATIENTS_AT_ONCE):
        after = rows[-1]["patient_id"]
        yield from (row for row in rows if reader.actor.may_see(row["unit"]))


def _named(reader: Reader, asked: Asked) -> list[str]:
    """The ids of the patients that a search names. Raises NotFound for one that is out of reach.

    An empty answer could be read as a record in which nothing is the matter.
    """
    named = list(asked.patients)
    for token in asked.identifiers:
        holder = patients.holder(reader.service.store, token.system or "", token.code or "")
        if holder is None:
            raise NotFound("no such patient")
        named.append(holder)
    for patient_id in named:
        reader.lies(patient_id)
    return list(dict.fromkeys(named))


def id_of(resource: Resource) -> str:
    """The id of a resource."""
    found: str = resource["id"]
    return found


def by_id(
    found: list[Resource],
    after: Place | None,
    room: int,
    key: Callable[[Resource], str] = id_of,
) -> Page:
    """A page of a few resources that are at hand, in the order of their ids, or of another key."""
    begun = placed(after, name)
    rest = sorted((each for each in found if begun is None or key(each) > begun[0]), key=key)
    if len(rest) <= room:
        return Page(rest)
    return Page(rest[:room], [key(rest[room - 1])])


def _cursor(lies: Row, after: Place | None) -> str:
    return cursor_of([lies["patient_id"], lies["told_at"].isoformat(), after])


def cursor_of(values: list[Any]) -> str:
    """A cursor of these values, which only we can read."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read_cursor(cursor: str | None, *forms: Callable[[Any], Any]) -> list[Any] | None:
    """The values of a cursor, each read by its form. Raises Failed for one that is not ours."""
    if cursor is None:
        return None
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return read_values(values, *forms)
    except (binascii.Error, ValueError) as error:
        raise _not_ours() from error


def read_values(values: Any, *forms: Callable[[Any], Any]) -> list[Any]:
    """Values, each read by its form. Raises ValueError."""
    if not isinstance(values, list) or len(values) != len(forms):
        raise ValueError
    return [form(value) for form, value in zip(forms, values, strict=True)]


def placed(after: Place | None, *forms: Callable[[Any], Any]) -> list[Any] | None:
    """The parts of a place, each read by its form. Raises Failed for one that is not ours."""
    if after is None:
        return None
    try:
        return read_values(after, *forms)
    except ValueError as error:
        raise _not_ours() from error


def place(value: Any) -> Place | None:
    """A place, to be read by its source. Raises ValueError."""
    if value is not None and not isinstance(value, list):
        raise ValueError
    return value


def number(value: Any) -> int:
    """A number in an order. Raises ValueError."""
    if type(value) is not int or not 0 <= value < LARGEST:
        raise ValueError
    return int(value)


def name(value: Any) -> str:
    """An id. Raises ValueError."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable():
        raise ValueError
    return value


def instant(value: Any) -> datetime:
    """An instant in UTC. Raises ValueError."""
    at = datetime.fromisoformat(name(value))
    if at.utcoffset() != timedelta(0):
        raise ValueError
    return at


def _not_ours() -> Failed:
    words = "_cursor: is not one that this search gave; begin without one"
    return Failed(400, Issue("invalid", words, ("http._cursor",)))
