"""Which language a customer most likely writes."""

from __future__ import annotations

import pytest

from core.language import guess_language


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
