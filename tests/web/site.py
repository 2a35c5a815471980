"""A company's own backend, as far as it tells frontdesk who its customers are."""

from __future__ import annotations

from typing import Any

import jwt

from tests.web.memory import NOON

SECRET = "the-site-and-frontdesk-know-this-one"


def signed(
    sub: Any = "4711", *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any
) -> str:
    """A token that is good at noon; a claim of None is left out."""
    whole = {"aud": "frontdesk", "sub": sub, "exp": NOON.timestamp() + 240, **claims}
    given = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(given, secret, algorithm)
