"""The words of the pages, gathered for translation: `make words`.

Writes `toxmon/ward/locale/toxmon.pot`, brings each language up to date with it and compiles it.
What is new in a language stands there without a translation until somebody has written one; the
page then shows English. `tests/ward/test_words.py` fails when any of it is stale.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from toxmon.ward.language import FOLDER, LANGUAGES

ROOM = FOLDER.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
OPTIONS = {"templates/**.html": {"trimmed": "false", "silent": "false"}}
POT = FOLDER / "toxmon.pot"
HEAD = "# The texts of the pages of toxmon, gathered from its templates and its code."
NOTES = {
    "tr": "# In Turkish. NOT REVIEWED YET: no Turkish clinician has read this translation.\n"
    "# Until one has, it is a draft; what a page says in English holds."
}
"""What stands at the head of the texts of each language."""
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def gathered() -> Catalog:
    """Every text that a page may show, with where it stands."""
    found = Catalog(project="toxmon", charset="utf-8", fuzzy=False, header_comment=HEAD)
    for name, line, message, comments, context in extract_from_dir(
        str(ROOM), METHODS, OPTIONS, keywords=KEYWORDS
    ):
        found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def translated(language: str, texts: Catalog) -> Catalog:
    """The catalog of a language as it stands in the tree, with the texts of now."""
    path = po(language)
    known = Catalog(locale=language, project="toxmon", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    known.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    known.obsolete.clear()
    known.header_comment = f"{HEAD}\n{NOTES[language]}"
    return known


def written(catalog: Catalog) -> bytes:
    """A catalog as text, without what changes with the day and the line, and without blanks."""
    out = io.BytesIO()
    write_po(out, catalog, width=100, omit_header=False, sort_output=True, no_location=True)
    lines = out.getvalue().decode().splitlines(keepends=True)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator')
    blank = ('"Project-Id-Version', '"Report-Msgid-Bugs-To', '"Language-Team')
    return "".join(line for line in lines if not line.startswith((*dated, *blank))).encode()


def compiled(catalog: Catalog) -> bytes:
    """A catalog as the pages read it; the same bytes on every day."""
    catalog.project, catalog.creation_date, catalog.revision_date = "toxmon", NO_DATE, NO_DATE
    catalog.version = catalog.msgid_bugs_address = ""
    catalog.last_translator = catalog.language_team = ""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def po(language: str) -> Path:
    """Where the translations of a language stand."""
    return FOLDER / language / "LC_MESSAGES" / "toxmon.po"


def main() -> None:
    """Write all of it anew, and say what has no translation."""
    texts = gathered()
    POT.write_bytes(written(texts))
    for language in (each for each in LANGUAGES if each != "en"):
        catalog = translated(language, texts)
        po(language).parent.mkdir(parents=True, exist_ok=True)
        po(language).write_bytes(written(catalog))
        with po(language).open("rb") as file:
            po(language).with_suffix(".mo").write_bytes(compiled(read_po(file, locale=language)))
        missing = sum(1 for each in catalog if each.id and not any(_strings(each.string)))
        print(f"{language}: {len(texts)} texts, {missing} without a translation")


def _strings(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (str(string or ""),)


if __name__ == "__main__":
    main()
