"""Accounts of people: make, list, disable, set a password."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toxmon.cli.console import Misused, Wrong, service, service_over_a_record, writable

if TYPE_CHECKING:
    from toxmon.actions import Refused, Service

ROLES = ["nurse", "physician", "pharmacist", "integration", "admin", "auditor"]
FILE = "A file with the password; - is standard input. Without one it is asked for, or made."


@click.group()
def user() -> None:
    """Accounts of people, who sign in to the pages."""


@user.command("create")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--name", required=True, help="What the person types to sign in.")
@click.option("--shown", help='As the record shows it, "J. Example"; default is the name.')
@click.option("--unit", "units", multiple=True, help="A ward within reach; default is every one.")
@click.option("--password-file", metavar="FILE", help=FILE)
@click.option("--json", "as_json", is_flag=True)
def user_create(
    role: str,
    name: str,
    shown: str | None,
    units: tuple[str, ...],
    password_file: str | None,
    as_json: bool,
) -> None:
    """Make an account. A password that was made is shown once and is not kept."""
    from toxmon.actions import Conflicting, Refused, accounts

    password, made = _password(password_file)
    found = writable(service())
    try:
        row = accounts.create(found, name, shown or name, role, units or None, password)
    except Refused as error:
        raise _misused(error) from error
    except Conflicting as error:
        raise Wrong(str(error)) from error
    if as_json:
        plain = {"id": row["id"], "name": row["name"], "shown": row["shown"], "role": role}
        click.echo(json.dumps({**plain, **({"password": password} if made else {})}))
        return
    click.echo(f"{row['shown']} signs in as {row['name']}")
    if made:
        click.echo(f"password: {password}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True)
def user_list(as_json: bool) -> None:
    """All accounts, without their secrets."""
    from toxmon.actions import accounts

    rows = accounts.every(service_over_a_record())
    if as_json:
        click.echo(json.dumps(rows, default=datetime.isoformat))
        return
    for row in rows:
        state = "disabled" if row["ended_at"] else "live"
        units = "every unit" if row["units"] is None else ", ".join(row["units"])
        click.echo(
            f"{row['id']}  {row['role']:<12} {state:<9} {row['name']:<20} {row['shown']} ({units})"
        )


@user.command("disable")
@click.argument("name")
def user_disable(name: str) -> None:
    """End an account at once, by its name or id, with every session of it."""
    from toxmon.actions import Conflicting, accounts

    found = writable(service_over_a_record())
    account_id = _account(found, name)
    try:
        accounts.end(found, account_id)
    except Conflicting as error:
        raise Wrong("it was disabled before") from error
    click.echo("disabled; whoever was signed in with it is not any more")


@user.command("password")
@click.argument("name")
@click.option("--password-file", metavar="FILE", help=FILE)
def user_password(name: str, password_file: str | None) -> None:
    """Give an account, by its name or id, a new password. Its sessions are over."""
    from toxmon.actions import Conflicting, Refused, accounts

    found = writable(service_over_a_record())
    account_id = _account(found, name)
    password, made = _password(password_file)
    try:
        accounts.set_password(found, account_id, password)
    except Refused as error:
        raise _misused(error) from error
    except Conflicting as error:
        raise Wrong(str(error)) from error
    click.echo(f"password: {password}" if made else "the password was changed")


def _account(found: Service, name: str) -> str:
    from toxmon.actions import accounts
    from toxmon.store import accounts as rows

    row = rows.named(found.store, accounts.folded(name)) or rows.get(found.store, name)
    if row is None:
        raise Wrong(f'there is no account "{name}"; toxmon user list shows them')
    return str(row["id"])


def _password(file: str | None) -> tuple[str, bool]:
    """(the password, whether it was made here and must be shown)."""
    if file is not None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Misused(f"--password-file: {file} cannot be read: {error}") from error
        return text.removesuffix("\n").removesuffix("\r"), False
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return "-".join(secrets.token_hex(3) for _ in range(4)), True


def _misused(error: Refused) -> Misused:
    """Every fault, by the name of its option."""
    options = {"/password": "password", "/units": "--unit"}
    lines = []
    for fault in error.faults:
        option = options.get(fault.pointer, f"--{fault.pointer.removeprefix('/')}")
        lines.append(f"{option}: {fault.detail}")
    return Misused("\n".join(lines))
