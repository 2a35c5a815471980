"""Tell answers apart as they are committed: by rule, by GPT or by a person, how fast, what for.

Money is estimated, and the estimate is said beside it: a rule saves what GPT would have cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.messages import Author, AuthorKind, ConversationId, Message, Mode, Usage
from core.notices import MessageStored, ModeChanged, Notice
from core.questions import Questions, ends_the_wait

_STEPS = {
    Mode.WAITING: "a person was called",
    Mode.BOT: "back with the bot",
    Mode.CLOSED: "closed",
}
_LONGEST_QUOTE = 120


@dataclass(frozen=True, slots=True)
class Estimate:
    """What GPT costs: dollars for a million tokens, and the size of a usual answer."""

    input_price: float = 1.0
    output_price: float = 4.0
    usual: Usage = field(default_factory=lambda: Usage(input_tokens=500, output_tokens=80))

    def dollars(self, usage: Usage | None = None) -> float:
        used = usage or self.usual
        return (
            used.input_tokens * self.input_price + used.output_tokens * self.output_price
        ) / 1_000_000

    def basis(self) -> str:
        """The assumptions in a sentence."""
        used = self.usual
        return (
            f"A rule saves about ${self.dollars():.4f}: a GPT answer taken as "
            f"{used.input_tokens} tokens in and {used.output_tokens} out, at "
            f"${self.input_price:g} and ${self.output_price:g} a million."
        )


@dataclass(frozen=True, slots=True)
class Tallied:
    """One answer, or with `who` "step" a change of who answers. `ms` is the customer's wait."""

    who: str  # "rule", "gpt", "person" or "step"
    label: str
    channel: str
    at: datetime
    question: str = ""
    answer: str = ""
    ms: float | None = None
    dollars: float | None = None
    saved: bool = False


class Tally:
    """Listens to the store, and hands each line to `tell`."""

    def __init__(
        self, tell: Callable[[Tallied], None], estimate: Estimate, now: Callable[[], datetime]
    ) -> None:
        self._tell = tell
        self._estimate = estimate
        self._now = now
        self._questions = Questions()
        self._last: dict[ConversationId, Message] = {}
        self._usages: deque[Usage] = deque(maxlen=100)

    def used(self, usage: Usage) -> None:
        """GPT has used so much for an answer that is committed next."""
        self._usages.append(usage)

    def committed(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if isinstance(notice, MessageStored):
                self._stored(notice.address.channel, notice.message)
            elif isinstance(notice, ModeChanged):
                self._step(notice.address.channel, notice.mode, notice.agent)

    def _stored(self, channel: str, message: Message) -> None:
        conversation = message.conversation
        if message.author.kind is AuthorKind.CUSTOMER:
            self._questions.asked(message)
            self._last[conversation] = message
            return
        asked = self._questions.answered(message) if ends_the_wait(message) else None
        by, _, rule = message.answered_by.partition(":")
        if by == "rule":
            self._answered("rule", rule, channel, message, asked, self._estimate.dollars(), True)
        elif by == "gpt" and rule:
            saved = self._estimate.dollars()
            self._answered("gpt", "GPT, asked before", channel, message, asked, saved, True)
        elif by == "gpt":
            usage = self._usages.popleft() if self._usages else None
            dollars = self._estimate.dollars(usage)
            self._answered("gpt", "GPT", channel, message, asked, dollars)
        elif by == "agent":
            self._answered("person", message.author.name, channel, message, asked, None)

    def _answered(
        self,
        who: str,
        label: str,
        channel: str,
        answer: Message,
        asked: Message | None,
        dollars: float | None,
        saved: bool = False,
    ) -> None:
        now = self._now()
        last = self._last.get(answer.conversation)
        wait = None if asked is None else (now - asked.at).total_seconds() * 1000
        question = _quote(_words(last)) if last else ""
        told = Tallied(
            who, label, channel, now, question, _quote(answer.text), wait, dollars, saved
        )
        self._tell(told)

    def _step(self, channel: str, mode: Mode, agent: Author | None) -> None:
        joined = f"{agent.name if agent else 'a person'} took over"
        self._tell(Tallied("step", _STEPS.get(mode, joined), channel, self._now()))


def _words(message: Message) -> str:
    return message.text or ", ".join(file.name for file in message.attachments)


def _quote(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"
