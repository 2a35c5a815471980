"""What was looked up for one answer, and how the answer names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.errors import ModelFailed
from core.knowledge.choice import Fitting
from core.knowledge.citing import cited, unmarked, without_unknown_links
from core.knowledge.document import Passage
from core.messages import Answer, Turn

KNOWLEDGE = 3
"""One token in so many of `gpt.max_history` may go to passages."""


@dataclass(frozen=True, slots=True)
class Consulted:
    """`found` is empty when nothing fits, None where nothing is looked up at all."""

    found: Sequence[Fitting] | None = None

    @property
    def passages(self) -> list[Passage] | None:
        return None if self.found is None else [one.passage for one in self.found]

    @property
    def cost(self) -> int:
        """Tokens of the passages, estimated."""
        return sum(one.cost for one in self.found or ())

    def read(self, brief: str, turns: Sequence[Turn]) -> str:
        """Everything that the model has read, and where it comes from."""
        urls = (passage.url for passage in self.passages or ())
        return "\n".join((brief, *(turn.text for turn in turns), *urls))

    def showing(self, on_draft: Callable[[str], None], read: str) -> Callable[[str], None]:
        """Takes drafts of the model and hands them on as the customer may see them."""
        if self.found is None:
            return on_draft
        count = len(self.found)
        return lambda text: on_draft(without_unknown_links(unmarked(text, count), read))

    def named(self, answer: Answer, read: str, line: Callable[[str], str]) -> Answer:
        """The answer with a `line` for each source, and without addresses that stand nowhere in
        what the model has `read`. Raises ModelFailed when nothing is left."""
        if self.found is None:
            return answer
        own = _without_lines(answer.text, line("").strip())
        text, sources = cited(without_unknown_links(own, read), self.passages or [])
        if not text and not answer.wants_human:
            failed = ModelFailed("the model answered with nothing but a source", answered=True)
            failed.usage = answer.usage
            raise failed
        lines = [line(f"{source.title} {source.url}".strip()) for source in sources]
        told = "\n\n".join(part for part in (text, "\n".join(lines if text else ())) if part)
        return replace(answer, text=told)


def _without_lines(text: str, label: str) -> str:
    """A model that sees our lines in the conversation may write some of its own."""
    if not label:
        return text
    kept = (line for line in text.split("\n") if not line.strip().startswith(label))
    return "\n".join(kept)
