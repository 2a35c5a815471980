"""The language model through the real client: answers, and everything a server can do wrong."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import web

from core.errors import ModelFailed, ModelRefused
from core.gpt import OpenAIModel
from core.heard import MAX_TEXT
from core.messages import Answer
from core.messages import Turn as Said
from core.models import LanguageModel
from core.prompt import instructions, recites
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
    max_tokens: int = 2000,
) -> OpenAIModel:
    return OpenAIModel(key, server.base_url, name, total, silence, max_tokens)


async def _ask(model: LanguageModel, turns: Sequence[Said] = HELLO) -> Answer:
    return await model.answer("Be kind.", turns, on_draft=lambda text: None)


async def _refusal(model: LanguageModel) -> str:
    with pytest.raises(ModelRefused) as caught:
        await _ask(model)
    return str(caught.value)


# --- answers ----------------------------------------------------------------------------------


async def test_answer_is_streamed_as_drafts_and_counted(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    server.script(Turn("Ferns like shade, not sun.", chunk_size=6))
    drafts: list[str] = []
    turns = (*HELLO, Said("assistant", "Hi!"), Said("customer", "Sun for my fern?"))
    answer = await model.answer("Be kind.", turns, on_draft=drafts.append)
    assert answer.text == "Ferns like shade, not sun."
    assert not answer.wants_human
    assert answer.model == "gpt-5-mini"
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert drafts[-1] == answer.text
    assert all(answer.text.startswith(draft) for draft in drafts)
    assert len(drafts) > 2


async def test_request_has_instructions_and_roles_and_the_tool(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    await _ask(model, (*HELLO, Said("assistant", "Hi!"), Said("customer", "Fern?")))
    body = server.journal.of("chat.completions")[0].arguments
    assert [(message["role"], message["content"]) for message in body["messages"]] == [
        ("system", "Be kind."),
        ("user", "hello"),
        ("assistant", "Hi!"),
        ("user", "Fern?"),
    ]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["hand_over_to_person"]


async def test_model_hands_over_with_a_reason_and_keeps_its_words(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    call = ToolCall("hand_over_to_person", {"reason": "wants a\nrefund \u202eof 90 €"})
    server.script(Turn("One moment.", tool_calls=(call,)), Turn(tool_calls=(call,)))
    first, second = await _ask(model), await _ask(model)
    assert (first.text, first.wants_human) == ("One moment.", True)
    assert first.reason == "wants a refund of 90 €"
    assert (second.text, second.wants_human) == ("", True)


@pytest.mark.parametrize("arguments", ["", "{", "[]", '{"why":"x"}', "null"])
async def test_hand_over_without_a_readable_reason_still_counts(
    server: OpenAISandbox, model: OpenAIModel, arguments: str
) -> None:
    server.script(Turn(tool_calls=(ToolCall("hand_over_to_person", arguments),)))
    answer = await _ask(model)
    assert (answer.wants_human, answer.reason) == (True, "")


async def test_refusal_in_the_models_own_words_is_an_answer(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    server.script(Turn(refusal="I cannot help with that."))
    assert (await _ask(model)).text == "I cannot help with that."


async def test_endless_text_is_cut(server: OpenAISandbox) -> None:
    """D21: 200 KB are read no further than a customer would."""
    server.script(Turn(" ".join(f"word{n}" for n in range(25_000)), chunk_size=5_000))
    model = _model(server, max_tokens=100_000)
    answer = await _ask(model)
    await model.close()
    assert MAX_TEXT - 10 < len(answer.text) <= MAX_TEXT + 2
    assert re.search(r" word\d+ …$", answer.text)


async def test_an_answer_is_no_longer_than_the_settings_say(server: OpenAISandbox) -> None:
    """D21: the server is told, and what it cuts in the middle of a word ends with a mark."""
    model = _model(server, max_tokens=16)
    server.script(
        Turn("Ferns like it shady and damp, so keep them away from the southern window.")
    )
    answer = await _ask(model)
    assert answer.text == "Ferns like it shady and damp, so keep them away from the …"
    assert server.journal.of("chat.completions")[0].arguments["max_completion_tokens"] == 16
    server.script(Turn(finish_reason="length"))
    with pytest.raises(ModelFailed, match=r"gpt\.max_answer_tokens before it said a word"):
        await _ask(model)
    await model.close()


async def test_a_recital_of_our_instructions_is_held_back_before_it_is_seen(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    """B15: neither the answer nor a draft has a whole sentence of them, or what stands behind."""
    brief = instructions(business="Fern", own="CANARY-7391")
    shouted = " \n".join(brief.upper().split())
    for text, size in ((brief, 5), (brief, 100_000), (shouted, 7)):
        server.script(Turn(f"Sure! {text}", chunk_size=size))
        drafts: list[str] = []
        with pytest.raises(ModelRefused, match="held back"):
            await model.answer(brief, HELLO, on_draft=drafts.append)
        assert not any(recites(draft) or "CANARY" in draft for draft in drafts)
    server.script("CANARY-7391 is our staff code.")
    assert (await _ask(model)).text == "CANARY-7391 is our staff code."


async def test_endless_arguments_of_a_tool_are_read_no_further(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    """D21: a call that never ends still calls a person, and fills no memory."""
    call = ToolCall("hand_over_to_person", '{"reason": "' + "x" * 1_000_000)
    server.script(Turn(tool_calls=(call,), chunk_size=5_000, seconds_between=0.05))
    answer = await _ask(model)
    assert (answer.wants_human, answer.reason, answer.text) == (True, "", "")


async def test_hidden_characters_are_taken_out_of_answers(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    """B07, B10, D21: NUL, escapes and tags reach nobody."""
    server.script("a\x00b\x1b\U000e0041c")
    assert (await _ask(model)).text == "abc"


# --- refusals: asking again cannot help -----------------------------------------------------


async def test_wrong_key_is_refused_and_never_shown(server: OpenAISandbox) -> None:
    """D19: 401 names the setting, and the key is in no text."""
    key = "sk-wrong-secret-1234567890"
    model = _model(server, key=key)
    said = await _refusal(model)
    with pytest.raises(ModelRefused):
        await model.check()
    await model.close()
    assert "gpt.api_key" in said
    assert "request req_" in said
    assert "sk-" not in said
    assert "7890" not in said


async def test_unknown_model_is_refused_by_name_of_its_setting(server: OpenAISandbox) -> None:
    model = _model(server, name="gpt-99")
    said = await _refusal(model)
    with pytest.raises(ModelRefused):
        await model.check()
    await model.close()
    assert "gpt.model" in said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (troubles.quota_used_up(), "no credit"),
        (troubles.content_refused(), "content filter"),
        (Fault(Effect.ANSWER, 403), "gpt.api_key"),
        (Fault(Effect.ANSWER, 402), "no credit"),
        (Fault(Effect.ANSWER, 400), "refused"),
        (Fault(Effect.ANSWER, 404), "gpt.base_url"),
    ],
)
async def test_hopeless_answers_are_refusals(
    server: OpenAISandbox, model: OpenAIModel, fault: Fault, words: str
) -> None:
    """D19: quota, filter, rights: asking again cannot help."""
    server.faults.add("chat.completions", fault)
    assert words in await _refusal(model)


async def test_too_long_conversation_names_its_setting() -> None:
    """D19: context_length names the setting that mends it."""
    small = OpenAISandbox(context_tokens=50)
    await small.start()
    model = _model(small)
    with pytest.raises(ModelRefused, match=r"gpt\.max_history"):
        await _ask(model, (Said("customer", "long " * 500),))
    await model.close()
    await small.stop()


async def test_content_filter_in_the_answer_is_a_refusal(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    """D19: a filter may also end an answer that had begun."""
    server.script(Turn("Well", finish_reason="content_filter"))
    assert "content filter" in await _refusal(model)


# --- checking ---------------------------------------------------------------------------------


async def test_check_passes_with_a_good_key(model: OpenAIModel) -> None:
    await model.check()


@pytest.mark.parametrize("status", [404, 405])
async def test_check_passes_where_models_are_not_listed(
    server: OpenAISandbox, model: OpenAIModel, status: int
) -> None:
    server.faults.add("models", Fault(Effect.ANSWER, status))
    await model.check()


async def test_check_of_a_broken_server_is_a_failure(
    server: OpenAISandbox, model: OpenAIModel
) -> None:
    server.faults.add("models", troubles.server_error())
    with pytest.raises(ModelFailed):
        await model.check()


# --- servers that are only nearly compatible ------------------------------------------------


async def _plain_server(request: web.Request) -> web.StreamResponse:
    """Knows none of the newer options, sends no usage and no ids."""
    body = await request.json()
    for name in ("stream_options", "tools", "max_completion_tokens"):
        if name in body:
            error = {"error": {"message": f"Unrecognized request argument supplied: {name}"}}
            return web.json_response(error, status=400)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    pieces: list[dict[str, Any]] = [
        {"delta": {"content": "Hello"}},
        {"delta": {"content": " there"}, "finish_reason": "stop"},
    ]
    for piece in pieces:
        await response.write(f"data: {json.dumps({'choices': [piece]})}\n\n".encode())
    return response


async def test_server_without_tools_and_usage_still_answers() -> None:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", _plain_server)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    model = OpenAIModel("any", url, "local", 5, 5)
    answers = [await _ask(model), await _ask(model)]
    await model.close()
    await runner.cleanup()
    assert [answer.text for answer in answers] == ["Hello there", "Hello there"]
    assert answers[0].model == "local"
    assert answers[0].usage.output_tokens > 0
