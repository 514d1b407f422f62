"""Signed messages of other systems: try a signature, make a test call, make a secret."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toxmon.cli.console import Misused, Wrong, config

if TYPE_CHECKING:
    from toxmon.sources import Source

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def webhook() -> None:
    """Messages that other systems post to us and sign."""


@webhook.command("verify")
@click.option("--source", "name", required=True, help="A source of the file TOXMON_SOURCES.")
@click.option("--id", "id_", help="The header webhook-id.")
@click.option("--timestamp", help="The header webhook-timestamp.")
@click.option("--signature", required=True, help="The signature header, as it was sent.")
@click.option("--at", type=click.DateTime(), help="When it came, in UTC; default is now.")
@click.argument("file", type=FILE)
def webhook_verify(
    name: str, id_: str | None, timestamp: str | None, signature: str, at: object, file: Path
) -> None:
    """Say what is wrong with the signature of a message, whose body is in FILE."""
    from datetime import UTC, datetime

    from toxmon.clock import SteadyClock
    from toxmon.ehr.hooks.signature import ID, SIGNATURE, TIMESTAMP, NotSigned, verified
    from toxmon.sources import STANDARD

    source = _source(name)
    header = SIGNATURE if source.verify == STANDARD else source.header
    sent = {header: signature}
    if source.verify == STANDARD:
        sent |= {ID: id_ or "", TIMESTAMP: timestamp or ""}
    elif source.id_header is not None and id_ is not None:
        sent[source.id_header] = id_
    now = at.replace(tzinfo=UTC) if isinstance(at, datetime) else SteadyClock()()
    try:
        verified(source, sent, file.read_bytes(), now)
    except NotSigned as error:
        raise Wrong(str(error)) from error
    click.echo("the signature is right")


@webhook.command("sign")
@click.option("--source", "name", required=True, help="A source of the file TOXMON_SOURCES.")
@click.option("--id", "id_", help="The header webhook-id; default is a new one.")
@click.option("--json", "as_json", is_flag=True)
@click.argument("file", type=FILE)
def webhook_sign(name: str, id_: str | None, as_json: bool, file: Path) -> None:
    """The headers with which FILE may be posted now, as curl takes them."""
    from toxmon.clock import SteadyClock
    from toxmon.sources import BASE64, STANDARD, TOKEN
    from toxmon.webhooks import signed

    source, body = _source(name), file.read_bytes()
    secret = source.secrets[0]
    if source.verify == STANDARD:
        id_ = id_ or f"msg_{secrets.token_hex(12)}"
        headers = signed([secret], id_, int(SteadyClock()().timestamp()), body)
    elif source.verify == TOKEN:
        raise Misused("a token is no signature; send the header with the token itself")
    else:
        digest = hmac.digest(secret, body, "sha256")
        told = base64.b64encode(digest).decode() if source.encoding == BASE64 else digest.hex()
        headers = {source.header: source.prefix + told}
        if source.id_header is not None:
            headers[source.id_header] = id_ or f"msg_{secrets.token_hex(12)}"
    if as_json:
        click.echo(json.dumps(headers))
        return
    for header, value in headers.items():
        click.echo(f"-H '{header}: {value}'")


@webhook.command("secret")
def webhook_secret() -> None:
    """Make a secret for Standard Webhooks."""
    from toxmon.channels import SECRET

    click.echo(SECRET + base64.b64encode(secrets.token_bytes(32)).decode())


def _source(name: str) -> Source:
    """A source that signs. Raises Misused."""
    from toxmon.sources import SourceError, load_sources

    try:
        known = load_sources(config().sources)
    except SourceError as error:
        raise Misused(str(error)) from error
    found = known.get(name)
    if found is None or found.verify is None:
        signing = ", ".join(each.name for each in known.values() if each.verify)
        raise Misused(f'no source "{name}" signs anything; TOXMON_SOURCES has: {signing or "none"}')
    return found
