"""`toxmon token`: made, shown once, listed without their secrets, revoked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Operator
from toxmon.actions.tokens import ROLES


@pytest.mark.parametrize("role", ROLES)
def test_a_token_is_shown_once_and_not_kept(operator: Operator, role: str) -> None:
    bearer = operator.good("token", "create", "--role", role, "--name", "Ada").strip()
    prefix, token_id, secret = bearer.split("_", 2)
    assert (prefix, len(token_id), len(secret)) == ("tmk", 16, 43)
    assert secret not in operator.good("token", "list")
    for file in operator.folder.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_a_token_as_json(operator: Operator) -> None:
    made = operator.json("token", "create", "--role", "nurse", "--name", "Ada")
    assert set(made) == {"id", "role", "name", "token"}
    assert made["token"].split("_")[1] == made["id"]


def test_tokens_are_listed_with_their_state(operator: Operator) -> None:
    def make(*words: str) -> str:
        found: str = operator.json("token", "create", "--role", "nurse", *words)["id"]
        return found

    live = make("--name", "Ada", "--unit", "bmt-1", "--unit", "bmt-2", "--expires", "12h")
    ever = make("--name", "monitor", "--expires", "never")
    gone = make("--name", "Grace")
    old = make("--name", "Eve")
    operator.good("token", "revoke", gone)
    with closing(sqlite3.connect(operator.database, isolation_level=None)) as database:
        database.execute("drop trigger token_kept")
        database.execute(
            "update token set expires_at = ? where id = ?",
            ("2020-01-01T00:00:00.000000+00:00", old),
        )
    rows = {row["id"]: row for row in operator.json("token", "list")}
    assert set(rows) == {live, ever, gone, old}
    assert rows[live]["units"] == ["bmt-1", "bmt-2"]
    assert (rows[ever]["units"], rows[ever]["expires_at"]) == (None, None)
    assert (rows[live]["ended_at"], rows[gone]["ended_at"] is None) == (None, False)
    ends = datetime.fromisoformat(rows[live]["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=11, minutes=55) < ends < timedelta(hours=12)
    assert "secret" not in rows[live]
    lines = {line.split()[0]: line for line in operator.good("token", "list").splitlines()}
    assert [state for each in (live, ever, gone, old) for state in ("live", "revoked", "expired")
            if f" {state} " in lines[each]] == ["live", "live", "revoked", "expired"]  # fmt: skip
    assert "expires never" in lines[ever]


@pytest.mark.parametrize("span", ["0d", "1", "1w", "-1d", "1.5d", "90 d", "d", "", "10000d", "١d"])
def test_a_span_that_is_none_is_refused(operator: Operator, span: str) -> None:
    words = ("token", "create", "--role", "nurse", "--name", "Ada", "--expires", span)
    assert "--expires" in operator.bad(2, *words)
    assert not operator.database.exists() or operator.json("token", "list") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--role", "nurse"),
        ("--name", "Ada"),
        ("--role", "root", "--name", "Ada"),
        ("--role", "Nurse", "--name", "Ada"),
    ],
)
def test_a_token_needs_a_role_and_a_name(operator: Operator, words: tuple[str, ...]) -> None:
    assert "Usage: " in operator.bad(2, "token", "create", *words)


def test_a_token_is_revoked_once(operator: Operator) -> None:
    made = operator.json("token", "create", "--role", "nurse", "--name", "Ada")["id"]
    assert "revoked" in operator.good("token", "revoke", made)
    assert "revoked before" in operator.bad(1, "token", "revoke", made)
    assert "no such token" in operator.bad(1, "token", "revoke", "0" * 16)
    assert "Usage: " in operator.bad(2, "token", "revoke")


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("revoke", "0" * 16)])
def test_where_there_is_no_record_none_is_begun(operator: Operator, words: tuple[str, ...]) -> None:
    assert "there is no record" in operator.bad(2, "token", *words)
    assert list(operator.folder.iterdir()) == []


def test_another_key_opens_nothing_and_breaks_nothing(operator: Operator) -> None:
    operator.good("token", "create", "--role", "nurse", "--name", "Ada")
    other = {"TOXMON_SECRET_KEY": "another key for tests, as long as the first"}
    words = ("token", "create", "--role", "admin", "--name", "Eve")
    assert "TOXMON_SECRET_KEY" in operator.bad(2, *words, **other)
    assert len(operator.json("token", "list")) == 1
    assert "whole" in operator.good("verify")


def test_what_operators_did_stands_in_the_audit(operator: Operator) -> None:
    made = operator.json("token", "create", "--role", "nurse", "--name", "Ada")["id"]
    operator.good("token", "revoke", made)
    with closing(sqlite3.connect(operator.database)) as database:
        acts = database.execute("select actor, action, detail from access order by n").fetchall()
    assert [(actor, action) for actor, action, _ in acts] == [
        ("toxmon", "token.create"), ("toxmon", "token.revoke"),
    ]  # fmt: skip
    assert all(made in detail for *_, detail in acts)
