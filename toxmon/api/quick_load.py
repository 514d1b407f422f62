"""A body through its schema by the shortest way: marshmallow's own takes a tenth of a hot route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, missing


def quickly(ready: Schema) -> Callable[[Any], Any]:
    """The schema's `load`, which goes over the fields of a body without a fault only once.

    A body with a fault is left to marshmallow, and so is a schema with hooks.
    """
    if any(ready._hooks.values()):
        return ready.load
    fields = {field.data_key or name: (name, field) for name, field in ready.load_fields.items()}
    names = fields.keys()

    def load(body: Any) -> Any:
        if not isinstance(body, dict) or not names >= body.keys():
            return ready.load(body)
        found: dict[str, Any] = {}
        try:
            for key, (name, field) in fields.items():
                value = field.deserialize(body.get(key, missing), key, body)
                if value is not missing:
                    found[field.attribute or name] = value
        except ValidationError:
            return ready.load(body)
        return found

    return load
