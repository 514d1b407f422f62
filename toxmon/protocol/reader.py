"""Reads protocol files: all faults at once, in words, before anything is used.

A file says in its key `form` what it describes. A folder of a site is read like the shipped one;
a file there replaces the shipped one of its name, and that is told.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from toxmon.data import shipped
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.alarms_form import AlarmsForm
from toxmon.protocol.faults import Fault, ProtocolError, line_of, spread
from toxmon.protocol.form import Form
from toxmon.protocol.policy import PolicyDocument, PolicyForm, as_policy
from toxmon.protocol.product import Product
from toxmon.protocol.product_form import ProductForm

Document = Product | PolicyDocument | Alarms

FORMS: Mapping[str, type[Form]] = {
    "product": ProductForm,
    "policy": PolicyForm,
    "alarms": AlarmsForm,
}
SYNTAX = (
    ("overwrite", "each key once in its table"),
    ("twice", "[[window]] with two brackets for each of several blocks"),
    ("Expected '='", 'name = "value"'),
    ("Invalid value", 'text in quotation marks, numbers and dates without: name = "value"'),
    ("Illegal character", "text in quotation marks on one line, or in three of them over several"),
    ("Unterminated", "the closing quotation marks"),
    ("Unclosed", "the closing bracket"),
    ("Expected ']'", "the closing brackets: [[window]]"),
    ("Expected newline", 'one key on a line, and a span of time in quotation marks: every = "4 h"'),
    ("Unescaped", "two backslashes for one"),
)


@dataclass(frozen=True, slots=True)
class Protocols:
    """Every protocol in force, by name, and which shipped ones a site has replaced, in words."""

    products: Mapping[str, Product]
    policies: Mapping[str, PolicyDocument]
    alarms: Mapping[str, Alarms]
    overrides: tuple[str, ...]

    def product(self, name: str) -> Product | None:
        """The product of this name or other name, such as "Tecvayli"; capitals do not matter."""
        return next((each for each in self.products.values() if each.is_called(name)), None)

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Every document with its form."""
        for form, named in self._named().items():
            for document in named.values():
                yield form, document

    def document(self, name: str, form: str | None = None) -> Document | None:
        """The document of this name, of this form; else a product before a policy before alarms."""
        for each, named in self._named().items():
            if form in (None, each):
                found = self.product(name) if each == "product" else named.get(name)
                if found is not None:
                    return found
        return None

    def _named(self) -> Mapping[str, Mapping[str, Document]]:
        return {"product": self.products, "policy": self.policies, "alarms": self.alarms}


def load_protocols(extra: Path | None = None) -> Protocols:
    """Read the shipped files and those of a site's folder.

    Raises ProtocolError with every fault of every file, and then nothing is in force.
    """
    known, faults = _folder(shipped("protocols"), "")
    overrides: list[str] = []
    if extra is not None:
        site, more = _folder(extra, f"{extra}/")
        faults += more
        for key, (path, document) in site.items():
            if key in known:
                overrides.append(f"{_called(*key)}: {path} replaces the shipped one")
            known[key] = (path, document)
    for form, name in known:
        if form != "product" and ("product", name) in known:
            place = str(known[form, name][0])
            faults.append(Fault(f"{place}: name", f"{name!r} is a product", "another name"))
    faults += _names_twice(known)
    if faults:
        raise ProtocolError(faults)
    documents = [document for _, document in known.values()]
    return Protocols(
        products={each.name: each for each in documents if isinstance(each, Product)},
        policies={each.name: each for each in documents if isinstance(each, PolicyDocument)},
        alarms={each.name: each for each in documents if isinstance(each, Alarms)},
        overrides=tuple(overrides),
    )


def check(path: Path) -> list[Fault]:
    """Every fault of a file, or of all files below a folder. Nothing is put in force."""
    if path.is_dir():
        return _folder(path, f"{path}/")[1]
    try:
        read(_text(path, str(path)), str(path))
    except ProtocolError as error:
        return error.faults
    return []


def read_product(text: str, where: str) -> Product:
    """A product from the text of its file. `where` names the file in faults (ProtocolError)."""
    document = read(text, where, "product")
    assert isinstance(document, Product)
    return document


def read_policy(text: str, where: str) -> PolicyDocument:
    """A policy from the text of its file. `where` names the file in faults (ProtocolError)."""
    document = read(text, where, "policy")
    assert isinstance(document, PolicyDocument)
    return document


def read_alarms(text: str, where: str) -> Alarms:
    """An alarm policy from the text of its file. `where` names it in faults (ProtocolError)."""
    document = read(text, where, "alarms")
    assert isinstance(document, Alarms)
    return document


def read(text: str, where: str, form: str | None = None) -> Document:
    """The document of a file, as its own key `form` says; `form` insists on one of FORMS."""
    data = _parsed(text, where)
    given = data.get("form")
    if form is None and (not isinstance(given, str) or given not in FORMS):
        what = "it is missing" if given is None else f"{given!r} is not known here"
        instead = " or ".join(f'form = "{each}"' for each in FORMS)
        raise ProtocolError([Fault(f"{where}: form", what, instead, line_of(text, "form"))])
    schema = FORMS[form or str(given)]()
    faults: list[Fault] = []
    read: dict[str, Any] = {}
    try:
        read = schema.load(data)
    except ValidationError as error:
        faults = [
            Fault(f"{where}: {path}", str(words), words.instead, line_of(text, path))
            for path, words in spread(error.messages)
        ]
    name, stem = data.get("name"), Path(where).stem
    told = any(fault.place == f"{where}: name" for fault in faults)
    if where.endswith(".toml") and isinstance(name, str) and name != stem and not told:
        what = f"the file is called {stem}.toml and its name is {name!r}"
        faults.append(Fault(f"{where}: name", what, f'name = "{stem}"', line_of(text, "name")))
    if faults:
        raise ProtocolError(sorted(faults, key=lambda fault: (fault.line or 0, fault.place)))
    digest = sha256(text.encode()).hexdigest()
    made = read.pop("form")
    if made == "product":
        return Product(**read, digest=digest, text=text)
    if made == "alarms":
        return Alarms(**read, digest=digest, text=text)
    return PolicyDocument(**read, policy=as_policy(read, digest), digest=digest, text=text)


def _parsed(text: str, where: str) -> dict[str, Any]:
    """The text as TOML, its decimals exact."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        what = re.sub(r" \(at .*\)$", "", str(error))
        at = re.search(r"at line (\d+), column (\d+)", str(error))
        instead = next((words for sign, words in SYNTAX if sign in what), 'name = "value"')
        line = int(at[1]) if at else len(text.splitlines()) or None
        raise ProtocolError([Fault(where, f"this is not TOML: {what}", instead, line)]) from None
    except RecursionError:
        fault = Fault(where, "the lists are nested too deeply to be read", "lists of values")
        raise ProtocolError([fault]) from None


def _text(path: Path, where: str) -> str:
    """The file's text, with every kind of line end read as one, so that its digest is stable."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProtocolError([Fault(where, "the file is not UTF-8 text", "it as UTF-8")]) from None
    except OSError as error:
        what = f"it cannot be read: {error.strerror or error}"
        raise ProtocolError([Fault(where, what, "the path of a readable file")]) from None


Documents = dict[tuple[str, str], tuple[Path, Document]]


def _folder(folder: Path, shown: str) -> tuple[Documents, list[Fault]]:
    """Every document below a folder by (form, name), and every fault."""
    known: Documents = {}
    faults: list[Fault] = []
    if not folder.is_dir():
        return known, [Fault(str(folder), "there is no such folder", "the path of a folder")]
    paths = sorted(folder.rglob("*.toml"))
    if not paths:
        fault = Fault(
            str(folder), "no protocol file (*.toml) is in it", "a file such as my-product.toml"
        )
        return known, [fault]
    for path in paths:
        where = f"{shown}{path.relative_to(folder).as_posix()}"
        try:
            document = read(_text(path, where), where)
        except ProtocolError as error:
            faults += error.faults
            continue
        key = (_form_of(document), document.name)
        if key in known:
            what = f"{known[key][0]} is called {document.name!r} too"
            faults.append(Fault(f"{where}: name", what, "one file for each name"))
        known[key] = (path, document)
    return known, faults


def _form_of(document: Document) -> str:
    if isinstance(document, Product):
        return "product"
    return "alarms" if isinstance(document, Alarms) else "policy"


def _called(form: str, name: str) -> str:
    """A document as it is told of: an alarm policy and a policy may have one name."""
    return f"alarms {name}" if form == "alarms" else name


def _names_twice(known: Documents) -> list[Fault]:
    """Other names that two products have, or that are the name of another one."""
    faults: list[Fault] = []
    products = [(path, each) for path, each in known.values() if isinstance(each, Product)]
    for path, product in products:
        for number, alias in enumerate(product.aliases, start=1):
            for _, other in products:
                if other is not product and other.is_called(alias):
                    place = f"{path}: aliases[{number}]"
                    what = f"{other.name} is called {alias!r} too"
                    faults.append(Fault(place, what, "names that no other product has"))
    return faults
