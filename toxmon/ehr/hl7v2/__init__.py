"""HL7 v2: results, movements of patients and doses, over MLLP or HTTP, as statements to take in.

`message` and the readers beside it are pure; `receive` takes a message in and says what to answer;
`mllp` and `hooks` are the two ways in.
"""

from __future__ import annotations

from flask import Flask

from toxmon.ehr.hl7v2.hooks import blueprint


def join(app: Flask) -> None:
    """Open this door of an app."""
    app.register_blueprint(blueprint)
