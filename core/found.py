"""An answer that is about to be said, and everything that is noted beside it."""

from __future__ import annotations

from dataclasses import dataclass

from core.known_answers import Known
from core.messages import Answer
from core.records import AnswerSource, Bill


@dataclass(frozen=True, slots=True)
class Found:
    """`version` names what shaped the answer, `read` is all that its model has read."""

    answer: Answer
    source: AnswerSource
    bill: Bill
    version: str
    read: str = ""

    @property
    def answered_by(self) -> str:
        return "gpt" if self.source is AnswerSource.GPT else f"gpt:{self.source}"

    @property
    def known(self) -> Known:
        return Known(self.answer.text, self.source, self.bill.model, self.version)


def given(known: Known) -> Found:
    """An answer that costs nothing, because it was paid for before."""
    return Found(Answer(known.text), known.source, Bill(known.model), known.version)
