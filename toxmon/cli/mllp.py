"""HL7 v2: a line that listens (MLLP), files that are read, messages that are read again."""

from __future__ import annotations

import gc
import ipaddress
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toxmon.cli.console import Misused, Wrong, config, service, service_over_a_record, writable

if TYPE_CHECKING:
    from toxmon.actions import Actor, Service
    from toxmon.ehr.hl7v2.mllp import Network
    from toxmon.ehr.hl7v2.receive import Port

LOOPBACK = ("127.0.0.1", "::1", "localhost")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TOKEN_NAME = click.option(
    "--token-name", help="Who sends: the name of a token of the role integration."
)
TOKEN_FILE = click.option(
    "--token-file", type=FILE, help="A file with that token, instead of its name."
)
SOURCE = click.option("--source", help="What the sender is called; default is the token's name.")
CHARSET = click.option(
    "--charset", default="ASCII", show_default=True, help="What an empty MSH-18 means, as 8859/1."
)
PROCESSING = click.option(
    "--processing-id", default="P", show_default=True, help="MSH-11 that is taken: P, T or D."
)
IGNORED = click.option(
    "--ignore", "ignored", multiple=True, help="A type (ORM) or event (ADT^A05) without effect."
)


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=2575, show_default=True, type=click.IntRange(0, 65535))
@TOKEN_NAME
@TOKEN_FILE
@SOURCE
@CHARSET
@PROCESSING
@IGNORED
@click.option("--allow", multiple=True, help="An address or network that may send; default is all.")
@click.option("--tls-cert", type=FILE, help="The certificate chain of this server, as PEM.")
@click.option("--tls-key", type=FILE, help="Its private key, as PEM.")
@click.option("--tls-ca", type=FILE, help="Who signs the certificates that senders have to show.")
@click.option("--lines", default=64, show_default=True, type=click.IntRange(1, 1000))
@click.option("--idle", default=3600, show_default=True, help="Seconds of silence on a line.")
@click.option("--half", default=30, show_default=True, help="Seconds for a frame to be whole.")
@click.pass_context
def mllp(
    ctx: click.Context,
    host: str,
    port: int,
    token_name: str | None,
    token_file: Path | None,
    source: str | None,
    charset: str,
    processing_id: str,
    ignored: tuple[str, ...],
    allow: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    lines: int,
    idle: int,
    half: int,
) -> None:
    """Take HL7 v2 over MLLP, as a process of its own; or read files, or messages again."""
    if ctx.invoked_subcommand is not None:
        return
    from toxmon.ehr.hl7v2.mllp import Listening, Server

    tls = _tls(tls_cert, tls_key, tls_ca)
    allowed = _networks(allow)
    if host not in LOOPBACK and not allowed and tls is None:
        raise Misused(
            f"--host {host}: MLLP itself asks nobody who they are; name who may send with --allow, "
            "or encrypt with --tls-cert, --tls-key and --tls-ca"
        )
    found = writable(service(config()))
    sender = _sender(found, token_name, token_file)
    actor = sender()
    taken = _port(source or actor.name, charset, processing_id, ignored)
    try:
        server = Server(
            found,
            sender,
            taken,
            Listening(
                host=host,
                port=port,
                allowed=allowed,
                tls=tls,
                lines=lines,
                idle_s=idle,
                half_s=half,
            ),
        )
    except OSError as error:
        raise Misused(f"--host {host} --port {port}: {error.strerror or error}") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    # What was loaded by now stays; a message leaves few cycles for the collector to find.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    name, at = server.address
    click.echo(f"toxmon takes HL7 v2 of {taken.source} on {name}:{at}; stop with Ctrl-C", err=True)
    server.run()
    told = ", ".join(f"{code} {n}" for code, n in sorted(server.counts.messages.items()))
    click.echo(f"toxmon mllp has stopped; answered: {told or 'nothing'}", err=True)


@mllp.command("read")
@click.argument("files", nargs=-1, required=True, type=FILE)
@TOKEN_NAME
@TOKEN_FILE
@SOURCE
@CHARSET
@PROCESSING
@IGNORED
def read(
    files: tuple[Path, ...],
    token_name: str | None,
    token_file: Path | None,
    source: str | None,
    charset: str,
    processing_id: str,
    ignored: tuple[str, ...],
) -> None:
    """Take in the messages of files: one, several, or a batch; lines may end in any way."""
    from toxmon.ehr.hl7v2.message import messages_in

    found = writable(service(config()))
    actor = _sender(found, token_name, token_file)()
    port = _port(source or actor.name, charset, processing_id, ignored)
    good = True
    for path in files:
        bodies = list(messages_in(path.read_bytes()))
        if not bodies:
            click.echo(f"{path}: holds no message")
            good = False
        for number, body in enumerate(bodies, 1):
            good &= _taken(found, actor, port, body, f"{path.name} {number}") == "AA"
    if not good:
        raise Wrong("not every message was accepted")


@mllp.command("replay")
@click.argument("ids", nargs=-1)
@CHARSET
@PROCESSING
@IGNORED
def replay(
    ids: tuple[str, ...], charset: str, processing_id: str, ignored: tuple[str, ...]
) -> None:
    """Read again what could not be read: the messages of these ids, or every one that waits."""
    from toxmon.actions import unread

    found = writable(service_over_a_record())
    good = True
    for row in unread.messages_of(found, "hl7v2", ids):
        actor = _named(found, row["recorded_by"])()
        port = _port(row["source"], charset, processing_id, ignored)
        code = _taken(found, actor, port, unread.body(row), row["id"])
        if code == "AA":
            unread.settled(found, actor, row["id"])
        good &= code == "AA"
    if not good:
        raise Wrong("some cannot be read yet; they go on waiting")


def _taken(found: Service, actor: Actor, port: Port, body: bytes, name: str) -> str:
    """Take one message in and print what was answered."""
    from toxmon.ehr.hl7v2.receive import receive

    answered = receive(found, actor, port, body)
    said = answered.answers[-1].decode("utf-8", "replace") if answered.answers else ""
    notes = [line.split("|") for line in said.split("\r") if line.startswith("ERR|")]
    words = "; ".join(each[8] for each in notes if len(each) > 8)
    click.echo(f"{answered.code}  {name}{f'  {words}' if words else ''}")
    return answered.code


def _port(source: str, charset: str, processing: str, ignored: tuple[str, ...]) -> Port:
    from toxmon.ehr.hl7v2.admissions import MERGES, UNLINKS
    from toxmon.ehr.hl7v2.charset import PYTHON_NAMES
    from toxmon.ehr.hl7v2.receive import Port

    if charset.upper() not in PYTHON_NAMES:
        raise Misused(f'--charset: "{charset}" is not one of {", ".join(PYTHON_NAMES)}')
    if processing not in ("P", "T", "D"):
        raise Misused("--processing-id: write P, T or D")
    merges = {f"ADT^{event}" for event in (*MERGES, *UNLINKS)} & set(ignored)
    if merges:
        raise Misused(f"--ignore {merges.pop()}: which records are one is never ignored")
    return Port(source=source, processing=processing, charset=charset, ignored=frozenset(ignored))


def _sender(found: Service, name: str | None, file: Path | None) -> Callable[[], Actor]:
    """Finds the live token of who sends; the first look is made here. Raises Misused."""
    from toxmon.actions import NotFound

    if (name is None) == (file is None):
        raise Misused(
            "say who sends with --token-name or --token-file; make a token with: toxmon token "
            'create --role integration --name "Laboratory"'
        )
    sender = _named(found, name) if name is not None else _of_file(found, file)
    try:
        sender()
    except NotFound as error:
        raise Misused(str(error)) from error
    return sender


def _named(found: Service, name: str) -> Callable[[], Actor]:
    from toxmon.actions import senders

    return lambda: senders.named(found, name)


def _of_file(found: Service, file: Path | None) -> Callable[[], Actor]:
    from toxmon.actions import NotFound, senders, tokens

    assert file is not None
    bearer = file.read_text("utf-8").strip()

    def sender() -> Actor:
        known = tokens.identify(found, bearer)
        if known is None or known[0].role != senders.ROLE:
            raise NotFound("the token in --token-file is no live one of the role integration")
        return known[0]

    return sender


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise Misused(f"--allow: {error}; write 10.1.2.3 or 10.1.0.0/16") from error


def _tls(cert: Path | None, key: Path | None, ca: Path | None) -> ssl.SSLContext | None:
    if cert is None and key is None and ca is None:
        return None
    if cert is None or key is None:
        raise Misused("--tls-cert and --tls-key belong together; --tls-ca needs both")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key)
        if ca is not None:
            context.load_verify_locations(ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise Misused(f"--tls-cert, --tls-key, --tls-ca: they cannot be used: {error}") from error
    return context
