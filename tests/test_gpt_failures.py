"""Everything a language model's server can do wrong that may pass: asking again may help."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from core.errors import ModelFailed
from core.gpt import OpenAIModel
from core.messages import Answer
from core.messages import Turn as Said
from core.models import LanguageModel
from sandbox.faults import Effect, Fault
from sandbox.openai import DEFAULT_KEY, OpenAISandbox, ToolCall, Turn, troubles

HELLO = (Said("customer", "hello"),)


@pytest.fixture
async def server() -> AsyncIterator[OpenAISandbox]:
    sandbox = OpenAISandbox(brain=lambda request: Turn("Hello."))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def model(server: OpenAISandbox) -> AsyncIterator[OpenAIModel]:
    model = _model(server)
    yield model
    await model.close()


def _model(
    server: OpenAISandbox,
    *,
    key: str = DEFAULT_KEY,
    name: str = "gpt-5-mini",
    total: float = 5.0,
    silence: float = 5.0,
) -> OpenAIModel:
    return OpenAIModel(key, server.base_url, name, total, silence)


async def _ask(model: LanguageModel, turns: Sequence[Said] = HELLO) -> Answer:
    return await model.answer("Be kind.", turns, on_draft=lambda text: None)


async def _failure(model: LanguageModel) -> str:
    with pytest.raises(ModelFailed) as caught:
        await _ask(model)
    return str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        troubles.rate_limited(60),
        troubles.server_error(),
        troubles.garbage(),
        troubles.garbage(200),
        troubles.broken_json(),
        Fault(Effect.RESET),
        Fault(Effect.CUT, seconds=0),
        Fault(Effect.CUT, seconds=2),
        Fault(Effect.ACCEPT_THEN_RESET, seconds=2),
        Fault(Effect.ANSWER, 200, body="data: {\n\n"),
        Fault(Effect.ANSWER, 200, body="data: [1]\n\ndata: [DONE]\n\n"),
        Fault(Effect.ANSWER, 200, body='data: {"choices": null}\n\n'),
        Fault(Effect.ANSWER, 200, body='data: {"choices": [{"delta": 5}]}\n\n'),
        Fault(Effect.ANSWER, 200, body='data: {"error": {"message": "overloaded"}}\n\n'),
        Fault(Effect.ANSWER, 200, body="data: " + "[" * 100_000 + "\n\n"),
    ],
)
async def test_broken_answers_are_failures_after_one_attempt(
    server: OpenAISandbox, model: OpenAIModel, fault: Fault
) -> None:
    """D19, D21: busy, broken or garbage: one attempt, one error."""
    server.faults.add("chat.completions", fault)
    await _failure(model)
    assert (await _ask(model)).text


async def test_no_error_quotes_the_key_whatever_it_looks_like(server: OpenAISandbox) -> None:
    """A16: a gateway may repeat what it was given."""
    key = "gateway-password-7890"
    body = json.dumps({"error": {"message": f"no route for {key}"}})
    server.faults.add("chat.completions", Fault(Effect.ANSWER, 500, body=body))
    model = _model(server, key=key)
    said = await _failure(model)
    await model.close()
    assert "no route for" in said
    assert key not in said


async def test_nobody_listening_is_a_failure(server: OpenAISandbox, model: OpenAIModel) -> None:
    await server.stop()
    assert "cannot be reached" in await _failure(model)
    with pytest.raises(ModelFailed):
        await model.check()


@pytest.mark.parametrize(
    "turn",
    [
        Turn(""),
        Turn(" \n\x00\u200b"),
        Turn("\u2800\u3164"),
        Turn(no_choices=True),
        Turn("Done!", tool_calls=(ToolCall("delete_everything"),)),
        Turn(". . . !! 。"),
        Turn("I am sorry to hear that. " * 40),
        Turn("请稍等。" * 200),
    ],
    ids=[
        "empty",
        "blank",
        "blank signs",
        "no choices",
        "unasked tool",
        "punctuation",
        "babble",
        "Chinese babble",
    ],
)
async def test_useless_answers_are_failures(
    server: OpenAISandbox, model: OpenAIModel, turn: Turn
) -> None:
    """D21: empty, blank, no choices, a tool that was not offered, the same again and again."""
    server.script(turn)
    await _failure(model)


@pytest.mark.parametrize(
    ("fault", "total", "silence"),
    [
        (Fault(Effect.HANG), 0.4, 0.1),
        (Fault(Effect.ACCEPT_THEN_HANG), 0.4, 0.1),
        (Fault(Effect.ACCEPT_THEN_HANG, seconds=2), 9.0, 0.1),
    ],
    ids=["before headers", "before the first piece", "in the middle"],
)
async def test_silent_server_is_given_up(
    server: OpenAISandbox, fault: Fault, total: float, silence: float
) -> None:
    """D20: before the headers, before the first piece, in the middle."""
    server.faults.add("chat.completions", fault)
    model = _model(server, total=total, silence=silence)
    started = time.monotonic()
    assert "silent" in await _failure(model)
    assert time.monotonic() - started < 3
    await model.close()


async def test_dripping_server_is_given_up_in_total(server: OpenAISandbox) -> None:
    """D20: pieces that keep coming do not move the total deadline."""
    server.script(Turn("drip " * 200, chunk_size=1, seconds_between=0.02))
    model = _model(server, total=0.3, silence=0.3)
    assert "0.3 s" in await _failure(model)
    await model.close()


async def test_other_answers_go_on_while_one_server_hangs(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    """D20: one client, many answers, each with its own deadline."""
    server.faults.add("chat.completions", Fault(Effect.ACCEPT_THEN_HANG))
    hanging = asyncio.create_task(_ask(model))
    await server.journal.wait_for(lambda call: call.method == "chat.completions")
    assert (await _ask(model)).text
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
