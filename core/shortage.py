"""Say once in a while that file descriptors have run out, instead of with every try to accept.

The chats that are open go on. Those who wait are let in as soon as others have left.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import time
from typing import Any

log = logging.getLogger(__name__)

_SHORT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_QUIET = 60.0  # seconds


class Shortage:
    """A loop's exception handler; what is about anything else goes the usual way."""

    def __init__(self) -> None:
        self._said_at = -_QUIET

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        number = error.errno if isinstance(error, OSError) else None
        if "socket" not in context or number not in _SHORT_OF:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._said_at >= _QUIET:
            self._said_at = time.monotonic()
            log.error(
                "new connections wait, because %s (%s): raise LimitNOFILE in systemd's unit, or "
                "ulimit -n, or lower limits.connections",
                "the system is short of memory for them"
                if number in (errno.ENOBUFS, errno.ENOMEM)
                else "there is no free file descriptor",
                f"this process may have {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,} open",
            )
