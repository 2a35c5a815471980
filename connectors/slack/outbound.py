"""A reply as a Slack message: text shown as it is, choices as buttons; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.slack.markup import escaped
from connectors.slack.posting import section
from core.messages import AuthorKind, Button, Capabilities, Reply

# A text of nothing but "&" is five times as long once escaped, and must fit all the same.
CAPABILITIES = Capabilities(max_text=2000, max_buttons=20, max_label=75, links=False)
MOST_IN_SECTION = 3000


def signature(reply: Reply) -> str:
    """The name an agent's reply goes out under; "" for the bot, who has the app's."""
    return reply.author.name if reply.author.kind is AuthorKind.AGENT else ""


def blocks(
    reply: Reply, *, prefix: str = "", unshared: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The message's blocks. `unshared` are names of files that could not be sent along."""
    shown = [section(part) for part in split(text_of(reply, prefix=prefix, unshared=unshared))]
    if reply.buttons:
        elements = [_button(reply.seq, index, b) for index, b in enumerate(reply.buttons)]
        shown.append({"type": "actions", "elements": elements})
    return shown


def text_of(reply: Reply, *, prefix: str = "", unshared: Sequence[str] = ()) -> str:
    """The words of the message; never empty, because Slack takes no empty message."""
    named = f"{prefix}: {reply.text}" if prefix else reply.text
    lines = [named] if named.strip() else []
    lines += [f"📎 {name} (could not be sent)" for name in unshared]
    if not lines:
        lines = [f"📎 {attachment.name}" for attachment in reply.attachments]
    return "\n".join(lines) or "…"


def split(text: str, longest: int = MOST_IN_SECTION) -> list[str]:
    """`text` in pieces that fit a block once they are escaped."""
    pieces, size, start = [], 0, 0
    for at, character in enumerate(text):
        width = len(escaped(character))
        if size + width > longest:
            pieces.append(text[start:at])
            start, size = at, 0
        size += width
    return [*pieces, text[start:]]


def _button(seq: int, index: int, button: Button) -> dict[str, Any]:
    label = {"type": "plain_text", "text": split(button.label, CAPABILITIES.max_label)[0]}
    if button.url:
        return {
            "type": "button",
            "text": label,
            "action_id": f"link:{seq}:{index}",
            "url": button.url,
        }
    return {"type": "button", "text": label, "action_id": f"choice:{seq}:{index}"}
