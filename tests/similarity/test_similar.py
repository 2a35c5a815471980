"""What examples find: made-up questions of a flower shop, in several languages."""

from __future__ import annotations

import pickle

from core.similarity import ANSWER, MARGIN, Similar

SHOP: tuple[list[str], ...] = (
    [
        "Where is my order?",
        "When will my parcel arrive?",
        "My order has not come yet",
        "Can I see where my parcel is?",
        "How long until my parcel is here?",
    ],
    [
        "I want my money back",
        "How do I get a refund?",
        "Please refund the roses I bought",
        "Can you pay me back?",
        "When is the refund paid?",
    ],
    [],
    [
        "When do you open?",
        "What are your opening hours?",
        "Are you open on Sunday?",
        "Until what time is the shop open?",
        "Is the shop closed on holidays?",
    ],
    [
        "我想退款",
        "怎么申请退款？",
        "可以把钱退给我吗",
        "退款什么时候到账",
    ],
    [
        "Wie kann ich meine Bestellung stornieren?",
        "Ich möchte meine Bestellung stornieren",
        "Bitte die Bestellung löschen",
        "Kann man Bestellungen noch stornieren?",
    ],
)


def answering(similar: Similar, text: str) -> int | None:
    first, *others = similar.nearest(text) or [None]
    if first is None or first.score < ANSWER:
        return None
    close = any(first.score - other.score < MARGIN for other in others if other)
    return None if close else first.rule


def test_an_example_itself_is_answered_by_its_rule() -> None:
    similar = Similar.compile(SHOP)
    for rule, examples in enumerate(SHOP):
        for example in examples:
            guess = similar.nearest(example)[0]
            assert (guess.rule, guess.example) == (rule, example)
            assert guess.score >= ANSWER, example


def test_other_words_for_the_same_are_found() -> None:
    similar = Similar.compile(SHOP)
    assert similar.nearest("where is the parcel i ordered")[0].rule == 0
    assert similar.nearest("could I get my money back, please")[0].rule == 1
    assert similar.nearest("What are the opening hours on Sundays?")[0].rule == 3
    assert similar.nearest("请问怎样退款")[0].rule == 4
    assert similar.nearest("Ich will die Bestellung wieder stornieren")[0].rule == 5


def test_what_no_rule_is_about_is_not_answered() -> None:
    similar = Similar.compile(SHOP)
    for text in (
        "Do you hire drivers?",
        "How do I repot a fern?",
        "你们招人吗",
        "!!!",
        "",
        "хочу",
    ):
        assert answering(similar, text) is None, text


def test_a_message_between_two_rules_names_both() -> None:
    first = ["cancel my order", "please cancel the order", "stop the order"]
    second = ["change my order", "please change the order", "alter the order"]
    best, other = Similar.compile([first, second]).nearest("my order")
    assert best.score - other.score < MARGIN


def test_guesses_are_three_at_most_best_first_and_between_nought_and_one() -> None:
    guesses = Similar.compile(SHOP).nearest("when is my refund here")
    assert len(guesses) == 3
    scores = [guess.score for guess in guesses]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_rules_without_examples_are_never_guessed() -> None:
    assert Similar.compile([[], []]).nearest("hello") == ()
    assert Similar.compile([]).nearest("hello") == ()
    guesses = Similar.compile([[], ["good morning"], []]).nearest("good morning")
    assert [guess.rule for guess in guesses] == [1]


def test_examples_without_any_word_do_no_harm() -> None:
    similar = Similar.compile([["???", "where is it"], ["!"], ["how much is it"]])
    assert similar.nearest("where is it")[0].rule == 0
    assert similar.nearest("?") == ()


def test_the_same_examples_always_give_the_same_guesses() -> None:
    one, two = Similar.compile(SHOP), Similar.compile(SHOP)
    text = "when does my order arrive"
    twin = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
    assert one.nearest(text) == two.nearest(text) == twin.nearest(text)
