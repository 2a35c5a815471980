"""When a person is needed, and how that is told to the agents in one sentence.

A customer who asks for a person in so many words must always get one, whatever the rules say, so
the words are compiled once and looked for in every language at the same time.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.folding import words
from core.quick_replies.phrases import Phrases
from core.quick_replies.reader import Reader
from core.translations import speaks

DEFAULT_ASK: Mapping[str, tuple[str, ...]] = {
    "en": (
        "human",
        "humans",
        "agent",
        "real person",
        "actual person",
        "live person",
        "need a person",
        "want a person",
        "get a person",
        "get me a person",
        "talk to a person",
        "talk to someone",
        "talk with someone",
        "talk to somebody",
        "speak to someone",
        "speak with someone",
        "speak to somebody",
        "speak with somebody",
        "chat with someone",
        "talk to a",
        "talk with a",
        "speak to a",
        "speak with a",
        "talk to your staff",
        "talk to customer service",
        "speak to customer service",
        "representative",
        "live chat",
    ),
    "zh": ("人工", "客服", "真人", "活人", "转人工", "找人聊", "找人工"),
    "de": (
        "einem menschen",
        "einen menschen",
        "echter mensch",
        "menschen sprechen",
        "echte person",
        "echten person",
        "mitarbeiter",
        "mitarbeiterin",
        "kundenservice",
        "kundendienst",
        "sachbearbeiter",
        "mit jemandem sprechen",
        "mit jemandem reden",
        "jemanden sprechen",
        "mit einer person",
    ),
    "es": (
        "humano",
        "agente",
        "persona real",
        "persona de verdad",
        "con una persona",
        "con alguien",
        "atencion al cliente",
        "servicio al cliente",
        "asesor",
        "asesora",
        "operador",
        "operadora",
        "representante",
    ),
    "fr": (
        "humain",
        "vraie personne",
        "à une personne",
        "avec une personne",
        "à quelqu'un",
        "avec quelqu'un",
        "un conseiller",
        "une conseillère",
        "service client",
        "service clients",
        "un agent",
    ),
    "ru": (
        "оператор",
        "оператора",
        "оператору",
        "оператором",
        "живой человек",
        "живого человека",
        "живым человеком",
        "живому человеку",
        "с человеком",
        "позовите человека",
        "менеджер",
        "менеджера",
        "менеджеру",
        "менеджером",
        "консультанта",
        "с сотрудником",
        "служба поддержки",
        "службу поддержки",
        "службой поддержки",
    ),
}
"""Words that `handover.ask` starts from; a language it names takes the place of the one here."""

_OTHER_THINGS = (
    "人工智能",
    "人工智慧",
    "人工呼吸",
    "travel agent",
    "travel agents",
    "estate agent",
    "user agent",
    "cleaning agent",
    "ai agent",
    "ai agents",
    "human resources",
    "human error",
    "human rights",
    "human hair",
    "ser humano",
    "etre humain",
    "agente de viajes",
    "mitarbeiter werden",
    "mitarbeiter gesucht",
)


class Asks:
    """The words by which a customer asks for a person, in all languages."""

    def __init__(
        self,
        ask: Mapping[str, Sequence[str]] | None = None,
        *,
        languages: Iterable[str] = ("en",),
        others: Container[str] = frozenset(),
    ) -> None:
        """`languages` are those of the business; `others` are words of the rules, which mean
        what they mean there."""
        listed = {**DEFAULT_ASK, **(ask or {})}
        self._words = Phrases(phrase for phrases in listed.values() for phrase in phrases)
        self._other_things = Phrases(_OTHER_THINGS)
        # "I talked to a friend" is no wish to talk to a person, so no other forms here.
        spoken = {name for name in listed if speaks(name, ("en", *(ask or ()), *languages))}
        phrases = (phrase for name in spoken for phrase in listed[name])
        vocabulary = sorted({word for phrase in phrases for word in words(phrase)})
        self._reader = Reader(vocabulary, spoken, forms=False, known=others)

    def asked(
        self, text: str, tokens: Sequence[str] | None = None, *, loosely: bool = False
    ) -> str | None:
        """The listed words by which `text` asks for a person, None when it does not. `tokens`
        are its `words`, where somebody has cut them already; `loosely` forgives typos."""
        tokens = words(text) if tokens is None else tokens
        if loosely:
            typos = self._reader.read(tokens).typos
            if not typos:
                return None
            tokens = [typos.get(token, token) for token in tokens]
        if self._words.cannot_be_in(tokens):
            return None
        return self._words.first(self._other_things.hidden(tokens), text)


class Cause(StrEnum):
    """Why a conversation is handed over."""

    ASKED = "asked"
    RULE = "rule"
    BUTTON = "button"
    GPT_ASKED = "gpt_asked"
    GPT_FAILED = "gpt_failed"
    BUDGET_USED = "budget_used"
    NOTHING_ANSWERS = "nothing_answers"
    TOO_MANY_FAILURES = "too_many_failures"
    CAME_LATE = "came_late"
    IN_DOUBT = "in_doubt"


_SENTENCES = {
    Cause.ASKED: "The customer asked for a person (“{detail}”).",
    Cause.RULE: "The rule “{detail}” hands over to a person.",
    Cause.BUTTON: "The customer pressed “{detail}”.",
    Cause.GPT_ASKED: "GPT asked for a person: {detail}",
    Cause.GPT_FAILED: "GPT could not answer: {detail}",
    Cause.BUDGET_USED: "No rule answers this, and today's GPT budget is used up.",
    Cause.NOTHING_ANSWERS: "No rule answers this, and GPT is off.",
    Cause.CAME_LATE: "The customer wrote {detail} before it got here; GPT was not asked.",
    Cause.IN_DOUBT: "Nobody knows whether the customer got this answer: {detail}",
    Cause.TOO_MANY_FAILURES: "The bot could not help {detail} times in a row.",
}
_WITHOUT_DETAIL = {
    Cause.GPT_ASKED: "GPT asked for a person and gave no reason.",
    Cause.GPT_FAILED: "GPT could not answer.",
    Cause.BUTTON: "The customer pressed a button that calls a person.",
}


@dataclass(frozen=True, slots=True)
class HandOver:
    """One decision to call a person. What `detail` holds depends on `cause`: the customer's
    words, a rule's id, a button's label, GPT's reason, an error, or a number."""

    cause: Cause
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The reason as agents read it on the card."""
        detail = " ".join(self.detail.split())[:300]
        if not detail and self.cause in _WITHOUT_DETAIL:
            return _WITHOUT_DETAIL[self.cause]
        return _SENTENCES[self.cause].format(detail=detail)
