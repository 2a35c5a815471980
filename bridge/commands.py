"""The words that an agent can say to us in a thread; pure.

A word that begins with `!` is never an answer to the customer: a slip of the finger in `!close`
must not be read by somebody who waits for help.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches

from core.clean import clean
from core.messages import Command

COMMANDS = {"!claim": Command.CLAIM, "!bot": Command.BOT, "!close": Command.CLOSE}
HELP = "!help"
_WORD = re.compile(r"\s*!(\w[\w-]*)(.*)", re.DOTALL)
# What `clean` leaves in a text because some script or emoji needs it there.
_UNSEEN = re.compile("[\u034f\u2800\ufe00-\ufe0f]")


@dataclass(frozen=True, slots=True)
class Said:
    """A command, or what to tell the agent instead of carrying one out."""

    command: Command | None = None
    advice: str = ""


def as_seen(text: str) -> str:
    """`text` for comparing: without what nobody can see, and with narrow marks for the wide ones
    that Chinese and Japanese keyboards give."""
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", clean(text)))
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def read(text: str, note_prefix: str) -> Said | None:
    """What `text` orders; None when it is no order but an ordinary reply."""
    found = _WORD.match(as_seen(text))
    if found is None:
        return None
    word, rest = f"!{found[1].lower()}", found[2].strip()
    if word == HELP:
        return Said(advice=help_text(note_prefix))
    command = COMMANDS.get(word)
    if command is not None and not rest:
        return Said(command)
    if command is not None:
        return Said(advice=f"Nothing was sent and nothing done. Write {word} alone on the line.")
    close = get_close_matches(word, [*COMMANDS, HELP], n=1, cutoff=0.6)
    meant = f" Did you mean {close[0]}?" if close else " Write !help for the words I know."
    return Said(
        advice=f"I do not know {word}, so nothing was sent to the customer.{meant} "
        "To send it as it is, begin with another character."
    )


def help_text(note_prefix: str) -> str:
    return (
        "What you write in this thread goes to the customer under your name.\n"
        f"{note_prefix} at the beginning keeps a line between colleagues.\n"
        "!claim  this case is yours; the bot stays silent\n"
        "!bot  hand back to the bot\n"
        "!close  the case is done\n"
        "!help  this text\n"
        "React with :bulb: to an answer, and a rule made of it is proposed in this thread.\n"
        "Editing or deleting your message changes it for the customer too. "
        "A check mark under it means it arrived, a warning sign that it did not."
    )
