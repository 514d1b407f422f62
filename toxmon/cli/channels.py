"""The channels that alarms go out through: how each stands, and a paused one back in use."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from toxmon.cli.console import Misused, Wrong, config, service_over_a_record, writable


@click.group()
def channels() -> None:
    """The channels that alarms are told through."""


@channels.command("list")
@click.option("--json", "as_json", is_flag=True)
def channels_list(as_json: bool) -> None:
    """Every channel of the server's file, and how it stands; no address and no secret."""
    from toxmon.actions.deliver import standing

    known = _known()
    found = service_over_a_record()
    rows = []
    for name, channel in known.items():
        stands = standing(found, channel)
        rows.append(
            {
                "name": name,
                "kind": channel.kind,
                "all": channel.all,
                "state": stands.get("state", "well"),
                "since": stands.get("since"),
                "says": stands.get("says"),
            }
        )
    if as_json:
        click.echo(json.dumps(rows, default=datetime.isoformat))
        return
    for row in rows:
        why = f" since {row['since']}: {row['says']}" if row["since"] else ""
        whom = "every event" if row["all"] else "who is on call"
        click.echo(f"{row['name']:<20} {row['kind']:<8} {whom:<14} {row['state']}{why}")


@channels.command("resume")
@click.argument("name")
def channels_resume(name: str) -> None:
    """Use a channel again whose receiver had answered that it wants no more.

    A webhook that was made over HTTP is named webhook:NAME.
    """
    from toxmon.actions import webhooks
    from toxmon.actions.deliver import PAUSED, resume, standing
    from toxmon.channels import MADE_OVER_HTTP
    from toxmon.scheduler import told_of_delivery

    known = _known() if not name.startswith(MADE_OVER_HTTP) else {}
    if name.startswith(MADE_OVER_HTTP):
        made = webhooks.channel(service_over_a_record(), name)
        if made is None:
            raise Misused(f'there is no webhook in use that is named "{name}"')
        known = {name: made}
    if name not in known:
        names = ", ".join(f'"{each}"' for each in known)
        raise Misused(f'there is no channel "{name}"; there are: {names}')
    found = writable(service_over_a_record())
    if standing(found, known[name]).get("state") != PAUSED:
        raise Wrong(f'the channel "{name}" is not paused')
    resume(found, known[name], told_of_delivery)
    click.echo("resumed; messages go out through it from now on, and those it gave up on do not")


def _known() -> dict[str, Any]:
    from toxmon.channels import ChannelError, load_channels

    try:
        known = load_channels(config().channels)
    except ChannelError as error:
        raise Misused(str(error)) from error
    if not known:
        raise Misused("TOXMON_CHANNELS names no file; alarms stand on screens alone")
    return known
