"""Which patient a person at a terminal means: by our id, by SYSTEM|VALUE, or by a number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toxmon.cli.console import Misused, Wrong

if TYPE_CHECKING:
    from toxmon.actions import Service

MOST_NAMED = 5
"""So many of several holders of one number are told."""


def found_patient(service: Service, text: str) -> str:
    """The id of the patient that the text names.

    Raises Wrong where nobody is called so, and Misused where several are: a dose or an advice for
    the wrong patient is worse than none, so of several none is taken.
    """
    from toxmon.store import merges, patients
    from toxmon.store.identifiers import holders

    text = text.strip()
    with service.store.reading():
        if "\0" in text or not text:
            raise Wrong(f"no patient is called {text!r}")
        if patients.heads(service.store, text):
            return merges.standing(service.store, text)
        system, bar, value = text.partition("|")
        if bar:
            holder = patients.holder(service.store, system, value)
            if holder is not None:
                return holder
        known = holders(service.store, text, 2 * MOST_NAMED)
    found = list(dict.fromkeys(row["patient_id"] for row in known))
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise Wrong(
            f"no patient is called {text!r}; name one by its id, as SYSTEM|VALUE, or by a number"
        )
    named = ", ".join(f"{row['system']}|{text}" for row in known[:MOST_NAMED])
    raise Misused(f"{len(found)} patients or more have the number {text!r}; say which: {named}")
