"""The product's own sentences: in the customer's language, in the admin's words."""

from __future__ import annotations

import pytest

from core.settings.texts import PLACEHOLDER, SENTENCES, Texts
from core.settings.translated import TRANSLATED


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_uses_only_its_placeholders(name: str) -> None:
    sentence = SENTENCES[name]

    for text in (sentence.en, sentence.zh, *(said[name] for said in TRANSLATED.values())):
        assert set(PLACEHOLDER.findall(text)) <= sentence.placeholders


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    translated = TRANSLATED[language]

    assert SENTENCES.keys() <= translated.keys()
    for name, sentence in SENTENCES.items():
        wanted = set(PLACEHOLDER.findall(sentence.en))
        assert set(PLACEHOLDER.findall(translated[name])) == wanted, name


def test_a_sentence_is_said_in_the_customers_language() -> None:
    texts = Texts()

    assert texts.say("closed", "zh-TW") == SENTENCES["closed"].zh
    assert texts.say("closed", "en-GB") == SENTENCES["closed"].en
    assert texts.say("welcome", "de-AT", business="Fern").startswith("Hallo! Hier ist Fern.")


def test_an_unknown_language_gets_the_language_of_the_business() -> None:
    assert Texts(fallback="zh").say("closed", "it") == SENTENCES["closed"].zh
    assert Texts(fallback="zh").say("closed", "") == SENTENCES["closed"].zh
    assert Texts(fallback="pt").say("closed", "it") == SENTENCES["closed"].en


def test_the_admins_words_go_before_the_products_own() -> None:
    texts = Texts({"closed": {"en": "Bye.", "pt-br": "Tchau."}, "welcome": {"": "Hey {business}"}})

    assert texts.say("closed", "en") == "Bye."
    assert texts.say("closed", "pt-BR") == "Tchau."
    assert texts.say("closed", "zh") == SENTENCES["closed"].zh
    assert texts.say("closed", "it") == "Bye."
    assert texts.say("welcome", "zh", business="Fern") == "Hey Fern"


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert Texts({"agent_joined": {"": "{agent}"}}).say(
        "agent_joined", "en", agent="{business}", business="Fern"
    ) == ("{business}")
