"""A FHIR server that only validates and remembers, to be held against: run with `fhirstarter`.

It is made of that library alone, in a Python of its own: `python benchmarks/fhir_peer.py PORT`.
"""

from __future__ import annotations

import sys
from uuid import uuid4

import uvicorn
from fhir.resources.observation import Observation
from fhirstarter import FHIRProvider, FHIRStarter, InteractionContext

KEPT: dict[str, Observation] = {}
provider = FHIRProvider()


@provider.create(Observation)
async def create(context: InteractionContext, resource: Observation) -> str:
    """Keep it in memory, under a new id."""
    given = str(uuid4())
    resource.id = given
    KEPT[given] = resource
    return given


if __name__ == "__main__":
    app = FHIRStarter(title="peer")
    app.add_providers(provider)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
