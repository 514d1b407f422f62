"""The file itself: a zip whose bytes follow from the record and the question, and nothing else.

No time of making, no order of a database, no name of a machine: a clock and a zip differ, so the
entries carry the first day that a zip knows.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, cast

import orjson

from toxmon import __version__
from toxmon.actions import Service
from toxmon.cohort.export.columns import COLUMNS, COURSES, TABLES, Column, as_dated
from toxmon.cohort.export.found import Cohort
from toxmon.cohort.export.lines import Lines
from toxmon.cohort.export.wanted import CSV, DATES, NUMBERS, Wanted, as_toml, plain
from toxmon.grading.kinds import KINDS
from toxmon.grading.published import PUBLISHED

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
OWNER_READS = 0o600 << 16
UNIX = 3
TRICKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it."""

Sink = Callable[[bytes], None]
Progress = Callable[[int, int], None]


def write(
    service: Service, wanted: Wanted, cohort: Cohort, sink: Sink, progress: Progress
) -> dict[str, int]:
    """Write the zip into `sink`, piece by piece. The rows of each table.

    `progress` is told (steps done, steps in all), a step being a treatment in a table.
    """
    lines = Lines(service, wanted)
    tables = [each for each in TABLES if each in {COURSES, *wanted.tables}]
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    steps = len(cohort.courses) * len(tables)
    with zipfile.ZipFile(cast(IO[bytes], _Out(sink)), "w") as archive:
        for place, table in enumerate(tables):
            name = f"{table}.{wanted.form}"
            counts[table] = 0

            def rows(table: str = table, place: int = place) -> Iterator[dict[str, Any]]:
                for done, course in enumerate(cohort.courses, start=1):
                    with service.store.reading():
                        found = list(lines.of(table, course))
                    yield from found
                    counts[table] += len(found)
                    progress(place * len(cohort.courses) + done, steps)

            columns = columns_of(table, wanted)
            digests[name] = _add(archive, name, _text(rows(), columns, wanted))
        for name, text in _papers(service, wanted, cohort, counts):
            digests[name] = _add(archive, name, [text.encode()])
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
        _add(archive, "SHA256SUMS", [sums.encode()])
    return counts


def columns_of(table: str, wanted: Wanted) -> list[Column]:
    """The columns of a table as they are asked for."""
    return [
        each
        for each in COLUMNS[table]
        if (wanted.ids == NUMBERS if each.of_person else each.always or table != COURSES
            or each.name in wanted.columns)
    ]  # fmt: skip


def shown(name: str, wanted: Wanted) -> str:
    """A column's name in the file."""
    return as_dated(name) if wanted.times == DATES else name


def _text(rows: Iterable[dict[str, Any]], columns: list[Column], wanted: Wanted) -> Iterator[bytes]:
    names = [shown(each.name, wanted) for each in columns]
    if wanted.form != CSV:
        for row in rows:
            told = {name: row.get(each.name) for name, each in zip(names, columns, strict=True)}
            yield orjson.dumps(told) + b"\n"
        return
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell(row.get(each.name)) for each in columns])
        if page.tell() > 65_536:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def cell(value: Any) -> Any:
    """A cell of CSV; a text that a spreadsheet would reckon with is marked as text."""
    if not isinstance(value, str) or not value.startswith(TRICKY):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _papers(
    service: Service, wanted: Wanted, cohort: Cohort, counts: dict[str, int]
) -> Iterator[tuple[str, str]]:
    """What travels with the tables, by the name of its file."""
    yield "dictionary.csv", _dictionary(wanted, list(counts))
    yield "filter.json", _json(plain(wanted))
    yield "filter.toml", as_toml(wanted)
    began_under = sorted(
        {each.product_edition for each in cohort.courses}
        | {each.policy_edition for each in cohort.courses}
    )
    documents = sorted(
        ({"kind": kind, "name": each.name, "version": each.version, "edition": each.digest}
         for kind, each in service.protocols.documents()),
        key=lambda each: (each["kind"], each["name"]),
    )  # fmt: skip
    yield (
        "manifest.json",
        _json(
            {
                "software": f"toxmon {__version__}",
                "patients": cohort.patients,
                "rows": counts,
                "few_alike": list(cohort.small),
                "known_at": plain(wanted)["known_at"],
                "time_zone": str(service.zone),
                "policy": service.policy_name,
                "protocols": documents,
                "site_overrides": list(service.protocols.overrides),
                "treatments_began_under": began_under,
                "criteria": {name: each.edition for name, each in PUBLISHED.items()},
            }
        ),
    )


def _dictionary(wanted: Wanted, tables: list[str]) -> str:
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["table", "column", "unit", "meaning"])
    for table in tables:
        for each in columns_of(table, wanted):
            name = shown(each.name, wanted)
            meaning = (
                each.meaning if name == each.name else "the same as an instant with its offset"
            )
            writer.writerow([table, name, each.unit if name == each.name else "", meaning])
    for kind in sorted(KINDS.values(), key=lambda each: each.name):
        told = f"{kind.title}: {' or '.join(kind.codes)}" if kind.codes else kind.title
        writer.writerow(["kind", kind.name, kind.unit or "", told])
    return page.getvalue()


def _json(value: Any) -> str:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options).decode()


def _add(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> str:
    """Add a file; its SHA-256."""
    entry = zipfile.ZipInfo(name, FIRST_DAY)
    entry.compress_type, entry.create_system, entry.external_attr = (
        zipfile.ZIP_DEFLATED, UNIX, OWNER_READS,
    )  # fmt: skip
    digest = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as out:
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


class _Out:
    """Where a zip is written to: on and on, never back."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        """The next bytes."""
        self._sink(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""
