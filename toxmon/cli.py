"""The operator's door. Exit codes: 0 done, 1 it found something wrong, 2 used wrongly."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from toxmon import __version__

BAR_WIDTH = 28
SPAN = re.compile(r"([1-9][0-9]{0,3})(h|d)", re.ASCII)


class Wrong(click.ClickException):
    """Something was found wrong: exit code 1."""

    exit_code = 1


class Misused(click.ClickException):
    """Used or configured wrongly: exit code 2."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="toxmon")
def main() -> None:
    """Toxicity grading and monitoring after CAR-T cells and T-cell engagers.

    Support for clinicians; not a cleared medical device.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-scheduler", is_flag=True, help="Do not watch the time in this process.")
def serve(host: str, port: int, no_scheduler: bool) -> None:
    """Migrate the database, serve the API, watch."""
    from toxmon.server import PortTaken
    from toxmon.server import serve as answer

    if no_scheduler:
        os.environ["TOXMON_SCHEDULER"] = "no"
    config = _config()
    service = _service(config)
    service.store.migrate()
    described = service.store.describe()
    service.store.close()
    click.echo(
        f"toxmon {__version__} on http://{host}:{port} with {described['engine']} "
        f"{described['version']}; stop with Ctrl-C",
        err=True,
    )
    try:
        answer(config, host, port)
    except PortTaken as error:
        raise Misused(str(error)) from error


@main.command()
def scheduler() -> None:
    """Watch the time, as a process of its own; any number of them may run."""
    from toxmon.scheduler import watch_only

    config = _config()
    service = _service(config)
    service.store.migrate()
    click.echo("toxmon scheduler is watching; stop with Ctrl-C", err=True)
    try:
        watch_only(service, config.sweep_seconds)
    except (KeyboardInterrupt, SystemExit):
        service.store.close()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same ward.")
@click.option("--speed", default=240.0, show_default=True, help="Ward time against real time.")
def demo(host: str, port: int, seed: int, speed: float) -> None:
    """A simulated ward, served for real. Its patients are invented."""
    from toxmon import demo as ward

    sys.exit(ward.run(host=host, port=port, seed=seed, speed=speed))


@main.command()
def migrate() -> None:
    """Bring the database to this version of toxmon."""
    names = _service(_config()).store.migrate()
    click.echo("applied: " + ", ".join(names) if names else "nothing to do")


@main.command()
@click.option("--repair", is_flag=True, help="Fold every treatment again from nothing first.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def verify(repair: bool, as_json: bool) -> None:
    """Check the database, the audit chain, and that every grade follows from the facts."""
    from toxmon.actions.repair import repair as rebuild
    from toxmon.actions.verify import verify as check

    service = _service(_config())
    if repair:
        added = rebuild(service, _progress("repaired"))
        click.echo(f"folded again; {added} assessments were added", err=True)
    findings = check(service, _progress("verified"))
    if as_json:
        click.echo(json.dumps([{"where": f.where, "what": f.what} for f in findings]))
    else:
        for finding in findings:
            click.echo(f"{finding.where}: {finding.what}")
    if findings:
        raise Wrong(f"{len(findings)} findings")
    if not as_json:
        click.echo("the record is whole; every grade follows from its facts")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of an SQLite record while the ward goes on."""
    if file.exists():
        raise Misused(f"{file} exists already; choose another name")
    store = _service(_config()).store
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    store.backup(str(partial))
    _sync(partial)
    partial.rename(file)
    click.echo(f"{file} holds the record; keep the secret key apart from it")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """Put a backup in the place of an SQLite record that is gone, and verify it."""
    from toxmon.actions.verify import verify as check
    from toxmon.store import open_store

    config = _config()
    if not config.database_url.startswith("sqlite"):
        raise Misused("PostgreSQL is restored with its own tools: pg_restore, or its replication")
    target = Path(config.database_url.partition(":///")[2])
    if target.exists():
        raise Misused(f"{target} is there; move it away first, nothing is overwritten")
    source = open_store(f"sqlite:///{file.resolve()}")
    source.backup(str(target))
    source.close()
    _sync(target)
    service = _service(config)
    service.store.migrate()
    findings = check(service, _progress("verified"))
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}")
    if findings:
        raise Wrong(f"restored to {target}, with {len(findings)} findings")
    click.echo(f"restored to {target} and verified")


@main.group()
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

    service = _service(_config())
    service.store.migrate()
    row, text = tokens.create(service, role, name, units or None, _span(expires))
    if as_json:
        click.echo(json.dumps({"id": row["id"], "role": role, "name": name, "token": text}))
    else:
        click.echo(text)


@token.command("list")
@click.option("--json", "as_json", is_flag=True)
def token_list(as_json: bool) -> None:
    """All tokens, without their secrets."""
    from toxmon.store import tokens

    service = _service(_config())
    rows = tokens.every(service.store)
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    for row in rows:
        state = "revoked" if row["ended_at"] else "live"
        if not row["ended_at"] and row["expires_at"] and row["expires_at"] <= service.clock():
            state = "expired"
        expires = row["expires_at"].date().isoformat() if row["expires_at"] else "never"
        click.echo(f"{row['id']}  {row['role']:<12} {state:<8} expires {expires:<11} {row['name']}")


@token.command("revoke")
@click.argument("token_id")
def token_revoke(token_id: str) -> None:
    """End a token at once."""
    from toxmon.actions import NotFound, tokens
    from toxmon.store import Conflict

    service = _service(_config())
    try:
        tokens.revoke(service, token_id)
    except NotFound as error:
        raise Wrong(str(error)) from error
    except Conflict as error:
        raise Wrong("it was revoked before") from error
    click.echo("revoked; within 2 seconds no server takes it any more")


@main.command()
@click.argument("scale", type=click.Choice(["crs", "icans"]))
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Answers as JSON lines.")
def grade(scale: str, file: Any, as_json: bool) -> None:
    """Grade findings from FILE: one JSON object, JSON lines, or CSV; - is standard input."""
    from toxmon.findings_file import FileError, graded

    try:
        for answer in graded(scale, file.read()):
            if as_json:
                click.echo(json.dumps(answer))
            else:
                click.echo(_in_words(answer))
    except FileError as error:
        raise Wrong(str(error)) from error


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--product", help="If the file does not name it.")
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw it, as SVG.")
@click.option("--json", "as_json", is_flag=True)
def course(file: Path, product: str | None, plot: Path | None, as_json: bool) -> None:
    """Grade a whole record from FILE (CSV or JSON lines) over time; no server is needed."""
    from toxmon import course_file
    from toxmon import plot as drawing

    try:
        record = course_file.read_record(file, product=product)
        steps = course_file.steps(record)
    except course_file.RecordError as error:
        raise Wrong(str(error)) from error
    if as_json:
        click.echo(json.dumps(course_file.as_json(record, steps)))
    else:
        click.echo(course_file.table(record, steps))
    if plot is not None:
        plot.write_text(drawing.svg(record, steps), encoding="utf-8")
        click.echo(f"drawn in {plot}", err=True)


@main.group()
def protocols() -> None:
    """Protocols of products, and the ward's policy."""


@protocols.command("list")
@click.option("--json", "as_json", is_flag=True)
def protocols_list(as_json: bool) -> None:
    """Every product and policy at hand."""
    found = _protocols()
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

    found = _protocols()
    document = found.products.get(name) or found.policies.get(name)
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


def _config() -> Any:
    from toxmon.config import ConfigError, read_config

    try:
        return read_config()
    except ConfigError as error:
        raise Misused(str(error)) from error


def _service(config: Any) -> Any:
    from toxmon.app import create_service
    from toxmon.protocol import ProtocolError

    try:
        return create_service(config)
    except (ProtocolError, LookupError) as error:
        raise Misused(str(error)) from error


def _protocols() -> Any:
    from toxmon.protocol import ProtocolError, load_protocols

    try:
        return load_protocols(_config().protocols)
    except ProtocolError as error:
        raise Wrong(str(error)) from error


def _span(text: str) -> timedelta | None:
    if text == "never":
        return None
    match = SPAN.fullmatch(text)
    if not match:
        raise Misused(f'--expires: "{text}" is not a span; write 12h, 90d or never')
    unit = {"h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _in_words(answer: dict[str, Any]) -> str:
    because = "; ".join(reason["text"] for reason in answer["because"])
    words = f"{answer['scale'].upper()} {answer['says']}: {because}"
    if answer["missing"]:
        words += f" (missing: {', '.join(answer['missing'])})"
    return words


def _progress(verb: str) -> Callable[[int, int], None]:
    """A bar on a terminal, nothing when piped."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def show(done: int, total: int) -> None:
        filled = BAR_WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        click.echo(f"\r{verb} [{bar}] {done} of {total}", err=True, nl=done == total)

    return show


def _sync(path: Path) -> None:
    """A backup that is not on the disk is none."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
