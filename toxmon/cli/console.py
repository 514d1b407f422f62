"""What every command shares: its errors, the configured service, progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

# A command pays for what it needs: to grade a cohort nobody waits for a web server to be loaded.
if TYPE_CHECKING:
    from toxmon.actions import Service
    from toxmon.config import Config
    from toxmon.protocol import Protocols

BAR_WIDTH = 28
ANOTHER_KEY = "TOXMON_SECRET_KEY is not the key that this record was written with"


class Wrong(click.ClickException):
    """Something was found wrong: exit code 1."""

    exit_code = 1


class Misused(click.ClickException):
    """Used or configured wrongly: exit code 2."""

    exit_code = 2


def config() -> Config:
    """The configuration. Raises Misused with the name of the setting and the reason."""
    from toxmon.config import ConfigError, read_config

    try:
        return read_config()
    except ConfigError as error:
        raise Misused(str(error)) from error


def service(configured: Config | None = None) -> Service:
    """What actions need, over the configured database; it is closed with the command."""
    from toxmon.protocol import ProtocolError
    from toxmon.wiring import create_service

    try:
        found = create_service(configured or config())
    except (ProtocolError, LookupError, ValueError) as error:
        raise Misused(str(error)) from error
    click.get_current_context().call_on_close(found.store.close)
    return found


def service_over_a_record() -> Service:
    """The same for a command that has nothing to do where no record has begun."""
    configured = config()
    scheme, _, path = configured.database_url.partition(":///")
    if scheme == "sqlite" and not Path(path).is_file():
        raise Misused(f"TOXMON_DATABASE_URL: there is no record at {path}")
    return service(configured)


def read_here(found: Service) -> Service:
    """The service, for a command that notes what it reads. Raises Misused as `writable` does."""
    from toxmon.actions import audit
    from toxmon.store import Unavailable

    try:
        signed_here = audit.is_signed_here(found)
    except Unavailable:  # What cannot be written gets no link with another key either.
        return found
    if not signed_here:
        raise Misused(ANOTHER_KEY)
    return found


def writable(found: Service) -> Service:
    """The service, migrated. Raises Misused when the record was written with another key.

    One link that is signed with another key would break the audit chain for ever.
    """
    from toxmon.actions import audit

    found.store.migrate()
    if not audit.is_signed_here(found):
        raise Misused(ANOTHER_KEY)
    return found


def protocols_at_hand() -> Protocols:
    """The shipped protocols with those of the site. Raises Wrong with every fault."""
    from toxmon.config import ConfigError, protocols_folder
    from toxmon.protocol import ProtocolError, load_protocols

    try:
        return load_protocols(protocols_folder())
    except ConfigError as error:
        raise Misused(str(error)) from error
    except ProtocolError as error:
        raise Wrong(str(error)) from error


def progress(verb: str) -> Callable[[int, int], None]:
    """A bar on a terminal, nothing when piped."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def show(done: int, total: int) -> None:
        filled = BAR_WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        click.echo(f"\r{verb} [{bar}] {done} of {total}", err=True, nl=done == total)

    return show
