"""The same measurement by a provider's embeddings, through the real client."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.openai import OpenAISandbox
from tests.intents.curve import ask
from tests.intents.embedded import Embedded
from tests.intents.questions import Drawn, Question

EXAMPLES = (
    ("Where is my order?", "When will my parcel arrive?", "Where is the delivery?"),
    ("I want my money back", "How do I get a refund?", "Please refund the roses"),
)
ASKED = (Question("where is the parcel", "order"), Question("a refund, please", "refund"))


async def test_questions_are_judged_by_the_vectors_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = OpenAISandbox()
    await sandbox.start()
    monkeypatch.setenv("OPENAI_API_KEY", sandbox.api_key)
    drawn = Drawn(("order", "refund"), EXAMPLES, ASKED)
    try:
        judge = await asyncio.to_thread(
            Embedded.of, drawn, ASKED, sandbox.base_url, "text-embedding-3-small"
        )
    finally:
        await sandbox.stop()
    answers = ask(judge, drawn.categories, ASKED)
    assert [(one.right, one.has_rule) for one in answers] == [(True, True)] * 2
    assert answers[0].sure > 0
