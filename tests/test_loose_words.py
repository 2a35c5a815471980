"""Other forms of a rule's words, slips of the finger, and what is neither."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quick_replies import Hours, Question, QuickReplies, Rule, When
from core.quick_replies.reader import Reader
from core.quick_replies.typos import Typos, edits


def _replies(*whens: When, languages: tuple[str, ...] = ("en",)) -> QuickReplies:
    rules = [Rule(str(number), when, {"": "ok"}) for number, when in enumerate(whens)]
    return QuickReplies.compile(rules, languages=languages)


def _answers(replies: QuickReplies, text: str) -> str | None:
    hit = replies.match(Question(text))
    return hit.rule.id if hit else None


def _matched(phrase: str, text: str, *languages: str) -> str | None:
    hit = _replies(When(any=(phrase,)), languages=languages or ("en",)).match(Question(text))
    return hit.matched if hit else None


@pytest.mark.parametrize(
    ("language", "phrase", "text"),
    [
        ("en", "refund", "when do I get my refunds?"),
        ("en", "refunds", "I want a refund"),
        ("en", "refund", "have you refunded me"),
        ("en", "delivery", "late deliveries"),
        ("en", "shipping", "did you ship it"),
        ("en", "cancel order", "I cancelled orders"),
        ("en-GB", "parcel", "my parcels"),
        ("de", "Bestellung", "meine Bestellungen"),
        ("de", "Topf", "zwei Töpfe"),
        ("es", "pedido", "mis pedidos"),
        ("es", "devolución", "las devoluciones"),
        ("fr", "livraison", "vos livraisons"),
        ("ru", "заказ", "где мои заказы"),
        ("en", "доставка", "сколько стоит доставки"),
        ("zh", "refund", "我要refund"),
    ],
)
def test_other_forms_of_a_word_are_the_word(language: str, phrase: str, text: str) -> None:
    assert _matched(phrase, text, language)


@pytest.mark.parametrize(
    ("language", "phrase", "text"),
    [
        ("en", "art", "party"),
        ("en", "customs", "I am a customer"),
        ("en", "universe", "my university"),
        ("en", "human", "humanity"),
        ("en", "organ", "organization"),
        ("es", "casa", "en ese caso"),
        ("es", "operador", "las operaciones"),
        ("de", "Mensch", "Menschlichkeit"),
        ("en", "order", "ordnung"),
    ],
)
def test_words_that_only_look_alike_stay_apart(language: str, phrase: str, text: str) -> None:
    assert _matched(phrase, text, language) is None


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("refund", "refnud"),
        ("refund", "refun"),
        ("refund", "reffund"),
        ("refund", "Refumd please"),
        ("order", "where is my oder number"),
        ("money back", "monney back"),
        ("delivery", "delivrey"),
        ("complaint", "a compliant, no: conplaimt"),
        ("international", "internaitonl"),
        ("refund", "REFNUDS"),
        ("доставка", "достака"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(phrase: str, text: str) -> None:
    assert _matched(phrase, text, "en", "ru")


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("order", "an older one"),
        ("order", "at the border"),
        ("shipping", "I was shopping"),
        ("price", "the prince"),
        ("cost", "cosr"),
        ("track", "tarkc"),
        ("refund", "rfnd"),
        ("human", "his humanism"),
        ("stock", "shockingly good"),
        ("price", "I primed it"),
        ("invoice", "inviokee"),
        ("123456", "123465"),
        ("a12345", "a12346"),
        ("退款", "退钱"),
    ],
)
def test_another_word_a_short_one_and_a_number_are_no_slips(phrase: str, text: str) -> None:
    assert _matched(phrase, text) is None


@pytest.mark.parametrize("text", ["refnud7", "r3fund", "re\u0301fnud\u0903"])
def test_a_word_with_digits_is_never_corrected(text: str) -> None:
    replies = _replies(When(any=("refund",)), When(any=("r2d2refund",)))
    assert _answers(replies, text) is None


@pytest.mark.parametrize("more", [When(), When(hours=Hours.OPEN)], ids=["ready", "judged"])
def test_the_very_words_of_a_later_rule_go_before_a_slip_of_an_earlier_one(more: When) -> None:
    replies = _replies(When(any=("refund",)), replace(more, any=("parcel",)))
    assert _answers(replies, "refnud for a parcel") == "1"


def test_a_message_of_strange_words_only_is_not_read_to_its_end() -> None:
    strange = " ".join(f"qzxw{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(500))
    assert _answers(_replies(When(any=("refund",))), f"refnud {strange}") == "0"
    assert _answers(_replies(When(any=("refund",))), f"{strange} refnud") is None


def test_no_more_than_some_words_are_remembered() -> None:
    reader = Reader(["refund"], ["en"])
    for n in range(10_000):
        reader.read([f"qzxw{n}"])
    assert reader.remembered <= 4_096
    assert reader.read(["refnud"]).typos == {"refnud": "refund"}


def test_patterns_are_taken_at_their_word() -> None:
    assert _answers(_replies(When(regex=("refund",))), "refnud") is None


def test_written_words_go_before_forms_and_forms_before_slips_over_the_whole_file() -> None:
    replies = _replies(When(any=("refnd",)), When(any=("refunded",)), When(any=("refund",)))
    said = {text: _answers(replies, text) for text in ("refund", "refunds", "refnnd", "xrefund")}
    assert said == {"refund": "2", "refunds": "1", "refnnd": "0", "xrefund": "1"}


def test_a_word_of_any_rule_is_no_slip_of_another_rules_word() -> None:
    replies = _replies(When(any=("terrapot",)), When(any=("terrapod",), none=("small",)))
    assert _answers(replies, "a small terrapod") is None


def test_none_keeps_a_rule_back_in_every_form_and_with_every_slip() -> None:
    replies = _replies(When(any=("order",), none=("cancel",)), When(any=("cancel",)))
    said = [_answers(replies, text) for text in ("cancelled my order", "cancle my order", "order")]
    assert said == ["1", "1", "0"]


def test_a_rule_for_every_message_gives_way_to_those_before_it_only() -> None:
    closed = When(hours=Hours.CLOSED)
    replies = _replies(When(any=("refund",)), closed, When(any=("parcel",)))
    asked = [replies.match(Question(text, is_open=False)) for text in ("refnuds", "parcels")]
    assert [hit.rule.id for hit in asked if hit] == ["0", "1"]


def test_people_are_told_what_was_read_as_what() -> None:
    when = When(any=("money back", "refund"), all=(("order", "orders"),))
    hit = _replies(when).match(Question("refnud for two ordered pots"))
    assert hit
    assert hit.matched == 'any "refund", written "refnud", all "order", written "ordered"'
    assert not hit.exact


def test_simplified_and_traditional_chinese_are_one() -> None:
    for phrase, text in (
        ("訂單", "我的订单"),
        ("订单", "我的訂單呢"),
        ("头发", "頭髮"),
        ("台湾", "臺灣"),
    ):
        hit = _replies(When(any=(phrase,))).match(Question(text))
        assert hit, (phrase, text)
        assert hit.exact


_LETTERS = st.text("abc", min_size=4, max_size=12)


@given(st.lists(_LETTERS, max_size=8), _LETTERS)
def test_the_index_finds_what_a_look_at_every_word_finds(known: list[str], word: str) -> None:
    near = [
        (edits(one, word), number)
        for number, one in enumerate(known)
        if len(one) >= 5 and edits(one, word) <= (2 if len(one) >= 9 else 1)
    ]
    assert Typos(known).nearest(word) == (known[min(near)[1]] if near else None)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("order", "order", 0), ("order", "ordre", 1), ("abcd", "badc", 2), ("", "ab", 2)],
)
def test_edits_are_counted(one: str, other: str, count: int) -> None:
    assert edits(one, other) == edits(other, one) == count
