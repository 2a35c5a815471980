"""What people do with the app's own controls: buttons, menus, commands and modals."""

from __future__ import annotations

from typing import Any

from sandbox.slack.blocks import elements_of
from sandbox.slack.channel import Channel, ChannelKind
from sandbox.slack.delivery import Courier, Delivery, EnvelopeKind
from sandbox.slack.errors import NotACommand
from sandbox.slack.media import Media
from sandbox.slack.message import Message
from sandbox.slack.workspace import Workspace

_TOKEN = "sandbox-verification-token"  # noqa: S105 - the field's name, not a secret


class Interactions:
    """The part of the stand-in that clicks. Each method returns the delivery it started."""

    workspace: Workspace
    courier: Courier
    media: Media
    commands: frozenset[str]

    async def press(
        self, channel: str, ts: str, action_id: str, user: str, *, option: str | None = None
    ) -> Delivery:
        """Press a button, or choose the option with this value in a menu or overflow.

        Raises LookupError when the message has no such control.
        """
        place = self.workspace.channels[channel]
        message = _shown(place, ts)
        block_id, element = _find(message, action_id)
        action = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block_id,
            "action_ts": self.workspace.timestamps.new(),
            **_choice(element, option),
        }
        payload = {
            "type": "block_actions",
            "user": self._user(user),
            "container": _container(message),
            "channel": {"id": place.id, "name": _channel_name(place)},
            "message": self.workspace.describe(message),
            "state": {"values": {}},
            "response_url": self.media.response_url(channel, ts),
            "actions": [action],
            **self._common(),
        }
        return self.courier.send(EnvelopeKind.INTERACTIVE, payload)

    async def command(self, channel: str, user: str, command: str, text: str = "") -> Delivery:
        """Send a slash command. Raises NotACommand for one that the app has not registered."""
        if command not in self.commands:
            raise NotACommand(f"{command} is not a valid command")
        place = self.workspace.channels[channel]
        identity = self.workspace.identity
        payload = {
            "token": _TOKEN,
            "team_id": identity.team_id,
            "team_domain": identity.domain,
            "channel_id": channel,
            "channel_name": _channel_name(place),
            "user_id": user,
            "user_name": self.workspace.users[user].name,
            "command": command,
            "text": text,
            "api_app_id": identity.app_id,
            "is_enterprise_install": "false",
            "response_url": self.media.response_url(channel, ""),
            "trigger_id": self.workspace.triggers.issue(),
        }
        return self.courier.send(EnvelopeKind.COMMAND, payload)

    async def submit(self, view_id: str, user: str, values: dict[str, dict[str, Any]]) -> Delivery:
        """Submit a modal that the app opened, with its `state.values`."""
        view = {**self.workspace.views[view_id], "state": {"values": values}}
        payload = {
            "type": "view_submission",
            "user": self._user(user),
            "view": view,
            "response_urls": [],
            **self._common(),
        }
        return self.courier.send(EnvelopeKind.INTERACTIVE, payload)

    def _user(self, user_id: str) -> dict[str, Any]:
        user = self.workspace.users[user_id]
        named = {"id": user.id, "username": user.name, "name": user.name}
        return {**named, "team_id": user.team_id}

    def _common(self) -> dict[str, Any]:
        identity = self.workspace.identity
        return {
            "api_app_id": identity.app_id,
            "token": _TOKEN,
            "trigger_id": self.workspace.triggers.issue(),
            "team": {"id": identity.team_id, "domain": identity.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _shown(channel: Channel, ts: str) -> Message:
    for message in (*channel.messages.values(), *channel.ephemeral):
        if message.ts == ts:
            return message
    raise LookupError(f"no message {ts} in {channel.id}")


def _find(message: Message, action_id: str) -> tuple[str, dict[str, Any]]:
    attached = [block for a in message.attachments for block in a.get("blocks", [])]
    controls = list(elements_of([*message.blocks, *attached]))
    for block_id, element in controls:
        if element["action_id"] == action_id:
            return block_id, element
    there = ", ".join(element["action_id"] for _, element in controls) or "none"
    raise LookupError(f"no control {action_id} on {message.ts}; it has: {there}")


def _choice(element: dict[str, Any], option: str | None) -> dict[str, Any]:
    if element["type"] == "button":
        return {name: element[name] for name in ("text", "value", "style") if name in element}
    if element["type"] == "users_select":
        return {"selected_user": option}
    for candidate in element["options"]:
        if candidate["value"] == option:
            return {"selected_option": candidate}
    raise LookupError(f"no option {option} in {element['action_id']}")


def _container(message: Message) -> dict[str, Any]:
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": "only_for" in message.flags,
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def _channel_name(channel: Channel) -> str:
    return "directmessage" if channel.kind is ChannelKind.DIRECT else channel.name
