"""What the visitor does as somebody: each command of the page, checked and carried out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.demo.stage import Stage
from sandbox.slack import NotACommand, SlackError, SlackSandbox, Upload
from sandbox.telegram import TelegramSandbox

LARGEST_FILE = 8_000_000

Command = Mapping[str, Any]


class Refused(Exception):
    """The platform would not let a person do this; the text says why, in its words."""


class Actions:
    """Carries commands out on the stand-ins."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._known: Mapping[str, Callable[[Command], Awaitable[None]]] = {
            "phone.say": self._phone_say,
            "phone.press": self._phone_press,
            "phone.edit": self._phone_edit,
            "phone.file": self._phone_file,
            "slack.say": self._slack_say,
            "slack.press": self._slack_press,
            "slack.edit": self._slack_edit,
            "slack.delete": self._slack_delete,
            "slack.react": self._slack_react,
        }

    async def perform(self, command: Command) -> None:
        """Raises Refused, also for a command that makes no sense."""
        action = self._known.get(str(command.get("do")))
        if action is None:
            raise Refused("The page is older than the demo: load it again.")
        try:
            await action(command)
        except NotACommand as refusal:
            raise Refused(str(refusal)) from None
        except SlackError as error:
            raise Refused(f"Slack refuses this: {error.code.replace('_', ' ')}.") from None
        except (LookupError, PermissionError, TypeError):
            raise Refused("That is gone: somebody was quicker.") from None
        except ValueError as error:
            raise Refused(str(error)) from None

    # --- the phone -------------------------------------------------------------------------

    async def _phone_say(self, command: Command) -> None:
        self._phone().say(self._chat(command), _text(command))

    async def _phone_press(self, command: Command) -> None:
        message = _number(command, "message")
        self._phone().press(self._chat(command), message, _text(command, "button"))

    async def _phone_edit(self, command: Command) -> None:
        message = _number(command, "message")
        self._phone().edit(self._chat(command), message, _text(command))

    async def _phone_file(self, command: Command) -> None:
        phone, chat, data = self._phone(), self._chat(command), _data(command)
        kind, caption = str(command.get("type", "")), str(command.get("text", ""))
        if kind in ("image/jpeg", "image/png"):
            phone.send_photo(chat, data, caption)
        else:
            name = _text(command, "name")
            phone.send_document(chat, name, data, kind or "application/octet-stream", caption)

    def _phone(self) -> TelegramSandbox:
        if self._stage.telegram is None:
            raise Refused("Telegram is the real one here: use your own phone.")
        return self._stage.telegram

    def _chat(self, command: Command) -> int:
        chat = _number(command, "chat")
        if chat not in self._stage.phones:
            raise LookupError(chat)
        return chat

    # --- Slack -----------------------------------------------------------------------------

    async def _slack_say(self, command: Command) -> None:
        slack, text = self._slack(), str(command.get("text", ""))
        files = [_upload(command)] if command.get("data") else []
        if not text.strip() and not files:
            raise Refused("Write something first.")
        thread = command.get("thread") or None
        await slack.say(
            self._stage.desk, self._agent(command), text.strip(), thread_ts=thread, files=files
        )

    async def _slack_press(self, command: Command) -> None:
        ts, control = _text(command, "ts"), _text(command, "action")
        option = command.get("option")
        agent = self._agent(command)
        await self._slack().press(self._stage.desk, ts, control, agent, option=option)

    async def _slack_edit(self, command: Command) -> None:
        await self._slack().edit(self._stage.desk, self._own(command), _text(command))

    async def _slack_delete(self, command: Command) -> None:
        await self._slack().delete(self._stage.desk, self._own(command))

    async def _slack_react(self, command: Command) -> None:
        ts, emoji = _text(command, "ts"), _text(command, "emoji")
        await self._slack().react(self._stage.desk, ts, self._agent(command), emoji)

    def _slack(self) -> SlackSandbox:
        if self._stage.slack is None:
            raise Refused("Slack is the real one here: answer there.")
        return self._stage.slack

    def _agent(self, command: Command) -> str:
        agent = command.get("agent")
        if agent not in {member.id for member in self._stage.team}:
            raise LookupError(agent)
        return str(agent)

    def _own(self, command: Command) -> str:
        ts = _text(command, "ts")
        if self._slack().message(self._stage.desk, ts).user != self._agent(command):
            raise Refused("Only their author can change these words.")
        return ts


def _text(command: Command, name: str = "text") -> str:
    value = command.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused("Write something first.")
    return value


def _number(command: Command, name: str) -> int:
    value = command.get(name)
    if not isinstance(value, int):
        raise LookupError(name)
    return value


def _data(command: Command) -> bytes:
    try:
        data = base64.b64decode(str(command.get("data", "")), validate=True)
    except binascii.Error:
        raise Refused("The file did not arrive in one piece: try again.") from None
    if not 0 < len(data) <= LARGEST_FILE:
        raise Refused(f"Files of up to {LARGEST_FILE // 1_000_000} MB work here.")
    return data


def _upload(command: Command) -> Upload:
    kind = str(command.get("type") or "application/octet-stream")
    return Upload(_text(command, "name"), _data(command), kind)
