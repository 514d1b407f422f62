"""Names and numbers by which something is found again: nothing in them that nobody can see."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Of no width, and yet part of how names are spelled in Persian and in scripts of India."""
NOT_IN_A_PERSON_S_NAME = ("Cc", "Cf", "Zl", "Zp")


def fault_of_name(text: str, *, of_person: bool = False) -> str | None:
    """What is wrong with a text by which something is found again, or None.

    " A1", "A1" with a line break and "A1" look alike and would be two patients. Which one was
    meant cannot be known here, so nothing is stripped and the sender is told.
    """
    if text != text.strip():
        return "begins or ends with a blank or a line break; send it without"
    for sign in text:
        if of_person:
            unseen = sign not in JOINERS and unicodedata.category(sign) in NOT_IN_A_PERSON_S_NAME
        else:
            unseen = not sign.isprintable()
        if unseen:
            return f"has the character U+{ord(sign):04X}, which nobody can see; send it without"
    return None
