"""When a customer asks for a person, and what agents read about it."""

from __future__ import annotations

import pytest

from core.handover import DEFAULT_ASK, Asks, Cause, HandOver


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a person",
        "can i SPEAK TO SOMEONE?",
        "human",
        "Agent!!",
        "get me a real person now",
        "real-person pls",
        "I'd like to talk to a travel agent",
        "我要人工",
        "转人工",
        "有没有真人客服？",
        "請轉人工",
        "人工智能不行，找客服",
        "Ich möchte mit einem Menschen sprechen",
        "gibt es hier einen Mitarbeiter?",
        "quiero hablar con una persona",
        "Atención al cliente, por favor",
        "je voudrais parler à quelqu’un",
        "passez-moi un conseiller",
        "позовите оператора",
        "хочу поговорить с человеком",
    ],
)
def test_customer_who_asks_for_a_person_is_heard(text: str) -> None:
    assert Asks().asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "humanity",
        "reagent grade",
        "are you a travel agent",
        "human resources",
        "你们用人工智能吗",
        "wo ist meine Bestellung",
        "todo ser humano necesita plantas",
        "où est ma commande",
        "где мой заказ",
        "a tent for a person of two metres",
        "",
    ],
)
def test_other_messages_call_nobody(text: str) -> None:
    assert Asks().asked(text) is None


@pytest.mark.parametrize("text", ["a humann please", "agnet!", "speek to someone", "real preson"])
def test_a_person_asked_for_with_a_typo_is_heard_when_typos_are_forgiven(text: str) -> None:
    assert Asks().asked(text) is None
    assert Asks().asked(text, loosely=True)


@pytest.mark.parametrize(
    "text", ["humane", "I talked to a friend", "travle agent", "who is Agenor", "speak to the ad"]
)
def test_other_words_and_forms_are_no_wish_for_a_person(text: str) -> None:
    assert Asks(others={"agenor"}).asked(text, loosely=True) is None


def test_words_are_told_as_they_are_listed() -> None:
    assert Asks().asked("please can I talk to a person?") == "talk to a person"


@pytest.mark.parametrize("language", DEFAULT_ASK)
def test_everything_that_is_listed_is_heard(language: str) -> None:
    asks = Asks()
    for phrase in DEFAULT_ASK[language]:
        assert asks.asked(f"ah, {phrase}!"), phrase


def test_a_mark_without_words_may_call_a_person() -> None:
    assert Asks({"en": ["!!!"]}).asked("so late!!!") == "!!!"


def test_own_words_replace_those_of_their_language_only() -> None:
    asks = Asks({"en": ["Concierge"], "de": ["Mitarbeiter"]})
    asked = [asks.asked(text) for text in ("concierge", "mitarbeiter", "客服", "human")]
    assert asked == ["Concierge", "Mitarbeiter", "客服", None]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (HandOver(Cause.ASKED, "human"), "The customer asked for a person (“human”)."),
        (HandOver(Cause.RULE, "refund"), "The rule “refund” hands over to a person."),
        (HandOver(Cause.BUTTON, "Call me"), "The customer pressed “Call me”."),
        (HandOver(Cause.GPT_ASKED, "angry\ncustomer"), "GPT asked for a person: angry customer"),
        (HandOver(Cause.GPT_ASKED), "GPT asked for a person and gave no reason."),
        (HandOver(Cause.GPT_FAILED, "{no} answer"), "GPT could not answer: {no} answer"),
        (HandOver(Cause.NOTHING_ANSWERS), "No rule answers this, and GPT is off."),
        (HandOver(Cause.TOO_MANY_FAILURES, "2"), "The bot could not help 2 times in a row."),
    ],
)
def test_agents_read_one_sentence_why(reason: HandOver, sentence: str) -> None:
    assert reason.sentence == sentence
