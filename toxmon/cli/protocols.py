"""Protocols: list, show, check."""

from __future__ import annotations

import json
from pathlib import Path

import click

from toxmon.cli.console import Misused, Wrong, protocols_at_hand


@click.group()
def protocols() -> None:
    """Protocols of products, and the ward's policy."""


@protocols.command("list")
@click.option("--json", "as_json", is_flag=True)
def protocols_list(as_json: bool) -> None:
    """Every product and policy at hand."""
    found = protocols_at_hand()
    rows = [
        {"name": each.name, "kind": kind, "version": each.version, "edition": each.digest}
        for kind, documents in (("product", found.products), ("policy", found.policies))
        for each in documents.values()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['kind']:<8} {row['name']:<16} version {row['version']}")
    for words in found.overrides:
        click.echo(words)


@protocols.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
def protocols_show(name: str, as_json: bool) -> None:
    """One protocol as a page; numbers that were not verified are marked."""
    from toxmon.protocol import as_json as plain
    from toxmon.protocol import show

    found = protocols_at_hand()
    document = found.product(name) or found.policies.get(name)
    if document is None:
        known = ", ".join(sorted([*found.products, *found.policies]))
        raise Misused(f"there is no protocol {name}; known are {known}")
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
