"""Which mode may follow which, so that the bot and a person never answer at the same time."""

from __future__ import annotations

from core.errors import IllegalMove
from core.messages import Mode

_MOVES: dict[Mode, frozenset[Mode]] = {
    Mode.BOT: frozenset({Mode.WAITING, Mode.CLOSED}),
    Mode.WAITING: frozenset({Mode.HUMAN, Mode.BOT, Mode.CLOSED}),
    Mode.HUMAN: frozenset({Mode.BOT, Mode.CLOSED}),
    Mode.CLOSED: frozenset({Mode.BOT}),
}


def can_move(now: Mode, then: Mode) -> bool:
    return then in _MOVES[now]


def move(now: Mode, then: Mode) -> Mode:
    """`then`, if it may follow `now`; raises IllegalMove, naming both, if not."""
    if then not in _MOVES[now]:
        allowed = ", ".join(sorted(_MOVES[now]))
        raise IllegalMove(f"a conversation cannot go from {now} to {then} (only to {allowed})")
    return then
