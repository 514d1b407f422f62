"""Reads and checks `protocols/`: pure data, every number with its source.

The form, key by key: `protocols/README.md`, which is printed from the forms in here.
"""

from toxmon.protocol.alarms import Alarms
from toxmon.protocol.citation import SOURCE_KINDS, Citation, Cited, citations
from toxmon.protocol.drug import Drug
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Fault, ProtocolError
from toxmon.protocol.forms import FORMS, Document
from toxmon.protocol.label import Label
from toxmon.protocol.page import show
from toxmon.protocol.plain import as_json
from toxmon.protocol.policy import PolicyDocument
from toxmon.protocol.product import Product, Published, Rate, Times, Watch, Window
from toxmon.protocol.reader import (
    Protocols,
    check,
    load_protocols,
    read,
    read_alarms,
    read_drug,
    read_policy,
    read_product,
)

__all__ = [
    "EVENTS",
    "FORMS",
    "SOURCE_KINDS",
    "Alarms",
    "Citation",
    "Cited",
    "Document",
    "Drug",
    "Fault",
    "Label",
    "PolicyDocument",
    "Product",
    "ProtocolError",
    "Protocols",
    "Published",
    "Rate",
    "Times",
    "Watch",
    "Window",
    "as_json",
    "check",
    "citations",
    "load_protocols",
    "read",
    "read_alarms",
    "read_drug",
    "read_policy",
    "read_product",
    "show",
]
