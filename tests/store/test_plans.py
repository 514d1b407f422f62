"""A read for one patient never looks at another's rows: every query of the room has an index.

What the planner would do is asked of the databases themselves, over a record of many patients. A
function that is added to one of the modules below must be called here too, or a test fails.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.store.rows import Ids, full_record, is_sqlite
from toxmon.actions import Service
from toxmon.store import (
    EVER,
    NEVER,
    Row,
    Store,
    access,
    alarms,
    assessments,
    beats,
    deliveries,
    editions,
    facts,
    feeds,
    folds,
    patients,
    requests,
    rosters,
    technicals,
    tokens,
    watches,
)
from toxmon.store.statements import update

MODULES = (
    access, alarms, assessments, beats, deliveries, editions, facts, feeds, folds, patients,
    requests, rosters, technicals, tokens, watches,
)  # fmt: skip

ACROSS_PATIENTS = {
    "folds.due": "the sweep asks whose time has come",
    "patients.page": "the list of the patients",
    "patients.every_id": "verify and repair go over everybody",
    "patients.count": "how many there are",
    "tokens.every": "the list of the tokens",
    "folds.spans": "the days that all treatments were watched on",
    "watches.patients_of": "the board and the checks go over everybody of a unit",
    "watches.given_up": "how many are given up, of all",
    "alarms.technical_events": "verify makes the technical alarms again",
    "alarms.every_technical": "verify makes the technical alarms again",
    "alarms.events_after": "the feed of all changes",
    "feeds.every": "a ward has a handful of feeds",
    "feeds.heard_before": "a ward has a handful of feeds",
    "beats.every": "there is one row for each part of the watch",
    "rosters.last_change": "one number of the newest row",
    "editions.every": "verify reads each protocol and policy that was ever kept",
}
"""What is about all patients by its nature, and why."""

MANY = 40
OWN_ROWS = 20
"""Nothing of the patient that is asked for has more rows in any table."""
AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Asked:
    """One statement that a function of the room made."""

    function: str
    sql: str
    params: dict[str, Any]


class Listening:
    """A store that notes every statement on its way to the real one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.function = ""
        self.asked: list[Asked] = []

    def query(self, sql: str, params: Any = None, *, of: str | None = None) -> list[Row]:
        self.asked.append(Asked(self.function, sql, dict(params or {})))
        return self.store.query(sql, params, of=of)

    def change(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        self.asked.append(Asked(self.function, update(table, key, tuple(row)), row))
        self.store.change(table, key, row, of=of)

    def execute_later(self, sql: str, params: Any = None) -> None:
        self.asked.append(Asked(self.function, sql, dict(params or {})))
        self.store.execute_later(sql, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def calls(ids: Ids, treatment: str) -> dict[str, Callable[[Any], Any]]:
    """Every function that asks or changes something, called for one patient."""
    mine, fact = ids.patient, ids.facts[1]
    bounds: dict[str, Any] = {
        "kind": "%", "acts": 0, "from_at": NEVER, "to_at": EVER, "after_at": NEVER, "after_seq": 0,
    }  # fmt: skip
    links = {"after": 0, "actor": "%", "from_at": NEVER, "to_at": EVER}
    return {
        "access.newest": lambda s: access.newest(s),
        "access.page": lambda s: access.page(s, {**links, "patient": mine}, 10),
        "assessments.standing": lambda s: assessments.standing(s, treatment, NEVER),
        "assessments.history": lambda s: assessments.history(s, mine, "crs", NEVER, EVER),
        "assessments.of_version": lambda s: assessments.of_version(s, mine, 3),
        "editions.get": lambda s: editions.get(s, "no such digest"),
        "facts.get": lambda s: facts.get(s, fact),
        "facts.graded": lambda s: facts.graded(s, mine, NEVER, EVER),
        "facts.measured": lambda s: facts.measured(s, mine, ("anc", "platelets"), NEVER, EVER),
        "facts.standing_of_kind": lambda s: facts.standing_of_kind(s, mine, "infusion"),
        "facts.root": lambda s: facts.root(s, facts.get(s, fact)),  # type: ignore[arg-type]
        "facts.page": lambda s: facts.page(s, mine, bounds, 10),
        "facts.of_version": lambda s: facts.of_version(s, mine, 3),
        "facts.every": lambda s: facts.every(s, mine),
        "facts.quarantined": lambda s: facts.quarantined(s, mine),
        "facts.version_at": lambda s: facts.version_at(s, mine, EVER),
        "folds.advance": lambda s: folds.advance(s, treatment, "{}", 0, AT),
        "folds.advance_ledger": lambda s: folds.advance_ledger(s, treatment, "{}"),
        "folds.checkpoint_before": lambda s: folds.checkpoint_before(s, treatment, EVER),
        "folds.drop_checkpoints_from": lambda s: folds.drop_checkpoints_from(s, treatment, AT),
        "folds.newest": lambda s: folds.newest(s, mine, treatment),
        "folds.forget": lambda s: folds.forget(s, mine),
        "folds.due": lambda s: folds.due(s, EVER, EVER, 10),
        "patients.get": lambda s: patients.get(s, mine),
        "patients.identifiers": lambda s: patients.identifiers(s, mine),
        "patients.holder": lambda s: patients.holder(s, "urn:mrn", "A1"),
        "patients.page": lambda s: patients.page(s, "", 10),
        "patients.heads": lambda s: patients.heads(s, mine),
        "patients.advance": lambda s: patients.advance(s, mine, 99, AT),
        "patients.every_id": lambda s: patients.every_id(s),
        "patients.count": lambda s: patients.count(s),
        "requests.get": lambda s: requests.get(s, "ada", "A1-2"),
        "tokens.get": lambda s: tokens.get(s, ids.token),
        "tokens.every": lambda s: tokens.every(s),
        "editions.every": lambda s: editions.every(s),
    }


ONLY_ADD = {
    "access.add", "assessments.add", "editions.keep", "facts.add", "folds.put",
    "folds.add_checkpoint", "patients.add", "requests.add", "tokens.add", "tokens.end",
}  # fmt: skip


def functions(module: ModuleType) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2]
    for each, found in inspect.getmembers(module, inspect.isfunction):
        if found.__module__ == module.__name__ and not each.startswith("_"):
            yield f"{name}.{each}"


def test_every_function_of_the_room_is_looked_at() -> None:
    known = set(calls(Ids("", "", ("", ""), ""), "")) | ONLY_ADD
    assert {name for module in MODULES for name in functions(module)} == known


@pytest.fixture
def asked(service: Service) -> tuple[Store, list[Asked]]:
    """Every statement, made over a record of many patients with many facts each."""
    store = service.store
    ids = full_record(service)
    _crowd(store, ids)
    treatment = patients.heads(store, ids.patient)[0]["treatment_id"]
    listening = Listening(store)
    with store.writing():
        for name, call in calls(ids, treatment).items():
            listening.function = name
            before = len(listening.asked)
            call(listening)
            assert len(listening.asked) > before, name
    return store, listening.asked


def _crowd(store: Store, ids: Ids) -> None:
    """Other patients, as rows: the planner decides by how many there are."""
    some = {name: store.query(f"select * from {name} limit 1")[0] for name in (
        "patient", "identifier", "head", "fact", "assessment", "access", "fold",
        "request", "edition", "token")}  # fmt: skip
    last = store.query("select max(n) as n from access")[0]["n"]

    def add(table: str, **values: Any) -> None:
        row = {name: value for name, value in some[table].items() if name != "seq"}
        store.insert(table, [row | values])

    with store.writing():
        for number in range(MANY):
            mine = f"crowd-{number}"
            add("patient", id=mine)
            add("identifier", patient_id=mine, value=mine)
            add("head", patient_id=mine, treatment_id=mine)
            add("fold", patient_id=mine, treatment_id=mine)
            add("edition", digest=mine)
            add("token", id=mine)
            add("request", key=mine)
            for turn in range(30):
                at = AT + timedelta(minutes=turn)
                name = f"{mine}-{turn}"
                replaces = f"{mine}-{turn - 1}" if turn % 3 == 1 else None
                add("fact", id=name, patient_id=mine, effective_at=at, version=turn + 2,
                    replaces_id=replaces, reason=replaces and "wrong")  # fmt: skip
                add("assessment", id=name, patient_id=mine, treatment_id=mine, effective_at=at)
                folds.add_checkpoint(store, mine, at, "{}", "{}")
                last += 1
                add("access", n=last, patient_id=mine, digest=name)
    if not is_sqlite(store):
        with store._pool.connection() as connection:  # type: ignore[attr-defined]
            connection.execute("analyze")


def test_no_statement_reads_what_it_was_not_asked_for(asked: tuple[Store, list[Asked]]) -> None:
    store, statements = asked
    scans = _scans_sqlite if is_sqlite(store) else _scans_postgres
    found = {}
    for each in statements:
        if each.function not in ACROSS_PATIENTS and (bad := scans(store, each)):
            found[each.function] = bad
    assert found == {}


def test_the_sweep_finds_who_is_due_by_an_index(asked: tuple[Store, list[Asked]]) -> None:
    store, statements = asked
    (due,) = [each for each in statements if each.function == "folds.due"]
    if is_sqlite(store):
        assert any("fold_due" in row["detail"] for row in _explained(store, due))
    else:
        assert "fold_due" in json.dumps(_explained(store, due))


def _explained(store: Store, each: Asked) -> Any:
    if is_sqlite(store):
        return store.query(f"explain query plan {each.sql}", each.params)
    with store.writing():
        connection = store._connected()  # type: ignore[attr-defined]
        connection.execute("set local enable_seqscan = off")
        rows = store.query(f"explain (analyze, format json) {each.sql}", each.params)
    return rows[0]["QUERY PLAN"][0]["Plan"]


def _scans_sqlite(store: Store, each: Asked) -> list[str]:
    """Steps that go over a whole table or index, or over a range of it that is nobody's own.

    `access.newest` takes one row from the end of an index, and `versions` is a subquery.
    """
    found = []
    for row in _explained(store, each):
        step = row["detail"]
        if step.startswith("SCAN") and "versions" not in step and step != "SCAN CONSTANT ROW":
            found.append(step)
        if step.startswith("SEARCH") and "=?" not in step and "versions" not in step:
            found.append(step)
    return [] if each.function == "access.newest" else found


def _scans_postgres(store: Store, each: Asked) -> list[str]:
    """Nodes that read a table without a condition on an index, or threw most of it away."""
    found = []

    def look(node: dict[str, Any]) -> None:
        reads = "Relation Name" in node and node["Node Type"] != "ModifyTable"
        by_index = "Index Cond" in node or "Recheck Cond" in node
        thrown_away = node.get("Rows Removed by Filter", 0)
        if reads and (not by_index or thrown_away > OWN_ROWS):
            where = f"{node['Node Type']} on {node['Relation Name']}"
            found.append(f"{where}, {thrown_away} for nothing")
        for inner in node.get("Plans", ()):
            look(inner)

    look(_explained(store, each))
    return [] if each.function == "access.newest" else found
