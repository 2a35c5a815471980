"""A reply as messages of Telegram: exact words, never a markup language; pure.

Bold is an entity, counted in UTF-16 code units, so no character of a text can be taken for markup
and nothing has to be escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.clean import clean as visible
from core.messages import Attachment, AuthorKind, Button, Capabilities, Reply
from core.rendering import units

MAX_TEXT = 4096
MAX_NAME = 64
CAPABILITIES = Capabilities(max_text=MAX_TEXT, max_buttons=8, max_label=64)
_LINKS = ("http://", "https://", "tg://")


@dataclass(frozen=True, slots=True)
class Key:
    """One button of an inline keyboard: `data` comes back when it is pressed, `url` opens."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a chat a message belongs: which one it answers, and in which topic."""

    reply_to: int | None = None
    topic: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message. The first `bold` UTF-16 units of `text` are bold; beside a `file` the text is
    its caption."""

    text: str
    bold: int = 0
    keys: tuple[Key, ...] = ()
    file: Attachment | None = None
    place: Place = Place()


def compose(reply: Reply) -> tuple[Outgoing, ...]:
    """The messages that carry `reply`, in order; the core's parts give exactly one."""
    place = place_of(reply.context)
    name = signature(reply)
    messages = []
    if reply.text.strip() or reply.buttons or not reply.attachments:
        messages.append(_words(reply, name, place))
        name = ""
    files = (_named(file) for file in reply.attachments)
    return (*messages, *(Outgoing(name, units(name), file=file, place=place) for file in files))


def signature(reply: Reply) -> str:
    """The name an agent's reply is shown with; "" for everybody else."""
    if reply.author.kind is not AuthorKind.AGENT:
        return ""
    return cut(_line(reply.author.name), MAX_NAME)


def plainest(message: Outgoing) -> Outgoing:
    """The same words with nothing that Telegram could object to, buttons as lines of text."""
    lines = [
        message.text.strip(),
        *(f"{key.label}: {key.url}".rstrip(": ") for key in message.keys),
    ]
    text = cut("\n".join(line for line in lines if line), MAX_TEXT)
    empty = "" if message.file else "…"
    return replace(message, text=text or empty, bold=0, keys=(), place=Place())


def place_of(context: str) -> Place:
    """What `inbound` noted about the customer's message."""
    replied, _, topic = context.partition(":")
    return Place(_number(replied), _number(topic))


def clean(text: str) -> str:
    """`text` with line ends as Telegram has them and without halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(text: str, limit: int) -> str:
    """The beginning of `text`, at most `limit` UTF-16 units long, no character halved."""
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def _line(text: str) -> str:
    """A name from elsewhere as one line that shows what it is."""
    return " ".join(visible(text).split())


def _named(file: Attachment) -> Attachment:
    # The client would write a double quote as %22.
    return replace(file, name=_line(file.name).replace('"', "'") or "file")


def _words(reply: Reply, name: str, place: Place) -> Outgoing:
    keys, lines = _keys(reply.seq, reply.buttons)
    text = "\n".join([clean(reply.text), *lines])
    signed = f"{name}\n{text}"
    # A part that fills a whole message goes without the name rather than without its end.
    if name and units(signed) <= MAX_TEXT:
        return Outgoing(signed, units(name), keys, place=place)
    return Outgoing(text if text.strip() else "…", 0, keys, place=place)


def _keys(seq: int, buttons: Sequence[Button]) -> tuple[tuple[Key, ...], list[str]]:
    """The buttons, and as lines of text those whose address Telegram would not open."""
    keys, lines = [], []
    for index, button in enumerate(buttons):
        if not button.url:
            keys.append(Key(clean(button.label), data=f"{seq}:{index}"))
        elif button.url.lower().startswith(_LINKS):
            keys.append(Key(clean(button.label), url=button.url))
        else:
            lines.append(f"{clean(button.label)}: {button.url.partition(':')[2]}")
    return tuple(keys), lines


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
