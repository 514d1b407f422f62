"""Counts of vials: the newest whole count of a drug in a unit, and who has had no infusion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.store.rows import full_record, patient_row
from toxmon.actions import Service
from toxmon.store import Row, Store, patients, stocks

AT = datetime(2026, 3, 1, 7, tzinfo=UTC)


def rows(
    count: str, at: datetime, recorded: int, *vials: tuple[str, int], **more: str
) -> list[Row]:
    return [
        {
            "id": f"{count}-{strength}", "unit": "bmt-1", "medication": "tocilizumab",
            "strength_mg": strength, "vials": number, "counted_at": at,
            "recorded_at": AT + timedelta(hours=recorded), "recorded_by": "Ada", "note": None,
            **more,
        }
        for strength, number in vials
    ]  # fmt: skip


def add(store: Store, found: list[Row]) -> None:
    with store.writing():
        stocks.add(store, found)


def test_the_newest_count_is_told_as_a_whole(store: Store) -> None:
    assert stocks.last(store, "bmt-1", "tocilizumab") == []
    first = rows("a", AT, 1, ("400", 2), ("80", 4))
    add(store, first)
    add(store, rows("earlier", AT - timedelta(hours=2), 2, ("400", 9)))
    add(store, rows("elsewhere", AT + timedelta(hours=2), 3, ("400", 9), unit="icu-2"))
    add(store, rows("another", AT + timedelta(hours=2), 3, ("400", 9), medication="siltuximab"))
    assert stocks.last(store, "bmt-1", "tocilizumab") == first
    assert stocks.last(store, "icu-2", "tocilizumab")[0]["id"] == "elsewhere-400"
    again = rows("b", AT, 4, ("80", 1))  # of the same minute, recorded later
    add(store, again)
    assert stocks.last(store, "bmt-1", "tocilizumab") == again


def test_what_the_chain_has_signed_is_found_in_the_order_it_was_written(store: Store) -> None:
    found = rows("a", AT, 1, ("400", 2), ("80", 4), ("200", 0))
    add(store, found)
    assert stocks.written(store, [row["id"] for row in found[::-1]]) == found
    assert stocks.written(store, ["no such"]) == []


def test_who_has_had_no_infusion(service: Service) -> None:
    full_record(service)
    store = service.store
    with store.writing():
        for name, unit in (("p-1", "bmt-1"), ("p-2", "bmt-1"), ("p-3", "icu-2")):
            patients.add(store, {**patient_row(name), "unit": unit}, [])
    assert [row["patient_id"] for row in stocks.untreated(store, "bmt-1", "", 9)] == ["p-1", "p-2"]
    assert [row["patient_id"] for row in stocks.untreated(store, "bmt-1", "p-1", 9)] == ["p-2"]
    assert len(stocks.untreated(store, "bmt-1", "", 1)) == 1
