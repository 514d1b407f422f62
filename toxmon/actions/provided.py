"""People whom the hospital's own provider knows: an account each, kept as the provider says.

Role and units are taken anew at each sign-in. What changed is a new row and not an edit, so the
record says what somebody was on any day.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from toxmon.actions import Actor, Conflicting, Service, accounts
from toxmon.store import Row
from toxmon.store import accounts as rows

PROVIDER = Actor("provider", "sign-in at the provider", "system")
NOT_IN_A_NAME = re.compile(r"[^\w.@+-]+")


def person(
    service: Service,
    subject: str,
    name: str,
    shown: str,
    role: str,
    units: Collection[str] | None,
) -> Row:
    """The account of this subject, as it stands from now on. Raises Refused, Conflicting.

    A name that somebody else shows or signs in with is told apart by a number.
    """
    found = rows.of_subject(service.store, subject)
    wanted = accounts.folded(NOT_IN_A_NAME.sub(".", name)).strip("._-+@")[:56] or "person"
    for number in range(1, 100):
        mark = "" if number == 1 else str(number)
        told = shown if number == 1 else f"{shown[:70]} ({number})"
        try:
            if found is None:
                return accounts.create(
                    service, f"{wanted}{mark}", told, role, units, None, PROVIDER, subject=subject
                )
            return accounts.change(service, found["id"], told, role, units, PROVIDER)
        except Conflicting as error:
            if error.fault is None or number == 99:
                raise
    raise AssertionError("99 people of one name were tried")
