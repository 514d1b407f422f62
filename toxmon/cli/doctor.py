"""Is everything around toxmon well: its settings, and each system that talks to it."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import click

from toxmon.cli.console import service_over_a_record


@click.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """How each system that talks to toxmon stands; exit code 1 when a person is needed.

    Settings that cannot be used are told first, with exit code 2: code maps, sources, channels,
    protocols, the time zone, where webhooks may go.
    """
    from toxmon.actions import interfaces

    # Making the service reads every file that a setting names.
    found = service_over_a_record()
    told = interfaces.told(found)
    if as_json:
        click.echo(json.dumps(told, default=datetime.isoformat))
    else:
        _print(told)
    if told["needs"]:
        sys.exit(1)


def _print(told: dict[str, Any]) -> None:
    click.echo("settings  every file that they name can be used")
    for each in told["sources"]:
        last = each["last_at"].isoformat(timespec="seconds")
        click.echo(f"source    {each['source']} ({each['form']}): {each['kept']} kept, last {last}")
        if each["lately"]:
            counts = ", ".join(f"{n} {outcome}" for outcome, n in each["lately"].items())
            click.echo(f"          in 24 hours: {counts}")
    for each in told["unmapped"]:
        words = f' "{each["display"]}"' if each["display"] else ""
        click.echo(
            f"unmapped  {each['n']} x {each['system'] or '-'}|{each['code']}{words} "
            f"of {each['source']} ({each['reason']})"
        )
    for each in told["channels"]:
        click.echo(f"channel   {each['name']}: {each['state']}")
    if not told["sources"]:
        click.echo("source    no system has sent anything yet")
    for words in told["needs"]:
        click.echo(f"needs     {words}")
    if not told["needs"]:
        click.echo("nothing needs a person")
