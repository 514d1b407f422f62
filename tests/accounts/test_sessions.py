"""Accounts and sessions below the doors, on both databases."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.conftest import Clock
from toxmon.actions import Conflicting, NotFound, Refused, Service, accounts, sessions
from toxmon.actions.sessions import Session, SignInRefused
from toxmon.actions.verify import chain
from toxmon.store import access

WORD = "correct horse"


@pytest.fixture
def ada(service: Service) -> str:
    made = accounts.create(service, "Ada", "A. Lovelace", "nurse", ["bmt-1"], WORD)
    return str(made["id"])


def whole(service: Service) -> bool:
    return not list(chain(service))


def links(service: Service) -> int:
    return access.newest(service.store)[0]


def refused(service: Service, name: str, word: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        sessions.sign_in(service, name, word)
    return caught.value


def test_somebody_signs_in_and_out(service: Service, ada: str) -> None:
    cookie, opened = sessions.sign_in(service, "ADA ", WORD)
    actor = opened.actor
    assert (actor.id, actor.name, actor.role, actor.units) == (
        ada, "A. Lovelace", "nurse", frozenset({"bmt-1"}),
    )  # fmt: skip
    assert actor.id.startswith("acc_")
    found = sessions.found(service, cookie)
    assert found == opened
    assert cookie not in str(service.store.query("select * from session"))
    sessions.end(service, opened)
    assert sessions.found(service, cookie) is None
    assert whole(service)


def test_a_wrong_name_and_a_wrong_password_are_told_alike(service: Service, ada: str) -> None:
    assert str(refused(service, "ada", "wrong")) == str(refused(service, "nobody", "wrong"))


def test_five_failures_in_five_minutes_must_wait(service: Service, ada: str, clock: Clock) -> None:
    for name in ("ada", "nobody at all"):
        for _ in range(4):
            assert refused(service, name, "wrong").until is None
            clock.forward(seconds=10)
        until = refused(service, name, "wrong").until
        assert until is not None
        assert timedelta(minutes=1) <= until - clock.now <= timedelta(minutes=5)
    assert refused(service, "ada", WORD).until is not None
    clock.forward(minutes=5)
    sessions.sign_in(service, "ada", WORD)
    assert refused(service, "ada", "wrong").until is None
    assert whole(service)


def test_a_screen_that_nobody_sees_locks(service: Service, ada: str, clock: Clock) -> None:
    cookie, _ = sessions.sign_in(service, "ada", WORD)
    for _ in range(6):  # Work keeps it awake.
        clock.forward(minutes=4, seconds=50)
        found = sessions.found(service, cookie)
        assert found is not None
        assert not found.locked
    for _ in range(9):  # A board that is drawn again and again does not.
        clock.forward(seconds=30)
        sessions.found(service, cookie, touch=False)
    clock.forward(seconds=30)
    locked = sessions.found(service, cookie)
    assert locked is not None
    assert locked.locked
    with pytest.raises(SignInRefused):
        sessions.unlock(service, locked, "wrong")
    assert not sessions.unlock(service, locked, WORD).locked
    assert whole(service)


def test_a_session_is_over_after_twelve_hours(service: Service, ada: str, clock: Clock) -> None:
    cookie, _ = sessions.sign_in(service, "ada", WORD)
    for _ in range(12 * 15 - 1):
        clock.forward(minutes=4)
        assert sessions.found(service, cookie) is not None
    clock.forward(minutes=4)
    assert sessions.found(service, cookie) is None


def test_a_display_on_a_wall_neither_locks_nor_counts_as_signing_in(
    service: Service, ada: str, clock: Clock
) -> None:
    accounts.set_pin(service, ada, "2749")
    cookie, _ = sessions.open_for(service, ada, "display", display=True)
    clock.forward(days=89)
    shown = sessions.found(service, cookie, touch=False)
    assert shown is not None
    assert not shown.locked
    sessions.open_for(service, ada, "display", display=True)
    with pytest.raises(SignInRefused, match="password once"):
        sessions.switch(service, shown, "ada", "2749")
    clock.forward(days=1)
    assert sessions.found(service, cookie) is None


def test_five_wrong_pins_need_the_password(service: Service, ada: str, clock: Clock) -> None:
    accounts.set_pin(service, ada, "2749")
    cookie, opened = sessions.sign_in(service, "ada", WORD)
    sessions.lock(service, opened)
    locked = sessions.found(service, cookie)
    assert locked is not None
    assert locked.locked
    assert not sessions.unlock(service, locked, "2749").locked
    for _ in range(5):
        clock.forward(minutes=2)
        with pytest.raises(SignInRefused):
            sessions.unlock(service, locked, "9999")
    with pytest.raises(SignInRefused, match="use the password"):
        sessions.unlock(service, locked, "2749")
    assert not sessions.unlock(service, locked, WORD).locked
    assert not sessions.unlock(service, locked, "2749").locked
    assert whole(service)


def test_another_person_takes_the_device(service: Service, ada: str, clock: Clock) -> None:
    cookie, opened = sessions.sign_in(service, "ada", WORD)
    bob = accounts.create(service, "bob", "B. Babbage", "physician", None, WORD)
    accounts.set_pin(service, bob["id"], "2749")
    with pytest.raises(SignInRefused, match="password once"):
        sessions.switch(service, opened, "bob", "2749")
    assert sessions.found(service, cookie) is not None
    second, by_word = sessions.switch(service, opened, "bob", WORD)
    assert sessions.found(service, cookie) is None
    third, by_pin = sessions.switch(service, by_word, "bob", "2749")
    assert sessions.found(service, second) is None
    found = sessions.found(service, third)
    assert found is not None
    assert found.actor.name == "B. Babbage"
    assert len({opened.form_key, by_word.form_key, by_pin.form_key}) == 3
    assert whole(service)


def test_a_disabled_account_is_out_at_once(service: Service, ada: str) -> None:
    cookie, _ = sessions.sign_in(service, "ada", WORD)
    accounts.end(service, ada)
    assert sessions.found(service, cookie) is None
    assert str(refused(service, "ada", WORD)) == sessions.WRONG
    with pytest.raises(Conflicting):
        accounts.end(service, ada)
    with pytest.raises(NotFound):
        accounts.end(service, "acc_0")
    assert whole(service)


def test_a_new_password_ends_the_other_sessions(service: Service, ada: str) -> None:
    first, _ = sessions.sign_in(service, "ada", WORD)
    second, mine = sessions.sign_in(service, "ada", WORD)
    accounts.set_password(service, ada, "another horse", keep=mine.id)
    assert sessions.found(service, first) is None
    assert sessions.found(service, second) is not None
    refused(service, "ada", WORD)
    sessions.sign_in(service, "ada", "another horse")


def test_another_role_holds_at_once(service: Service, ada: str) -> None:
    cookie, _ = sessions.sign_in(service, "ada", WORD)
    accounts.change(service, ada, "A. King", "auditor", None)
    found = sessions.found(service, cookie)
    assert isinstance(found, Session)
    assert (found.actor.name, found.actor.role, found.actor.units) == ("A. King", "auditor", None)
    assert whole(service)


def test_a_glance_writes_nothing_and_is_quick(service: Service, ada: str) -> None:
    cookie, _ = sessions.sign_in(service, "ada", WORD)
    commits, before = service.store.counted(), links(service)
    spans = []
    for _ in range(50):
        began = time.perf_counter()
        assert sessions.found(service, cookie) is not None
        spans.append(time.perf_counter() - began)
    assert (service.store.counted(), links(service)) == (commits, before)
    print(f"a glance took {sorted(spans)[25] * 1000:.3f} ms")


@pytest.mark.parametrize(
    ("name", "shown", "role", "units", "password", "pointers"),
    [
        ("", "", "king", [], "short", {"/name", "/shown", "/role", "/units", "/password"}),
        ("a b", "A", "nurse", None, "12345678", {"/name", "/password"}),
        ("a" * 65, "A" * 81, "nurse", [""], "a" * 300, {"/name", "/shown", "/units", "/password"}),
        ("adalovelace", "Ada", "nurse", None, "AdaLovelace", {"/password"}),
        ("x", "A\x00", "nurse", None, "aaaaaaaabb", {"/shown", "/password"}),
    ],
)
def test_every_fault_is_told_at_once(
    service: Service, name: str, shown: str, role: str, units: list[str] | None,
    password: str, pointers: set[str],
) -> None:  # fmt: skip
    with pytest.raises(Refused) as caught:
        accounts.create(service, name, shown, role, units, password)
    assert {fault.pointer for fault in caught.value.faults} == pointers
    assert accounts.every(service) == []


def test_names_are_of_one_person(service: Service, ada: str) -> None:
    with pytest.raises(Conflicting) as taken:
        accounts.create(service, "ADA", "Somebody", "nurse", None, WORD)
    assert taken.value.fault is not None
    assert taken.value.fault.pointer == "/name"
    with pytest.raises(Conflicting) as alike:
        accounts.create(service, "ada2", "a.  LOVELACE", "nurse", None, WORD)
    assert alike.value.fault is not None
    assert alike.value.fault.pointer == "/shown"


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1111", "1234", "8765", "1234567", "١٢٣٤"])
def test_a_poor_pin_is_refused(service: Service, ada: str, pin: str) -> None:
    with pytest.raises(Refused):
        accounts.set_pin(service, ada, pin)


@pytest.mark.parametrize(
    ("table", "trigger"),
    [("account", "account"), ("account_standing", "account_standing"),
     ("account_secret", "account_secret")],
)  # fmt: skip
def test_a_row_that_nobody_signed_is_found(
    service: Service, ada: str, table: str, trigger: str
) -> None:
    rows = service.store.query(f"select * from {table}")
    row = {name: value for name, value in rows[0].items() if name != "seq"}
    row |= {"id": "forged"} | ({"name": "eve"} if table == "account" else {})
    with service.store.writing():
        service.store.insert(table, [row])
    assert [finding.where for finding in chain(service)] == ["account row forged"]
