"""Wires what every action needs, by the configuration; commands need no web for it."""

from __future__ import annotations

from datetime import timedelta

from toxmon import clock, notify
from toxmon.actions import Service, outbox
from toxmon.actions.posting import Telling
from toxmon.channels import WEBHOOK, ChannelError, listening, load_channels
from toxmon.clock import Clock
from toxmon.config import Config
from toxmon.intake.files import load_code_maps
from toxmon.protocol import load_protocols
from toxmon.sources import code_maps, load_sources
from toxmon.store import open_store
from toxmon.webhooks import NOWHERE, read_allowed, refusal


def create_service(config: Config, now: Clock | None = None) -> Service:
    """What every action needs, over the configured database. Does not migrate."""
    found = load_protocols(config.protocols)
    if config.policy not in found.policies:
        raise LookupError(f"TOXMON_POLICY: there is no policy {config.policy}")
    telling = create_telling(config)
    channels = telling.channels
    _refuse_early(config)
    return Service(
        open_store(config.database_url),
        now or clock.SteadyClock(),
        config.secret_key,
        found,
        config.zone,
        config.policy,
        channels=tuple(channels),
        listening=listening(channels),
        destinations=tuple(each.destination for each in channels.values()),
        refuses=lambda url: refusal(url, telling.allowed),
        base_url=config.base_url,
        locks_after=timedelta(minutes=config.lock_minutes),
        code_maps={**load_code_maps(config.code_maps), **code_maps(load_sources(config.sources))},
    )


def create_telling(config: Config) -> Telling:
    """The channels that alarms are told through. Raises ChannelError with every fault."""
    channels = load_channels(config.channels)
    if wrong := notify.refusals(channels):
        raise ChannelError("\n".join(f"{config.channels}: {fault}" for fault in wrong))
    try:
        allowed = read_allowed(config.webhook_allow)
    except ValueError as error:
        raise ChannelError(f"TOXMON_WEBHOOK_ALLOW: {error}") from error
    hooks = [name for name, channel in channels.items() if channel.kind == WEBHOOK]
    if hooks and allowed == NOWHERE:
        raise ChannelError(
            f'TOXMON_WEBHOOK_ALLOW: is empty, so the webhook "{hooks[0]}" can go nowhere; name '
            "its host:port"
        )
    faults = outbox.faults(channels, config.base_url)
    if faults:
        raise ChannelError("\n".join(f"{config.channels}: {fault}" for fault in faults))
    return Telling(channels, allowed, config.base_url, config.notify_names)


def _refuse_early(config: Config) -> None:
    """What cannot be used is refused before anything is served. Imported where it is configured:
    the doors take a second, and most commands open none."""
    if config.cds_clients is not None:
        from toxmon.ehr.cds_clients import load_clients

        load_clients(config.cds_clients)
    if config.oidc is not None:
        from toxmon.ward.oidc import load_provider

        load_provider(config.oidc)
