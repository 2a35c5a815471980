"""Only tokens that we made are believed (A09, A10)."""

from __future__ import annotations

import string

import pytest

from connectors.web.tokens import Tokens, peer_of

OURS = Tokens("a key")


def test_a_token_is_long_random_and_safe_in_a_header() -> None:
    """A09: nobody guesses it."""
    tokens = {OURS.issue() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {64}
    assert set("".join(tokens)) <= set(string.ascii_letters + string.digits + "-_")


def test_a_token_is_known_again_also_by_another_process_with_the_key() -> None:
    assert Tokens("a key").knows(OURS.issue())


@pytest.mark.parametrize(
    "token", [None, "", "x", "A" * 64, "A" * 63, "ä" * 64, "=" * 64, "A" * 64 + "\n"]
)
def test_garbage_is_not_believed(token: str | None) -> None:
    assert not OURS.knows(token)


def test_a_token_of_another_service_is_not_believed() -> None:
    """A09: another site's key."""
    assert not OURS.knows(Tokens("another key").issue())


@pytest.mark.parametrize("at", range(0, 64, 7))
def test_one_changed_character_makes_a_token_worthless(at: int) -> None:
    """A09: a flipped bit."""
    token = OURS.issue()
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    assert not OURS.knows(changed)


def test_the_core_never_learns_the_token_itself() -> None:
    token = OURS.issue()
    assert token not in peer_of(token)
    assert len(peer_of(token)) == 64
