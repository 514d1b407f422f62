"""What the status of a result (OBX-11, table 0085) and of a dose (RXA-20 and -21) means.

HL7's own mapping of table 0085 to FHIR names the same states; what it leaves out waits here for a
person (decision 0095).
"""

from __future__ import annotations

from dataclasses import dataclass

from toxmon.intake.report import (
    CANCELLED,
    CORRECTED,
    FINAL,
    PENDING,
    PRELIMINARY,
    WITHDRAWN,
    WRONG_PATIENT,
)


@dataclass(frozen=True, slots=True)
class Status:
    """What a status says. `waits` tells a person why it cannot be charted as it is.

    `valueless`: a value that stands beside it is not one. `status_only`: the value that came
    before is final now, and is not sent again.
    """

    state: str
    waits: str | None = None
    valueless: bool = False
    status_only: bool = False


RESULTS: dict[str, Status] = {
    "F": Status(FINAL),
    "P": Status(PRELIMINARY),
    "S": Status(PRELIMINARY),
    "R": Status(PRELIMINARY, waits="OBX-11 is R: entered and not verified"),
    "C": Status(CORRECTED),
    "A": Status(CORRECTED),
    "D": Status(WITHDRAWN),
    "W": Status(WRONG_PATIENT),
    "X": Status(CANCELLED),
    "I": Status(PENDING, valueless=True),
    "N": Status(PENDING, valueless=True),
    "U": Status(FINAL, valueless=True, status_only=True),
    "O": Status(PRELIMINARY, waits="OBX-11 is O: a description of an order"),
    "B": Status(FINAL, waits="OBX-11 is B: an appended report"),
    "V": Status(FINAL, waits="OBX-11 is V, of which nothing says what it does to a value"),
    "": Status(FINAL, waits="OBX-11 is empty; the sender has to say that a result is final"),
}


def of_result(sent: str) -> Status:
    """The status of a result; one that is in no table waits."""
    found = RESULTS.get(sent.upper())
    return found or Status(FINAL, waits="OBX-11 is in no table of HL7 v2")


DOSE_BEGUN, DOSE_GIVEN, DOSE_STOPPED = "started", "completed", "stopped"
COMPLETIONS: dict[str, tuple[str, str]] = {
    "CP": (FINAL, DOSE_GIVEN),
    "": (FINAL, DOSE_GIVEN),
    "PA": (FINAL, DOSE_STOPPED),
    "RE": (CANCELLED, DOSE_STOPPED),
    "NA": (CANCELLED, DOSE_STOPPED),
}
"""RXA-20, table 0322: (state, how the dose ended). One that was refused or not given is none."""
ACTIONS = {"": None, "A": None, "U": CORRECTED, "D": WITHDRAWN}
"""RXA-21, table 0206: what it makes of the state; none leaves it."""
