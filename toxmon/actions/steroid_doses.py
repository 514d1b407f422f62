"""Which facts of a record are doses of a systemic steroid."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import orjson

from toxmon.dosing.steroids import SteroidDose, named
from toxmon.grading.chart import STOPPED
from toxmon.grading.medications import LOCAL_ROUTES
from toxmon.saved import load_value
from toxmon.store import Row


def steroid_dose(row: Row) -> SteroidDose | None:
    """The systemic steroid that an administration was, without a weight; None is another drug."""
    known = named(str(load_value(row["value"])))
    if known is None:
        return None
    drug, depot = known
    detail = orjson.loads(row["detail"]) if row["detail"] else {}
    if detail.get("route") in LOCAL_ROUTES:
        return None
    sent = named(str(detail.get("as_sent") or ""))
    amount, unit = _amount(detail.get("dose"))
    return SteroidDose(
        fact=row["id"],
        at=row["effective_at"],
        drug=drug,
        amount=amount,
        unit=unit,
        # A drug may be charted by its own name where a depot form was sent.
        depot=depot or (sent is not None and sent[1]),
        stopped=detail.get("status") == STOPPED,
        time_known=not detail.get("time_unknown"),
        route=detail.get("route"),
        by=row["recorded_by"],
    )


def _amount(dose: dict[str, str] | None) -> tuple[Decimal | None, str | None]:
    if dose is None:
        return None, None
    try:
        amount = Decimal(str(dose["value"]))
    except InvalidOperation:
        return None, None
    known = amount.is_finite() and amount > 0
    return (amount, dose["unit"]) if known else (None, None)
