"""Migrate, verify, back up and restore a record."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toxmon.cli.console import (
    Misused,
    Wrong,
    config,
    progress,
    service,
    service_over_a_record,
    writable,
)
from toxmon.store import StoreError, open_store

if TYPE_CHECKING:
    from toxmon.actions import Service


@click.command()
def migrate() -> None:
    """Bring the database to this version of toxmon."""
    names = service().store.migrate()
    click.echo("applied: " + ", ".join(names) if names else "nothing to do")


@click.command()
@click.option("--repair", is_flag=True, help="Fold every treatment again from nothing first.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def verify(repair: bool, as_json: bool) -> None:
    """Check the database, the audit chain, and that every grade follows from the facts."""
    from toxmon.actions.repair import repair as rebuild
    from toxmon.actions.verify import verify as check

    found = service_over_a_record()
    if repair:
        added = rebuild(writable(found), progress("repaired"))
        click.echo(f"folded again; {added} assessments were added", err=True)
    findings = check(found, progress("verified"))
    if as_json:
        click.echo(json.dumps([{"where": f.where, "what": f.what} for f in findings]))
    else:
        for finding in findings:
            click.echo(f"{finding.where}: {finding.what}")
    if findings:
        raise Wrong(f"{len(findings)} findings")
    if not as_json:
        click.echo("the record is whole; every grade follows from its facts")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of an SQLite record while the ward goes on."""
    if not config().database_url.startswith("sqlite"):
        raise Misused("PostgreSQL is backed up with its own tools: pg_dump, or its replication")
    if file.exists():
        raise Misused(f"{file} exists already; choose another name")
    if not file.absolute().parent.is_dir():
        raise Misused(f"there is no folder {file.absolute().parent}")
    found = service_over_a_record()
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    found.store.backup(str(partial))
    sync(partial)
    partial.rename(file)
    _note_backup(found)
    click.echo(f"{file} holds the record; keep the secret key apart from it")


def _note_backup(found: Service) -> None:
    """For the page of health. A record that cannot be written now was copied all the same."""
    from toxmon.actions import condition

    try:
        condition.noted(found, condition.BACKUP)
    except StoreError as error:
        click.echo(f"the copy is whole; that it was made could not be noted: {error}", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Put a backup in the place of an SQLite record that is gone, and verify it."""
    from toxmon.actions.verify import verify as check

    configured = config()
    if not configured.database_url.startswith("sqlite"):
        raise Misused("PostgreSQL is restored with its own tools: pg_restore, or its replication")
    target = Path(configured.database_url.partition(":///")[2])
    # What another file's journal says would be written into the restored one.
    for name in (target, *(Path(f"{target}-{more}") for more in ("wal", "shm", "journal"))):
        if name.exists():
            raise Misused(f"{name} is there; move it away first, nothing is overwritten")
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(file, partial)
    _refuse_unsound(partial)
    sync(partial)
    partial.rename(target)
    found = service(configured)
    found.store.migrate()
    findings = check(found, progress("verified"))
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}")
    if findings:
        raise Wrong(f"restored to {target}, with {len(findings)} findings")
    click.echo(f"restored to {target} and verified")


def _refuse_unsound(copy: Path) -> None:
    """Raises Wrong when a copy is no sound SQLite file, and takes it away."""
    store = open_store(f"sqlite:///{copy}")
    try:
        faults = store.check()
    except StoreError as error:
        faults = [str(error)]
    finally:
        store.close()
    if faults:
        copy.unlink()
        raise Wrong(f"this is no backup that can be restored: {faults[0]}")


def sync(path: Path) -> None:
    """A backup that is not on the disk is none."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
