"""The one way in which anything of ours is written to Slack, and found there again.

Whoever writes gives plain text; here it is escaped, once, and every kind of markup that Slack
would add by itself is switched off. Each post carries its delivery key, so that a post whose fate
is unknown can be looked up before it is tried again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from connectors.slack.api import SlackApi
from connectors.slack.markup import escaped, harmless
from connectors.slack.origin import mapping
from connectors.slack.pacer import Pacer
from core.errors import DeliveryError, SendLater

EVENT_TYPE = "frontdesk_delivery"
PAGE = 200
MOST_PAGES = 100
MOST_THREADS = 15
LOOK_BACK = 2 * 24 * 3600.0
# Our clock may be put right meanwhile; a key names one post only, however old.
MARGIN = 900.0
MOST_REMEMBERED = 5000  # messages of which we know what they say
_NAMESPACE = uuid.UUID("5f0c7b0e-6a0e-4b43-9a77-0b1b9d0c5d11")

Blocks = Sequence[Mapping[str, Any]]


class Posts:
    """Writes and reads back. Texts and the texts of `plain_text` objects are given unescaped."""

    def __init__(self, api: SlackApi, pacer: Pacer, now: Callable[[], datetime]) -> None:
        self._api = api
        self._pacer = pacer
        self._now = now
        self._said: dict[tuple[str, str], bytes] = {}

    async def turn(self, channel: str, key: str) -> bool:
        """Returns when `post` may write `key` at once; whether the next one will have to wait.
        Raises SendLater when that is far off."""
        return await self._pacer.turn(channel, key)

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Blocks,
        *,
        key: str,
        others: Sequence[str] = (),
        thread: str = "",
        username: str = "",
        icon: str = "",
        broadcast: bool = False,
    ) -> str:
        """The new message's timestamp. `others` are the keys of what is in it besides `key`.
        Raises SendLater, Undeliverable or OutcomeUnknown."""
        optional: dict[str, Any] = {}
        contents = _contents(text, blocks)
        if thread:
            optional = {"thread_ts": thread, **({"reply_broadcast": True} if broadcast else {})}
        if username:
            optional |= {"username": harmless(username), **({"icon_emoji": icon} if icon else {})}
        arguments = {
            "channel": channel,
            **contents,
            **_ours(key, others),
            **optional,
        }
        await self.turn(channel, key)
        self._pacer.used(channel, key)
        hold = partial(self._pacer.hold, channel)
        answer = await self._api.ask("chat.postMessage", arguments, paused=hold)
        ts = str(answer["ts"])
        self._remember(channel, ts, contents)
        return ts

    async def update(self, channel: str, ts: str, text: str, blocks: Blocks) -> None:
        """Give a message of ours other contents, unless it has them: of edits that have waited,
        each brings the newest words. Errors as in `post`."""
        contents = _contents(text, blocks)
        said = self._said.pop((channel, ts), b"")
        if said != _digest(contents):
            await self._api.call("chat.update", channel=channel, ts=ts, **contents)
        self._remember(channel, ts, contents)

    def _remember(self, channel: str, ts: str, contents: Mapping[str, Any]) -> None:
        self._said[channel, ts] = _digest(contents)
        if len(self._said) > MOST_REMEMBERED:
            del self._said[next(iter(self._said))]

    async def tell(self, channel: str, user: str, text: str, *, thread: str = "") -> None:
        """A line that only `user` sees. Errors as in `post`."""
        optional = {"thread_ts": thread} if thread else {}
        contents = _contents(text, [section(text)])
        await self._api.call(
            "chat.postEphemeral", channel=channel, user=user, **contents, **optional
        )

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, *, thread: str = ""
    ) -> dict[str, str]:
        """The timestamps of what was posted under `keys` at or after `since`; what was not is
        missing. Raises SendLater when Slack cannot be asked now."""
        oldest = f"{since.timestamp() - self._ahead() - MARGIN:.6f}"
        found: dict[str, str] = {}
        async for message in self.near(channel, oldest, thread=thread, whole=True):
            found |= {key: str(message["ts"]) for key in _keys_of(message) if key in keys}
            if len(found) == len(keys):
                break
        return found

    def _ahead(self) -> float:
        """By how many seconds our clock is ahead of Slack's, of which messages have their time."""
        theirs = self._api.their_time
        return 0.0 if theirs is None else max(self._now().timestamp() - theirs, 0.0)

    async def near(
        self, channel: str, oldest: str, *, thread: str = "", whole: bool = False
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Where a post of ours may be that was meant for this place; the `whole` thread, since
        that needs no clock. Raises SendLater.

        Everybody is answered in the thread they wrote in last, so in a direct conversation a post
        that is in doubt may stand in an earlier one.
        """
        if thread or not channel.startswith("D"):
            begin = thread if whole and thread else oldest
            async for message in self.messages(channel, begin, thread=thread):
                yield message
        if channel.startswith("D"):
            async for message in self.everywhere(channel, oldest, most_threads=MOST_THREADS):
                yield message

    async def everywhere(
        self, channel: str, oldest: str, *, most_threads: int | None = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """What a channel and the threads in it have from `oldest` on, in no order.

        Threads that are two days older than that are not looked into, nor more than
        `most_threads`, newest first. Raises SendLater.
        """
        looked = 0
        begin = f"{float(oldest) - LOOK_BACK:.6f}"
        async for message in self.messages(channel, begin):
            if float(message["ts"]) >= float(oldest):
                yield message
            busy = float(message.get("latest_reply") or 0) >= float(oldest)
            if not busy or looked == most_threads:
                continue
            looked += 1
            async for reply in self.messages(channel, oldest, thread=str(message["ts"])):
                if reply.get("ts") != message["ts"]:
                    yield reply

    async def messages(
        self, channel: str, oldest: str, *, thread: str = ""
    ) -> AsyncIterator[Mapping[str, Any]]:
        """What a channel (newest first) or a thread (oldest first, its root on top) has.

        Raises SendLater when Slack cannot be asked now. A thread that is gone has nothing.
        """
        method = "conversations.replies" if thread else "conversations.history"
        place = {"channel": channel, **({"ts": thread} if thread else {})}
        cursor = ""
        for _ in range(MOST_PAGES):
            page = await self._page(method, {**place, "oldest": oldest, "cursor": cursor})
            for message in page.get("messages") or ():
                yield mapping(message)
            cursor = str(mapping(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return

    async def _page(self, method: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
        given = {name: value for name, value in arguments.items() if value}
        try:
            return await self._api.call(
                method,
                limit=PAGE,
                include_all_metadata=True,
                allow=("thread_not_found", "message_not_found"),
                **given,
            )
        except SendLater:
            raise
        except DeliveryError as error:
            raise SendLater(str(error)) from None


def section(text: str) -> dict[str, Any]:
    """A block that shows `text` as it is."""
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def _keys_of(message: Mapping[str, Any]) -> list[str]:
    metadata = mapping(message.get("metadata"))
    if metadata.get("event_type") != EVENT_TYPE:
        return []
    payload = mapping(metadata.get("event_payload"))
    return f"{payload.get('key', '')} {payload.get('others', '')}".split()


def _ours(key: str, others: Sequence[str]) -> dict[str, Any]:
    """What makes a post harmless and lets everything in it be found again."""
    payload = {"key": key, **({"others": " ".join(others)} if others else {})}
    return {
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": payload},
        "client_msg_id": str(uuid.uuid5(_NAMESPACE, key)),
    }


def _contents(text: str, blocks: Blocks) -> dict[str, Any]:
    return {
        "text": escaped(text)[:3000] or "…",
        "blocks": [_literal(block) for block in blocks],
        "parse": "none",
        "link_names": False,
    }


def _digest(contents: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(repr(contents).encode("utf-8", "surrogatepass")).digest()


def _literal(value: Any) -> Any:
    """`value` with every plain text in it escaped, and `:smile:` left as it was typed."""
    if isinstance(value, list | tuple):
        return [_literal(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("type") == "plain_text":
        return {**value, "text": escaped(str(value["text"])), "emoji": False}
    return {name: _literal(content) for name, content in value.items()}
