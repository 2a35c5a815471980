"""The buttons of a rule as the file writes them: one text, or one for each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.messages import Button
from core.quick_replies import Hit, Question, QuickReplies
from tests.settings.loading import load_text, problems, rule


def _hit(folder: Path, buttons: str, language: str) -> Hit:
    rules = load_text(folder, rule(f"{{en: hi, zh: 您好}}\n  buttons: [{buttons}]")).quick_replies
    hit = QuickReplies.compile(rules).match(Question("x", language=language))
    assert hit is not None
    return hit


@pytest.mark.parametrize(
    ("language", "text", "label", "say"),
    [
        ("en", "hi", "Returns", "How do I return it?"),
        ("zh-TW", "您好", "退货", "怎么退货？"),
        ("de", "hi", "Returns", "How do I return it?"),
        ("", "hi", "Returns", "How do I return it?"),
    ],
)
def test_a_button_speaks_the_language_of_its_reply(
    tmp_path: Path, language: str, text: str, label: str, say: str
) -> None:
    button = "{label: {en: Returns, zh: 退货}, say: {en: 'How do I return it?', zh: 怎么退货？}}"

    hit = _hit(tmp_path, button, language)

    assert hit.text == text
    assert hit.buttons == (Button(label, say=say),)


@pytest.mark.parametrize("language", ["en", "zh", ""])
def test_a_button_of_one_text_is_the_same_in_every_language(tmp_path: Path, language: str) -> None:
    buttons = (
        '{label: More, say: More please}, {label: Map, url: "https://x.example"}, '
        "{label: Person, do: escalate}"
    )

    assert _hit(tmp_path, buttons, language).buttons == (
        Button("More", say="More please"),
        Button("Map", url="https://x.example"),
        Button("Person", do="escalate"),
    )


def test_only_the_label_may_be_translated(tmp_path: Path) -> None:
    buttons = "{label: {en: Map, zh: 地图}, url: 'https://x.example'}, {label: {zh: 好}, say: OK}"

    assert _hit(tmp_path, buttons, "zh").buttons == (
        Button("地图", url="https://x.example"),
        Button("好", say="OK"),
    )


LONG = "x" * 81

BROKEN = {
    "a number": (
        "{label: {en: 2}, say: a}",
        '26: a text is expected here (put it in quotes: "2")',
    ),
    "a list": (
        "{label: [a], say: a}",
        '21: a text is expected here (in quotes, or by language: {en: "…", zh: "…"})',
    ),
    "no label": ("{say: a}", '13: the key "label" is missing (add a line label: …)'),
    "an empty text": (
        "{label: {en: a, zh: ' '}, say: a}",
        "21: this text is empty (write what the customer shall read)",
    ),
    "no language": (
        "{label: {chinese: a}, say: a}",
        "22: 'chinese' is not a language code (like en, zh or pt-BR)",
    ),
    "a comma without quotes": (
        "{label: a, say: {en: yes, please}}",
        "29: a language here has no text (a text with a comma in it needs quotes)",
    ),
    "a long label": (
        f"{{label: {LONG}, say: a}}",
        "21: this is too long (at most this many characters: 80)",
    ),
    "a long label of one language": (
        f"{{label: {{en: a, zh: {LONG}}}, say: a}}",
        "33: this is too long (at most this many characters: 80)",
    ),
    "a long text to say": (
        f"{{label: a, say: {'x' * 1001}}}",
        "29: this is too long (at most this many characters: 1000)",
    ),
    "an address for each language": (
        "{label: a, url: {en: 'https://x.example'}}",
        "29: a text is expected here (put the text in quotes)",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_mistake_in_a_button_is_told_at_its_place(tmp_path: Path, kind: str) -> None:
    button, expected = BROKEN[kind]

    told = problems(tmp_path, rule(f"hi\n  buttons: [{button}]"))

    assert told == [f"settings.yaml:6:{expected}"]
