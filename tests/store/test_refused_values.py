"""What a database cannot hold is a fault of ours: never "try again", never "somebody was first"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.postgres import PostgresServer
from tests.store.rows import full_record, is_sqlite, patient_row
from toxmon.actions import Service
from toxmon.store import (
    Conflict,
    Store,
    StoreError,
    Unavailable,
    open_store,
    patients,
    requests,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def answer(**more: Any) -> dict[str, Any]:
    row = {"actor": "a", "key": "k", "fingerprint": "fingerprint of a row", "body": "{}"}
    return {**row, "status": 201, "recorded_at": NOW, **more}


# What PostgreSQL cannot hold and SQLite can, or the other way round.
UNFIT = (
    ("a NUL in a text", answer(body="\x00")),
    ("a number as text", answer(status="many")),
    ("a number beyond 64 bits", answer(status=10**20)),
    ("nothing where something must be", answer(fingerprint=None)),
)


@pytest.mark.parametrize("row", [each for _, each in UNFIT], ids=[name for name, _ in UNFIT])
def test_a_value_that_does_not_fit_is_no_reason_to_try_again(
    store: Store, row: dict[str, Any]
) -> None:
    raised: Exception | None = None
    try:
        with store.writing():
            requests.add(store, row)
    except (StoreError, OverflowError, TypeError) as error:
        raised = error
    assert not isinstance(raised, Unavailable | Conflict), raised
    assert "many" not in str(raised), "these words are logged"
    assert "fingerprint of a row" not in str(raised)
    if raised is None:
        assert is_sqlite(store), "PostgreSQL took it"
        assert row["fingerprint"] is not None, "SQLite took it"
    with store.writing():
        requests.add(store, answer(key="next"))
    assert requests.get(store, "a", "next") is not None


def test_a_question_that_does_not_fit_is_no_reason_to_try_again(store: Store) -> None:
    if is_sqlite(store):  # It can look for a NUL character, and finds none.
        assert patients.holder(store, "urn:mrn", "\x00") is None
    else:
        with pytest.raises(StoreError) as refused:
            patients.holder(store, "urn:mrn", "\x00")
        assert not isinstance(refused.value, Unavailable)
    assert patients.holder(store, "urn:mrn", "A1") is None


def test_only_a_row_that_is_there_already_is_a_conflict(service: Service) -> None:
    store, ids = service.store, full_record(service)
    nobody = {"system": "s", "value": "v", "patient_id": "nobody", "recorded_at": NOW}
    with pytest.raises(StoreError) as refused, store.writing():
        store.insert("identifier", [nobody])
    assert not isinstance(refused.value, Conflict | Unavailable)
    with pytest.raises(StoreError) as refused, store.writing():
        store.execute("delete from fact")
    assert not isinstance(refused.value, Conflict | Unavailable)
    with pytest.raises(Conflict), store.writing():
        store.insert("patient", [patient_row(ids.patient)])
    with pytest.raises(Conflict), store.writing():
        store.insert("identifier", [{**nobody, "patient_id": ids.patient}] * 2)


def test_a_statement_that_is_none_is_no_reason_to_try_again(postgres: PostgresServer) -> None:
    """SQLite has one error for this and for a full disk."""
    url = postgres.fresh_database()
    store = open_store(url)
    for sql in ("select nothing from patient", "selec 1", "select * from nowhere"):
        with pytest.raises(StoreError) as refused:
            store.query(sql)
        assert not isinstance(refused.value, Unavailable), sql
    store.close()
    postgres.drop(url)
