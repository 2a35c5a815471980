"""Visitors' tokens: only ours are believed, and none is ever stored.

A token is 256 random bits and a proof that we made it. The proof lets a visitor keep a token that
has no conversation yet, over a restart and in several tabs, and keeps out tokens that somebody
else has chosen. The database knows a conversation by the token's hash alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

_RANDOM_BYTES = 32
_PROOF_BYTES = 16
_SHAPE = re.compile(r"[A-Za-z0-9_-]{64}\Z")


class Tokens:
    """Issues tokens and recognises them again. `key` is kept for as long as tokens shall live."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    @staticmethod
    def new_key() -> str:
        return secrets.token_urlsafe(32)

    def issue(self) -> str:
        random = secrets.token_bytes(_RANDOM_BYTES)
        return base64.urlsafe_b64encode(random + self._proof(random)).decode()

    def knows(self, token: str | None) -> bool:
        """True for a token that we issued, untouched."""
        if not token or not _SHAPE.match(token):
            return False
        both = base64.urlsafe_b64decode(token)
        return hmac.compare_digest(self._proof(both[:_RANDOM_BYTES]), both[_RANDOM_BYTES:])

    def _proof(self, random: bytes) -> bytes:
        return hmac.digest(self._key, random, "sha256")[:_PROOF_BYTES]


def peer_of(token: str) -> str:
    """The name under which the core knows the holder of `token`."""
    return hashlib.sha256(token.encode()).hexdigest()
