"""What the turns of a group write is sent together, and yet each is told of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import ADA, Clock
from tests.store.rows import full_record, is_sqlite, patient_row
from tests.store.test_transactions import one_group
from toxmon.actions import Service, audit, record, verify
from toxmon.actions.record import Charted
from toxmon.saved import load_value
from toxmon.store import (
    Conflict,
    Row,
    Store,
    StoreError,
    Unavailable,
    access,
    facts,
    folds,
    patients,
    postgres,
    requests,
)
from toxmon.store.waiting import CHANGE, GROUPS_APART, INSERT, PUT, RUN, Waiting, Write, merged

CANARY = "Zoe Canary, born in a year"
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def told(writes: list[Write]) -> list[tuple[str, str, list[int]]]:
    return [(each.verb, each.target, [row["n"] for row in each.rows]) for each in writes]


def test_rows_of_one_table_go_together_in_their_order() -> None:
    writes = [
        Write(INSERT, "fact", [{"n": 1}, {"n": 2}], of="a"),
        Write(CHANGE, "head", [{"n": 1}], ("n",), of="a"),
        Write(INSERT, "fact", [{"n": 3}], of="b"),
        Write(CHANGE, "head", [{"n": 2}], ("n",), of="b"),
    ]
    assert told(merged(writes)) == [("insert", "fact", [1, 2, 3]), ("change", "head", [1, 2])]
    assert [len(write.rows) for write in writes] == [2, 1, 1, 1], "what was said is not changed"


def test_what_differs_is_not_joined() -> None:
    writes = [
        Write(CHANGE, "fold", [{"n": 1, "state": ""}], ("n",), of="a"),
        Write(CHANGE, "fold", [{"n": 2, "ledger": ""}], ("n",), of="a"),
        Write(PUT, "fold", [{"n": 3, "state": ""}], ("n",), of="a"),
        Write(PUT, "fold", [{"n": 4, "state": ""}], ("state",), of="a"),
        Write(INSERT, "head", [{"n": 5, "state": ""}], of="a"),
    ]
    assert merged(writes) == writes


def test_nothing_passes_what_does_not_say_whose_it_is() -> None:
    writes = [
        Write(INSERT, "fact", [{"n": 1}], of="a"),
        Write(RUN, "delete from checkpoint", [{"n": 0}]),
        Write(INSERT, "fact", [{"n": 2}], of="b"),
        Write(INSERT, "patient", [{"n": 3}]),
        Write(INSERT, "fact", [{"n": 4}], of="c"),
        Write(INSERT, "fact", [{"n": 5}], of="d"),
    ]
    assert [each[2] for each in told(merged(writes))] == [[1], [0], [2], [3], [4, 5]]


def test_a_query_is_told_apart_by_whose_rows_it_reads() -> None:
    waiting = Waiting()
    waiting.begin()
    assert not waiting.concerns(None)
    waiting.add(Write(INSERT, "fact", [{"n": 1}], of="a"))
    assert waiting.concerns("a")
    assert waiting.concerns(None)
    assert not waiting.concerns("b")
    assert waiting.put_off()
    assert waiting.concerns("a"), "it is another turn, and what it left is there still"
    waiting.add(Write(INSERT, "patient", [{"n": 1}]))
    assert waiting.concerns("b")
    assert not waiting.put_off()
    waiting.drop_turn()
    assert [each.target for each in waiting.take_group()] == ["fact"]
    assert not waiting.concerns(None)


@pytest.fixture
def ids(service: Service, clock: Clock) -> list[str]:
    """Three treated patients, and hours later, so that what is charted is the newest."""
    found = [full_record(service, mrn).patient for mrn in ("A", "B", "C")]
    clock.forward(hours=10)
    return found


def charting(service: Service, patient_id: str, value: str = "36.6") -> Callable[[], None]:
    """A turn that charts one fact; inside `writing`."""
    fact = Charted(kind="body_temperature", value=Decimal(value), effective_at=service.clock())

    def turn() -> None:
        record.keep(service, ADA, patient_id, [fact])

    return turn


def noting(service: Service) -> Callable[[], None]:
    return lambda: audit.note(service, ADA, NOW, "read.grades")


def versions(store: Store, ids: list[str]) -> list[int]:
    return [patients.heads(store, each)[0]["version"] for each in ids]


def values(store: Store, patient_id: str) -> list[str]:
    """What was charted of a patient, in the order of charting."""
    return [str(load_value(row["value"])) for row in facts.every(store, patient_id) if row["value"]]


def whole(service: Service) -> bool:
    return verify.verify(service, lambda done, count: None) == []


def statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Write]:
    """What is sent from now on."""
    sent: list[Write] = []
    if is_sqlite(store):
        write = store._write  # type: ignore[attr-defined]
        monkeypatch.setattr(store, "_write", lambda each: (sent.append(each), write(each)))
    else:
        real = postgres.write
        monkeypatch.setattr(
            postgres, "write", lambda cursor, each: (sent.append(each), real(cursor, each))
        )
    return sent


def test_a_group_is_sent_as_one(
    service: Service, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = service.store
    treatments = [patients.heads(store, each)[0]["treatment_id"] for each in ids]
    untreated = ["u0", "u1", "u2"]
    with store.writing():
        for each in untreated:
            patients.add(store, patient_row(each), [])
    sent = statements(store, monkeypatch)

    def turn(number: int) -> Callable[[], None]:
        def both() -> None:
            charting(service, untreated[number], f"36.{number}")()
            folds.advance(store, treatments[number], "{}", number, None, of=ids[number])
            folds.advance_ledger(store, treatments[number], f"{number}", of=ids[number])

        return both

    assert set(one_group(store, {f"{n}": turn(n) for n in range(3)}).values()) == {None}
    assert [(each.verb, each.target, len(each.rows)) for each in sent] == [
        ("insert", "fact", 3),
        ("change", "head", 3),
        ("insert", "event", 3),
        ("insert", "access", 3),
        ("change", "fold", 3),
        ("change", "fold", 3),
    ]
    assert versions(store, untreated) == [2, 2, 2]
    assert [values(store, each) for each in untreated] == [["36.0"], ["36.1"], ["36.2"]]
    saved = [patients.heads(store, each)[0] for each in ids]
    assert [(row["facts"], row["ledger"]) for row in saved] == [(0, "0"), (1, "1"), (2, "2")]


def test_a_later_turn_sees_what_an_earlier_one_left(service: Service, ids: list[str]) -> None:
    store, mine = service.store, ids[0]
    (before,) = versions(store, [mine])
    seen: list[int] = []

    def look() -> None:
        seen.append(len(facts.every(store, mine)))
        seen.append(patients.heads(store, mine)[0]["version"])

    count = len(facts.every(store, mine))
    blocks = {
        "one": charting(service, mine),
        "another": charting(service, ids[1]),
        "two": charting(service, mine, "36.7"),
        "look": look,
        "three": charting(service, mine, "36.8"),
    }
    assert set(one_group(store, blocks).values()) == {None}
    assert seen == [count + 2, before + 2]
    assert versions(store, [mine]) == [before + 3]
    assert values(store, mine)[-3:] == ["36.6", "36.7", "36.8"]
    assert whole(service)


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("looks", [False, True], ids=["blind", "looking"])
def test_a_turn_that_fails_takes_nothing_of_the_others_along(
    service: Service, ids: list[str], failing: int, looks: bool
) -> None:
    store = service.store
    before = versions(store, ids)

    def fail() -> None:
        charting(service, ids[failing])()
        if looks:  # What waits is written by now, and has to be taken back.
            assert patients.count(store) == 3
            charting(service, ids[failing])()
        raise ZeroDivisionError

    blocks: dict[str, Callable[[], None]] = {each: charting(service, each) for each in ids}
    blocks[ids[failing]] = fail
    errors = one_group(store, {"first": noting(service), **blocks, "last": noting(service)})
    assert isinstance(errors.pop(ids[failing]), ZeroDivisionError)
    assert set(errors.values()) == {None}
    expected = [each + (n != failing) for n, each in enumerate(before)]
    assert versions(store, ids) == expected
    assert whole(service), "the chain has no gap where the turn had been"


def poisoned(store: Store, **unfit: Any) -> Callable[[], None]:
    """A turn that breaks its promise: what it leaves to the group cannot be kept."""
    row: Row = {"actor": "a", "key": "k", "fingerprint": "f", "status": 1, "body": CANARY}
    return lambda: requests.add(store, {**row, "recorded_at": NOW, **unfit})


UNFIT = ({"fingerprint": None}, {"status": 10**20})
"""What the database refuses, and what the driver cannot even send."""


@pytest.mark.parametrize("unfit", UNFIT, ids=["refused", "not sent"])
def test_nobody_is_told_done_when_a_turn_finds_the_group_lost(
    service: Service, ids: list[str], unfit: dict[str, Any]
) -> None:
    store = service.store
    before = versions(store, ids)
    blocks = {
        ids[0]: charting(service, ids[0]),
        "poison": poisoned(store, **unfit),
        "look": lambda: [patients.count(store)],
        ids[1]: charting(service, ids[1]),
    }
    errors = one_group(store, blocks)
    # Who queued last may have come into a group of its own by then.
    done = [each for each in ids[:2] if errors[each] is None]
    assert {type(error) for error in errors.values() if error is not None} == {Unavailable}
    assert CANARY not in str(list(errors.values())), "these words are logged"
    assert ids[0] not in done
    assert versions(store, ids) == [each + (ids[n] in done) for n, each in enumerate(before)]
    assert whole(service)


def test_what_cannot_be_kept_is_told_to_its_own_turn_the_next_time(
    service: Service, ids: list[str]
) -> None:
    store = service.store
    before = versions(store, ids)
    blocks: dict[str, Callable[[], None]] = {each: charting(service, each) for each in ids[:2]}
    blocks["poison"] = poisoned(store, **UNFIT[0])
    blocks[ids[2]] = charting(service, ids[2])
    first = one_group(store, blocks)
    assert {type(error) for error in first.values()} == {Unavailable}
    assert CANARY not in str(list(first.values())), "these words are logged"
    assert versions(store, ids) == before
    for _ in range(2):
        again = one_group(store, blocks)
        assert type(again.pop("poison")) is StoreError
        assert set(again.values()) == {None}
    assert versions(store, ids) == [each + 2 for each in before]
    for _ in range(GROUPS_APART):
        with store.writing():
            noting(service)()
    assert {type(error) for error in one_group(store, blocks).values()} == {Unavailable}
    assert whole(service)


def test_what_cannot_be_kept_is_told_at_once_to_who_is_alone(store: Store) -> None:
    with pytest.raises(StoreError) as refused, store.writing():
        poisoned(store, **UNFIT[0])()
    assert type(refused.value) is StoreError
    with store.writing():
        patients.add(store, patient_row("a"), [])
    assert patients.count(store) == 1


def test_two_who_replace_one_fact_in_a_group_are_told_apart(
    service: Service, ids: list[str]
) -> None:
    """The only write of a chart that can meet another: it does not wait."""
    store = service.store
    wrong = facts.every(store, ids[0])[-1]
    new = {**wrong, "status": "corrected", "replaces_id": wrong["id"], "reason": "misread"}

    def replacing(name: str) -> Callable[[], None]:
        return lambda: facts.add(store, [{**new, "id": name}])

    errors = one_group(store, {
        "before": charting(service, ids[1]), "one": replacing("one"), "two": replacing("two"),
        "after": charting(service, ids[2]),
    })  # fmt: skip
    assert type(errors.pop("two")) is Conflict
    assert set(errors.values()) == {None}
    found = facts.get(store, wrong["id"])
    assert found is not None
    assert found["replaced_by"] == "one"


def test_rows_of_work_are_put_and_changed_by_their_key(store: Store) -> None:
    def state(at: datetime = NOW) -> Any:
        found = folds.checkpoint_before(store, "t", at.replace(year=2027))
        return found and found["state"]

    later = NOW.replace(hour=9)
    with store.writing():
        for number in range(3):
            folds.add_checkpoint(store, "t", NOW, f"{number}", "")
        assert state() == "2"
        folds.add_checkpoint(store, "t", later, "later", "")
        folds.add_checkpoint(store, "t", NOW, "newest", "")
        folds.drop_checkpoints_from(store, "t", later)
        folds.add_checkpoint(store, "u", NOW, "another's", "")
    assert state() == "newest"


@pytest.mark.parametrize("count", [1, 15, 16, 17, 63, 64, 65, 112, 131])
def test_any_number_of_rows_is_kept_in_order(store: Store, count: int) -> None:
    def link(n: int) -> Row:
        words = dict.fromkeys(("actor", "role", "action", "detail", "content", "previous"), "x")
        return {"n": n, "at": NOW, **words, "digest": f"{n}", "patient_id": None, "version": None}

    with store.writing():
        store.insert("access", [link(n) for n in range(1, count + 1)])
        assert access.newest(store) == (count, f"{count}")
    rows = store.query("select n, digest from access order by n")
    assert [(row["n"], row["digest"]) for row in rows] == [(n, f"{n}") for n in range(1, count + 1)]
