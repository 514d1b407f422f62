"""What is in force here, and the ways to what an administrator sees to."""

from __future__ import annotations

import difflib
from typing import Any

from flask import Response

from toxmon.actions import NotFound, look_up
from toxmon.protocol import Document, ProtocolError, Protocols, load_protocols, show
from toxmon.protocol import read as read_document
from toxmon.store import accounts, editions, patients
from toxmon.ward import door
from toxmon.ward.form import posted

ADMIN = ("admin",)
SAME, GONE, NEW = " ", "-", "+"
AROUND = 2
SHIPPED = "shipped"


@door.page("/admin", *ADMIN)
def admin() -> Response:
    """Protocols in force with what the site has replaced, wards, people, what is kept."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        units = [row for row in patients.by_unit(service.store) if actor.may_see(row["unit"])]
        kept = editions.every(service.store)
        people = [row for row in accounts.every(service.store) if row["ended_at"] is None]
    look_up.note_looking(service, actor, "read.admin")
    documents = [_plain(kind, each, kept) for kind, each in service.protocols.documents()]
    return door.render(
        "admin.html",
        documents=documents,
        overrides=service.protocols.overrides,
        units=units,
        people=len(people),
        policy_name=service.policy_name,
        alarms_name=service.alarms_name,
        here="/admin",
    )


@door.page("/admin/compare", *ADMIN)
def admin_compare() -> Response:
    """Two editions of a document, as the lines that differ between their pages."""
    form = posted()
    old, new = _edition(form["old"], form["name"], form["kind"]), _now(form["name"], form["kind"])
    lines = compared(show(old), show(new))
    return door.render("admin_compare.html", old=old, new=new, lines=lines, here="/admin")


def compared(old: str, new: str) -> list[tuple[str, str]]:
    """(gone, new or same, the line) of what differs, with a few lines around it."""
    found: list[tuple[str, str]] = []
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=AROUND, lineterm=""):
        if line.startswith(("---", "+++")):
            continue
        if line.startswith("@@"):
            found.append(("…", ""))
        else:
            found.append((line[:1], line[1:]))
    return found


def _plain(kind: str, each: Document, kept: list[dict[str, Any]]) -> dict[str, Any]:
    """A document in force, with the other editions that can be held against it."""
    others = [
        {"name": f"{row['digest'][:12]}, version {row['version']}", "old": row["digest"]}
        for row in kept
        if row["name"] == each.name and row["digest"] != each.digest and _is(row["text"], kind)
    ]
    shipped = _shipped().document(each.name, kind)
    if shipped is not None and shipped.digest != each.digest:
        others.insert(0, {"name": f"{SHIPPED}, version {shipped.version}", "old": SHIPPED})
    return {
        "kind": kind,
        "name": each.name,
        "title": getattr(each, "title", each.name),
        "version": each.version,
        "edition": each.digest,
        "others": others,
    }


def _is(text: str, kind: str) -> bool:
    """Is the text of an edition of that form, so that both pages have the same lines?"""
    try:
        read_document(text, "edition", kind)
    except ProtocolError:
        return False
    return True


def _now(name: str, kind: str) -> Document:
    found = door.service().protocols.document(name, kind)
    if found is None:
        raise NotFound("no such document")
    return found


def _edition(digest: str, name: str, kind: str) -> Document:
    """An edition of the record, or the shipped document. Raises NotFound."""
    if digest == SHIPPED:
        found = _shipped().document(name, kind)
        if found is None:
            raise NotFound("no such document")
        return found
    store = door.service().store
    with store.reading():
        row = editions.get(store, digest)
    if row is None or not _is(row["text"], kind):
        raise NotFound("no such edition")
    return read_document(row["text"], "edition", kind)


def _shipped() -> Protocols:
    """The documents as they come with toxmon; each text is read once."""
    return load_protocols()
