"""Every error that crosses a module's border; each class says what its catcher should do.

FrontdeskError
├── SettingsError            tell the admin; keep the old settings, or do not start
├── BadPattern               (quick_replies) rules that cannot work; becomes a SettingsError
├── BadHours                 (hours) hours that cannot be; becomes a SettingsError
├── StoreUnavailable         do not acknowledge; the sender will send again
├── NewerDatabase            do not start; the database was written by a newer version
├── StoreInUse               do not start; another process has this store
├── IllegalMove              a bug: this mode cannot follow that one
├── TooManyMessages          not stored; tell the customer when to try again
├── TextTooLong              not stored; tell the customer the limit
├── ChannelError
│   ├── BadCredentials       this channel stays off until settings change
│   └── NotReady             start this channel again later
├── DeliveryError
│   ├── SendLater            surely not sent; send again after a pause
│   ├── Undeliverable        refused for good; tell the agents
│   │   └── ThreadGone       the case needs another thread
│   └── OutcomeUnknown       may have been sent; read back before sending again
├── FileUnavailable          say so in the file's place; do not retry for the same request
└── ModelError
    ├── ModelRefused         asking again cannot help: key, quota, policy, request
    │   └── ModelPaused      not asked at all: the model is down, others have found out
    └── ModelFailed          asking again may help: timeout, overload, garbage
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.messages import Usage

_MOST_IN_BRIEF = 5


class FrontdeskError(Exception):
    """The root of them all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a settings file; lines and columns count from 1.

    `excerpt` is the line itself with a caret below it, "" when there is nothing to see.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    excerpt: str = field(default="", compare=False)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"

    def report(self, remark: str = "") -> str:
        """The sentence, with a remark behind it, and the line it is about."""
        return f"{self}{remark}\n{self.excerpt}" if self.excerpt else f"{self}{remark}"


class SettingsError(FrontdeskError):
    """The settings cannot be used; `problems` lists every fault found, in file order.

    `inputs` are glob patterns of the included files, as far as they are known.
    """

    def __init__(self, problems: Sequence[Problem], inputs: Sequence[str] = ()) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.inputs = tuple(inputs)

    def report(self) -> str:
        """Every problem with the line it is about."""
        return "\n".join(problem.report() for problem in self.problems)

    @property
    def brief(self) -> str:
        """The first few problems, for a channel in which others talk."""
        shown, more = self.problems[:_MOST_IN_BRIEF], len(self.problems) - _MOST_IN_BRIEF
        last = [f"and {more} more; `frontdesk check` shows them all"] if more > 0 else []
        return "\n".join([*map(str, shown), *last])


class StoreUnavailable(FrontdeskError):
    """Nothing was stored; the same call may succeed later."""


class NewerDatabase(FrontdeskError):
    """The database's schema is unknown to this version."""


class StoreInUse(FrontdeskError):
    """Another process holds the store's lock; the message names its process id."""


class IllegalMove(FrontdeskError):
    """A conversation was asked to go from one mode to another that cannot follow it."""


class TooManyMessages(FrontdeskError):
    """The customer is over the limit; the next message is welcome `after` seconds from now."""

    def __init__(self, after: float) -> None:
        super().__init__(f"over the limit for {after:.0f} s")
        self.after = after


class TextTooLong(FrontdeskError):
    """The text has more than `limit` characters."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"longer than {limit} characters")
        self.limit = limit


class ChannelError(FrontdeskError):
    """A channel could not start."""


class BadCredentials(ChannelError):
    """The platform refused our token or secret; the message names the setting to mend."""


class NotReady(ChannelError):
    """The platform could not be reached or is not set up yet; trying again may help."""


class DeliveryError(FrontdeskError):
    """A message did not certainly arrive."""


class SendLater(DeliveryError):
    """Surely not sent. `after` is the platform's wish in seconds, None when it has none."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class NotUp(SendLater):
    """The place has not started yet: nothing was asked of the platform."""


class Undeliverable(DeliveryError):
    """The platform will never take this; the message says why, in words for agents.

    `mendable`: not the message is refused but its place, which an admin can put right.
    """

    def __init__(self, reason: str, *, mendable: bool = False) -> None:
        super().__init__(reason)
        self.mendable = mendable


class ThreadGone(Undeliverable):
    """The case's thread was deleted: whatever belongs into it needs another one."""


class OutcomeUnknown(DeliveryError):
    """Sent or not, nobody knows: the answer was lost after the request went out."""


class FileUnavailable(FrontdeskError):
    """The file is gone, too large, or its source refused; the message says which."""


class ModelError(FrontdeskError):
    """The language model gave no usable answer; the message never contains a secret.

    `usage` is what was paid for all the same.
    """

    usage: Usage = Usage()


class ModelRefused(ModelError):
    """Asking again cannot help; `lasting`: nor for any other customer, until an admin acts."""

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class ModelPaused(ModelRefused):
    """The model has failed others just now and was not asked."""


class ModelFailed(ModelError):
    """Asking again may help; `answered`: the model is at work, only what it said is no use."""

    def __init__(self, reason: str, *, answered: bool = False) -> None:
        super().__init__(reason)
        self.answered = answered
