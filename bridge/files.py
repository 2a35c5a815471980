"""Files on their way to the agents: customers' own, of which one that is gone must not hold up the
words, and what is too long for a message."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

from bridge.outbound import Sheet
from core.errors import FileUnavailable
from core.messages import Attachment
from core.ports import Files

log = logging.getLogger(__name__)

Ready = list[tuple[str, bytes | Path]]


async def collect(files: Files, attachments: Iterable[Attachment]) -> tuple[Ready, list[str]]:
    """Names and contents of what can be shown, and the names of what cannot."""
    ready: Ready = []
    lost: list[str] = []
    for attachment in attachments:
        try:
            if attachment.id is None:
                raise FileUnavailable("the file was never stored")
            opened = await files.open(attachment.id)
            ready.append((attachment.name, opened.path))
        except FileUnavailable as error:
            log.warning("a customer's file could not be shown to the agents: %s", error)
            lost.append(attachment.name)
    return ready, lost


def whole(sheet: Sheet) -> Ready:
    """The file with everything that `sheet` cannot show; none where it shows it all."""
    return [("conversation.txt", sheet.whole.encode())] if sheet.whole else []


def key_of(post: str, sheet: Sheet) -> str:
    """Under which `whole` of a post that was changed is shared: once, however often it is tried,
    and anew for every other text."""
    return f"edit:{post}:{hashlib.sha256(sheet.whole.encode()).hexdigest()}"
