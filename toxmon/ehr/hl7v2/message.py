"""A message of HL7 v2 taken apart: segments, fields, repeats, components. Pure, and lossless.

The delimiters are those that the message names itself. Escapes are undone after it was split, so
that an escaped delimiter is never one. `""` says that a value is to be deleted, and an empty field
says nothing; they are told apart here and nowhere mixed up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from toxmon.ehr.hl7v2.charset import PYTHON_NAMES, charset_of

DELETED = '""'
MOST_SEGMENTS = 20_000
SEGMENT_MISSING, FIELD_MISSING, WRONG_TYPE, NOT_IN_TABLE = "100", "101", "102", "103"
"""Codes of HL7 table 0357: a segment, a field, a data type, a value of a table."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FILLING = b"\r\n\x0b\x1c \t"
"""What may stand around a message without being of it."""

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_FORMATTED = re.compile(r"\.(?:br|sp ?\d*|fi|nf|in ?[+-]?\d*|ti ?[+-]?\d*|sk ?\d*|ce)", re.ASCII)
_NEW_LINE = re.compile(r"\.(?:br|sp|ce)", re.ASCII)


class NotRead(Exception):
    """A message that cannot be read: where (ERR-2), which kind of fault (table 0357), in words.

    Nothing of what stands in the message is in the words.
    """

    def __init__(self, place: str, code: str, words: str) -> None:
        super().__init__(f"{place}: {words}" if place else words)
        self.place, self.code, self.words = place, code, words


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What parts fields, components, repeats, escapes and subcomponents; how bytes are text."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    charset: str = "ascii"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. `number` counts those of its name from 1; fields are kept as they came."""

    name: str
    number: int
    fields: tuple[str, ...]
    by: Delimiters

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return f"{self.name}[{self.number}]"

    def raw(self, field: int) -> str:
        """A field as it came, or nothing."""
        return self.fields[field] if field < len(self.fields) else ""

    def repeats(self, field: int) -> tuple[str, ...]:
        """The repeats of a field as they came; none of an empty one."""
        raw = self.raw(field)
        return tuple(raw.split(self.by.repeat)) if raw else ()

    def deleted(self, field: int) -> bool:
        """Is the value of the field to be deleted?"""
        return self.raw(field) == DELETED

    def get(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """A part of the first repeat of a field, without escapes; nothing where it is deleted."""
        raw = self.raw(field)
        if not raw:
            return ""
        return part(raw.partition(self.by.repeat)[0], self.by, component, subcomponent)

    def text(self, field: int) -> str:
        """A whole field as one text: delimiters in it are taken as written."""
        raw = self.raw(field)
        return "" if raw == DELETED else unescaped(raw, self.by)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message: its segments in order; the first is MSH."""

    segments: tuple[Segment, ...]

    @property
    def head(self) -> Segment:
        """MSH."""
        return self.segments[0]

    def named(self, name: str) -> tuple[Segment, ...]:
        """Every segment of a name."""
        return tuple(each for each in self.segments if each.name == name)

    def one(self, name: str) -> Segment | None:
        """The first segment of a name, if there is one."""
        return next((each for each in self.segments if each.name == name), None)


def parse(body: bytes, charset: str = "ASCII") -> Parsed:
    """The message of these bytes; `charset` is meant where MSH-18 names none. Raises NotRead."""
    text = _decoded(body, charset)
    lines = _lines(text)
    by = _delimiters(lines[0], charset_of(_charset_named(lines[0]), charset))
    segments: list[Segment] = []
    counts: dict[str, int] = {}
    for position, line in enumerate(lines, 1):
        name = line[:3]
        if not _NAME.fullmatch(name) or (len(line) > 3 and line[3] != by.field):
            words = "is no segment: a line break inside a text must be escaped"
            raise NotRead(f"line {position}", SEGMENT_MISSING, words)
        if name == "MSH" and position > 1:
            raise NotRead(
                f"line {position}", SEGMENT_MISSING, "a second message; send one in each frame"
            )
        fields = line.split(by.field)
        if name == "MSH":
            fields.insert(1, by.field)  # So that MSH-2 is field 2, as it is called.
        counts[name] = counts.get(name, 0) + 1
        segments.append(Segment(name, counts[name], tuple(fields), by))
    return Parsed(tuple(segments))


def head_of(body: bytes) -> Segment | None:
    """MSH of these bytes, whatever else is wrong with them: an answer has to be addressed."""
    body = body.removeprefix(BYTE_ORDER_MARK).lstrip(FILLING)
    head = re.split(rb"[\r\n]", body, maxsplit=1)[0].decode("latin-1")
    if not head.startswith("MSH"):
        return None
    try:
        by = _delimiters(head, "latin-1")
    except NotRead:
        return None
    fields = head.split(by.field)
    return Segment("MSH", 1, (fields[0], by.field, *fields[1:]), by)


def escaped(text: str, by: Delimiters) -> str:
    """A text as it may stand in a field."""
    marks = {by.field: "F", by.component: "S", by.repeat: "R", by.subcomponent: "T"}
    marks |= {by.escape: "E"}
    said = "".join(
        f"{by.escape}{marks[each]}{by.escape}" if each in marks else each for each in text
    )
    return re.sub(r"[\x00-\x1f]+", " ", said)


def part(repeat: str, by: Delimiters, component: int = 1, subcomponent: int = 1) -> str:
    """One component of a repeat without escapes; nothing where it is missing or deleted."""
    for place, delimiter in ((component, by.component), (subcomponent, by.subcomponent)):
        parts = repeat.split(delimiter, place)
        if len(parts) < place:
            return ""
        repeat = parts[place - 1]
    return "" if repeat == DELETED else unescaped(repeat, by).strip()


def parts(repeat: str, by: Delimiters) -> list[str]:
    """The components of a repeat without escapes; nothing for one that is deleted."""
    return [
        "" if each == DELETED else unescaped(each, by).strip()
        for each in repeat.split(by.component)
    ]


def unescaped(raw: str, by: Delimiters) -> str:
    """A text as it is meant. What is escaped in no known way stays as it came."""
    mark = by.escape
    if mark not in raw:
        return raw
    pieces = raw.split(mark)
    found, place = [pieces[0]], 1
    while place < len(pieces):
        meant = _meant(pieces[place], by) if place + 1 < len(pieces) else None
        if meant is None:  # Not an escape: the mark stands for itself.
            found.append(mark + pieces[place])
            place += 1
        else:
            found += [meant, pieces[place + 1]]
            place += 2
    return "".join(found)


def messages_in(data: bytes) -> Iterator[bytes]:
    """The messages of a file, as bytes: envelopes of a batch, frames and blank lines left out."""
    data = data.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    found: list[bytes] = []
    for line in data.translate(None, b"\x0b\x1c").split(b"\r"):
        if line.startswith(b"MSH") and found:
            yield b"\r".join(found) + b"\r"
            found = []
        if line.strip() and line[:3] not in (b"FHS", b"BHS", b"BTS", b"FTS"):
            found.append(line)
    if found:
        yield b"\r".join(found) + b"\r"


def _meant(code: str, by: Delimiters) -> str | None:
    plain = {
        "F": by.field,
        "S": by.component,
        "T": by.subcomponent,
        "R": by.repeat,
        "E": by.escape,
        "H": "",
        "N": "",
    }.get(code)
    if plain is not None:
        return plain
    if _FORMATTED.fullmatch(code):
        return "\n" if _NEW_LINE.match(code) else " "
    coded = _HEX.fullmatch(code)
    if coded is None:
        return None
    try:
        text = bytes.fromhex(coded[1]).decode(by.charset)
    except UnicodeDecodeError:
        return None
    return text.replace("\x00", "")  # No database keeps it.


def _decoded(body: bytes, charset: str) -> str:
    """The text of the bytes by the character set that MSH-18 names. Raises NotRead."""
    if body.startswith(BYTE_ORDER_MARK):
        body, charset = body.removeprefix(BYTE_ORDER_MARK), "UNICODE UTF-8"
    body = body.strip(FILLING)
    if not body.startswith(b"MSH"):
        raise NotRead("MSH", SEGMENT_MISSING, "a message begins with MSH")
    if b"\x00" in body:
        raise NotRead("", WRONG_TYPE, "has a NUL character")
    head = re.split(rb"[\r\n]", body, maxsplit=1)[0].decode("latin-1")
    name = charset_of(_charset_named(head), charset)
    if name not in PYTHON_NAMES.values():
        raise NotRead("MSH[1]-18", NOT_IN_TABLE, "names a character set that is not read here")
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        words = f"byte {error.start} is not of the character set that MSH-18 names"
        raise NotRead("MSH[1]-18", WRONG_TYPE, words) from error


def _lines(text: str) -> list[str]:
    """The segments as they came. They end in CR; LF alone is taken where there is no CR at all."""
    mark = "\r" if "\r" in text else "\n"
    lines = [line for each in text.split(mark) if (line := each.strip("\n"))]
    if len(lines) > MOST_SEGMENTS:
        raise NotRead("", SEGMENT_MISSING, f"has more than {MOST_SEGMENTS} segments")
    return lines


def _delimiters(head: str, charset: str) -> Delimiters:
    """MSH-1 and MSH-2. A fifth character (truncation, since 2.7) is allowed and not used."""
    field = head[3:4]
    marks = head[4:].partition(field)[0] if field else ""
    every = field + marks
    odd = any(each.isalnum() or each.isspace() or not each.isprintable() for each in every)
    if len(marks) not in (4, 5) or odd or len(set(every)) != len(every):
        words = r"names no delimiters; send MSH|^~\&"
        raise NotRead("MSH[1]-2", SEGMENT_MISSING, words)
    return Delimiters(field, marks[0], marks[1], marks[2], marks[3], charset)


def _charset_named(head: str) -> str:
    """MSH-18, of which the first is that of the message; nothing where there are no delimiters."""
    field, mark = head[3:4], head[5:6]
    if not field or not mark:
        return ""
    fields = head.split(field)
    return fields[17].split(mark)[0].strip() if len(fields) > 17 else ""
