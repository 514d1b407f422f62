"""The language of a page: English, or one that a catalog in `locale/` holds.

Clinical terms and the sentences of the rooms below (why a grade is so, what a guideline says) stay
as they were charted and told: a translation of those is content that a site must approve.
"""

from __future__ import annotations

import gettext as catalogs
import re
from functools import cache
from pathlib import Path

from flask import g, has_request_context, request

FOLDER = Path(__file__).with_name("locale")
LANGUAGES = {"en": "English", "tr": "Türkçe"}
PSEUDO = "xx"
"""Not a language: every text longer and with marks, so that one that was forgotten is seen."""
COOKIE = "toxmon_language"
HELD = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]*>|&\w+;)")
MARKED = str.maketrans("aceinouyACEINOU", "åçéîñöüýÅÇÉÎÑÖÜ")


def current() -> str:
    """The language of this request: as chosen, else as the browser asks, else English."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "")
        known = (*LANGUAGES, PSEUDO)
        asked = request.accept_languages.best_match(list(LANGUAGES), "en")
        g.language = chosen if chosen in known else asked
    found: str = g.language
    return found


def _(text: str, **values: object) -> str:
    """A text in the language of the page, with its values filled in."""
    found = gettext(text)
    return found % values if values else found


def gettext(text: str) -> str:
    """A text in the language of the page."""
    language = current()
    return pseudo(text) if language == PSEUDO else _catalog(language).gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """The same where a number decides the form."""
    language = current()
    if language == PSEUDO:
        return pseudo(one if n == 1 else many)
    return _catalog(language).ngettext(one, many, n)


def later(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


def pseudo(text: str) -> str:
    """A text made longer by a third, with marks on its letters; what is filled in stays."""
    parts = HELD.split(text)
    marked = "".join(part if HELD.fullmatch(part) else part.translate(MARKED) for part in parts)
    return f"[!{marked}{'~' * (len(text) // 3)}!]"


@cache
def _catalog(language: str) -> catalogs.NullTranslations:
    return catalogs.translation("toxmon", FOLDER, [language], fallback=True)
