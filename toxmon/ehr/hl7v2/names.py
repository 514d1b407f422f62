"""What a sender calls things, as one text: short enough for the index of any database."""

from __future__ import annotations

import hashlib

from toxmon.ehr.hl7v2.message import NotRead

LONGEST = 400
LONGEST_PART = 250
"""A number of a patient, a ward or a bed: beyond this it is none."""
TOO_LONG = "104"
MARK = "|"


def joined(*parts: str) -> str:
    """The name of a thing by its parts; a very long one by the digest of all of them."""
    text = MARK.join(parts)
    if len(text) <= LONGEST:
        return text
    return f"{parts[0]}{MARK}sha256{MARK}{hashlib.sha256(text.encode()).hexdigest()}"


def short(text: str, place: str) -> str:
    """A text that is as short as such a text is. Raises NotRead."""
    if len(text) > LONGEST_PART:
        raise NotRead(place, TOO_LONG, f"is longer than {LONGEST_PART} characters")
    return text
