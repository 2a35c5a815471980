"""What an agent did in the desk's channel, read from Slack's events; pure.

Only a person's plain reply in a thread may become words to a customer. Whatever is not surely
that (other bots, workflows, joins, previews, our own posts, the channel itself) is left alone.
Texts are still Slack's own markup: the names in them must be asked for first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge import commands
from core.messages import (
    Agent,
    AgentCommanded,
    AgentDeleted,
    AgentEdited,
    AgentEvent,
    AgentReplied,
    Attachment,
    AttachmentKind,
    CaseRef,
    Command,
)

NAME = "desk-slack"
BULB = "bulb"
ACTIONS = {f"case:{command}": command for command in Command}
EDITED_COMMAND = (
    "A command in an edited message is not carried out, and the customer's copy stays."
)
EDITED_UNSENT = (
    "Nothing was sent: this was never sent to the customer, and an edit does not send it. "
    "Write the answer as a new message."
)
EDITED_NOTE = "Nothing was sent: a note stays a note. Write the answer as a new message."
_TS = re.compile(r"\d{1,11}\.\d{1,6}", re.ASCII)
_WRITTEN = (None, "file_share", "thread_broadcast", "me_message")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the agents are, and how they mark what stays between them."""

    team: str
    channel: str
    bot_user: str
    note_prefix: str

    def keeps(self, text: str) -> bool:
        """Whether a text of Slack's is a note between colleagues."""
        prefix = html.escape(self.note_prefix, quote=False)
        return commands.as_seen(text).lstrip().startswith(commands.as_seen(prefix).lstrip())


@dataclass(frozen=True, slots=True)
class Advice:
    """Something for the agent's eyes only, if the thread is a case."""

    case: CaseRef
    user: str
    text: str


@dataclass(frozen=True, slots=True)
class Bulb:
    """An agent put a light bulb under a message: a rule is wanted of it."""

    message: str
    agent: Agent


def is_at(body: Json, desk: Desk) -> bool:
    """Whether this happened in the desk's channel at all."""
    return bool(channel_of(body) == desk.channel)


def is_direct(body: Json) -> bool:
    """Whether this happened in somebody's direct conversation with the app."""
    return str(channel_of(body)).startswith("D")


def channel_of(body: Json) -> Any:
    """Slack's id of where this happened, if it says so."""
    if body.get("type") == "block_actions":
        return _mapping(body.get("container")).get("channel_id")
    event = _mapping(body.get("event"))
    if event.get("type") == "reaction_added":
        return _mapping(event.get("item")).get("channel")
    return event.get("channel")


def author_of(body: Json) -> str:
    """Who wrote the message that was edited."""
    return str(_mapping(_mapping(body.get("event")).get("message")).get("user") or "")


def parse(body: Json, desk: Desk) -> AgentEvent | Advice | Bulb | None:
    """What this means for a case; None when it means nothing."""
    if not is_at(body, desk):
        return None
    if body.get("type") == "block_actions":
        return _pressed(body, desk)
    event = _mapping(body.get("event"))
    if event.get("type") == "reaction_added":
        return _bulb(event, desk)
    if event.get("type") != "message":
        return None
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(event, desk)
    if subtype == "message_deleted":
        return _deleted(_mapping(event.get("previous_message")), desk)
    return _replied(event, desk) if subtype in _WRITTEN else None


def _replied(message: Json, desk: Desk) -> AgentEvent | Advice | None:
    case = _case(message, desk)
    text = message.get("text") or ""
    if case is None or not isinstance(text, str) or desk.keeps(text):
        return None
    ts, agent = str(message["ts"]), Agent(str(message["user"]))
    said = commands.read(text, desk.note_prefix)
    if said is not None:
        if said.command is None:
            return Advice(case, agent.id, said.advice)
        return AgentCommanded(case, ts, agent, said.command)
    attachments = _attachments(message)
    if not text.strip() and not attachments:
        return None
    return AgentReplied(case, ts, agent, text, attachments, written_at(ts))


def written_at(ts: str) -> datetime:
    """A message's timestamp is its time, in seconds, as well as its name."""
    return datetime.fromtimestamp(float(ts), UTC)


def _changed(event: Json, desk: Desk) -> AgentEvent | Advice | None:
    now, before = _mapping(event.get("message")), _mapping(event.get("previous_message"))
    case = _case(before, desk)
    if case is None:
        return None
    if now.get("subtype") == "tombstone":
        return _deleted(before, desk)
    text, old = now.get("text"), before.get("text") or ""
    # Previews and reactions change a message as well, but not its words.
    if not isinstance(text, str) or text == old:
        return None
    user = str(before["user"])
    if _is_internal(old, desk):
        return None if _is_internal(text, desk) else Advice(case, user, EDITED_NOTE)
    if desk.keeps(text) or not text.strip():
        # Whoever turns an answer into a note wants it back from the customer.
        return AgentDeleted(case, str(before["ts"]))
    if commands.read(text, desk.note_prefix) is not None:
        return Advice(case, user, EDITED_COMMAND)
    return AgentEdited(case, str(before["ts"]), text, _changed_at(event))


def _changed_at(event: Json) -> datetime | None:
    """When the author changed it: Slack may tell of it late, or again."""
    edited = _mapping(_mapping(event.get("message")).get("edited"))
    ts = edited.get("ts") or event.get("event_ts")
    return written_at(ts) if isinstance(ts, str) and _TS.fullmatch(ts) else None


def _deleted(before: Json, desk: Desk) -> AgentDeleted | None:
    case = _case(before, desk)
    if case is None or _is_internal(before.get("text") or "", desk):
        return None
    return AgentDeleted(case, str(before["ts"]))


def _pressed(body: Json, desk: Desk) -> AgentCommanded | None:
    container, user = _mapping(body.get("container")), _mapping(body.get("user")).get("id")
    actions = body.get("actions")
    action = _mapping(actions[0]) if isinstance(actions, list) and actions else {}
    command = ACTIONS.get(str(action.get("action_id")))
    thread, at = container.get("message_ts"), action.get("action_ts")
    if command is None or not isinstance(user, str):
        return None
    if not isinstance(thread, str) or not isinstance(at, str):
        return None
    return AgentCommanded(CaseRef(desk.team, desk.channel, thread), at, Agent(user), command)


def _bulb(event: Json, desk: Desk) -> Bulb | None:
    """Only under what a person wrote: our own posts are the customer's words or notes."""
    ts = _mapping(event.get("item")).get("ts")
    user, author = event.get("user"), event.get("item_user")
    if event.get("reaction") != BULB or not isinstance(ts, str) or not isinstance(user, str):
        return None
    if not isinstance(author, str) or desk.bot_user in (user, author):
        return None
    return Bulb(ts, Agent(user))


def _case(message: Json, desk: Desk) -> CaseRef | None:
    """The thread in which a person wrote this, None for anything else."""
    thread, ts, user = message.get("thread_ts"), message.get("ts"), message.get("user")
    if not (isinstance(thread, str) and isinstance(ts, str) and isinstance(user, str)):
        return None
    if not _TS.fullmatch(ts) or thread == ts or user in ("", desk.bot_user, "USLACKBOT"):
        return None
    if message.get("bot_id") or message.get("app_id"):
        return None
    return CaseRef(desk.team, desk.channel, thread)


def _is_internal(text: Any, desk: Desk) -> bool:
    """Whether a message with this text was never sent to the customer."""
    if not isinstance(text, str):
        return False
    return desk.keeps(text) or commands.read(text, desk.note_prefix) is not None


def _attachments(message: Json) -> tuple[Attachment, ...]:
    files = message.get("files")
    found = [_mapping(file) for file in files] if isinstance(files, list) else []
    return tuple(_attachment(file) for file in found if isinstance(file.get("url_private"), str))


def _attachment(file: Json) -> Attachment:
    media_type, size = str(file.get("mimetype") or ""), file.get("size")
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type, re.ASCII):
        media_type = "application/octet-stream"
    kind = AttachmentKind.FILE
    if media_type.startswith(("image/", "audio/")):
        kind = AttachmentKind(media_type.partition("/")[0])
    return Attachment(
        kind,
        str(file.get("name") or "file"),
        media_type,
        size if isinstance(size, int) else None,
        source=NAME,
        remote=str(file["url_private"]),
    )


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
