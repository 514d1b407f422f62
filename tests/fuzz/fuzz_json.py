"""Fuzz the strict reader of JSON, which FHIR comes through: `make fuzz`. Needs atheris."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["toxmon.strict_json"]):
    from toxmon.strict_json import Unreadable, read


def try_one(data: bytes) -> None:
    """Whatever the bytes are, they are read or refused in words."""
    try:
        read(data)
    except Unreadable as refused:
        check(refused)


def check(refused: Unreadable) -> None:
    """A refusal says why."""
    assert str(refused)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
