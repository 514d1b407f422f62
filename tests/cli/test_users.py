"""`toxmon user`: accounts made, listed, given a password, disabled."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Operator

WORD = "a few words at random"


def make(operator: Operator, name: str = "ada", *more: str) -> str:
    words = ("user", "create", "--role", "nurse", "--name", name, *more)
    return operator.good(*words, "--password-file", "-", stdin=f"{WORD}\n")


def test_an_account_is_made_and_listed_without_its_secret(operator: Operator) -> None:
    said = make(operator, "Ada", "--shown", "A. Lovelace", "--unit", "bmt-1", "--unit", "icu")
    assert said == "A. Lovelace signs in as ada\n"
    (row,) = operator.json("user", "list")
    assert (row["name"], row["shown"], row["role"]) == ("ada", "A. Lovelace", "nurse")
    assert row["units"] == ["bmt-1", "icu"]
    assert row["id"].startswith("acc_")
    assert "live" in operator.good("user", "list")
    for file in operator.folder.iterdir():
        assert WORD.encode() not in file.read_bytes()
    assert "whole" in operator.good("verify")


def test_a_password_that_is_made_is_shown_once(operator: Operator) -> None:
    made = operator.json("user", "create", "--role", "admin", "--name", "root")
    assert len(made["password"]) == 27
    assert "password: " in operator.good("user", "password", "root")
    assert made["password"] not in operator.good("user", "list")


def test_a_password_from_a_file(operator: Operator) -> None:
    file = operator.folder / "word"
    file.write_bytes(f"{WORD}\r\n".encode())
    make(operator)
    assert "changed" in operator.good("user", "password", "ADA", "--password-file", str(file))
    words = ("user", "password", "ada", "--password-file")
    assert "cannot be read" in operator.bad(2, *words, str(operator.folder / "nowhere"))
    file.write_bytes(b"\xff")
    assert "cannot be read" in operator.bad(2, *words, str(file))
    assert "too short" in operator.bad(2, *words, "-", stdin="short")


def test_an_account_is_disabled_once(operator: Operator) -> None:
    make(operator)
    (row,) = operator.json("user", "list")
    assert "disabled" in operator.good("user", "disable", row["id"])
    assert "disabled before" in operator.bad(1, "user", "disable", "ada")
    assert "is disabled" in operator.bad(1, "user", "password", "ada")
    assert 'no account "eve"' in operator.bad(1, "user", "disable", "eve")
    assert "disabled" in operator.good("user", "list")
    assert "whole" in operator.good("verify")


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("a b", (), "--name: has a character"),
        ("", (), "--name: is missing"),
        ("eve", ("--shown", "x" * 81), "--shown: has 1 to 80"),
        ("eve", ("--unit", ""), "--unit: has a name"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(
    operator: Operator, name: str, more: tuple[str, ...], words: str
) -> None:
    said = operator.bad(2, "user", "create", "--role", "nurse", "--name", name, *more)
    assert words in said
    assert operator.json("user", "list") == []


def test_names_are_of_one_person(operator: Operator) -> None:
    make(operator)
    again = ("user", "create", "--role", "nurse", "--name")
    assert "name is taken" in operator.bad(1, *again, "ADA")
    assert "another person" in operator.bad(1, *again, "ada2", "--shown", "Ada")


@pytest.mark.parametrize("words", [("list",), ("disable", "ada"), ("password", "ada")])
def test_where_there_is_no_record_none_is_begun(operator: Operator, words: tuple[str, ...]) -> None:
    assert "there is no record" in operator.bad(2, "user", *words)
    assert list(operator.folder.iterdir()) == []
