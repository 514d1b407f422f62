"""What alerts are asked by, what is sent to act on one, and how they are told."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from toxmon.alerting.alarm import STATES
from toxmon.api import door
from toxmon.api.fields import Instant, Page, Whole, Words, YesNo
from toxmon.timeline.matter import PRIORITIES

OPEN, ALL = "open", "all"


class AlertQuery(Page):
    """Which alerts. Without a state: those that are open. `after`: a feed of every change."""

    state = fields.String(
        load_default=None,
        validate=validate.OneOf((OPEN, ALL, *STATES)),
        metadata={"description": "Without it: open, which is every one but those back to normal"},
    )
    patient = fields.String(load_default=None)
    unit = fields.String(load_default=None)
    priority = fields.String(load_default=None, validate=validate.OneOf(PRIORITIES))
    after = Whole(
        load_default=None,
        metadata={
            "description": "Changes after this number, of all alerts, in the order of commits: "
            "give the last `seq` that you have seen, and none is passed over"
        },
    )


class AlertOut(Schema):
    """An alert: its state, and the three axes that it is read off."""

    class Meta:
        """A matter may say more of itself."""

        unknown = INCLUDE

    id = fields.String()
    patient_id = fields.String(allow_none=True)
    treatment_id = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    key = fields.String()
    rule = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    condition = fields.String()
    signal = fields.String()
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    level = fields.Integer()
    peak = fields.Integer()
    title = fields.String()
    says = fields.String()
    window = fields.String(allow_none=True)
    facts = fields.List(fields.String())
    source = fields.String()
    raised_at = fields.DateTime()
    changed_at = fields.DateTime()
    changes = fields.Integer(metadata={"description": "How many events made it; its ETag"})


class AlertPage(Schema):
    """Alerts, the most urgent first, then the longest standing; or a page of the feed."""

    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)
    last = fields.Integer(metadata={"description": "Feed only: give it as `after` the next time"})


class EventsOut(Schema):
    """The whole life of an alert, in order; who is told next; what was posted to whom."""

    alert = fields.Nested(AlertOut)
    next_step = fields.Dict(
        allow_none=True,
        metadata={"description": "Who is told next and when, if nobody acts; null: nobody is"},
    )
    items = fields.List(fields.Dict())
    deliveries = fields.List(
        fields.Dict(),
        metadata={"description": "What was posted to whom; that it was is no acknowledgement"},
    )
    next = fields.String(allow_none=True)


class AcknowledgeIn(Schema):
    """I have it. Without `until`, for as long as the alarm policy says for its priority."""

    reason = Words(500, required=True, metadata={"example": "going to the bedside"})
    until = Instant(load_default=None, allow_none=True)
    assessment = Words(
        2000,
        load_default=None,
        allow_none=True,
        metadata={"description": "What was found and done: the acknowledgement then lasts longer"},
    )


class EndIn(Schema):
    """Until when, and why."""

    until = Instant(required=True)
    reason = Words(500, required=True)


class WhyIn(Schema):
    """Why."""

    reason = Words(500, required=True)


class NoteIn(Schema):
    """Words for whoever reads it next; `assessment` says that somebody has looked."""

    text = Words(2000, required=True)
    assessment = YesNo(load_default=False)


class AcceptIn(Schema):
    """Nothing need be said; a note is for whoever reads it next."""

    note = Words(2000, load_default=None, allow_none=True)


class HandOverIn(AcceptIn):
    """To whom, by the name of their token."""

    to = Words(100, required=True)

    @validates_schema
    def _somebody_else(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("to") == door.actor().name:
            raise ValidationError("is yourself; name who has it next", "to")
