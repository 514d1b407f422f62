"""Messages to people by Apprise: email, ntfy, Teams, SMS gateways and a hundred services more.

A message travels through other people's servers and lies on lock screens. By default it names the
unit, the bed and where to look, and nothing of the patient (decision 0075).
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Mapping
from typing import Any

from toxmon.channels import Channel

FAILED = "was not taken by its service"
SOUNDS = {"high": "failure", "medium": "warning", "low": "info"}


def refusals(channels: Mapping[str, Channel]) -> list[str]:
    """What Apprise cannot use, by the channel's name; the address itself is a secret."""
    return [
        f'channel "{name}": url: Apprise does not know this kind of address, or a part is missing'
        for name, channel in channels.items()
        if channel.kind == "notify" and not _service(channel.url)
    ]


def worded(
    body: Mapping[str, Any], *, base_url: str, patient: str | None = None, names: bool = False
) -> tuple[str, str]:
    """(title, text) of a message about an alarm.

    `body` is what waits in the outbox. A matter of no patient is told in full; one of a patient
    with `names` only, and then with what is known of who it is.
    """
    unit, bed = body.get("unit") or "the whole site", body.get("bed")
    place = f"{unit}, bed {bed}" if bed else str(unit)
    urgency = str(body.get("priority", "high")).upper()
    link = f"{base_url.rstrip('/')}/alerts/{body.get('alert_id')}" if base_url else ""
    whose = body.get("patient_id") is not None
    title = f"{urgency} alarm: {place}"
    text = []
    if not whose:
        text.append(f"{body.get('title')}: {body.get('says')}")
    elif names:
        text.append(f"{patient or 'Patient ' + str(body['patient_id'])}: {body.get('title')}")
        text.append(str(body.get("says")))
    else:
        text.append(f"Go to {place}, and look in toxmon.")
    if body.get("event") == "withdrawn":
        text.append("A value that you were told of was corrected.")
    if body.get("step"):
        text.append("Nobody has acknowledged it yet.")
    if link:
        text.append(link)
    return title, "\n".join(text)


def notify(channel: Channel, title: str, text: str, priority: str) -> bool:
    """Hand a message to the service of a channel. Has it taken it? Redirects are not followed.

    Apprise gives a service 4 seconds to be reached and 4 for each part of its answer.
    """
    service = _service(channel.url)
    if not service:
        return False
    return bool(service.notify(title=title, body=text, notify_type=SOUNDS.get(priority, "info")))


@functools.lru_cache(maxsize=256)
def _service(url: str) -> Any:
    """Apprise for an address: empty, and so false, when it knows no such kind."""
    # It takes a quarter of a second to import, and most commands never tell anybody anything.
    import apprise

    # Its log quotes addresses, with the passwords in them, when it is not told to be careful.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    asset = apprise.AppriseAsset(
        app_id="toxmon",
        app_desc="toxmon",
        app_url="",
        secure_logging=True,
        http_redirects=False,
        storage_mode="memory",
    )
    service = apprise.Apprise(asset=asset)
    with warnings.catch_warnings():
        # Some of its plugins, loaded here, ask for modules that newer Pythons no longer have.
        warnings.simplefilter("ignore", DeprecationWarning)
        service.add(url)
    return service
