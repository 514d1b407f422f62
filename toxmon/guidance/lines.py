"""Lines of guidelines and of the product's label in one form, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from toxmon.protocol.guidance import Advised, Guidance, Line
from toxmon.protocol.product import Management, Product

TOPIC_OF: Mapping[str, str] = {
    "dexamethasone": "steroid",
    "methylprednisolone": "steroid",
    "corticosteroid": "steroid",
    "levetiracetam": "seizure_prophylaxis",
}
"""What a dose of a label is about; a drug that is not named here is a topic by itself."""

LABEL, DRUG = "label", "drug"


@dataclass(frozen=True, slots=True)
class Sourced:
    """A line, whose it is, and its id: the file and the number of the block in it, from 1.

    `document` None: it stands in the file of the product.
    """

    id: str
    body: str
    line: Line
    document: Guidance | None
    version: int

    def by_topic(self) -> dict[str, tuple[Advised, ...]]:
        """What the line says of each topic; a label says several things in one line."""
        if self.document is not None:
            return {self.line.topic: self.line.doses}
        found: dict[str, tuple[Advised, ...]] = {}
        for dose in self.line.doses:
            topic = topic_of(dose.drug)
            found[topic] = (*found.get(topic, ()), dose)
        return found or {self.line.topic: ()}


def topic_of(drug: str) -> str:
    """What a dose of this drug is about."""
    return TOPIC_OF.get(drug, drug)


def sourced(documents: Iterable[Guidance], product: Product | None) -> Iterator[Sourced]:
    """Every line of every document, then those of the product's label."""
    for document in documents:
        for number, line in enumerate(document.lines, start=1):
            name = f"{document.name}#{number}"
            yield Sourced(name, document.body, line, document, document.version)
    if product is None:
        return
    for number, management in enumerate(product.management, start=1):
        kind = "label" if management.citation.kind == "label" else "protocol"
        yield Sourced(
            f"{product.name}#{number}",
            f"{product.name} {kind}",
            _as_line(management),
            None,
            product.version,
        )


def _as_line(management: Management) -> Line:
    """A line of a label; where it names doses it stands among the drugs."""
    topics = list(dict.fromkeys(topic_of(dose.drug) for dose in management.doses))
    return Line(
        event=management.event,
        grades=management.grades,
        section=DRUG if management.doses else LABEL,
        topic=" and ".join(topics) or LABEL,
        text=management.text,
        doses=management.doses,
        onset_before=management.onset_before,
        onset_from=management.onset_from,
        citation=management.citation,
    )
