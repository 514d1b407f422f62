"""A protocol as a page that a physician reads in a terminal."""

from __future__ import annotations

from datetime import date

from toxmon.protocol.forms import FORMS, Document, form_of
from toxmon.protocol.lines import NOT_VERIFIED, Sources, wrapped


def show(document: Document, on: date | None = None) -> str:
    """The document in lines of at most 88 columns.

    `on` names the label that is in force on that date. Every source has a number and stands at
    the end; what is not verified is marked, and counted at the top.
    """
    sources = Sources()
    lines = list(FORMS[form_of(document)].lines(document, on, sources))
    title = f"{document.name}, version {document.version}"
    counted = (
        f"{sources.not_verified} of the {sources.cited} places that cite a source are not "
        f"verified: hold what is marked {NOT_VERIFIED} against its source before you rely on it."
    )
    page = [title, "=" * len(title), *wrapped(document.title), f"SHA-256 {document.digest}", ""]
    page += [*wrapped(counted), *lines, *sources.section()]
    return "\n".join(line.rstrip() for line in page) + "\n"
