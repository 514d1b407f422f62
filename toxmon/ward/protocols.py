"""The protocols to read: every number with its source, and a mark where nobody has held it against
that source. What stands here is what is in force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flask import Response, request
from markupsafe import Markup, escape

from toxmon.actions import NotFound
from toxmon.protocol import FORMS, citations
from toxmon.protocol.lines import NOT_VERIFIED, WIDTH, Sources
from toxmon.ward import door
from toxmon.ward.language import _, later

KINDS = {
    "product": later("Products"),
    "policy": later("The ward's policy"),
    "alarms": later("Alarms"),
    "drug": later("Drugs"),
    "guidance": later("Guidance"),
    "prevention": later("Prevention"),
}
MARK = re.compile(r"\[(\d+)\]")
RULE = re.compile(r"-+")
COLUMNS = re.compile(r"\S {3,}\S")
SHORT = WIDTH - 22
"""A line so much shorter than the page ends its paragraph."""


@dataclass
class Block:
    """A piece of a page: heading, text, items (a list) or table (lines as they stand)."""

    form: str
    lines: list[str] = field(default_factory=list)
    reach: int = 0
    """How far the last line of it went."""
    indent: int = 0


@door.page("/protocols", *door.EVERYBODY)
def protocols() -> Response:
    """Every document in force, by kind, with how much of it is not verified."""
    found = door.service().protocols
    groups: dict[str, list[tuple[str, str, int, int, int]]] = {}
    for kind, each in found.documents():
        verified = [cited.verified for cited in citations(each)]
        row = (each.name, getattr(each, "title", each.name), each.version,
               verified.count(False), len(verified))  # fmt: skip
        groups.setdefault(kind, []).append(row)
    return door.render(
        "protocols.html", here="/help", groups=groups, kinds=KINDS, overrides=found.overrides
    )


@door.page("/protocols/<name>", *door.EVERYBODY)
def protocol(name: str) -> Response:
    """One document with its numbers and sources."""
    service = door.service()
    kind = request.args.get("kind")
    document = service.protocols.document(name, kind if kind in FORMS else None)
    if document is None:
        raise NotFound("no such protocol")
    form = next(each for each, of in FORMS.items() if isinstance(document, of.makes))
    sources = Sources()
    today = service.clock().astimezone(service.zone).date()
    lines = list(FORMS[form].lines(document, today, sources))
    return door.render(
        "protocol.html",
        here="/help",
        document=document,
        kind=_(KINDS[form]),
        blocks=list(blocks(lines)),
        sources=_sources(sources),
        cited=sources.cited,
        not_verified=sources.not_verified,
        marked=marked,
    )


def blocks(lines: Iterable[str]) -> Iterator[Block]:
    """The pieces of a page that was made for a terminal."""
    every = list(lines)
    now: Block | None = None
    for place, line in enumerate(every):
        following = every[place + 1] if place + 1 < len(every) else ""
        heads = bool(line.strip()) and len(following) == len(line) and RULE.fullmatch(following)
        if heads or not line.strip() or RULE.fullmatch(line):
            if now is not None:
                yield now
            now = None
            if heads:
                yield Block("heading", [line])
            continue
        form, text, goes_on = _read(line, now)
        if now is not None and (now.form != form or (form == "text" and not goes_on)):
            yield now
            now = None
        if now is None:
            now = Block(form, [text])
        elif goes_on:
            now.lines[-1] += f" {text}"
        else:
            now.lines.append(text)
        now.reach, now.indent = len(line), len(line) - len(line.lstrip())
    if now is not None:
        yield now


def _read(line: str, now: Block | None) -> tuple[str, str, bool]:
    """(form, text, whether it goes on with the line before)."""
    if COLUMNS.search(line) and not line.startswith("- "):
        return "table", line, False
    if line.startswith("- "):
        return "items", line[2:], False
    if line.startswith(" ") and now is not None and now.form == "items":
        return "items", line.strip(), True
    if line.startswith(" ") and now is not None and now.form == "table":
        return "table", line, False
    # A line that reached the end of the page goes on; a shorter one was the end of a paragraph.
    goes_on = (
        now is not None
        and now.form == "text"
        and now.reach >= SHORT
        and now.indent == len(line) - len(line.lstrip())
        and not now.lines[-1].endswith(("]", NOT_VERIFIED))
    )
    return "text", line.strip(), goes_on


def _sources(sources: Sources) -> list[tuple[str, str]]:
    """(number, words) of each source that was cited."""
    found: list[tuple[str, str]] = []
    for line in list(sources.section())[3:]:
        mark = MARK.match(line)
        if mark is not None:
            found.append((mark.group(1), line[mark.end() :].strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
    return found


def marked(text: str) -> Markup:
    """Words with links to their sources, and a mark on what is not verified."""
    shown = str(escape(text))
    shown = MARK.sub(r'<a class="cite" href="#source-\1">[\1]</a>', shown)
    badge = f'<b class="unverified">{escape(_("not verified"))}</b>'
    return Markup(shown.replace(NOT_VERIFIED, badge))  # noqa: S704 - escaped above
