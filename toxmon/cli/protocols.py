"""Protocols: list, show, check."""

from __future__ import annotations

import json
from pathlib import Path

import click

from toxmon.cli.console import Misused, Wrong, protocols_at_hand

KINDS = ("product", "policy", "alarms", "drug", "guidance", "prevention")
"""The forms of protocol files; a test holds them against those that can be read."""


@click.group()
def protocols() -> None:
    """Protocols: products, drugs, guidance, and the ward's policies."""


@protocols.command("list")
@click.option("--json", "as_json", is_flag=True)
def protocols_list(as_json: bool) -> None:
    """Every protocol at hand."""
    found = protocols_at_hand()
    rows = [
        {"name": each.name, "kind": kind, "version": each.version, "edition": each.digest}
        for kind, each in found.documents()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['kind']:<10} {row['name']:<18} version {row['version']}")
    for words in found.overrides:
        click.echo(words)


@protocols.command("show")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), help="Where a policy and alarms have one name.")
@click.option("--json", "as_json", is_flag=True)
def protocols_show(name: str, kind: str | None, as_json: bool) -> None:
    """One protocol as a page; numbers that were not verified are marked."""
    from toxmon.protocol import as_json as plain
    from toxmon.protocol import show

    found = protocols_at_hand()
    document = found.document(name, kind)
    if document is None:
        known = ", ".join(
            sorted({each.name for form, each in found.documents() if kind in (None, form)})
        )
        of_kind = f" of kind {kind}" if kind else ""
        raise Misused(f"there is no protocol {name}{of_kind}; known are {known}")
    click.echo(json.dumps(plain(document), default=str) if as_json else show(document))


@protocols.command("check")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
def protocols_check(path: Path | None) -> None:
    """Read protocols, and say every fault with its place and what to write instead."""
    from toxmon.data import shipped
    from toxmon.protocol import check

    faults = check(path or shipped("protocols"))
    for fault in faults:
        click.echo(str(fault))
    if faults:
        raise Wrong(f"{len(faults)} faults")
    click.echo("no faults")
