"""The answers of `toxmon grade`: as sentences, a table, or JSON lines.

They wait in a temporary file until the last line of the input was found in order, so that there
are either all answers or the faults.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any, BinaryIO, TextIO

import click
import orjson

from toxmon.assessment import plain_grade
from toxmon.cohort import (
    LEDGER,
    RULES,
    Columns,
    Faults,
    Rule,
    Sensitivity,
    Table,
    by_day,
    plain,
)
from toxmon.findings_file import answers, opening
from toxmon.grading.easix import printed
from toxmon.grading.grade import Grade, Index

KEPT_IN_MEMORY = 1 << 20
"""Answers of so many bytes wait in memory, more in a file."""
SEEN_EVERY = 200
"""Answers between two steps of the bar."""
INDICES = {"easix": "EASIX", "m_easix": "m-EASIX", "s_easix": "s-EASIX"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be told: of which scale, by which methods (none: the file's, or the usual)."""

    scale: str
    methods: tuple[str, ...]
    ledger: bool
    as_json: bool


def grade_file(asked: Asked, file: BinaryIO) -> None:
    """Print the answers. Raises FileError with every fault, and then prints none."""
    faults, rule = Faults(), RULES.get(asked.scale)
    compared = Sensitivity() if len(asked.methods) > 1 else None
    with tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY) as waiting:
        # A byte that is not UTF-8 is told by those who know in which line it stands.
        with (
            _text(file, "utf-8-sig", "surrogateescape") as text,
            _text(waiting, "utf-8", "strict") as out,
            _bar(file) as seen,
        ):
            first, lines = opening(iter(text))
            if rule is not None and first and first[0] not in "{[":
                _cohort(asked, rule, Table(lines, first, rule, faults), out, compared, seen)
            else:
                found = answers(asked.scale, lines, faults, asked.methods)
                _sets(asked, found, out, compared, seen)
        faults.settle()
        waiting.seek(0)
        shutil.copyfileobj(waiting, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    if compared is not None:
        click.echo("\n".join(compared.words(asked.methods)), err=True)


def _cohort(
    asked: Asked,
    rule: Rule,
    table: Table,
    out: TextIO,
    compared: Sensitivity | None,
    seen: Callable[[int], None],
) -> None:
    """Each patient of a table by each method; CSV is answered in CSV."""
    methods = asked.methods or rule.methods[:1]
    lines, columns = csv.writer(out, lineterminator="\n"), None
    for number, patient in enumerate(table.patients(), start=1):
        grades = [
            rule.grade(patient.days, *patient.said, method, asked.ledger) for method in methods
        ]
        if asked.as_json:
            for grade in grades:
                out.write(_json_line(plain(patient, grade)))
        else:
            if columns is None:
                columns = Columns(grades[0])
                lines.writerow(columns.names)
            lines.writerows([columns.row(patient, grade) for grade in grades])
        if compared is not None:
            compared.add(grades)
        if number % SEEN_EVERY == 0:
            seen(number)


def _sets(
    asked: Asked,
    found: Iterator[tuple[str | None, list[Grade | Index]]],
    out: TextIO,
    compared: Sensitivity | None,
    seen: Callable[[int], None],
) -> None:
    """Each set of findings: a sentence, or JSON as the API answers it."""
    for number, (whose, grades) in enumerate(found, start=1):
        for grade in grades:
            if not asked.ledger and LEDGER in grade.more:
                more = {name: each for name, each in grade.more.items() if name != LEDGER}
                grade = replace(grade, more=more)
            if asked.as_json:
                out.write(_json_line({**({"id": whose} if whose else {}), **plain_grade(grade)}))
            else:
                out.write(_sentence(whose, grade, bool(asked.methods)))
        if compared is not None:
            compared.add(grades)
        if number % SEEN_EVERY == 0:
            seen(number)


def _json_line(answer: Mapping[str, Any]) -> str:
    return orjson.dumps(answer).decode() + "\n"


def _sentence(whose: str | None, grade: Grade | Index, by_method: bool) -> str:
    name = f"{grade.scale.upper()} by {grade.edition}" if by_method else grade.scale.upper()
    because = "; ".join(reason.text for reason in grade.because)
    words = f"{_indices(grade.more) or f'{name} {grade.says()}'}: {because}"
    if grade.missing:
        words += f" (missing: {', '.join(grade.missing)})"
    lines = [f"{whose}: {words}" if whose else words]
    if LEDGER in grade.more:
        lines.append(f"  {by_day(grade.more[LEDGER])}")
    return "\n".join([*lines, ""])


def _indices(more: Mapping[str, Any]) -> str:
    """The numbers of a scale that answers with several; nothing of any other."""
    return ", ".join(
        f"{words} {_rounded(more[name])}" for name, words in INDICES.items() if name in more
    )


def _rounded(number: Any) -> str:
    """An index in as many digits as its reason has."""
    if number is None:
        return "not known"
    if isinstance(number, Mapping):
        return printed((number["low"], number["high"]))
    return printed((number, number))


@contextmanager
def _text(file: IO[bytes], encoding: str, errors: str) -> Iterator[TextIO]:
    """A file of bytes as text without a change of its ends of lines. It is left open."""
    text = io.TextIOWrapper(file, encoding, errors, newline="")
    try:
        yield text
    finally:
        text.detach()


@contextmanager
def _bar(file: BinaryIO) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, by how much of a file was read; nothing when piped."""
    length = _length(file) if sys.stderr.isatty() else 0
    if not length:
        yield lambda number: None
        return
    with click.progressbar(length=length, label="grading", file=sys.stderr) as bar:

        def seen(number: int) -> None:
            bar.label = f"{number:,} graded"
            bar.update(file.tell() - bar.pos)

        yield seen
        bar.update(length - bar.pos)


def _length(file: BinaryIO) -> int:
    """The bytes of a file; 0 of what has no length, such as a pipe."""
    try:
        return os.fstat(file.fileno()).st_size if file.seekable() else 0
    except OSError:
        return 0
