"""Which rule answers which message."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Button
from core.quick_replies import Hours, Question, QuickReplies, Rule, RuleButton, When


def _replies(*whens: When) -> QuickReplies:
    return QuickReplies.compile(
        Rule(str(number), when, {"": "ok"}) for number, when in enumerate(whens)
    )


def _hits(when: When, text: str) -> bool:
    return _replies(when).match(Question(text)) is not None


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("refund", "Where is my REFUND?"),
        ("refund", "ｒｅｆｕｎｄ please"),
        ("refund", "ref\u200bu\u00adnd"),
        ("refund", "(refund)"),
        ("refund?", "a refund, please"),
        ("money back", "my money  back"),
        ("money back", "money-back"),
        ("money back", "money\nback"),
        ("money-back", "money back"),
        ("cafe", "un café"),
        ("CAFÉ", "cafe\u0301"),
        ("straße", "Hauptstrasse? no: STRASSE"),
        ("iptal", "İPTAL"),
        ("iptal", "IPTAL"),
        ("don't", "I don’t know"),
        ("don't", "dont know"),
        ("customer", "the customer's order"),
        ("argent", "rendez l'argent"),
        ("привет", "«Привет!»"),
        ("еще", "ещё раз"),
        ("λογος", "ΛΌΓΟΣ"),
        ("استرداد", "اِسْتِرداد"),
        ("退款", "我想退款，谢谢"),
        ("退款", "iPhone退款3天"),
        ("人工客服", "人工 客服"),
        ("返金", "返金してください"),
        ("メール", "ﾒｰﾙを送った"),
        ("คืนเงิน", "อยากคืนเงินครับ"),
        ("취소", "주문취소를 해주세요"),
        ("हिन्दी", "क्या हिन्दी में"),
        ("👍", "ok 👍🏽"),
        ("?", "what？"),
        ("...", "hm…"),
        ("c++", "do you teach C++?"),
        ("24/7", "open 24/7?"),
        ("wifi 退款", "WiFi退款"),
    ],
)
def test_phrase_is_found_however_it_is_written(phrase: str, text: str) -> None:
    assert _hits(When(any=(phrase,)), text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("art", "party"),
        ("art", "article"),
        ("привет", "приветствие"),
        ("don", "I don't"),
        ("мои", "мой"),
        ("$5", "$50"),
        ("c++", "vitamin c"),
        ("money back", "back money"),
        ("money back", "money is back"),
        ("退款", "退了款"),
        ("หิน", "หินี้"),
        ("refund", ""),
    ],
)
def test_phrase_is_not_found_inside_other_words(phrase: str, text: str) -> None:
    assert not _hits(When(any=(phrase,)), text)


def test_every_group_of_all_needs_a_hit() -> None:
    when = When(all=(("order",), ("where", "status")))
    assert _hits(when, "where is the order")
    assert _hits(when, "order status")
    assert not _hits(when, "my order")


def test_none_keeps_a_rule_back() -> None:
    when = When(any=("order",), none=("cancel",))
    assert _hits(when, "my order")
    assert not _hits(when, "Cancel my order")


def test_any_or_regex_is_enough() -> None:
    when = When(any=("parcel",), regex=(r"#\d+",))
    assert _hits(when, "a parcel")
    assert _hits(when, "about #12")
    assert not _hits(when, "about it")


def test_rule_with_filters_only_matches_every_message() -> None:
    replies = _replies(When(hours=Hours.CLOSED))
    assert replies.match(Question("whatever", is_open=False))
    assert replies.match(Question("whatever", is_open=True)) is None


def test_rule_that_has_only_examples_does_not_match_every_message() -> None:
    assert not _hits(When(examples=("I want my money",)), "hello")


def test_filters_must_hold() -> None:
    replies = _replies(When(any=("hi",), channels=frozenset({"web"}), languages=("zh", "en")))
    assert replies.match(Question("hi", channel="web", language="zh-TW"))
    assert replies.match(Question("hi", channel="web", language="EN_gb"))
    assert replies.match(Question("hi", channel="web", language="de")) is None
    assert replies.match(Question("hi", channel="web", language="")) is None
    assert replies.match(Question("hi", channel="slack", language="en")) is None


def test_first_rule_of_the_file_wins() -> None:
    hit = _replies(When(any=("bye",)), When(any=("b",)), When(any=("a",))).match(Question("a b"))
    assert hit
    assert hit.rule.id == "1"


def test_no_rules_match_nothing() -> None:
    assert QuickReplies().match(Question("hello")) is None


def test_regex_ignores_case_and_keeps_what_it_captures_as_written() -> None:
    rule = Rule("o", When(regex=(r"order\s+#?(?P<order>[a-z]\d{3})",)), {"": "Order {order}."})
    hit = QuickReplies.compile([rule]).match(Question("my ＯＲＤＥＲ #Ab12 or Order X123"))
    assert hit
    assert hit.text == "Order X123."


def test_of_several_patterns_the_first_in_the_message_is_told() -> None:
    hit = _replies(When(regex=("x", r"b\d", "b"))).match(Question("ab1"))
    assert hit
    assert hit.matched == r'regex "b\d"'


def test_full_width_brackets_in_a_regex_are_characters() -> None:
    assert _hits(When(regex=("（急）",)), "退款（急）")
    assert not _hits(When(regex=("（急）",)), "急")


def test_placeholder_without_a_value_lets_the_next_rule_answer() -> None:
    when = When(any=("order",), regex=(r"(?P<order>\d{6})",))
    rules = [Rule("number", when, {"": "{order}!"}), Rule("other", when, {"": "Which one?"})]
    replies = QuickReplies.compile(rules)
    texts = [
        hit.text for text in ("order", "order 123456") if (hit := replies.match(Question(text)))
    ]
    assert texts == ["Which one?", "123456!"]


def test_names_of_the_question_fill_placeholders() -> None:
    replies = QuickReplies.compile(
        [Rule("hi", When(any=("hi",)), {"": "Hi {customer.name} {{}}"})]
    )
    hit = replies.match(Question("hi", names={"customer.name": "Ann"}))
    assert hit
    assert hit.text == "Hi Ann {}"
    assert replies.match(Question("hi", names={"customer.name": ""})) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh-TW", "繁"),
        ("zh-HK", "简"),
        ("zh", "简"),
        ("de", "english"),
        ("pt-BR", "olá"),
        ("", "english"),
    ],
)
def test_reply_comes_in_the_nearest_language(language: str, text: str) -> None:
    reply = {"zh-tw": "繁", "zh": "简", "en": "english", "pt-PT": "olá"}
    hit = QuickReplies.compile([Rule("r", When(), reply)]).match(Question("x", language=language))
    assert hit
    assert hit.text == text


def test_hit_tells_what_matched_and_brings_the_buttons() -> None:
    buttons = (RuleButton({"": "Yes"}, {"": "yes"}),)
    when = When(any=("Refund",), all=(("order",), ("where", "status")))
    hit = QuickReplies.compile([Rule("r", when, {"": "ok"}, buttons)]).match(
        Question("REFUND: where is the order")
    )
    assert hit
    assert hit.matched == 'any "Refund", all "order" + "where"'
    assert hit.buttons == (Button("Yes", say="yes"),)


def test_explain_names_rules_that_came_close() -> None:
    replies = _replies(
        When(any=("order",), none=("cancel",)),
        When(any=("order",), channels=frozenset({"web"})),
        When(any=("order",)),
        When(any=("cancel",)),
        When(any=("parcel",)),
    )
    told = replies.explain(Question("cancel my order", channel="slack"))
    assert told.hit
    assert told.hit.rule.id == "2"
    assert [(near.rule.id, near.why) for near in told.near] == [
        ("0", 'none "cancel" is in the message'),
        ("1", "it is for web only"),
        ("3", 'it matches too (any "cancel"), after "2"'),
    ]


def test_rule_that_can_never_answer_is_shown_as_shadowed() -> None:
    replies = _replies(
        When(any=("refund", "退款")),
        When(any=("my refund", "要退款")),
        When(any=("refund", "other")),
        When(any=("Refund!",), channels=frozenset({"web"})),
    )
    assert [(shadow.rule, shadow.by) for shadow in replies.shadows()] == [(1, 0), (3, 0)]


def test_rule_with_a_condition_shadows_nothing() -> None:
    replies = _replies(When(any=("refund",), none=("no",)), When(any=("refund",)))
    assert replies.shadows() == ()


def test_a_thousand_rules_answer_in_a_moment() -> None:
    whens = [When(any=(f"word{n} thing", f"退{n}款"), none=(f"no{n}",)) for n in range(1000)]
    replies = _replies(*whens)
    started = time.perf_counter()
    for _ in range(100):
        assert replies.match(Question("please, where is my word999 thing"))
    assert (time.perf_counter() - started) / 100 < 0.005


def test_pattern_that_ruins_other_engines_takes_no_time() -> None:
    replies = _replies(When(regex=("^(a+)+$",)))
    started = time.perf_counter()
    assert replies.match(Question("a" * 3_900 + "!")) is None
    assert time.perf_counter() - started < 0.5


_SOME_RULES = _replies(When(any=("a", "退", "?")), When(regex=(r"\d",)), When(all=(("b",),)))


@given(st.text())
def test_any_text_at_all_can_be_matched(text: str) -> None:
    _SOME_RULES.explain(Question(text))


@given(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20))
def test_phrase_finds_itself(phrase: str) -> None:
    assert _hits(When(any=(phrase,)), f"so: {phrase}!")


def test_lone_surrogates_and_zero_bytes_do_no_harm() -> None:
    assert _hits(When(any=("refund",), regex=("x",)), "refund \ud800\x00")
