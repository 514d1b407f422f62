"""Which infusions begin a treatment, and which go on with one."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from toxmon.actions import Service
from toxmon.store import Row


def beginnings(service: Service, infusions: Sequence[Row]) -> list[Row]:
    """Those infusions that begin a treatment.

    A product that is given in steps goes on with its series at every further dose (decision 0054).
    """
    begins: list[Row] = []
    series = None
    for infusion in infusions:
        detail = orjson.loads(infusion["detail"])
        if series != detail["product"]:
            begins.append(infusion)
        repeated = service.product(detail["product_edition"]).repeated
        series = detail["product"] if repeated else None
    return begins
