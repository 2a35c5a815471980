"""Who the app is in the stand-in's workspace, and what it was installed with."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

ALL_BRIDGE_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "reactions:read",
        "reactions:write",
        "users:read",
    }
)

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPACE = 36**9
_STRIDE = 2_654_435_761  # shares no factor with 36, so that no id comes twice


class Ids:
    """Ids as Slack's look, different each time and the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        number = next(self._numbers) * _STRIDE % _SPACE
        digits = ""
        for _ in range(9):
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}0{digits}"


class Timestamps:
    """Message timestamps, which are ids too: unique and increasing, whatever the clock does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock
        self._last = 0

    def new(self) -> str:
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass(slots=True)
class Identity:
    """The workspace, the app and its secrets; `token_error` makes every call fail with it."""

    team_id: str
    app_id: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    scopes: frozenset[str]
    team_name: str = "Sandbox"
    domain: str = "sandbox"
    bot_name: str = "frontdesk"
    token_error: str | None = None
    app_scopes: frozenset[str] = field(default=frozenset({"connections:write"}))
