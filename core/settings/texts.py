"""Every sentence the product itself says to a customer, so that an admin can change each one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings.translated import TRANSLATED

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """When a sentence is said, which placeholders it may use, and how it reads by default."""

    when: str
    en: str
    zh: str
    placeholders: frozenset[str] = frozenset()


def _sentence(when: str, en: str, zh: str, *placeholders: str) -> Sentence:
    return Sentence(when, en, zh, frozenset(placeholders))


SENTENCES: Mapping[str, Sentence] = {
    "handover": _sentence(
        "a person was called",
        "I have called a colleague, who will answer you here. Please stay with us.",
        "我已经请同事过来，会在这里回复您，请稍候。",
        "business",
    ),
    "handover_closed": _sentence(
        "a person was called outside business.hours",
        "Our team is not in at the moment. Leave your e-mail address or telephone number here, "
        "and we will get back to you.",
        "我们现在不在营业时间。请留下您的邮箱或电话，我们上班后会尽快联系您。",
        "business",
    ),
    "handover_nobody": _sentence(
        "a person is wanted, and no desk is set up",
        "I cannot reach a colleague from here right now. Leave your e-mail address or telephone "
        "number, and we will get back to you.",
        "我现在联系不到同事。请留下您的邮箱或电话，我们会尽快联系您。",
        "business",
    ),
    "still_waiting": _sentence(
        "nobody came for desk.give_up_after",
        "I am sorry that this takes so long. Leave your e-mail address or telephone number, and "
        "we will answer you there if we miss you here.",
        "抱歉让您久等了。请留下您的邮箱或电话，如果在这里没能联系上，我们会另行回复您。",
        "business",
    ),
    "contact_noted": _sentence(
        "the customer wrote while being asked how to be reached",
        "Thank you, I have noted that for my colleagues.",
        "谢谢，我已经为同事记下。",
        "business",
    ),
    "cannot_answer": _sentence(
        "neither a rule nor GPT had an answer, and a person was called",
        "I do not know the answer to that, so I have called a colleague, "
        "who will answer you here.",
        "这个问题我回答不了，已经请同事过来，会在这里回复您。",
        "business",
    ),
    "gpt_failed": _sentence(
        "GPT failed, and a person was called",
        "Sorry, I cannot answer that just now. I have called a colleague, "
        "who will answer you here.",
        "抱歉，我暂时无法回答，已经请同事过来，会在这里回复您。",
        "business",
    ),
    "agent_joined": _sentence(
        "an agent took the conversation over",
        "{agent} has joined the chat.",
        "{agent} 已加入对话。",
        "agent",
        "business",
    ),
    "agent_unnamed": _sentence(
        "an agent's name is not known yet, and this stands in its place",
        "A colleague",
        "同事",
        "business",
    ),
    "handed_back": _sentence(
        "an agent handed the conversation back to the bot",
        "I am the assistant again. Ask me anything, or ask for a person.",
        "现在由智能助手继续为您服务，您也可以随时找人工客服。",
        "agent",
        "business",
    ),
    "closed": _sentence(
        "an agent closed the conversation",
        "This chat is closed. Write here again whenever you like.",
        "本次对话已结束，欢迎随时再来。",
        "agent",
        "business",
    ),
    "too_fast": _sentence(
        "the customer writes faster than limits.customer_per_minute",
        "That was a lot at once. Please write again in {seconds} seconds.",
        "消息有点多，请在 {seconds} 秒后再发。",
        "seconds",
    ),
    "too_long": _sentence(
        "a message is longer than limits.message_chars",
        "That is too long for me. Please keep a message under {limit} characters.",
        "消息太长了，请控制在 {limit} 个字以内。",
        "limit",
    ),
    "unavailable": _sentence(
        "nothing can be stored at the moment",
        "I cannot take messages at the moment. Please try again in a minute.",
        "暂时无法接收消息，请稍后再试。",
    ),
    "file_too_large": _sentence(
        "a file is larger than files.max_mb",
        "{name} is too large. Files of up to {limit} MB work here.",
        "{name} 太大了，文件请不要超过 {limit} MB。",
        "name",
        "limit",
    ),
    "file_failed": _sentence(
        "a file from an agent did not reach the customer",
        "A file could not be delivered: {name}.",
        "文件未能送达：{name}。",
        "name",
    ),
    "file_only": _sentence(
        "a customer sent a file to the bot without a word",
        "Thank you, I have the file. What would you like to know?",
        "文件已收到。请问您想了解什么？",
        "business",
    ),
    "unsupported": _sentence(
        "the customer sent something that is neither text nor a file",
        "I can read text, pictures, files and voice messages, but not this. Please write to me.",
        "我能接收文字、图片、文件和语音，但无法识别这条消息，请用文字告诉我。",
    ),
    "source": _sentence(
        "GPT's answer rests on a file of gpt.knowledge",
        "Source: {source}",
        "来源：{source}",
        "source",
    ),
    "welcome": _sentence(
        "a customer starts the chat with /start",
        "Hello! This is {business}. How can I help you?",
        "您好！这里是 {business}，请问有什么可以帮您？",
        "business",
    ),
    "did_you_mean": _sentence(
        "examples of several rules are about as like the customer's question; a button for each",
        "Did you mean one of these?",
        "您想问的是下面哪一个？",
        "business",
    ),
    "none_of_these": _sentence(
        "it labels the last button under did_you_mean; GPT or a person answers then",
        "Something else",
        "都不是",
    ),
    "choose_number": _sentence(
        "buttons are shown as a numbered list",
        "Answer with a number:",
        "请回复数字：",
    ),
}


class Texts:
    """The sentences in force: the admin's where there are any, else the product's own."""

    def __init__(
        self,
        own: Mapping[str, Mapping[str, str]] | None = None,
        fallback: str = "en",
    ) -> None:
        """`own` maps a sentence's name to its wording by language; a wording for every language
        stands under "". `fallback` is the language for customers whose own is not there."""
        self._own = own or {}
        self._fallback = fallback

    def say(self, name: str, language: str, **values: object) -> str:
        """Sentence `name` for a customer who speaks `language` ("" when unknown).

        A placeholder without a value stays as it is written. Raises KeyError for a name that is
        not in SENTENCES.
        """
        text = self._wording(name, language)
        return PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text)

    def _wording(self, name: str, language: str) -> str:
        sentence = SENTENCES[name]
        own = self._own.get(name, {})
        for choice in (*_narrowing(language), *_narrowing(self._fallback), "en"):
            text = (
                own.get(choice)
                or own.get("")
                or {"en": sentence.en, "zh": sentence.zh}.get(choice)
                or TRANSLATED.get(choice, {}).get(name)
            )
            if text:
                return text
        return sentence.en

    def own(self, name: str) -> Mapping[str, str]:
        """The admin's wording of sentence `name`, by language."""
        return self._own.get(name, {})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts):
            return NotImplemented
        return (self._own, self._fallback) == (other._own, other._fallback)

    __hash__ = None  # type: ignore[assignment]


def _narrowing(language: str) -> list[str]:
    parts = language.lower().replace("_", "-").split("-") if language else []
    return ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
