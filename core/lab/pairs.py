"""Find what was asked and what was answered to it, by agents and by GPT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.folding import words
from core.lab.asked import By, asked, is_empty
from core.lab.content import content
from core.messages import AuthorKind, Message
from core.store.history import Talk

_WAIT = (
    "one moment",
    "just a moment",
    "let me check",
    "let me look",
    "let me see",
    "i will check",
    "ill check",
    "i will look",
    "please wait",
    "hold on",
    "how can i help",
    "稍等",
    "请稍候",
    "我看一下",
    "einen moment",
)
_LEAST_WORDS = 4  # of an answer; in a script without spaces twice as many


@dataclass(frozen=True, slots=True)
class Pair:
    """A customer's line, the answer to it, and who gave it; `agent` is "" for GPT."""

    question: Message
    answer: str
    agent: str


def pairs(talk: Talk) -> Iterator[Pair]:
    for question in asked(talk.lines, talk.reach):
        if question.by is By.GPT and question.answer is not None and question.is_question:
            yield Pair(question.line, question.answer.text, "")
    yield from _of_agents(talk.lines)


def pair_of(lines: Sequence[Message], seq: int) -> Pair | None:
    """What agent's message `seq` answers; None when no question stands before it."""
    found = (pair for answers, pair in _answered(lines) if seq in answers)
    return next(found, None)


def _of_agents(lines: Sequence[Message]) -> Iterator[Pair]:
    return (pair for _, pair in _answered(lines))


def _answered(lines: Sequence[Message]) -> Iterator[tuple[set[int], Pair]]:
    """Each question with all that an agent wrote to it before the customer's next line."""
    waiting: list[Message] = []
    said: list[Message] = []
    for line in lines:
        if line.author.kind is AuthorKind.CUSTOMER:
            if said:
                yield from _paired(waiting, said)
                waiting, said = [], []
            waiting.append(line)
        elif line.author.kind is AuthorKind.AGENT:
            said.append(line)
        elif line.author.kind is AuthorKind.BOT and not said:
            # What the bot has answered nobody waits for, unless it called a person.
            waiting = waiting[-1:] if line.answered_by.startswith("gpt") else []
    yield from _paired(waiting, said)


def _paired(
    waiting: Iterable[Message], said: Iterable[Message]
) -> Iterator[tuple[set[int], Pair]]:
    question = _question(waiting)
    answers = [line for line in said if line.deleted_at is None and tells(line.text)]
    if question is not None and answers:
        text = "\n".join(line.text.strip() for line in answers)
        pair = Pair(question, text, answers[0].author.name)
        yield {line.seq for line in answers}, pair


def _question(lines: Iterable[Message]) -> Message | None:
    """The line that says most of what it is about, the latest of equals."""
    real = [line for line in lines if line.deleted_at is None and not is_empty(line.text)]
    best = max(real, key=lambda line: (min(len(content(line.text)), 6), line.seq), default=None)
    return best if best is not None and content(best.text) else None


def tells(answer: str) -> bool:
    """Whether this says something: no greeting, no "one moment"."""
    said = words(answer)
    long = sum(1 if word.isascii() else 0.5 for word in said)
    plain = " ".join(said) if answer.isascii() else answer
    return long >= _LEAST_WORDS and not (
        len(said) < 16 and any(phrase in plain for phrase in _WAIT)
    )
