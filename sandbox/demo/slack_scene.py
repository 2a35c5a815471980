"""The agents' channel in Slack as its members see it, as JSON for the page."""

from __future__ import annotations

from typing import Any

from sandbox.demo.shelf import picture_type
from sandbox.demo.stage import Stage
from sandbox.slack import Message, SlackSandbox

_ROOTS_SHOWN = 40
_REPLIES_SHOWN = 120


def slack_scene(stage: Stage) -> dict[str, Any] | None:
    """The desk's channel with its threads; None when Slack is the real one."""
    if stage.slack is None:
        return None
    view = _View(stage.slack, stage)
    return {
        "channel": stage.slack.workspace.channels[stage.desk].name,
        "team": [{"id": m.id, "name": m.name, "face": m.face} for m in stage.team],
        "people": view.people(),
        "messages": view.messages(),
        "whispers": view.whispers(),
    }


class _View:
    def __init__(self, slack: SlackSandbox, stage: Stage) -> None:
        self._slack = slack
        self._channel = slack.workspace.channels[stage.desk]
        self._faces = {member.id: member.face for member in stage.team}

    def people(self) -> dict[str, Any]:
        return {
            user.id: {
                "name": user.display_name or user.real_name,
                "face": self._faces.get(user.id, ""),
                "app": user.is_bot,
            }
            for user in self._slack.workspace.users.values()
        }

    def messages(self) -> list[dict[str, Any]]:
        """What the channel shows, and whatever threads its last replies belong to."""
        shown = self._channel.timeline()[-_ROOTS_SHOWN:]
        answered = {message.thread_ts for message in shown if message.is_reply}
        answered -= {message.ts for message in shown}
        older = [m for m in self._channel.messages.values() if m.ts in answered]
        return [self._root(message) for message in (*older, *shown)]

    def whispers(self) -> list[dict[str, Any]]:
        """What only one member sees, each with that member's id."""
        return [
            {**self._message(message), "for": message.flags.get("only_for", "")}
            for message in self._channel.ephemeral[-_ROOTS_SHOWN:]
        ]

    def _root(self, message: Message) -> dict[str, Any]:
        replies = [] if message.is_reply else self._channel.replies(message.ts)
        shown = [self._message(reply) for reply in replies[-_REPLIES_SHOWN:]]
        return {
            **self._message(message),
            "case": _is_case(message),
            "replies": shown,
            "reply_count": len(replies),
        }

    def _message(self, message: Message) -> dict[str, Any]:
        return {
            "ts": message.ts,
            "thread": message.thread_ts if message.is_reply else None,
            "user": message.user or "",
            "name": message.username or "",
            "icon": (message.icons or {}).get("emoji", ""),
            "app": message.bot_id is not None,
            "text": message.text,
            "blocks": message.blocks,
            "edited": message.edited is not None,
            "notice": message.subtype in ("channel_join", "tombstone"),
            "broadcast": message.is_broadcast,
            "files": [self._file(file) for file in message.files],
            "reactions": [
                {"name": name, "count": len(users)} for name, users in message.reactions.items()
            ],
        }

    def _file(self, file_id: str) -> dict[str, Any]:
        file = self._slack.workspace.files[file_id]
        return {
            "name": file.title or file.name,
            "size": file.length,
            "picture": bool(picture_type(file.data or b"")),
            "url": f"/demo/files/slack/{file.id}",
        }


def _is_case(message: Message) -> bool:
    """Whether a customer's thread hangs on it. Only cards are headed; what the app merely
    announces is not."""
    headed = any(block.get("type") == "header" for block in message.blocks)
    return headed and message.bot_id is not None and not message.is_reply
