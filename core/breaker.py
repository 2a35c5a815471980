"""Stop asking a language model that is down, so that no customer waits for what cannot come.

After some failures in a row nothing is asked for a while. Then one question goes through: its
answer ends the pause, its failure begins another one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import ModelError, ModelFailed, ModelPaused, ModelRefused

FAILURES = 4
WINDOW = 300.0
COOL_DOWN = 60.0


class Breaker:
    """Guards calls of one model. All times are in seconds of `clock`, from any start.

    `paused` gets the error that began a pause, `resumed` is called when one is over; the failure
    of a single question between two pauses is told to nobody.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        paused: Callable[[ModelError], None],
        resumed: Callable[[], None],
        failures: int = FAILURES,
        window: float = WINDOW,
        cool_down: float = COOL_DOWN,
    ) -> None:
        """`failures` in a row within `window` begin a pause of `cool_down`."""
        self._clock = clock
        self._paused = paused
        self._resumed = resumed
        self._window = window
        self._cool_down = cool_down
        self._failed_at: deque[float] = deque(maxlen=failures)
        self._until: float | None = None
        self._probing = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around one call of the model. Raises ModelPaused when it must not be made."""
        probing = self._admit()
        try:
            yield
        except ModelError as error:
            if _is_at_work(error):
                self._succeed()
            else:
                self._fail(error, at_once=probing or isinstance(error, ModelRefused))
            raise
        else:
            self._succeed()
        finally:
            if probing:
                self._probing = False

    def _admit(self) -> bool:
        """Whether the call is the one that tries whether the pause may end."""
        if self._until is None:
            return False
        if self._probing or self._clock() < self._until:
            raise ModelPaused("GPT is down and is not asked for the moment")
        self._probing = True
        return True

    def _succeed(self) -> None:
        self._failed_at.clear()
        if self._until is not None:
            self._until = None
            self._resumed()

    def _fail(self, error: ModelError, *, at_once: bool) -> None:
        now = self._clock()
        self._failed_at.append(now)
        many = len(self._failed_at) == self._failed_at.maxlen
        if not at_once and not (many and now - self._failed_at[0] <= self._window):
            return
        known = self._until is not None
        self._until = now + self._cool_down
        if not known:
            self._paused(error)


def _is_at_work(error: ModelError) -> bool:
    """Whether only this conversation got no answer; a customer may bring that about at will."""
    if isinstance(error, ModelRefused):
        return not error.lasting
    return isinstance(error, ModelFailed) and error.answered
