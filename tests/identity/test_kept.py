"""What is kept of merges only grows, and what is asked of them is asked by an index."""

from __future__ import annotations

import pytest

from tests.store.rows import joined
from toxmon.actions import Service, audit
from toxmon.actions.verify import verify
from toxmon.store import StoreError, merges


@pytest.mark.parametrize("table", ["merge", "moved_fact"])
def test_what_is_kept_of_merges_only_grows(service: Service, table: str) -> None:
    gone, into = joined(service)
    store = service.store
    before = store.query(f"select * from {table} order by seq")
    assert len(before) == 1
    for sql in (f"delete from {table}", f"update {table} set seq = seq + 1"):
        with pytest.raises(StoreError), store.writing():
            store.execute(sql)
    assert store.query(f"select * from {table} order by seq") == before
    assert merges.standing(store, gone) == into


def test_a_row_that_was_added_behind_our_back_is_found(service: Service) -> None:
    joined(service)
    store = service.store
    assert verify(service, lambda *_: None) == []
    [moved] = store.query("select * from moved_fact")
    with store.writing():
        more = {name: value for name, value in moved.items() if name != "seq"}
        store.insert("moved_fact", [more])
    assert any("were changed" in each.what for each in verify(service, lambda *_: None))


def test_each_act_stands_in_the_chain_of_both_records(service: Service) -> None:
    gone, into = joined(service)
    store = service.store
    acts = store.query("select action, patient_id, content from access order by n")
    told = [(row["action"], row["patient_id"]) for row in acts[-3:]]
    assert told == [("merge.chart", into), ("merge.take_back", gone), ("merge", gone)]
    assert acts[-1]["content"] == audit.content(
        merges.written(store, merges.of_patient(store, gone)[0]["id"])
    )
