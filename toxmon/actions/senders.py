"""Programs of the house's own network that send on a line without tokens: each goes by one token.

The token says what the sender is called, what it reaches and until when; a line of MLLP has no
place for its secret, so the operator who opens the line names the token.
"""

from __future__ import annotations

import orjson

from toxmon.actions import Actor, NotFound, Service
from toxmon.store import Row, tokens

ROLE = "integration"


def named(service: Service, name: str) -> Actor:
    """The live token of this name, for integration. Raises NotFound; StoreError.

    Raises NotFound also where two have the name: nobody could say which of them was meant.
    """
    now = service.clock()
    found = [row for row in tokens.every(service.store) if row["name"] == name and _live(row, now)]
    if len(found) != 1:
        many = "no live token" if not found else "more than one live token"
        raise NotFound(
            f'there is {many} of the role {ROLE} with the name "{name}"; toxmon token list shows '
            "them, toxmon token create makes one"
        )
    row = found[0]
    units = None if row["units"] is None else frozenset(orjson.loads(row["units"]))
    return Actor(row["id"], row["name"], row["role"], units)


def _live(row: Row, now: object) -> bool:
    expires = row["expires_at"]
    return row["role"] == ROLE and row["ended_at"] is None and (expires is None or expires > now)
