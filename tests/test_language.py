"""Which language a customer most likely writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.language import guess_language

LINES = {
    path.stem: path.read_text(encoding="utf-8").splitlines()
    for path in sorted((Path(__file__).parent / "payloads" / "lines").glob("*.txt"))
}


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("hello", "", "en"),
        ("hello", "de-AT", "de-AT"),
        ("我想退款", "", "zh"),
        ("我想退款", "zh-TW", "zh-TW"),
        ("我想退款", "en", "zh"),
        ("order 订单 123456", "en", "zh"),
        ("こんにちは、注文", "", "ja"),
        ("привет", "", "ru"),
        ("привіт", "uk", "uk"),
        ("안녕하세요", "en", "ko"),
        ("where is my order", "zh", "en"),
        ("ok", "zh", "zh"),
        ("123456", "zh", "zh"),
        ("lin@example.com", "zh", "zh"),
        ("https://shop.example/pots", "zh", "zh"),
        ("ORDER-2231-AB", "zh", "zh"),
        ("mail me at lin@example.com please", "zh", "en"),
        ("", "", "en"),
    ],
)
def test_the_script_tells_and_else_what_is_known(text: str, known: str, expected: str) -> None:
    assert guess_language(text, known=known, spoken=("en", "zh")) == expected


@pytest.mark.parametrize(
    ("text", "known", "spoken", "expected"),
    [
        ("hola", "", ["en", "es"], "es"),
        ("hello", "", ["zh", "en"], "en"),
        ("bom dia", "", ["en", "pt-BR"], "pt-BR"),
        ("no", "", ["en", "es"], "en"),
        ("wo ist meine Bestellung", "en-US", ["en", "de"], "de"),
        ("guten Tag", "en-US", ["en", "de"], "en-US"),
        ("muchas gracias", "en", ["en", "es"], "en"),
        ("my iPhone", "zh", ["en", "zh"], "zh"),
        ("thank you", "zh", ["en", "zh"], "zh"),
        ("iPhone 15 Pro 128GB", "zh", ["en", "zh"], "zh"),
        ("wo ist meine Bestellung, bitte?", "", ["en"], "de"),
        ("var är min beställning", "sv", ["en"], "sv"),
        ("where is my order, please", "sv", ["en"], "en"),
        ("Wie lange dauert der Versand in die Schweiz?", "de-CH", ["en", "de"], "de-CH"),
        ("привіт, де моє замовлення", "", ["en"], "uk"),
        ("къде е моята поръчка", "", ["en", "bg"], "bg"),
        ("返品", "", ["ja", "en"], "ja"),
        ("Dziękuję", "pl", ["en"], "pl"),
        ("asdf qwer zxcv", "de", ["en", "de"], "de"),
        ("", "", [], "en"),
    ],
)
def test_words_tell_where_there_are_enough(
    text: str, known: str, spoken: list[str], expected: str
) -> None:
    assert guess_language(text, known=known, spoken=spoken) == expected


@pytest.mark.parametrize(
    ("spoken", "right"), [("en de", 0.98), ("en de es fr", 0.95), ("en de es fr it nl pt", 0.95)]
)
def test_a_customers_first_line_tells_the_language(spoken: str, right: float) -> None:
    names = spoken.split()
    guesses = [
        guess_language(line, known="", spoken=names) == name
        for name in names
        for line in LINES[name]
    ]
    assert sum(guesses) / len(guesses) > right


@pytest.mark.parametrize("language", LINES)
def test_no_line_makes_a_known_language_another(language: str) -> None:
    for line in LINES[language]:
        assert guess_language(line, known=language, spoken=list(LINES)) == language


def test_two_words_never_change_a_known_language() -> None:
    for line in (line for lines in LINES.values() for line in lines if line.count(" ") < 2):
        assert guess_language(line, known="en", spoken=list(LINES)) == "en"
