"""Every form of protocol file, in one table: what reads it, what is made of it, how it is shown.

A further form is one more entry in FORMS and one more field of Protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from toxmon.protocol.alarms import Alarms
from toxmon.protocol.alarms_form import AlarmsForm
from toxmon.protocol.alarms_page import alarms_lines
from toxmon.protocol.drug import Drug
from toxmon.protocol.drug import as_rules as drug_rules
from toxmon.protocol.drug_form import DrugForm
from toxmon.protocol.drug_page import drug_lines
from toxmon.protocol.form import Form
from toxmon.protocol.guidance import Guidance
from toxmon.protocol.guidance_form import GuidanceForm
from toxmon.protocol.guidance_page import guidance_lines
from toxmon.protocol.lines import Sources
from toxmon.protocol.policy import PolicyDocument, PolicyForm, as_policy
from toxmon.protocol.policy_page import policy_lines
from toxmon.protocol.prevention import Prevention
from toxmon.protocol.prevention_form import PreventionForm
from toxmon.protocol.prevention_page import prevention_lines
from toxmon.protocol.product import Product
from toxmon.protocol.product_form import ProductForm
from toxmon.protocol.product_page import product_lines


class Document(Protocol):
    """What every document has, whatever its form."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def text(self) -> str: ...


Lines = Callable[[Any, date | None, Sources], Iterator[str]]
"""A document as the lines of a page; a date names what is in force on it."""


@dataclass(frozen=True, slots=True)
class Described:
    """One form: its schema, what its files become, and where Protocols keeps them.

    `title` heads its part of protocols/README.md. `build` makes the document of what was read;
    `by_any_name` says that its documents have other names too (`aliases`), each its own.
    """

    title: str
    schema: type[Form]
    makes: type[Any]
    kept: str
    lines: Lines
    build: Callable[[dict[str, Any], str, str], Document]
    by_any_name: bool = False


def _policy(data: dict[str, Any], digest: str, text: str) -> PolicyDocument:
    return PolicyDocument(**data, policy=as_policy(data, digest), digest=digest, text=text)


def _drug(data: dict[str, Any], digest: str, text: str) -> Drug:
    return Drug(**data, rules=drug_rules(data), digest=digest, text=text)


def _built(makes: type[Any]) -> Callable[[dict[str, Any], str, str], Document]:
    """The document that is made of its keys as they were read, its digest and its text."""

    def build(data: dict[str, Any], digest: str, text: str) -> Document:
        document: Document = makes(**data, digest=digest, text=text)
        return document

    return build


def _undated(lines: Callable[[Any, Sources], Iterator[str]]) -> Lines:
    """The lines of a document in which nothing is in force by date."""
    return lambda document, on, sources: lines(document, sources)


FORMS: Mapping[str, Described] = {
    "product": Described(
        title="A product",
        schema=ProductForm,
        makes=Product,
        kept="products",
        lines=product_lines,
        build=_built(Product),
        by_any_name=True,
    ),
    "policy": Described(
        title="A policy",
        schema=PolicyForm,
        makes=PolicyDocument,
        kept="policies",
        lines=_undated(policy_lines),
        build=_policy,
    ),
    "alarms": Described(
        title="An alarm policy",
        schema=AlarmsForm,
        makes=Alarms,
        kept="alarms",
        lines=_undated(alarms_lines),
        build=_built(Alarms),
    ),
    "drug": Described(
        title="A drug",
        schema=DrugForm,
        makes=Drug,
        kept="drugs",
        lines=_undated(drug_lines),
        build=_drug,
        by_any_name=True,
    ),
    "guidance": Described(
        title="Guidance",
        schema=GuidanceForm,
        makes=Guidance,
        kept="guidance",
        lines=_undated(guidance_lines),
        build=_built(Guidance),
    ),
    "prevention": Described(
        title="A prevention policy",
        schema=PreventionForm,
        makes=Prevention,
        kept="prevention",
        lines=_undated(prevention_lines),
        build=_built(Prevention),
    ),
}
"""In the order in which a name is looked up, where two documents have one name."""


def form_of(document: Document) -> str:
    """The form of a document."""
    return next(form for form, each in FORMS.items() if isinstance(document, each.makes))
