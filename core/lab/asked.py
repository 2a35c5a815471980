"""Tell from a transcript what customers asked of the bot, and what answered it.

The store keeps who answers now, not who answered then. But every change of that is said to the
customer in a sentence of ours, so the transcript has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.clean import is_blank
from core.messages import AuthorKind, Button, Message
from core.rendering import choice

_CALLED = frozenset(
    f"texts:{name}" for name in ("handover", "handover_closed", "cannot_answer", "gpt_failed")
)
_NOBODY = frozenset({"texts:handover_nobody", "texts:contact_noted"})
_JOINED = "texts:agent_joined"
_ENDED = frozenset({"texts:handed_back", "texts:closed"})
_OURS = frozenset(
    f"texts:{name}" for name in ("welcome", "file_only", "unsupported", "too_fast", "too_long")
)
_TELEGRAM_START = "/start"
_LONGEST_CHOICE = 80


class By(StrEnum):
    """What settled a question."""

    RULE = "rule"
    GPT = "gpt"
    PERSON = "person"  # one was called, or answered
    OURS = "frontdesk"  # a sentence of the product's own, where there was nothing to answer
    NOBODY = "nobody"  # nothing yet


@dataclass(slots=True)
class Asked:
    """A customer's line that came while the bot was responsible. `text` is what the rules saw:
    where it chose a button, the button's words. `acts`: it was a button that does something, such
    as calling a person or saying which of two rules is meant."""

    line: Message
    text: str
    acts: bool
    by: By = By.NOBODY
    answer: Message | None = None

    @property
    def is_question(self) -> bool:
        """Whether there was anything to answer for rules and GPT."""
        return not self.acts and not is_empty(self.text)


def is_empty(text: str) -> bool:
    """Nothing that rules or GPT could answer: the opening of a chat, or no words at all."""
    return is_blank(text) or text.partition(" ")[0] == _TELEGRAM_START


def asked(lines: Sequence[Message], reach: Mapping[int, int] | None = None) -> list[Asked]:
    """What was asked of the bot in this transcript, in order. `reach` says of GPT's answers, by
    `seq`, up to which line they go; without it they answer everything before."""
    walk = _Walk(reach or {})
    for line in lines:
        walk.take(line)
    return walk.found


class _Walk:
    """One pass over a transcript."""

    def __init__(self, reach: Mapping[int, int]) -> None:
        self.found: list[Asked] = []
        self._reach = reach
        self._open: list[Asked] = []
        self._bot = True
        self._before: Message | None = None
        self._acting: set[str] = set()

    def take(self, line: Message) -> None:
        if line.author.kind is AuthorKind.CUSTOMER:
            if self._bot and line.deleted_at is None:
                self._ask(line)
        else:
            self._settle(line)
            self._responsible(line)
            self._acting |= {button.label for button in line.buttons if button.do}
        self._before = line

    def _ask(self, line: Message) -> None:
        button = _chosen(self._before, line.text)
        text = button.say if button is not None and button.say else line.text
        acts = bool(button.do) if button is not None else line.text in self._acting
        question = Asked(line, text, acts)
        self.found.append(question)
        self._open.append(question)

    def _responsible(self, line: Message) -> None:
        if line.author.kind is AuthorKind.AGENT or line.answered_by in {*_CALLED, _JOINED}:
            self._bot = False
        elif line.answered_by in _ENDED:
            self._bot = True

    def _settle(self, answer: Message) -> None:
        by, settled = self._settled(answer)
        for question in settled:
            question.by, question.answer = by, answer
        self._open = [question for question in self._open if question.by is By.NOBODY]

    def _settled(self, answer: Message) -> tuple[By, list[Asked]]:
        name = answer.answered_by
        if name.startswith("rule:"):
            return By.RULE, self._of_rule(answer)
        if name.partition(":")[0] == "gpt":
            upto = self._reach.get(answer.seq, answer.seq)
            return By.GPT, [question for question in self._open if question.line.seq <= upto]
        if name in _OURS:
            return By.OURS, self._open[-1:]
        if answer.author.kind is AuthorKind.AGENT or name in _CALLED or name in _NOBODY:
            return By.PERSON, self._open
        return By.NOBODY, []

    def _of_rule(self, answer: Message) -> list[Asked]:
        """A rule answers at once, or in order what came while GPT was at work. Where the customer
        has said which rule is meant, it answers what was asked before."""
        at_once = [q for q in self._open if q.line.seq == answer.seq - 1]
        if at_once and at_once[0].acts:
            return self._open
        return at_once or self._open[:1]


def _chosen(shown: Message | None, text: str) -> Button | None:
    """The button that is meant by "2", where buttons were shown as a numbered list."""
    if shown is None or not shown.buttons or len(text) > _LONGEST_CHOICE:
        return None
    if shown.author.kind is AuthorKind.CUSTOMER:
        return None
    index = choice(text, shown.buttons)
    return None if index is None else shown.buttons[index]


def customers_lines(lines: Sequence[Message]) -> Iterator[Message]:
    return (line for line in lines if line.author.kind is AuthorKind.CUSTOMER)
