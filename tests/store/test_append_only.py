"""Records only grow: the databases themselves refuse the rest (guarantee G3)."""

from __future__ import annotations

import pytest

from tests.store.received import receive
from tests.store.rows import full_record, is_sqlite, joined, records, tables
from toxmon.actions import Service
from toxmon.store import Row, Store, StoreError

EXPECTED = {
    "patient", "identifier", "fact", "assessment", "access", "token", "token_end", "edition",
    "merge", "moved_fact", "alert_event", "watch_event", "shift", "stock_count", "told_card",
    "event", "webhook", "webhook_event",
    "message", "message_outcome", "held", "held_number", "held_end", "demographic",
    "account", "account_standing", "account_secret", "account_end", "glass", "glass_review",
}  # fmt: skip


def columns(store: Store, table: str) -> list[str]:
    return list(store.query(f"select * from {table} limit 1")[0])


def rows(store: Store, table: str) -> list[Row]:
    return store.query(f"select * from {table} order by 1, 2")


def attempts(store: Store, table: str) -> list[str]:
    """Every way to change or take away a row."""
    names = columns(store, table)
    listed = ", ".join(names)
    ways = [f"update {table} set {name} = {name}" for name in names if name != "seq"]
    ways += [f"delete from {table}"]
    if is_sqlite(store):
        ways.append(f"insert or replace into {table} ({listed}) select {listed} from {table}")
        ways.append(f"update or replace {table} set {names[-1]} = {names[-1]}")
    else:
        ways.append(f"truncate {table} cascade")
    return ways


def test_the_records_are_the_ones_we_know(store: Store) -> None:
    # A new table is either named as work in tests/store/rows.py or guarded below.
    assert set(records(store)) == EXPECTED


def test_no_row_of_a_record_can_be_changed_or_taken_away(service: Service) -> None:
    store = service.store
    full_record(service)
    joined(service)
    receive(service, "A1")
    for table in records(store):
        before = rows(store, table)
        assert before, f"full_record leaves {table} empty, so nothing would be proven"
        for sql in attempts(store, table):
            with pytest.raises(StoreError), store.writing():
                store.execute(sql)
            assert rows(store, table) == before, sql


def test_a_refused_change_leaves_the_next_write_alone(service: Service) -> None:
    ids = full_record(service)
    store = service.store
    with pytest.raises(StoreError), store.writing():
        store.execute("delete from fact")
    other = full_record(service, "A2")
    assert {row["id"] for row in store.query("select id from patient")} == {
        ids.patient, other.patient,
    }  # fmt: skip


def test_work_may_change(service: Service) -> None:
    # The guard must not be so wide that nothing can be written: this is what it lets through.
    full_record(service)
    store = service.store
    for table in sorted(set(tables(store)) - set(records(store)) - {"head"}):
        with store.writing():
            store.execute(f"delete from {table}")
        assert rows(store, table) == []
