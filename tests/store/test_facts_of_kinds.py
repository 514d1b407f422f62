"""The facts of some kinds, as baselines and samples are looked for, and the laboratory's range."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from tests.store.rows import Ids, chart, full_record
from toxmon.actions import Service
from toxmon.actions.record import Charted
from toxmon.actions.refold import as_fact
from toxmon.store import EVER, NEVER, Row, facts

MICROSECOND = timedelta(microseconds=1)


def drawn(service: Service, ids: Ids, at: datetime, kind: str, value: str, **sent: str) -> Row:
    """Chart one result, sent with the laboratory's own range or without."""
    plain = {"value": value, "unit": "", **sent} if sent else {"value": value, "unit": ""}
    fact = Charted(kind=kind, value=Decimal(value), effective_at=at, sent=plain)
    return chart(service, ids.patient, [fact]).facts[0]


def found(service: Service, ids: Ids, kinds: tuple[str, ...], *span: datetime) -> list[str]:
    after, before, *known_at = span
    rows = facts.measured(service.store, ids.patient, kinds, after, before, *known_at)
    return [f"{row['kind']} {as_fact(row).value}" for row in rows]


def test_only_the_kinds_that_are_asked_for_and_only_in_the_span(service: Service) -> None:
    ids, other = full_record(service), full_record(service, "B1")
    now = service.clock()
    first, last = now - timedelta(days=30), now - timedelta(hours=1)
    for at, value in ((first, "600"), (last, "700"), (first - MICROSECOND, "500")):
        drawn(service, ids, at, "ferritin", value)
    drawn(service, ids, last, "platelets", "90")
    drawn(service, ids, last, "crp", "12")
    drawn(service, other, last, "ferritin", "8")
    both = ("ferritin", "platelets")
    assert found(service, ids, both, first, last) == ["ferritin 600"]
    assert found(service, ids, both, first, last + MICROSECOND) == [
        "ferritin 600", "ferritin 700", "platelets 90",
    ]  # fmt: skip
    assert found(service, ids, ("crp",), NEVER, EVER) == ["crp 12"]
    assert found(service, ids, ("anc",), NEVER, EVER) == []


def test_a_correction_counts_from_when_it_was_known(service: Service) -> None:
    ids = full_record(service)
    at = service.clock() - timedelta(hours=3)
    wrong = drawn(service, ids, at, "ferritin", "600")
    known_at = wrong["recorded_at"]
    right = Charted(
        kind="ferritin", value=Decimal("60"), effective_at=at, status="corrected",
        replaces_id=wrong["id"], reason="typed wrong",
    )  # fmt: skip
    chart(service, ids.patient, [right])
    assert found(service, ids, ("ferritin",), NEVER, EVER) == ["ferritin 60"]
    assert found(service, ids, ("ferritin",), NEVER, EVER, known_at) == ["ferritin 600"]
    assert found(service, ids, ("ferritin",), NEVER, EVER, known_at - MICROSECOND) == []


def test_what_waits_in_quarantine_is_no_sample(service: Service) -> None:
    ids = full_record(service)
    doubted = Charted(
        kind="ferritin", value=Decimal("0.5"), effective_at=service.clock(),
        status="quarantined", doubt="probably mg/L",
    )  # fmt: skip
    chart(service, ids.patient, [doubted])
    assert found(service, ids, ("ferritin",), NEVER, EVER) == []


def test_the_laboratorys_own_range_comes_with_its_result_and_nothing_else_does(
    service: Service,
) -> None:
    ids = full_record(service)
    now = service.clock()
    for minutes, sent in enumerate(({"low": "20", "high": "300"}, {"high": "400"}, {})):
        drawn(service, ids, now - timedelta(minutes=minutes), "ferritin", "650", **sent)
    expected = [None, (None, Decimal(400)), (Decimal(20), Decimal(300))]
    measured = facts.measured(service.store, ids.patient, ("ferritin",), NEVER, EVER)
    assert [as_fact(row).normal for row in measured] == expected
    assert [row["sent"] is None for row in measured] == [True, False, False]
    graded = facts.graded(service.store, ids.patient, NEVER, EVER)
    of_ferritin = [row for row in graded if row["kind"] == "ferritin"]
    assert [as_fact(row).normal for row in of_ferritin] == expected
