"""A busy day: customers on all channels write, agents answer, and somebody keeps killing us."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from tests.faults.people import Customer
from tests.faults.town import CHANNELS, SETTINGS, Town

# A turn that is killed twice calls a person, and the desk's channel takes one post a second.
PATIENT_WITH_GPT = SETTINGS + "handover: {after_failures: 100}\n"

# What customers write, by how often. Slack takes one post a second in the desk's channel, which
# bounds how often somebody may ask for a person, and how much they may write to one.
_WORDS = {"rule": 600, "gpt": 300, "help": 3, "long": 10}
_PATIENT = 0.97  # of the lines of somebody who waits for an agent are left unsaid
# Whoever has written so much waits for a word of ours, as people do; for Slack lets us post as
# much at once in a conversation, and then one answer a second.
_MOST_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_second` lines of `customers` customers, and agents' `replies` a second."""

    customers: int = 48
    per_second: float = 20.0
    replies: float = 1.0


class Load:
    """Runs between `start` and `stop`. All chance comes from `dice`."""

    def __init__(self, town: Town, pace: Pace, dice: random.Random) -> None:
        self._town = town
        self._pace = pace
        self._dice = dice
        self._tasks: list[asyncio.Task[None]] = []
        self._silence: dict[str, tuple[int, int]] = {}  # how much they heard, and said since
        self._ended: set[str] = set()  # threads whose case an agent has ended

    @property
    def lines(self) -> int:
        """How many were written so far, by customers and agents."""
        said = [customer.said for customer in self._town.customers.values()]
        return sum(map(len, [*said, *self._town.agent.said.values()]))

    def start(self) -> None:
        for number in range(self._pace.customers):
            self._town.add(CHANNELS[number % len(CHANNELS)])
        for work in (self._write(), self._answer()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _write(self) -> None:
        everybody = list(self._town.customers.values())
        while True:
            customer = self._dice.choice(everybody)
            if not self._waits(customer):
                customer.say(self._dice.choices(list(_WORDS), list(_WORDS.values()))[0])
            await asyncio.sleep(self._dice.expovariate(self._pace.per_second))

    def _waits(self, customer: Customer) -> bool:
        heard, said = self._silence.get(customer.name, (-1, 0))
        now = len(customer.heard())
        said = said if now == heard else 0
        calm = self._is_with_agents(customer.name) and self._dice.random() < _PATIENT
        waits = calm or said >= _MOST_IN_A_ROW
        self._silence[customer.name] = now, said + (not waits)
        return waits

    def _is_with_agents(self, name: str) -> bool:
        return self._town.agent.threads.get(name, "") not in self._ended | {""}

    async def _answer(self) -> None:
        agent = self._town.agent
        while True:
            await asyncio.sleep(self._dice.expovariate(self._pace.replies))
            waiting = [n for n, at in agent.threads.items() if at not in self._ended]
            if not waiting:
                continue
            name = self._dice.choice(waiting)
            await self._serve(name, agent.threads[name])

    async def _serve(self, name: str, thread: str) -> None:
        """One more answer, or the end of the case."""
        if self._dice.random() < 0.7:
            await self._town.agent.reply(name, thread)
            return
        self._ended.add(thread)
        await self._town.agent.command(thread, self._dice.choice(["!bot", "!close"]))


class Killer:
    """SIGKILL at random moments, also while the service starts."""

    def __init__(self, town: Town, dice: random.Random, *, every: float) -> None:
        """`every` is the mean number of seconds from one kill to the next."""
        self.kills = 0
        self._town = town
        self._dice = dice
        self._every = every

    async def strike(self) -> None:
        """Let the service live for a while, kill it, and begin its next life."""
        frontdesk = self._town.frontdesk
        await asyncio.sleep(self._dice.uniform(0.0, 2 * self._every))
        frontdesk.kill()
        await frontdesk.ended()
        self.kills += 1
        await frontdesk.start(ready=self._dice.random() < 0.8)
