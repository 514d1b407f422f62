"""What a source posts, by the form that it has; and how a kept message is read again."""

from __future__ import annotations

from toxmon import strict_json
from toxmon.actions import Actor, Service
from toxmon.actions.messages import Readers
from toxmon.actions.received import HL7V2, TAKEN, WEBHOOK, Message, Taken, body_of, sender_of
from toxmon.actions.take_in import take
from toxmon.ehr.hl7v2.acknowledge import ACCEPTED
from toxmon.ehr.hl7v2.receive import Port, receive
from toxmon.ehr.hooks.plain_json import read_plain
from toxmon.store import Row


def taken_plain(service: Service, actor: Actor, message: Message) -> Taken:
    """Take in a message in our own JSON. Raises Unreadable, Refused, Conflicting, StoreError."""
    reports, arrivals = read_plain(strict_json.read(message.body))
    return take(service, actor, message, reports, arrivals=arrivals)


def _plain_again(service: Service, actor: Actor, row: Row) -> str:
    # By another name: the sender's own stands for the message that could not be read.
    named = f"again:{row['id']}"
    message = Message(row["source"], WEBHOOK, named, body_of(row), row["content_type"])
    taken_plain(service, sender_of(row), message)
    return TAKEN


def _hl7v2_again(service: Service, actor: Actor, row: Row) -> str:
    answered = receive(service, sender_of(row), Port(source=row["source"]), body_of(row))
    return TAKEN if answered.code == ACCEPTED else f"it is answered with {answered.code}"


READERS: Readers = {WEBHOOK: _plain_again, HL7V2: _hl7v2_again}
"""How kept messages are read again, by form."""
