"""Customers on every channel and agents at the desk, all of whom sign each line they write.

A line's mark names its customer and its number: "w3-17" is the 17th line of customer w3, and
"w3:2" the second thing that an agent said to w3. So whoever reads a line anywhere knows where it
belongs, whether it came twice, and whether an earlier one is still missing.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp

from sandbox.journal import Call
from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox

MARK = re.compile(r"\b([wts]\d+)([-:])(\d+)\b")


def marks_in(text: str) -> list[str]:
    return [found[0] for found in MARK.finditer(text)]


class Customer(Protocol):
    """`name` is the mark's first part; `said` has every line in order, `heard` what came back."""

    name: str
    said: list[str]

    @property
    def channel(self) -> str: ...

    @property
    def account(self) -> str:
        """What the service's database knows the customer's conversation by: its peer, or ""
        where only the service knows."""
        ...

    def say(self, words: str) -> str:
        """Write `words` and the next mark; the mark. Nobody waits for an acknowledgement."""
        ...

    def heard(self) -> list[str]: ...


class _Signing:
    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[str] = []

    def _sign(self, words: str) -> tuple[str, str]:
        mark = f"{self.name}-{len(self.said) + 1}"
        self.said.append(mark)
        return mark, f"{words} {mark}"


class TelegramCustomer(_Signing):
    channel = "telegram"

    def __init__(self, name: str, telegram: TelegramSandbox) -> None:
        super().__init__(name)
        self.chat = telegram.add_customer(name)
        self._telegram = telegram

    @property
    def account(self) -> str:
        return str(self.chat)

    def say(self, words: str) -> str:
        mark, text = self._sign(words)
        self._telegram.say(self.chat, text)
        return mark

    def heard(self) -> list[str]:
        return [m.text for m in self._telegram.chat(self.chat) if m.from_bot]


class SlackCustomer(_Signing):
    """Writes to the bot directly, each line by itself and not in a thread."""

    channel = "slack"

    def __init__(self, name: str, slack: SlackSandbox) -> None:
        super().__init__(name)
        self.user = slack.add_user(name)
        self.place = slack.open_dm(self.user)
        self._slack = slack
        self._saying: set[asyncio.Task[str]] = set()

    @property
    def account(self) -> str:
        return self.place

    def say(self, words: str) -> str:
        mark, text = self._sign(words)
        # Nothing in it waits, so it is done before anybody else's turn.
        task = asyncio.ensure_future(self._slack.say(self.place, self.user, text))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)
        return mark

    def heard(self) -> list[str]:
        kept = self._slack.workspace.channels[self.place].messages
        return [kept[ts].text for ts in sorted(kept, key=float) if kept[ts].bot_id]


class WebCustomer(_Signing):
    """A tab that does what the widget does: it sends again what was not acknowledged, comes back
    after each lost connection, asks for what it missed, and shows no number twice.

    `gaps` has the numbers that were skipped, `changed` those that came with another text.
    """

    channel = "web"
    account = ""

    def __init__(self, name: str, url: str, session: aiohttp.ClientSession) -> None:
        super().__init__(name)
        self.acked: list[str] = []
        self.lines: dict[int, dict[str, Any]] = {}
        self.gaps: list[int] = []
        self.changed: list[int] = []
        self.connected = asyncio.Event()
        self.token: str | None = None
        self._url = url
        self._session = session
        self._waiting: dict[str, tuple[str, str]] = {}  # id: mark, text
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._stay())

    def say(self, words: str) -> str:
        mark, text = self._sign(words)
        id = str(uuid.uuid4())
        self._waiting[id] = (mark, text)
        if self.connected.is_set() and self._socket is not None:
            task = asyncio.create_task(self._send(self._socket, id, text))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return mark

    @property
    def unacknowledged(self) -> list[str]:
        return [mark for mark, _ in self._waiting.values()]

    def heard(self) -> list[str]:
        return [
            str(line["text"])
            for _, line in sorted(self.lines.items())
            if line["author"]["kind"] != "customer"
        ]

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, *self._sending, return_exceptions=True)

    async def _stay(self) -> None:
        while True:
            try:
                async with self._session.ws_connect(
                    f"{self._url}/widget/socket", headers={"Origin": self._url}
                ) as socket:
                    await self._talk(socket)
            except (aiohttp.ClientError, OSError):
                pass
            finally:
                self.connected.clear()
                self._socket = None
            await asyncio.sleep(0.05)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        last = max(self.lines, default=0)
        hello = {"type": "hello", "token": self.token, "last_seq": last, "language": "en"}
        await socket.send_json({**hello, "page": "https://fern.example/", "identity": None})
        async for message in socket:
            frame = message.json()
            if frame["type"] == "welcome":
                await self._welcomed(socket, frame)
            else:
                self._take(frame)

    async def _welcomed(
        self, socket: aiohttp.ClientWebSocketResponse, frame: Mapping[str, Any]
    ) -> None:
        self.token = frame["token"]
        self._socket = socket
        sent: set[str] = set()
        # In the order of writing, also what is written meanwhile.
        while left := [(id, text) for id, (_, text) in self._waiting.items() if id not in sent]:
            for id, text in left:
                sent.add(id)
                await self._send(socket, id, text)
        self.connected.set()

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, id: str, text: str) -> None:
        try:
            await socket.send_json({"type": "message", "id": id, "text": text, "attachments": []})
        except (aiohttp.ClientError, OSError):
            return  # it stays among what waits

    def _take(self, frame: Mapping[str, Any]) -> None:
        match frame["type"]:
            case "ack":
                self._acknowledged(str(frame["id"]))
                self._number(int(frame["seq"]))
            case "message":
                if frame.get("id"):
                    self._acknowledged(str(frame["id"]))
                self._show(dict(frame))
            case _:
                pass

    def _acknowledged(self, id: str) -> None:
        mark, _ = self._waiting.pop(id, ("", ""))
        if mark:
            self.acked.append(mark)

    def _show(self, frame: dict[str, Any]) -> None:
        seq = int(frame["seq"])
        if seq in self.lines:
            if self.lines[seq].get("text", frame["text"]) != frame["text"]:
                self.changed.append(seq)
            return
        self._number(seq)
        self.lines[seq] = frame

    def _number(self, seq: int) -> None:
        """An own line takes a number too, and is shown from what was typed."""
        if seq > max(self.lines, default=0) + 1:
            self.gaps.append(seq)
        self.lines.setdefault(seq, {"author": {"kind": "customer"}, "text": ""})


class Agent:
    """Answers in threads of the desk. `said` counts by customer; `threads` has the newest one
    with a line of each customer in it."""

    def __init__(self, slack: SlackSandbox, desk: str, name: str = "mia") -> None:
        self.user = slack.add_user(name, real_name=name.title())
        self.said: dict[str, list[str]] = {}
        self.threads: dict[str, str] = {}
        self._slack = slack
        self._desk = desk
        slack.journal.listen(self._look)

    def thread_of(self, customer: str) -> str:
        """The timestamp of its root, "" while there is none."""
        return self.threads.get(customer, "")

    def _look(self, call: Call) -> None:
        thread = str(call.arguments.get("thread_ts") or "")
        if call.method != "chat.postMessage" or call.arguments["channel"] != self._desk:
            return
        for name in {mark[1] for mark in MARK.finditer(str(call.arguments))} if thread else ():
            self.threads[name] = max(thread, self.threads.get(name, ""), key=float_or_0)

    async def reply(self, customer: str, thread: str) -> str:
        """Say something to the customer of this thread; its mark."""
        said = self.said.setdefault(customer, [])
        mark = f"{customer}:{len(said) + 1}"
        said.append(mark)
        await self._slack.say(self._desk, self.user, f"reply {mark}", thread_ts=thread)
        return mark

    async def command(self, thread: str, word: str) -> None:
        await self._slack.say(self._desk, self.user, word, thread_ts=thread)


def float_or_0(text: str) -> float:
    return float(text or 0)


def seen(message: Any) -> str:
    """Everything that a reader of a Slack message sees, as one text."""
    return "\n".join((message.text, *_texts(message.blocks)))


def shown(message: Any) -> str:
    """What the message itself shows; its `text` is for notifications, and cut short."""
    return "\n".join(_texts(message.blocks)) or str(message.text)


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for value in node.values() for text in _texts(value)]
    return [text for item in node for text in _texts(item)] if isinstance(node, list) else []
