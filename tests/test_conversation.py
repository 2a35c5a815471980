"""Which mode may follow which."""

from __future__ import annotations

import itertools

import pytest

from core.conversation import can_move, move
from core.errors import IllegalMove
from core.messages import Mode

LEGAL = {
    (Mode.BOT, Mode.WAITING),
    (Mode.BOT, Mode.CLOSED),
    (Mode.WAITING, Mode.HUMAN),
    (Mode.WAITING, Mode.BOT),
    (Mode.WAITING, Mode.CLOSED),
    (Mode.HUMAN, Mode.BOT),
    (Mode.HUMAN, Mode.CLOSED),
    (Mode.CLOSED, Mode.BOT),
}


@pytest.mark.parametrize(("now", "then"), sorted(LEGAL))
def test_a_legal_move_is_made(now: Mode, then: Mode) -> None:
    assert can_move(now, then)
    assert move(now, then) is then


@pytest.mark.parametrize(("now", "then"), sorted(set(itertools.product(Mode, Mode)) - LEGAL))
def test_an_illegal_move_raises_and_names_both_modes(now: Mode, then: Mode) -> None:
    assert not can_move(now, then)
    with pytest.raises(IllegalMove, match=f"from {now} to {then}"):
        move(now, then)
