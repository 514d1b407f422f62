"""A sandbox: an invented ward to try connections against."""

from __future__ import annotations

import json
from pathlib import Path

import click

from toxmon.cli.console import Misused

EXAMPLES = """\
Serve it, and try (nothing in it is real; remove the folder when done):

  export TOXMON_CONFIG={settings}
  toxmon serve --port 8080

  curl -s localhost:8080/api/v1/patients -H 'Authorization: Bearer {nurse}'
  curl -s localhost:8080/fhir/Patient?identifier=urn:sandbox:mrn%7CSB-1 \\
       -H 'Authorization: Bearer {ehr}'
  echo '{{"patient": {{"system": "urn:sandbox:mrn", "value": "SB-1"}}, "observations": [{{"id": "1",
    "code": {{"system": "http://loinc.org", "code": "8310-5"}}, "value": 38.9, "unit": "Cel",
    "effective_at": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}}]}}' > message.json
  eval curl -s localhost:8080/hooks/sandbox-hook --data-binary @message.json \\
       $(toxmon webhook sign --source sandbox-hook message.json)
  toxmon doctor
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def sandbox(folder: Path, as_json: bool) -> None:
    """Make a record of an invented ward in FOLDER, with a token for each role and sender."""
    from toxmon.demo.sandbox import NotEmpty, make

    try:
        made = make(folder)
    except NotEmpty as error:
        raise Misused(f"{folder} has something in it; name a folder that is empty") from error
    except OSError as error:
        raise Misused(f"{folder} cannot be written: {error.strerror}") from error
    if as_json:
        told = {"config": str(made.settings), "tokens": made.tokens, "patients": made.patients}
        click.echo(json.dumps(told))
        return
    for name, token in made.tokens.items():
        click.echo(f"{name:<18} {token}")
    for number, patient_id in made.patients.items():
        click.echo(f"{number:<18} {patient_id}")
    nurse, ehr = made.tokens["nurse"], made.tokens["sandbox-ehr"]
    click.echo("\n" + EXAMPLES.format(settings=made.settings, nurse=nurse, ehr=ehr), nl=False)
