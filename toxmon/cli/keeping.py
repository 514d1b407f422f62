"""Migrate, verify, back up and restore a record."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from toxmon.cli.console import Misused, Wrong, config, progress, service


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

    found = service()
    if repair:
        added = rebuild(found, progress("repaired"))
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
    if file.exists():
        raise Misused(f"{file} exists already; choose another name")
    store = service().store
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    store.backup(str(partial))
    sync(partial)
    partial.rename(file)
    click.echo(f"{file} holds the record; keep the secret key apart from it")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Put a backup in the place of an SQLite record that is gone, and verify it."""
    from toxmon.actions.verify import verify as check
    from toxmon.store import open_store

    configured = config()
    if not configured.database_url.startswith("sqlite"):
        raise Misused("PostgreSQL is restored with its own tools: pg_restore, or its replication")
    target = Path(configured.database_url.partition(":///")[2])
    if target.exists():
        raise Misused(f"{target} is there; move it away first, nothing is overwritten")
    source = open_store(f"sqlite:///{file.resolve()}")
    source.backup(str(target))
    source.close()
    sync(target)
    found = service(configured)
    found.store.migrate()
    findings = check(found, progress("verified"))
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}")
    if findings:
        raise Wrong(f"restored to {target}, with {len(findings)} findings")
    click.echo(f"restored to {target} and verified")


def sync(path: Path) -> None:
    """A backup that is not on the disk is none."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
