"""Files for research, made at the command line: the same bytes as from the page."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from toxmon.cli.console import Misused, progress, service_over_a_record, writable
from toxmon.cli.keeping import sync


@click.group()
def export() -> None:
    """Files of many patients, without who they are."""


@export.command("cohort")
@click.argument("question", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The zip.")
def export_cohort(question: Path, out: Path) -> None:
    """Write the cohort that QUESTION (TOML) describes into a zip.

    The page "Cohort" offers its question as such a file. With `known_at` in it the same file comes
    out whenever it is made. That it was made is noted in the audit chain.
    """
    from toxmon.actions import SYSTEM, cohort_files
    from toxmon.cohort.export import FilterError, find, read, write
    from toxmon.cohort.export.made import told_of

    try:
        wanted = read(_read(question))
    except FilterError as error:
        raise Misused(f"{question}:\n{error}") from error
    if out.exists():
        raise Misused(f"{out} exists already; choose another name")
    if not out.absolute().parent.is_dir():
        raise Misused(f"there is no folder {out.absolute().parent}")
    found = writable(service_over_a_record())
    wanted = wanted.at(found.clock())
    with found.store.reading():
        cohort = find(found, SYSTEM, wanted)
    partial = out.with_name(out.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(0o600)
    with partial.open("wb") as file:
        counts = write(found, wanted, cohort, lambda data: _out(file, data), progress("exported"))
    sync(partial)
    with found.store.writing():
        cohort_files.note(found, SYSTEM, found.clock(), told_of(wanted, cohort, counts))
    partial.rename(out)
    for words in cohort.small:
        click.echo(f"few alike: {words}", err=True)
    told = ", ".join(f"{n} {table}" for table, n in counts.items())
    click.echo(f"{out}: {cohort.patients} patients, {told}", err=True)


def _out(file: Any, data: bytes) -> None:
    file.write(data)


def _read(question: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(question.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misused(f"{question}: {error}") from error
