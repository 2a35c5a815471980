"""Tell Slack's requests from everybody else's, whatever bytes and headers somebody sends.

The SDK's verifier raises on a timestamp such as `zzz` and on letters such as `é`, which would turn
a forged request into an error of ours; here anything that is not surely Slack's is just refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

MOST_SECONDS = 300
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def is_genuine(
    secret: str, timestamps: Sequence[str], signatures: Sequence[str], body: bytes, now: float
) -> bool:
    """Whether `body` was signed with `secret` within five minutes of `now` (Unix seconds).

    The two headers come as lists of their values; a header given twice is no proof of anything.
    """
    if not secret or len(timestamps) != 1 or len(signatures) != 1:
        return False
    (stamp,), (signature,) = timestamps, signatures
    if not _SECONDS.fullmatch(stamp) or abs(now - int(stamp)) > MOST_SECONDS:
        return False
    expected = sign(secret, stamp, body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Slack-Signature."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
