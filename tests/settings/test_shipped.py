"""The settings that come with the product keep the promises that its first reader meets."""

from __future__ import annotations

from pathlib import Path

from connectors import SECTIONS, SETTINGS
from core.check import failed_tests
from core.quick_replies import Question, QuickReplies
from core.settings import Settings, load

SHIPPED = Path(__file__).parents[2] / "settings.yaml"


def _shipped() -> Settings:
    return load(SHIPPED, environ={}, channels=SETTINGS, sections=SECTIONS)


def test_the_shipped_rules_hold_their_own_tests_and_give_no_warnings() -> None:
    settings = _shipped()

    assert settings.warnings == ()
    assert failed_tests(settings) == ()


def test_there_are_twelve_rules_or_more_each_in_two_languages_and_tested() -> None:
    rules = _shipped().quick_replies

    assert len(rules) >= 12
    assert all({"en", "zh"} <= rule.reply.keys() for rule in rules)
    assert all(rule.match_tests for rule in rules)
    for button in (button for rule in rules for button in rule.buttons):
        assert {"en", "zh"} <= button.label.keys(), button
        assert not button.say or {"en", "zh"} <= button.say.keys(), button


def test_what_a_button_says_is_answered_by_a_rule_in_its_own_language() -> None:
    rules = _shipped().quick_replies
    replies = QuickReplies.compile(rules)
    for button in (button for rule in rules for button in rule.buttons if button.say):
        for language in ("en", "zh"):
            said = button.shown(language).say
            hit = replies.match(Question(said, language=language))
            assert hit is not None, said


def test_without_credentials_only_the_chat_on_the_web_is_on() -> None:
    settings = _shipped()

    assert [name for name in SETTINGS if not settings.why_off(f"channels.{name}")] == ["web"]
    assert settings.why_off("gpt") == "OPENAI_API_KEY is empty"
    assert "SLACK_DESK_CHANNEL" in settings.why_off("desk")
