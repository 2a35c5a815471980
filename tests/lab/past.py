"""Give a store a past of any length, written by the very parts that write it in the service.

By hand: python -m tests.lab.past frontdesk.db 10000 --settings settings.yaml
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import connectors
from core.agents import Agents
from core.cases import CaseState
from core.casework import Casework
from core.customers import Customers, Intake
from core.messages import (
    Address,
    Agent,
    AgentReplied,
    Capabilities,
    CaseRef,
    ChannelName,
    CustomerWrote,
    Mode,
    Sender,
    Usage,
)
from core.policy import Policy
from core.records import Bill, Conversation, PaidAnswer
from core.replies import Replies
from core.settings import Settings, load
from core.store import Store, Transaction

WEB = ChannelName("web")
_CAPABILITIES = {WEB: Capabilities(max_text=100_000, max_buttons=50, max_label=200, replays=True)}
_DESK = ("T1", "C1")
_MIA = Agent("U1", "Mia")
_TALKS_AT_ONCE = 100
_SOON = timedelta(seconds=3)
_LONGEST = timedelta(hours=5)  # a conversation

NAMES = ("", "", "Ann Lee", "Jonas Weber", "李雷", "Rosa Diaz")
QUESTIONS = (
    "hello",
    "how much is shipping?",
    "I want a refund please",
    "where is my order 123456",
    "thanks!",
    "我想退款",
    "运费多少",
)
"""What rules answer."""
OPEN_QUESTIONS = (
    ("Do you rent out plants for a wedding?", "Yes, we rent plants for events, from 80 € a day."),
    ("can I rent plants for our wedding", "Yes, we rent plants for events, from 80 € a day."),
    ("Is the monstera safe for cats?", "Monstera is toxic to cats, so keep it out of reach."),
    ("is a monstera toxic for my cat?", "Monstera is toxic to cats, so keep it out of reach."),
    ("How do I repot a fern?", "Lift it out, loosen the roots, and set it one size up."),
    ("do you plant the pots for me", "We plant any pot you buy here, for 5 € each."),
    ("你们可以上门安装吗", "可以，柏林市内上门安装 30 欧元。"),
    ("可以上门安装花架吗", "可以，柏林市内上门安装 30 欧元。"),
)
"""What no rule answers, and what GPT or an agent says to it."""
WISHES = ("I want to talk to a human", "人工客服")


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


class Writer:
    """Plays customers, GPT and agents in one transaction at a time, at any time of the past."""

    def __init__(self, store: Store, settings: Settings, *, has_desk: bool = True) -> None:
        self._store = store
        self._policy = Policy.of(settings)
        replies = Replies(_CAPABILITIES)
        self._replies = replies
        self._casework = Casework(replies, has_desk=has_desk)
        self._customers = Customers(replies, self._casework, has_model=True)
        self._agents = Agents(replies, self._casework, self._customers)
        self._number = 0

    async def write(self, unit: Callable[[Transaction], None]) -> None:
        await self._store.write(unit)

    def says(
        self,
        tx: Transaction,
        peer: str,
        text: str,
        at: datetime,
        *,
        name: str = "",
        channel: ChannelName = WEB,
        language: str = "",
    ) -> Conversation:
        """A customer's line, with whatever that leads to at once."""
        tx.now = at
        self._number += 1
        address = Address(channel, "shop", peer)
        event = CustomerWrote(address, f"m{self._number}", text, Sender(name, language=language))
        self._customers.wrote(tx, Intake(self._policy, at, lambda: False), event)
        return tx.open_conversation(address)

    def gpt(
        self,
        tx: Transaction,
        conversation: Conversation,
        text: str,
        at: datetime,
        *,
        micro_usd: int = 0,
        upto: int = 0,
        source: str = "gpt",
    ) -> None:
        """What GPT answers to whatever is pending, or up to one line of it."""
        tx.now = at
        first, last = conversation.pending_seq, upto or conversation.last_seq
        assert first is not None
        conversation.pending_seq = None
        say = self._replies.say
        said = say(tx, conversation, self._policy.bot, text, answered_by="gpt")
        cost = Bill("gpt-5.4-mini", Usage(600, 60), micro_usd)
        tx.add_answer(PaidAnswer(conversation.id, said.seq, first, last, source, cost, 900, at))

    def agent(
        self,
        tx: Transaction,
        conversation: Conversation,
        text: str,
        at: datetime,
        agent: Agent = _MIA,
    ) -> None:
        """An agent's reply in the thread of the open case."""
        tx.now = at
        case = tx.case(conversation.case) if conversation.case is not None else None
        assert case is not None
        case.ref = case.ref or CaseRef(*_DESK, f"{case.id}.0")
        event = AgentReplied(case.ref, f"{at.timestamp():.6f}", agent, text)
        self._agents.replied(tx, self._policy, event)

    def close(self, tx: Transaction, conversation: Conversation, at: datetime) -> None:
        tx.now = at
        assert conversation.case is not None
        case = tx.case(conversation.case)
        self._casework.end(tx, self._policy, conversation, case, CaseState.CLOSED)


async def fill(
    store: Store, settings: Settings, lines: int, *, until: datetime, days: int = 30, seed: int = 1
) -> None:
    """About `lines` lines of the `days` before `until`."""
    writer, dice = Writer(store, settings), random.Random(seed)  # noqa: S311
    written = talks = 0
    while written < lines:
        numbers = range(talks, talks + _TALKS_AT_ONCE)
        talks += _TALKS_AT_ONCE
        state = dice.getstate()

        def unit(tx: Transaction, numbers: Sequence[int] = numbers, state: object = state) -> int:
            dice.setstate(state)  # type: ignore[arg-type]  # a unit may run twice
            first, span = until - timedelta(days=days), timedelta(days=days) - _LONGEST
            begins = [first + dice.random() * span for _ in numbers]
            return sum(
                _talk(writer, tx, dice, f"p{number}", at)
                for number, at in zip(numbers, begins, strict=True)
            )

        written += await store.write(unit)


def _talk(writer: Writer, tx: Transaction, dice: random.Random, peer: str, at: datetime) -> int:
    """One conversation; how many lines it has now."""
    name = dice.choice(NAMES)
    for _ in range(dice.randint(1, 4)):
        at += timedelta(minutes=dice.randint(1, 60))
        kind = dice.random()
        if kind < 0.6:
            conversation = writer.says(tx, peer, dice.choice(QUESTIONS), at, name=name)
            if conversation.pending_seq is not None:
                writer.gpt(tx, conversation, "Let me see …", at + _SOON, micro_usd=700)
        elif kind < 0.9:
            question, answer = dice.choice(OPEN_QUESTIONS)
            conversation = writer.says(tx, peer, question, at, name=name)
            if conversation.pending_seq is not None:
                writer.gpt(tx, conversation, answer, at + _SOON, micro_usd=dice.randint(400, 900))
        else:
            conversation = writer.says(tx, peer, dice.choice(WISHES), at, name=name)
            question, answer = dice.choice(OPEN_QUESTIONS)
            writer.says(tx, peer, question, at + timedelta(seconds=20), name=name)
            if conversation.mode is not Mode.BOT:
                writer.agent(tx, conversation, answer, at + timedelta(minutes=2))
                writer.close(tx, conversation, at + timedelta(minutes=3))
    return tx.open_conversation(Address(WEB, "shop", peer)).last_seq


def settings_at(path: Path) -> Settings:
    return load(
        path, environ=os.environ, channels=connectors.SETTINGS, sections=connectors.SECTIONS
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("lines", type=int)
    parser.add_argument("--settings", type=Path, default=Path("settings.yaml"))
    options = parser.parse_args()
    now = datetime.now(UTC)
    store = await Store.open(f"sqlite:///{options.store}", now=Clock(now))
    await fill(store, settings_at(options.settings), options.lines, until=now)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
