"""What the table knows: English words that mean the same, and nothing of other languages."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from core.similarity import Similar
from core.similarity.features import Cutter
from core.similarity.meanings import meanings
from core.similarity.senses import Senses
from core.similarity.vocabulary import Floats
from tests.similarity.test_similar import SHOP


def vectors(*texts: str) -> Floats:
    return meanings().of([Cutter().cut(text).whole for text in texts])


def test_texts_that_mean_the_same_are_nearer_than_those_that_share_words() -> None:
    asked, same, other = vectors(
        "my parcel has not arrived", "where is the package I ordered", "my parents have not eaten"
    )
    assert asked @ same > asked @ other


def test_order_of_the_words_counts() -> None:
    one, two = vectors("from dollars to euros", "from euros to dollars")
    assert 0.8 < one @ two < 0.9999


@pytest.mark.parametrize(
    "text",
    [
        "Wo ist meine Bestellung?", "¿Dónde está mi pedido?", "Où est ma commande ?",
        "Где мой заказ?", "我的订单在哪里", "注文はどこですか", "jak anulować zamówienie", "!", "",
    ],
)  # fmt: skip
def test_what_is_not_english_has_no_vector(text: str) -> None:
    assert not vectors(text).any()


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    texts = ["Where is my order?", "", "Wo ist sie?", "Refund, please", "Are you open on Sunday"]
    together = vectors(*texts * 300)
    alone = np.concatenate([vectors(text) for text in texts])
    assert np.allclose(together, np.tile(alone, (300, 1)), atol=1e-5)


def test_words_that_no_example_has_are_understood() -> None:
    similar = Similar.compile(SHOP)
    assert similar.nearest("has the package been dispatched yet")[0].rule == 0
    assert similar.nearest("reimburse me")[0].rule == 1
    guess = similar.nearest("I would like to be reimbursed for the roses")[0]
    assert (guess.rule, guess.score > 0.5) == (1, True)


def test_rules_in_other_languages_are_found_beside_english_ones() -> None:
    """Their messages are judged by words alone, as they would be if all rules were in theirs."""
    mixed, german = Similar.compile(SHOP), Similar.compile(SHOP[-1:])
    for text in ("Ich will die Bestellung wieder stornieren", "Bestellung stornieren"):
        assert mixed.nearest(text)[0].rule == 5
        assert mixed.nearest(text)[0].score >= german.nearest(text)[0].score * 0.8


def test_without_english_no_table_is_kept() -> None:
    assert Similar.compile(SHOP[4:]).senses is None


def test_packed_vectors_are_as_near_as_whole_ones() -> None:
    cuts = [Cutter().cut(text).whole for of_rule in SHOP for text in of_rule]
    senses = Senses.learn(meanings(), cuts)
    asked = senses.of(Cutter().cut("when does my order arrive").whole)
    assert asked is not None
    assert np.allclose(senses.likeness(asked), senses.packed().likeness(asked), atol=0.01)


def test_numpy_keeps_to_one_thread() -> None:
    """Threads of a matrix product wait for each other for milliseconds on a busy machine."""
    script = (
        "import os, threading; from core.similarity import Similar; import numpy as np;"
        "a = np.ones((900, 900), np.float32); a @ a; print(len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.strip() == "1"
