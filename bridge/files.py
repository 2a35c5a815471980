"""Customers' files on their way to the agents; one that is gone must not hold up the words."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

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
