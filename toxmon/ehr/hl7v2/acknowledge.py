"""ACK: what the sender is told of a message, in the mode that it asks for.

Nothing of what stands in the message is told back but its id and its addresses; words name places
and faults, never values.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from toxmon.ehr.hl7v2.charset import PYTHON_NAMES, charset_of
from toxmon.ehr.hl7v2.header import Header
from toxmon.ehr.hl7v2.message import Delimiters, escaped

ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"
ALWAYS, NEVER, ON_ERROR, ON_SUCCESS = "AL", "NE", "ER", "SU"
VERSION, NAME = "2.5.1", "TOXMON"
MOST_NOTES = 20
NOBODY = Header(
    "", "", NAME, "", "", "", "", "", "P", VERSION, "", "", "", Delimiters()
)  # fmt: skip
"""The header of what has none that can be read."""

TABLE = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""HL7 table 0357."""
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?", re.ASCII)
_WITH_ERR = re.compile(r"2\.(?:[5-9])(?:\.\d)?", re.ASCII)
_STRUCTURED = re.compile(r"2\.(?:[4-9]|3\.1)(?:\.\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Note:
    """An ERR segment. `place`: such as OBX[3]-5. `severity`: E, W or I."""

    place: str
    code: str
    severity: str
    words: str


def acknowledgements(
    header: Header, code: str, notes: Sequence[Note], now: datetime
) -> tuple[bytes, ...]:
    """The answers that the sender wants, in their order; none where it wants none.

    Original mode: AA, AE or AR. Enhanced mode: CA, CE or CR by MSH-15, and after a CA the AA by
    MSH-16. What is not accepted is told once: as CE or CR, or where none is wanted, as AE or AR.
    """
    if not header.enhanced:
        return (_acknowledgement(header, code, notes, now),)
    good = code == ACCEPTED
    accept, application = _wanted(header.accept, good), _wanted(header.application, good)
    told = []
    if accept:
        # A commit says that a message is kept; what waits of it is for the application to tell.
        alone = () if good and application else notes
        told.append(_acknowledgement(header, f"C{code[1]}", alone, now))
    if application and (good or not accept):
        told.append(_acknowledgement(header, code, notes, now))
    return tuple(told)


def _wanted(asked: str, good: bool) -> bool:
    """Does a condition of table 0155 ask for an answer? An empty one beside another is none."""
    return asked == ALWAYS or (asked == ON_SUCCESS and good) or (asked == ON_ERROR and not good)


def _acknowledgement(header: Header, code: str, notes: Sequence[Note], now: datetime) -> bytes:
    by = header.by
    field, component = by.field, by.component
    kind = "ACK" if not header.event else f"ACK{component}{escaped(header.event, by)}"
    if header.event and _STRUCTURED.fullmatch(header.version):
        kind = f"{kind}{component}ACK"
    head = [
        "MSH",
        f"{component}{by.repeat}{by.escape}{by.subcomponent}",
        header.application_to or NAME,
        header.facility_to,
        header.application_from,
        header.facility_from,
        f"{now:%Y%m%d%H%M%S}+0000",
        "",
        kind,
        secrets.token_hex(10),
        escaped(header.processing, by),
        escaped(header.version, by),
    ]
    if header.charset:
        head += ["", "", "", "", "", header.charset]
    lines = [field.join(head)]
    with_err = _WITH_ERR.fullmatch(header.version) is not None
    said = ["MSA", code, header.control_id]
    if notes and not with_err:
        said.append(escaped(notes[0].words, by)[:80])
    lines.append(field.join(said))
    if with_err:
        lines += [_err(note, by) for note in notes[:MOST_NOTES]]
    name = charset_of(header.charset.partition(by.repeat)[0].strip(), "ASCII")
    encoding = name if name in PYTHON_NAMES.values() else "ascii"
    return ("\r".join(lines) + "\r").encode(encoding, "replace")


def _err(note: Note, by: Delimiters) -> str:
    field, component = by.field, by.component
    found = _PLACE.match(note.place)
    place = ""
    if found is not None:
        parts = [found[1], found[2] or "1", found[3] or ""]
        place = component.join(parts).rstrip(component)
    code = component.join((note.code, TABLE.get(note.code, ""), "HL70357"))
    words = escaped(note.words, by)
    return field.join(("ERR", "", place, code, note.severity, "", "", "", words))
