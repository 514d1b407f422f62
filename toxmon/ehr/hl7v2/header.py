"""MSH: who sends what, under which name, and which answers they want."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo

from toxmon.ehr.hl7v2.message import FIELD_MISSING, Delimiters, NotRead, Segment
from toxmon.ehr.hl7v2.names import TOO_LONG
from toxmon.ehr.hl7v2.times import Times, offset_in

UNSUPPORTED_TYPE, UNSUPPORTED_EVENT = "200", "201"
UNSUPPORTED_PROCESSING, UNSUPPORTED_VERSION = "202", "203"
LONGEST_ID = 199
_VERSION = re.compile(r"2\.[3-9](\.\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in MSH. `accept` and `application` are MSH-15 and -16: AL, NE, ER, SU or none."""

    application_from: str
    facility_from: str
    application_to: str
    facility_to: str
    type: str
    event: str
    control_id: str
    sent: str
    processing: str
    version: str
    accept: str
    application: str
    charset: str
    by: Delimiters

    @property
    def sender(self) -> str:
        """The sending application and facility: the name space of what it calls things."""
        return f"{self.application_from}|{self.facility_from}"

    @property
    def enhanced(self) -> bool:
        """Does the sender name the answers that it wants?"""
        return bool(self.accept or self.application)

    def times(self, zone: tzinfo) -> Times:
        """How times of this message are read at a site."""
        return Times(zone, offset_in(self.sent))


def read_header(head: Segment) -> Header:
    """What stands in MSH. Raises nothing: an answer has to be addressed in any case."""
    return Header(
        application_from=head.raw(3),
        facility_from=head.raw(4),
        application_to=head.raw(5),
        facility_to=head.raw(6),
        type=head.get(9, 1),
        event=head.get(9, 2),
        control_id=head.raw(10),
        sent=head.get(7),
        processing=head.get(11, 1),
        version=head.get(12, 1),
        accept=head.get(15),
        application=head.get(16),
        charset=head.raw(18),
        by=head.by,
    )


def check_header(header: Header, processing: str) -> None:
    """Raises NotRead for what a human has to change at the sender: version, id, production."""
    if not header.control_id:
        raise NotRead("MSH[1]-10", FIELD_MISSING, "is missing; each message needs an id")
    if len(header.control_id) > LONGEST_ID:
        raise NotRead("MSH[1]-10", TOO_LONG, f"is longer than {LONGEST_ID} characters")
    if not _VERSION.fullmatch(header.version):
        raise NotRead("MSH[1]-12", UNSUPPORTED_VERSION, "is not read here; send 2.3 to 2.9")
    if header.processing != processing:
        words = f"is not {processing}, which is all that is taken on this port"
        raise NotRead("MSH[1]-11", UNSUPPORTED_PROCESSING, words)
