"""What is left over when rules have been compiled: caches that were good for nothing but that."""

from __future__ import annotations

import re2  # type: ignore[import-untyped]

from core.quick_replies.phrases import Cut


def sweep() -> None:
    """Let go of it. What compiled rules use stays with them."""
    Cut.of.cache_clear()
    re2.purge()
