"""Bearer tokens: make, list, revoke."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import click

from toxmon.cli.console import Misused, Wrong, service, service_over_a_record, writable

SPAN = re.compile(r"([1-9][0-9]{0,3})(h|d)", re.ASCII)


@click.group()
def token() -> None:
    """Bearer tokens."""


@token.command("create")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["nurse", "physician", "pharmacist", "integration", "admin", "auditor"]),
)
@click.option("--name", required=True, help="Who holds it; stands in the record.")
@click.option("--unit", "units", multiple=True, help="A ward within reach; default is every one.")
@click.option("--expires", default="90d", show_default=True, help="12h, 90d, or never.")
@click.option("--json", "as_json", is_flag=True)
def token_create(role: str, name: str, units: tuple[str, ...], expires: str, as_json: bool) -> None:
    """Make a token. It is shown once and is not kept."""
    from toxmon.actions import tokens

    found = writable(service())
    row, text = tokens.create(found, role, name, units or None, _span(expires))
    if as_json:
        click.echo(json.dumps({"id": row["id"], "role": role, "name": name, "token": text}))
    else:
        click.echo(text)


@token.command("list")
@click.option("--json", "as_json", is_flag=True)
def token_list(as_json: bool) -> None:
    """All tokens, without their secrets."""
    from toxmon.store import tokens

    found = service_over_a_record()
    rows = tokens.every(found.store)
    if as_json:
        plain = [{**row, "units": row["units"] and json.loads(row["units"])} for row in rows]
        click.echo(json.dumps(plain, default=datetime.isoformat))
        return
    for row in rows:
        state = "revoked" if row["ended_at"] else "live"
        if not row["ended_at"] and row["expires_at"] and row["expires_at"] <= found.clock():
            state = "expired"
        expires = row["expires_at"].date().isoformat() if row["expires_at"] else "never"
        click.echo(f"{row['id']}  {row['role']:<12} {state:<8} expires {expires:<11} {row['name']}")


@token.command("revoke")
@click.argument("token_id")
def token_revoke(token_id: str) -> None:
    """End a token at once."""
    from toxmon.actions import NotFound, tokens
    from toxmon.store import Conflict

    found = writable(service_over_a_record())
    try:
        tokens.revoke(found, token_id)
    except NotFound as error:
        raise Wrong(str(error)) from error
    except Conflict as error:
        raise Wrong("it was revoked before") from error
    click.echo("revoked; within 2 seconds no server takes it any more")


def _span(text: str) -> timedelta | None:
    if text == "never":
        return None
    match = SPAN.fullmatch(text)
    if not match:
        raise Misused(f'--expires: "{text}" is not a span; write 12h, 90d or never')
    unit = {"h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})
