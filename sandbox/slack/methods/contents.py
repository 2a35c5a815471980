"""What a post may contain. Whatever Slack cuts off or only warns about is refused here."""

from __future__ import annotations

import copy
import json
from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.blocks import MOST_MARKDOWN, check_blocks
from sandbox.slack.errors import SlackError
from sandbox.slack.workspace import Workspace

MOST_TEXT = 40_000
_MOST_ATTACHMENTS = 100
_MOST_METADATA = 8_000
_FLAGS = ("mrkdwn", "link_names", "parse", "unfurl_links", "unfurl_media")
_DEFAULTS = {"mrkdwn": True, "link_names": False, "unfurl_links": False, "unfurl_media": True}


def check_contents(arguments: Arguments) -> None:
    """Raises what Slack raises for the text, blocks, attachments and metadata of a post."""
    text = arguments.get("text", "")
    markdown = arguments.get("markdown_text", "")
    if len(text) > MOST_TEXT or len(markdown) > MOST_MARKDOWN:
        raise SlackError("msg_too_long")
    if markdown and (text or arguments.get("blocks")):
        raise SlackError("markdown_text_conflict")
    if not text.strip() and not markdown.strip():
        raise SlackError("no_text", "[ERROR] text is what notifications and readers aloud show")
    _check_attachments(arguments.get("attachments", []))
    check_blocks(arguments.get("blocks", []))
    if arguments.get("parse", "none") not in ("none", "full"):
        raise SlackError("invalid_arguments", "[ERROR] must be one of: none, full")
    check_metadata(arguments.get("metadata"))


def check_metadata(metadata: dict[str, Any] | None) -> None:
    if metadata is None or metadata == {}:
        return
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if set(metadata) != {"event_type", "event_payload"} or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(kind, str) or not 1 <= len(kind) <= 255:
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(payload)) > _MOST_METADATA:
        raise SlackError("metadata_too_large")


def contents(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """The message fields that a checked post sets."""
    return {
        "text": arguments.get("text") or arguments.get("markdown_text", ""),
        "blocks": with_ids(workspace, arguments.get("blocks", [])),
        "attachments": copy.deepcopy(arguments.get("attachments", [])),
        "metadata": copy.deepcopy(arguments.get("metadata")) or None,
        "flags": _DEFAULTS | {name: arguments[name] for name in _FLAGS if name in arguments},
    }


def with_ids(workspace: Workspace, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, each with an id: its own or one that is given to it."""
    return [
        {**copy.deepcopy(block), "block_id": block.get("block_id") or workspace.ids.new("b")}
        for block in blocks
    ]


def _check_attachments(attachments: list[Any]) -> None:
    if len(attachments) > _MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for attachment in attachments:
        if not isinstance(attachment, dict):
            raise SlackError("invalid_attachments")
        check_blocks(attachment.get("blocks", []))
