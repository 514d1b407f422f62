"""Messages as laboratories, pharmacies and desks send them, in the shapes of the standard.

The two of `nist_like` have the shape of the NIST test messages for laboratory results: between
the result and its correction MSH-10, the status and the value differ, and no time does.
"""

from __future__ import annotations

from collections.abc import Iterable

HEAD = r"MSH|^~\&|{sender}|HOSP|TOXMON|SITE|{sent}||{kind}|{id}|P|{version}"
PID = "PID|1||A1^^^HOSP^MR~999-99^^^SSA^SS||Doe^Jane^Q^^^^L||19610502|F"
SENT = "20260301080000+0100"
TAKEN_AT = "20260301070000+0100"


def message(kind: str, id_: str, *segments: str, head: Iterable[str] = (), **more: str) -> bytes:
    """A message; `head` goes on after MSH-12."""
    given = {"sender": "LAB", "sent": SENT, "version": "2.5.1", **more}
    first = HEAD.format(kind=kind, id=id_, **given) + "".join(f"|{each}" for each in head)
    return ("\r".join((first, *segments)) + "\r").encode()


def oru(
    id_: str, *results: str, pid: str = PID, request: str | None = None, **more: object
) -> bytes:
    """A message of results of one order, taken on 1 March 2026 at 06:00 UTC."""
    order = request or f"OBR|1|P1^EHR|F1^LAB|CHEM^Chemistry^L|||{TAKEN_AT}|||||||||||||||{SENT}|||F"
    return message("ORU^R01^ORU_R01", id_, pid, order, *results, **more)  # type: ignore[arg-type]


def obx(
    value: str = "500",
    status: str = "F",
    *,
    number: int = 1,
    kind: str = "NM",
    code: str = "2276-4^Ferritin^LN",
    sub: str = "",
    unit: str = "ng/mL^^UCUM",
    own: str = "",
    at: str = "",
    unique: str = "",
) -> str:
    """One result; ferritin unless it is said otherwise."""
    fields = ["OBX", str(number), kind, code, sub, value, unit, own, "", "", "", status, "", "", at]
    return "|".join([*fields, "", "", "", "", "", "", unique]).rstrip("|")


def adt(event: str, id_: str, *segments: str, at: str = SENT, **more: str) -> bytes:
    """A movement of a patient."""
    return message(
        f"ADT^{event}", id_, f"EVN|{event}|{at}", *(segments or (PID,)), sender="ADT", **more
    )


def pv1(ward: str = "bmt-1", bed: str = "7", kind: str = "I", visit: str = "V1", **at: str) -> str:
    """Where a patient lies. `admitted` and `left` are PV1-44 and PV1-45."""
    fields = [""] * 46
    fields[0:4] = ["PV1", "1", kind, f"{ward}^R1^{bed}"]
    fields[19], fields[44], fields[45] = visit, at.get("admitted", ""), at.get("left", "")
    return "|".join(fields).rstrip("|")


def ras(id_: str, *given: str, **more: str) -> bytes:
    """A message of administrations; each of `given` is an RXA or what belongs to it."""
    return message(
        "RAS^O17^RAS_O17", id_, PID, "ORC|RE|P9^EHR|F9^PHARM", *given, sender="PHARM", **more
    )


def rxa(
    amount: str = "560",
    unit: str = "mg^^UCUM",
    *,
    began: str = "20260301073000+0100",
    ended: str = "20260301083000+0100",
    count: str = "1",
    code: str = "612865^tocilizumab^RXNORM",
    completed: str = "CP",
    action: str = "A",
    per: str = "",
) -> str:
    """One administration; tocilizumab unless it is said otherwise."""
    fields = ["RXA", "0", count, began, ended, code, amount, unit, "", "", "", "", per]
    return "|".join([*fields, "", "", "", "", "", "", "", completed, action]).rstrip("|")


def nist_like(version: str) -> bytes:
    """A blood count: "1.0" as it was first sent, "1.1" with one of its results corrected."""
    count, status = {"1.0": ("105", "F"), "1.1": ("10.5", "C")}[version]
    by = "^2.16.840.1.113883.3.72.5.24^ISO"
    filler = "R-991133^^2.16.840.1.113883.3.72.5.25^ISO"
    rows = [
        ("718-7^Hemoglobin^LN", "12.5", "g/dL^gram per deciliter^UCUM", "F"),
        ("6690-2^Leukocytes^LN", count, "10*3/uL^^UCUM", status),
        ("777-3^Platelets^LN", "250", "10*3/uL^^UCUM", "F"),
    ]
    results = [
        f"OBX|{n}|NM|{code}||{value}|{unit}|||||{said}|||20110331140551-0800||||20110331150551-0800"
        "||||Century Hospital^^^^^NIST-AA-1^XX^^^987|2070 Test Park^^Los Angeles^CA^90067^^B"
        for n, (code, value, unit, said) in enumerate(rows, 1)
    ]
    return (
        "\r".join(
            [
                r"MSH|^~\&|NIST^2.16.840.1.113883.3.72.5.20^ISO|HOSP^2.16.840.1.113883.3.72.5.21^ISO"
                r"|TOXMON|SITE|20110531140551-0500||ORU^R01^ORU_R01"
                f"|NIST-LRI-NG-002.{version[-1]}|T|2.5.1|||AL|NE|||||LRI_Common_Component",
                "PID|1||A1^^^HOSP&2.16.840.1.113883.3.72.5.21&ISO^MR||Jones^William^A||19610502|M",
                f"ORC|RE|ORD666555^{by}|{filler}",
                f"OBR|1|ORD666555^{by}|{filler}|58410-2^CBC panel^LN|||20110331140551-0800"
                "|||||||||||||||20110331160551-0800|||F",
                *results,
                "SPM|1|||119297000^BLD^SCT|||||||||||||20110331140551-0800",
            ]
        )
        + "\r"
    ).encode()
