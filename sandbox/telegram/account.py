"""The methods about the bot itself: who it is, how it gets its updates, what it may download."""

from __future__ import annotations

import re
from typing import Any

from sandbox.telegram.arguments import Arguments
from sandbox.telegram.files import DOWNLOAD_LIMIT
from sandbox.telegram.polling import Polling, checked_kinds
from sandbox.telegram.refusal import bad_request, conflict
from sandbox.telegram.webhook import Webhook
from sandbox.telegram.world import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_ABILITIES = {
    "can_join_groups": True,
    "can_read_all_group_messages": True,
    "supports_inline_queries": False,
    "can_connect_to_business": False,
    "has_main_web_app": False,
}


class Account:
    """Answers for the bot's account."""

    def __init__(self, world: World, polling: Polling, webhook: Webhook) -> None:
        self._world = world
        self._polling = polling
        self._webhook = webhook

    def me(self, _: dict[str, Any], __: Arguments) -> dict[str, Any]:
        """getMe"""
        return {**self._world.bot.wire(), **_ABILITIES}

    def set_webhook(self, arguments: dict[str, Any], call: Arguments) -> bool:
        """setWebhook; with an empty url the same as deleteWebhook."""
        if not arguments.get("url"):
            return self.delete_webhook(arguments, call)
        kinds = checked_kinds(arguments.get("allowed_updates", []))
        if arguments.get("drop_pending_updates"):
            self._world.updates.clear()
        self._webhook.set(arguments)
        if "allowed_updates" in arguments:
            self._world.updates.ask_for(kinds)
        self._polling.webhook_active = True
        self._polling.terminate(conflict("terminated by setWebhook request"))
        return True

    def delete_webhook(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """deleteWebhook"""
        self._webhook.forget()
        self._polling.webhook_active = False
        if arguments.get("drop_pending_updates"):
            self._world.updates.clear()
        return True

    def webhook_info(self, _: dict[str, Any], __: Arguments) -> dict[str, Any]:
        """getWebhookInfo"""
        return self._webhook.info()

    def file(self, arguments: dict[str, Any], _: Arguments) -> dict[str, Any]:
        """getFile"""
        stored = self._world.files.get(arguments["file_id"])
        if stored.size > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        return {
            "file_id": stored.file_id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
            "file_path": stored.path,
        }

    def chat(self, arguments: dict[str, Any], _: Arguments) -> dict[str, Any]:
        """getChat"""
        return self._world.chat_for_bot(arguments["chat_id"]).full()

    def commands(self, arguments: dict[str, Any], _: Arguments) -> bool:
        """setMyCommands"""
        commands = arguments["commands"]
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            _check_command(command)
        self._world.commands = commands
        return True


def _check_command(command: Any) -> None:
    if not isinstance(command, dict) or set(command) != {"command", "description"}:
        raise bad_request("can't parse BotCommand: command and description expected")
    if not _COMMAND.fullmatch(str(command["command"])):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command["description"])) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
