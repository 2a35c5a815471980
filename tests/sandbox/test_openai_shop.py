"""The demo's model talks sense about the shop, calls a person when due, and embeds likeness."""

from __future__ import annotations

from typing import Any

import pytest
from openai import APIStatusError, BadRequestError

from sandbox.openai import Request, shop_assistant
from sandbox.openai.shop import OTHERWISE, UNKNOWN, Topic
from tests.sandbox.openai_clients import TOOL, running


def asked(text: str, tools: list[dict[str, Any]] | None = None) -> Request:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}]
    return Request("gpt-5.5", messages, tools or [], False, False, None, {})


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How much is shipping to Italy?", "€4.90"),
        ("Do you deliver on Saturdays?", "Monday to Wednesday"),
        ("My fern has yellow leaves", "too much water"),
        ("When should I repot my monstera?", "Spring"),
        ("Is it safe for my cat?", "safe for cats"),
        ("I need a gift for my mother", "starter set"),
        ("When are you open?", "Tuesday to Saturday"),
        ("我想送朋友一份礼物", "礼盒"),
        ("你们几点开门？", "周二到周六"),
        ("运费多少？", "4.90"),
        ("hi", "welcome to Fern & Clay"),
        ("What is the meaning of life?", "Good question"),
    ],
)
def test_the_shop_assistant_answers_what_was_asked(question: str, words: str) -> None:
    assert words in shop_assistant(asked(question)).text


def informed(question: str, instructions: str) -> str:
    messages = [
        {"role": "system", "content": instructions},
        {"role": "user", "content": question},
    ]
    return shop_assistant(Request("gpt-5.5", messages, [], False, False, None, {})).text


PASSAGES = """Be kind.

<passage number="1" from="Services › Plant hotel">
A plant costs **1.50 €** a day. Bring it [two days](https://x.example) before. Book ahead.
It is warm here.
</passage>

<passage number="2" from="服务 › 刻字">
刻字需要三周。刻字花盆不能退货。
</passage>"""


def test_documents_in_the_instructions_are_answered_from_with_their_numbers() -> None:
    hotel = informed("What is the plant hotel per day?", PASSAGES)
    assert hotel.startswith("A plant costs 1.50 € a day.")
    assert hotel.endswith(" [[1]]")
    assert informed("刻字要多久", PASSAGES) == "刻字需要三周。刻字花盆不能退货。 [[2]]"
    assert "welcome to Fern & Clay" in informed("hi", PASSAGES)
    for instructions in (PASSAGES, "No document of the business says anything about it."):
        unknown = informed("Who invented the wheel?", instructions)
        assert "Shall I ask one of my colleagues?" in unknown


@pytest.mark.parametrize(
    "text",
    ["I want to talk to a human", "This is unacceptable!", "WHERE IS IT!!!", "转人工", "我要投诉"],
)
def test_a_person_is_called_with_the_tool_that_was_offered(text: str) -> None:
    (call,) = shop_assistant(asked(text, [TOOL])).tool_calls
    assert call.name == "hand_over"
    assert isinstance(call.arguments, dict)
    assert set(call.arguments) == {"reason", "mood"}
    assert call.arguments["mood"] == "calm"
    assert shop_assistant(asked(text)).tool_calls == ()
    assert shop_assistant(asked("A personal gift, shipped please", [TOOL])).tool_calls == ()


def after(said: str, reply: str) -> Request:
    messages = [
        {"role": "user", "content": "Who invented the wheel?"},
        {"role": "assistant", "content": said},
        {"role": "user", "content": reply},
    ]
    return Request("gpt-5.5", messages, [TOOL], False, False, None, {})


@pytest.mark.parametrize("offer", [UNKNOWN, OTHERWISE])
@pytest.mark.parametrize(
    "reply",
    [
        *("yes please", "Yes!", "do so", "Please do.", "ok, thanks", "That would be great"),
        *("Ja bitte", "ja, gerne", "Machen Sie das bitte"),
        *("好的", "好，谢谢！", "麻烦您了", "可以"),
    ],
)
def test_a_person_is_called_when_the_offer_of_one_is_taken(offer: Topic, reply: str) -> None:
    for said in (offer.en, offer.de, offer.zh):
        (call,) = shop_assistant(after(said, reply)).tool_calls
        assert call.name == "hand_over"


def test_nobody_is_called_for_another_answer_or_to_another_sentence() -> None:
    for reply in ("no thanks", "ok, how much is shipping?", "nein danke", "不用了", "please", "?"):
        called = shop_assistant(after(UNKNOWN.en, reply)).tool_calls
        assert bool(called) is (reply == "please"), reply
    assert not shop_assistant(after("The starter set is €29.", "yes please")).tool_calls


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Hallo!", "willkommen bei Fern & Clay"),
        ("Wer hat das Rad erfunden?", "einen Kollegen"),
        ("Vielen Dank", "Gern geschehen"),
    ],
)
def test_the_standing_sentences_are_there_in_german(question: str, words: str) -> None:
    assert words in shop_assistant(asked(question)).text


async def test_after_the_hand_over_the_model_says_so() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "hand_over", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": "A human please"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"},
    ]
    async with running() as (_, client):
        answer = await client.chat.completions.create(
            model="gpt-5.5", messages=messages, tools=[TOOL]
        )
        assert "colleague" in str(answer.choices[0].message.content)


async def test_embeddings_come_as_base64_or_numbers_and_like_texts_are_near() -> None:
    async with running() as (sandbox, client):
        texts = ["Where is my parcel?", "where is the parcel", "Do you sell cactus soil?"]
        answer = await client.embeddings.create(
            model="text-embedding-3-small", input=texts, dimensions=256
        )
        first, near, far = (item.embedding for item in answer.data)
        assert len(first) == 256
        assert dot(first, first) == pytest.approx(1, abs=1e-3)
        assert dot(first, near) > 0.5 > dot(first, far)
        assert sandbox.journal.of("embeddings")[0].arguments["encoding_format"] == "base64"
        plain = await client.embeddings.create(
            model="text-embedding-3-small", input=texts[0], dimensions=256, encoding_format="float"
        )
        assert plain.data[0].embedding == pytest.approx(first, abs=1e-6)
        with pytest.raises(BadRequestError, match="empty string"):
            await client.embeddings.create(model="text-embedding-3-small", input=[""])


async def test_embeddings_of_words_that_mean_the_same_are_near_in_every_language() -> None:
    async with running() as (_, client):
        texts = [
            "When will my monstera be here?",
            "多久能收到？",
            "How many days is delivery?",
            "A joke!",
        ]
        answer = await client.embeddings.create(model="text-embedding-3-small", input=texts)
        first, chinese, other, far = (item.embedding for item in answer.data)
        assert dot(first, chinese) > 0.5 < dot(first, other)
        assert dot(first, far) < 0.3


EMBEDDING_MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "model": ({"model": "text-embedding-9"}, "model_not_found"),
    "field": ({"temperature": 1}, "unknown_parameter"),
    "type": ({"input": [1, "a"]}, "invalid_type"),
    "form": ({"encoding_format": "int8"}, "invalid_value"),
    "size": ({"dimensions": 4000}, "None"),
    "none": ({"input": []}, "empty_array"),
    "too many": ({"input": ["a"] * 2049}, "array_above_max_length"),
    "too long": ({"input": "a" * 40_000}, "context_length_exceeded"),
    "too long together": ({"input": ["a" * 2_000] * 700}, "max_tokens_per_request"),
}


@pytest.mark.parametrize("mistake", EMBEDDING_MISTAKES)
async def test_embeddings_are_refused_in_openais_own_words(mistake: str) -> None:
    wrong, code = EMBEDDING_MISTAKES[mistake]
    async with running() as (sandbox, client):
        asked = {"model": "text-embedding-3-small", "input": "a", **wrong}
        with pytest.raises(APIStatusError) as refused:
            await client.post("/embeddings", body=asked, cast_to=object)
        assert str(refused.value.code) == code
        assert not sandbox.journal.of("embeddings")


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
