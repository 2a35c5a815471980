"""Look whether Slack knows our app, gave it what it needs, and let it into the desk's channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.slack.api import SlackApi
from connectors.slack.directory import Directory
from connectors.slack.endpoint import PATH
from connectors.slack.identity import Identity, introduce
from connectors.slack.link import address
from connectors.slack.manifest import manifest
from connectors.slack.origin import mapping
from connectors.slack.settings import Receive, SlackSettings
from core.errors import BadCredentials, DeliveryError, NotReady
from core.findings import Finding, Mark, Patient

_PART, _DESK = "slack", "desk"


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """See `Examination`. The app is looked at for the customers' channel and for the desk."""
    settings: SlackSettings = patient.settings.section("slack")
    api = SlackApi(settings.bot_token.get_secret_value(), settings.api_url, patient.timeout)
    await api.open()
    try:
        identity = await introduce(api)
        where = urlsplit(identity.url).hostname or identity.team_id
        yield Finding(Mark.FINE, _PART, f"the bot token is good in {where}")
        yield _scopes(patient, identity)
        yield await _receiving(patient, api, settings)
        if not patient.settings.why_off("desk"):
            for finding in await _desk(api, patient.settings.desk.channel, identity):
                yield finding
    except (BadCredentials, NotReady) as error:
        yield Finding(Mark.FAULT, _PART, str(error))
    finally:
        await api.close()


def _scopes(patient: Patient, identity: Identity) -> Finding:
    wanted = set(manifest(patient.settings)["oauth_config"]["scopes"]["bot"])
    if identity.scopes is None:
        return Finding(Mark.DOUBT, _PART, "Slack did not tell which scopes the app has")
    if missing := sorted(wanted - identity.scopes):
        noun = "scope" if len(missing) == 1 else "scopes"
        cure = "paste `frontdesk manifest` under App Manifest, then reinstall the app"
        return Finding(Mark.FAULT, _PART, f"the app lacks the {noun} {', '.join(missing)}", cure)
    return Finding(Mark.FINE, _PART, "the app has every scope it needs")


async def _receiving(patient: Patient, api: SlackApi, settings: SlackSettings) -> Finding:
    if settings.receive is Receive.SOCKET:
        try:
            await address(api, settings.app_token.get_secret_value())
        except (BadCredentials, NotReady) as error:
            return Finding(Mark.FAULT, _PART, str(error))
        return Finding(Mark.FINE, _PART, "the app token opens sockets")
    public = patient.settings.server.public_url.rstrip("/")
    if not public.startswith("https:"):
        cure = "set server.public_url to https://…, or slack.receive to socket"
        return Finding(Mark.FAULT, _PART, "Slack cannot call server.public_url", cure)
    what = f"Slack must be told to call {public}{PATH}"
    cure = "Event Subscriptions and Interactivity on the app's pages show whether it is verified"
    return Finding(Mark.DOUBT, _PART, what, cure)


async def _desk(api: SlackApi, name: str, identity: Identity) -> list[Finding]:
    try:
        channel = await Directory(api).channel_id(name)
        if channel is None:
            return [_fault(f"the bot sees no channel {name}", "create it, or invite the bot")]
        found = mapping((await api.call("conversations.info", channel=channel)).get("channel"))
        return await _channel(api, found, identity)
    except DeliveryError as error:
        return [_fault(f"desk.channel {name}: {error}", "is the id or name right?")]


async def _channel(api: SlackApi, found: Mapping[str, Any], identity: Identity) -> list[Finding]:
    name = f"#{found.get('name')}"
    if found.get("is_archived"):
        return [_fault(f"{name} is archived", "restore it, or set desk.channel to another one")]
    if not found.get("is_member"):
        return [_fault(f"the bot is not in {name}", f"write `/invite` and its name in {name}")]
    page = await api.call("conversations.members", channel=str(found["id"]), limit=10)
    if not {*(page.get("members") or ())} - {identity.bot_user_id}:
        cure = "let those who answer customers join it"
        return [Finding(Mark.DOUBT, _DESK, f"nobody but the bot is in {name}", cure)]
    return [Finding(Mark.FINE, _DESK, f"the bot is in {name}, and so are colleagues")]


def _fault(what: str, cure: str) -> Finding:
    return Finding(Mark.FAULT, _DESK, what, cure)
