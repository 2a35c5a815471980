"""`frontdesk try` as a shell sees it: who would answer a message, and why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.cli import main
from tests.shell import SHIPPED, Captured, write

TRIALS = {
    "a rule": (
        "order 123456",
        ['The rule "order-number" answers', "Follow order 123456 here", "[Ask a colleague]"],
    ),
    "a wish for a person": (
        "can I talk to a human",
        ["A person answers:", "which goes before every rule", "the desk is off (SLACK_BOT_TOKEN"],
    ),
    "nothing": (
        "what is love",
        ["A person answers: no rule matches, and GPT is off (OPENAI_API_KEY is empty)."],
    ),
    "a rule that calls a person": (
        "this is unacceptable",
        ['The rule "complaint" answers', "then     a person is called"],
    ),
}


@pytest.mark.parametrize("trial", TRIALS)
def test_try_says_who_answers_and_why(trial: str, capsys: Captured) -> None:
    text, expected = TRIALS[trial]

    assert main(["try", text, "--settings", str(SHIPPED)]) == 0

    told = capsys.readouterr().out
    for part in expected:
        assert part in told


def test_try_names_gpt_when_it_is_on_and_no_rule_matches(tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path, "gpt: {api_key: x, model: gpt-x}\n")

    assert main(["try", "what is love", "--settings", str(path)]) == 0
    assert capsys.readouterr().out == "GPT answers (gpt-x): no rule matches.\n"


def test_try_says_what_comes_instead_of_a_gpt_that_is_off(
    tmp_path: Path, capsys: Captured
) -> None:
    path = write(
        tmp_path,
        "business: {name: Fern}\nquick_replies:\n"
        "- {id: a, when: {any: [hi]}, reply: Hello, then: gpt}\n",
    )
    assert main(["try", "hi", "--settings", str(path)]) == 0
    told = capsys.readouterr().out
    assert "  then     a person is called, because GPT is off" in told
    assert "  told     I cannot reach a colleague from here right now." in told


def test_try_keeps_to_the_channel_and_tells_why_a_rule_was_not_taken(
    tmp_path: Path, capsys: Captured
) -> None:
    path = write(
        tmp_path,
        "quick_replies:\n- id: a\n  when: {any: [hi], channels: [telegram]}\n  reply: x\n",
    )

    assert main(["try", "hi", "--settings", str(path)]) == 0
    assert 'near     the rule "a":' in capsys.readouterr().out
    assert main(["try", "hi", "--channel", "telegram", "--settings", str(path)]) == 0
    assert 'The rule "a" answers' in capsys.readouterr().out
    assert main(["try", "hi", "--channel", "fax", "--settings", str(path)]) == 2


@pytest.mark.parametrize("language", ["en", "zh-TW", "zh_CN", "PT-br", "yue", "tlh", ""])
def test_try_takes_a_language(language: str, tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path, "quick_replies:\n- id: a\n  when: {languages: [tlh]}\n  reply: qo'\n")

    assert main(["try", "hi", "--language", language, "--settings", str(path)]) == 0
    assert ('The rule "a" answers' in capsys.readouterr().out) == (language == "tlh")


@pytest.mark.parametrize("language", ["foo", "chinese", "e", "中文", "en-", "en zh", "-"])
def test_try_refuses_what_is_no_language(language: str, capsys: Captured) -> None:
    assert main(["try", "hi", f"--language={language}", "--settings", str(SHIPPED)]) == 2
    assert capsys.readouterr().err == (
        f"frontdesk: --language {language!r} is no language tag; write one like en, zh or pt-BR\n"
    )


def test_try_says_of_a_language_that_nobody_knows_it_and_goes_on(capsys: Captured) -> None:
    assert main(["try", "refund", "--language", "xx", "--settings", str(SHIPPED)]) == 0
    told = capsys.readouterr()
    assert told.err == ("frontdesk: nobody here has heard of a language 'xx'; taken as it is\n")
    assert told.out

    assert main(["try", "refund", "--language", "de", "--settings", str(SHIPPED)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["", "  "])
def test_try_wants_a_message(text: str, capsys: Captured) -> None:
    assert main(["try", text, "--settings", str(SHIPPED)]) == 2
    assert capsys.readouterr().err.startswith("frontdesk: try needs a message")


def test_try_shows_the_buttons_in_the_customers_language(capsys: Captured) -> None:
    assert main(["try", "我想退款", "--settings", str(SHIPPED)]) == 0

    buttons = re.findall(r"^  button   (.+)$", capsys.readouterr().out, re.MULTILINE)
    assert buttons == ['[怎么退货] says "怎么退货？"', "[找同事帮忙] calls a person"]
