"""A page as a PDF file, where the program for it is installed; asked for only when it is used.

Nothing is fetched while a page becomes paper: all that it shows lies in it.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module, util
from typing import Any

from toxmon.actions import NotFound

log = logging.getLogger("toxmon.ward")

PROGRAM = "weasyprint"
FORM = "pdf/ua-1"
"""Tagged, with a language and a title: what a screen reader needs of a PDF."""


@cache
def available() -> bool:
    """Is the program there? Whether it also runs is seen when it is used first."""
    return util.find_spec(PROGRAM) is not None


def pdf(html: str) -> bytes:
    """The file of a page. Raises NotFound where the program lacks a library of the system."""
    try:
        program = import_module(PROGRAM)
    except (ImportError, OSError) as error:
        log.warning("no PDF can be made: %s", error)
        raise NotFound("this server makes no PDF files; print the page") from error
    body: bytes = program.HTML(string=html, url_fetcher=_nothing).write_pdf(pdf_variant=FORM)
    return body


def _nothing(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError("a sheet fetches nothing")
