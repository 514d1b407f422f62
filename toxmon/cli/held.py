"""Statements of other systems that wait: list them, read them again, dismiss them."""

from __future__ import annotations

import json
from datetime import datetime

import click

from toxmon.cli.console import Misused, Wrong, read_here, service_over_a_record, writable

MOST = 500


@click.group()
def held() -> None:
    """Statements of other systems that wait for a person."""


@held.command("list")
@click.option("--source", default="%", help="Of this sender alone.")
@click.option("--reason", default="%", help="For this reason alone, such as unknown_code.")
@click.option("--json", "as_json", is_flag=True)
def held_list(source: str, reason: str, as_json: bool) -> None:
    """What waits, the oldest first; at most 500. No values are shown."""
    from toxmon.actions import SYSTEM, look_up
    from toxmon.actions.held import listed

    found = read_here(service_over_a_record())
    rows = listed(found, SYSTEM, source=source, reason=reason, limit=MOST)
    look_up.note_reading(found, SYSTEM, "read.held")
    names = ("id", "source", "reason", "words", "system", "code", "display", "recorded_at")
    if as_json:
        plain = [{name: row[name] for name in names} for row in rows]
        click.echo(json.dumps(plain, default=datetime.isoformat))
        return
    for row in rows:
        code = f"{row['system']}|{row['code']}" if row["code"] else "-"
        click.echo(f"{row['id']}  {row['source']:<16} {row['reason']:<18} {code}  {row['words']}")
    if not rows:
        click.echo("nothing waits")


@held.command("reread")
@click.argument("ids", nargs=-1)
@click.option("--source", help="All of this sender.")
@click.option("--reason", help="All that wait for this reason.")
@click.option("--all", "everything", is_flag=True, help="All that wait.")
def held_reread(
    ids: tuple[str, ...], source: str | None, reason: str | None, everything: bool
) -> None:
    """Read what waits again, with the code maps of now. What can be charted is."""
    from toxmon.actions import SYSTEM, Conflicting, NotFound
    from toxmon.actions.held import reread

    if bool(ids) == bool(source or reason or everything):
        raise Misused("name ids, or --source, --reason or --all")
    found = writable(service_over_a_record())
    try:
        done = reread(
            found, SYSTEM, held_ids=list(ids) or None, source=source or "%", reason=reason or "%"
        )
    except (NotFound, Conflicting) as error:
        raise Wrong(str(error)) from error
    click.echo(f"{done.read} read again, {done.settled} wait no longer, {done.waiting} still do")


@held.command("dismiss")
@click.argument("held_id")
@click.option("--by", required=True, help="Who has looked at it; stands in the record.")
@click.option("--reason", required=True, help="Why it is not to be charted.")
def held_dismiss(held_id: str, by: str, reason: str) -> None:
    """Say that a statement is not to be charted."""
    from toxmon.actions import Actor, Conflicting, NotFound
    from toxmon.actions.held import dismiss

    if not by.strip() or not reason.strip():
        raise Misused("--by and --reason: write who, and why")
    found = writable(service_over_a_record())
    try:
        dismiss(found, Actor("cli", by.strip(), "system"), held_id, reason.strip())
    except (NotFound, Conflicting) as error:
        raise Wrong(str(error)) from error
    click.echo("dismissed")
