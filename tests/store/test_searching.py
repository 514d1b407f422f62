"""Pages of a record cost the same however long it is: each order is read by an index of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.store.rows import is_sqlite
from toxmon.store import EVER, NEVER, Row, Store, facts, patients, searching
from toxmon.store.searching import EFFECTIVE, RECORDED, Bounds, Place

AT = datetime(2026, 3, 1, tzinfo=UTC)
MINE = "p"
MANY = 2_000
PAGE = 5
KINDS = ("heart_rate", "body_temperature", "systolic_bp", "administration")


def fact(number: int, kind: str, **more: Any) -> Row:
    at = AT + timedelta(minutes=number)
    return {
        "id": f"f{number}", "patient_id": MINE, "version": number + 2, "kind": kind,
        "value": '["n","80"]', "sent": None, "detail": None, "status": "final", "doubt": None,
        "effective_at": at, "until_at": None, "recorded_at": at, "recorded_by": "Ada",
        "replaces_id": None, "reason": None, **more,
    }  # fmt: skip


def assessment(number: int, **more: Any) -> Row:
    at = AT + timedelta(minutes=number)
    return {
        "id": f"a{number}", "patient_id": MINE, "version": number + 2, "treatment_id": "t",
        "scale": ("crs", "icans")[number % 2], "edition": "x", "effective_at": at,
        "recorded_at": at, "withdrawn": 0, "low": 0, "high": 4, "short": "x", "body": "{}",
        "cause": "[]", **more,
    }  # fmt: skip


def add(store: Store, table: str, rows: list[Row]) -> None:
    with store.writing():
        store.insert(table, rows)


@pytest.fixture
def long(store: Store) -> Store:
    """A store with one patient of a long record; weights are rare in it."""
    with store.writing():
        patient = {
            "id": MINE, "name": None, "birth_date": None, "sex": None, "unit": "bmt-1",
            "recorded_at": AT, "recorded_by": "Ada",
        }  # fmt: skip
        patients.add(store, patient, [{"system": "urn:mrn", "value": "A1"}])
    rows = [
        fact(number, "weight" if number % 500 == 0 else KINDS[number % 4]) for number in range(MANY)
    ]
    add(store, "fact", rows)
    add(store, "assessment", [assessment(number) for number in range(MANY)])
    if not is_sqlite(store):
        with store._pool.connection() as connection:  # type: ignore[attr-defined]
            connection.execute("analyze")
    return store


class Listening:
    """A store that keeps the last statement on its way to the real one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sql, self.params = "", {}

    def query(self, sql: str, params: Any = None, *, of: str | None = None) -> list[Row]:
        self.sql, self.params = sql, dict(params or {})
        return self.store.query(sql, params, of=of)


def rows_read(node: dict[str, Any]) -> int:
    """How many rows of a table a plan of PostgreSQL has touched."""
    mine = 0
    if "Relation Name" in node:
        mine = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        mine *= node["Actual Loops"]
    return int(mine) + sum(rows_read(each) for each in node.get("Plans", ()))


BEHIND = Place(AT + timedelta(minutes=1_500), 1_501)
NEWEST = {"newest_first": True}
ASKED: list[tuple[str, Callable[[Any], Any], str]] = [
    ("a kind, newest", lambda s: searching.standing_facts(
        s, MINE, Bounds(**NEWEST), 1, kinds=["weight"]), "fact_of_kind"),
    ("two kinds", lambda s: searching.standing_facts(
        s, MINE, Bounds(), PAGE, kinds=["weight", "heart_rate"]), "fact_of_kind"),
    ("but many", lambda s: searching.standing_facts(
        s, MINE, Bounds(after=BEHIND), PAGE, but=["weight", *KINDS[1:]]), "fact_of_patient"),
    ("all", lambda s: searching.standing_facts(
        s, MINE, Bounds(after=BEHIND), PAGE, but=["stay"]), "fact_of_patient"),
    ("all, newest", lambda s: searching.standing_facts(
        s, MINE, Bounds(after=BEHIND, newest_first=True), PAGE, but=["stay"]), "fact_of_patient"),
    ("all, recorded", lambda s: searching.standing_facts(
        s, MINE, Bounds(by=RECORDED, after=BEHIND), PAGE, but=["stay"]), "fact_by_recording"),
    ("every version", lambda s: searching.all_facts(
        s, MINE, Bounds(by=RECORDED, after=BEHIND), PAGE, but=["stay"]), "fact_by_recording"),
    ("grades", lambda s: searching.standing_grades(
        s, MINE, Bounds(after=BEHIND), PAGE), "assessment_by_bedside"),
    ("grades of a scale, newest", lambda s: searching.standing_grades(
        s, MINE, Bounds(**NEWEST), 1, scales=["crs"]), "assessment_by_bedside"),
    ("grades, recorded", lambda s: searching.standing_grades(
        s, MINE, Bounds(by=RECORDED, after=BEHIND), PAGE), "assessment_of_patient"),
    ("the last of an episode", lambda s: searching.newest_before(
        s, "t", "crs", BEHIND.at), "assessment_of_treatment"),
]  # fmt: skip


def test_a_page_is_read_by_an_index_in_its_order(long: Store) -> None:
    for name, ask, index in ASKED:
        listening = Listening(long)
        assert ask(listening), name
        if is_sqlite(long):
            plan = long.query(f"explain query plan {listening.sql}", listening.params)
            steps = [row["detail"] for row in plan]
            assert index in str(steps), (name, steps)
            # Only what several kinds have found is put in order, and that is few.
            assert "TEMP B-TREE" not in str(steps) or "kinds" in name, (name, steps)
        else:
            with long.writing():
                sql = f"explain (analyze, format json) {listening.sql}"
                plan = long.query(sql, listening.params)
            read = rows_read(plan[0]["QUERY PLAN"][0]["Plan"])
            assert read < 100, (name, read)


@pytest.mark.parametrize("by", [EFFECTIVE, RECORDED])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.hazard("H55")
def test_pages_are_the_whole_in_order(store: Store, by: str, newest_first: bool) -> None:
    with store.writing():
        patient = {"id": MINE, "name": None, "birth_date": None, "sex": None, "unit": "u",
                   "recorded_at": AT, "recorded_by": "Ada"}  # fmt: skip
        patients.add(store, patient, [])
    same = {"effective_at": AT, "recorded_at": AT}
    rows = [fact(number, KINDS[number % 4], **(same if number % 3 else {})) for number in range(20)]
    rows.append(fact(20, "weight", replaces_id="f3", reason="wrong", effective_at=AT))
    add(store, "fact", rows)
    upto = AT + timedelta(minutes=20)
    for turn, kinds in enumerate((None, ["heart_rate", "weight"], [*KINDS, "stay"])):
        found: list[Row] = []
        after = None
        while True:
            bounds = Bounds(upto=upto, by=by, newest_first=newest_first, after=after)
            page = searching.standing_facts(store, MINE, bounds, 3, kinds=kinds)
            found += page
            if len(page) < 3:
                break
            after = Place(page[-1][by], page[-1]["seq"])
            late = fact(
                100 * (turn + 1) + len(found), "heart_rate", recorded_at=upto + timedelta(minutes=1)
            )
            add(store, "fact", [late])
        assert len({row["id"] for row in found}) == len(found)
        expected = sorted(
            (row for row in rows if row["id"] != "f3" and (not kinds or row["kind"] in kinds)),
            key=lambda row: (row[by], int(row["id"][1:])),
            reverse=newest_first,
        )
        assert [row["id"] for row in found] == [row["id"] for row in expected]


def test_spans_are_half_open_on_both_clocks(long: Store) -> None:
    at = AT + timedelta(minutes=7)
    for clock in ("from_at", "recorded_from_at"):
        other = clock.replace("from", "before")
        inside = Bounds(**{clock: at, other: at + timedelta(minutes=1)})
        assert [row["id"] for row in searching.standing_facts(long, MINE, inside, 9)] == ["f7"]
        outside = Bounds(**{clock: EVER, other: NEVER})
        assert searching.standing_facts(long, MINE, outside, 9) == []


def test_a_chain_is_read_from_its_beginning_and_found_from_each_of_its_facts(long: Store) -> None:
    far = {"recorded_at": AT + timedelta(days=9)}
    add(long, "fact", [fact(3_001, "weight", replaces_id="f500", reason="wrong", **far)])
    add(long, "fact", [fact(3_002, "weight", replaces_id="f3001", reason="wrong", **far)])
    chain = searching.chain(long, "f500")
    assert [row["id"] for row in chain] == ["f500", "f3001", "f3002"]
    assert searching.chain(long, "nobody") == []
    found = searching.roots(long, ["f500", "f3002", "f7", "nobody"])
    assert {each: (row["id"], row["before"]) for each, row in found.items()} == {
        "f500": ("f500", 0), "f3002": ("f500", 2), "f7": ("f7", 0),
    }  # fmt: skip
    assert facts.root(long, chain[2]) == "f500"


def test_an_instant_that_was_told_again_is_numbered(long: Store) -> None:
    later = AT + timedelta(days=9)
    again = assessment(4, id="again", recorded_at=later)
    add(long, "assessment", [again])
    rows = searching.told_of_instant(long, "again")
    assert [(row["id"], row["number"], row["first_id"]) for row in rows] == [
        ("a4", 1, "a4"), ("again", 2, "a4"),
    ]  # fmt: skip
    bounds = Bounds(
        from_at=again["effective_at"], before_at=again["effective_at"] + timedelta(seconds=1)
    )
    (now,) = searching.standing_grades(long, MINE, bounds, 9)
    assert (now["id"], now["number"], now["first_id"]) == ("again", 2, "a4")
    before = Bounds(
        from_at=bounds.from_at, before_at=bounds.before_at, upto=later - timedelta(seconds=1)
    )
    (then,) = searching.standing_grades(long, MINE, before, 9)
    assert then["id"] == "a4"


def test_who_lies_where_and_whose_it_is(long: Store) -> None:
    lies = searching.lies(long, MINE)
    place = {"patient_id": MINE, "unit": "bmt-1", "told_at": AT}
    assert lies == {**place, "version": 1, "merged_into": None}
    assert searching.lies(long, "nobody") is None
    assert searching.lying(long, "", 9) == [lies]
    assert searching.lying(long, MINE, 9) == []
    assert [searching.owner(long, each) for each in ("f1", "a1", "x")] == [MINE, MINE, None]
    assert searching.alarms_after(long, MINE, "", 9) == []
    (person,) = searching.described(long, MINE)
    assert (person["version"], person["recorded_at"]) == (1, AT)
    assert [row["value"] for row in searching.numbers_of(long, MINE)] == ["A1"]
