"""The operator's door. Exit codes: 0 done, 1 it found something wrong, 2 used wrongly.

A file a noun; each is imported with all that it needs, so `main` knows only their names.
"""

from __future__ import annotations

import logging
from typing import Any

import click

from toxmon import __version__
from toxmon.cli.advising import guidance
from toxmon.cli.channels import channels
from toxmon.cli.console import Wrong
from toxmon.cli.doctor import doctor
from toxmon.cli.dosing import toci
from toxmon.cli.exporting import export
from toxmon.cli.grading import course, grade
from toxmon.cli.held import held
from toxmon.cli.hooks import webhook
from toxmon.cli.keeping import backup, migrate, restore, verify
from toxmon.cli.mllp import mllp
from toxmon.cli.protocols import protocols
from toxmon.cli.replaying import replay
from toxmon.cli.sandbox import sandbox
from toxmon.cli.serving import demo, scheduler, serve
from toxmon.cli.timeline import timeline
from toxmon.cli.tokens import token
from toxmon.cli.users import user
from toxmon.cli.watching import alerts, due, ward
from toxmon.store import StoreError


class Commands(click.Group):
    """Commands whose trouble with the database is a sentence and not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except StoreError as error:
            raise Wrong(f"the record cannot be reached: {error}") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="toxmon")
def main() -> None:
    """Toxicity grading and monitoring after CAR-T cells and T-cell engagers.

    Support for clinicians; not a cleared medical device.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


COMMANDS = (
    serve,
    scheduler,
    mllp,
    demo,
    sandbox,
    migrate,
    verify,
    backup,
    restore,
    token,
    user,
    channels,
    grade,
    course,
    replay,
    export,
    protocols,
    ward,
    due,
    alerts,
    toci,
    timeline,
    guidance,
    held,
    webhook,
    doctor,
)
for command in COMMANDS:
    main.add_command(command)
