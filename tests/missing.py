"""What a machine lacks that a test needs."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def do_without(what: str, cure: str) -> NoReturn:
    """Skip loudly; where nobody reads what was skipped, fail."""
    message = f"{what} is missing: {cure}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
