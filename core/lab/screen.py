"""How the lab writes for people: within 80 columns, and plain where it goes into a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from core.clean import clean

_WIDEST = 120
_IN_A_PIPE = 80


class Steps(Protocol):
    """What is called with the number of lines that were just read."""

    def __call__(self, lines: int) -> None: ...


@contextmanager
def page() -> Iterator[Console]:
    """Standard output. Colours only on a terminal, and no line has spaces at its end."""
    screen = Console(highlight=False, emoji=False, markup=False)
    screen.width = min(screen.width, _WIDEST) if screen.is_terminal else _IN_A_PIPE
    with screen.capture() as printed:
        yield screen
    for line in printed.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")


@contextmanager
def progress(about: str, total: int) -> Iterator[Steps]:
    """A bar on standard error while it lasts, if somebody is looking."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(about, total=total)
        yield lambda lines: bar.advance(task, lines)


def table(*columns: str, right: tuple[str, ...] = (), wide: str = "") -> Table:
    """A table whose columns in `right` are numbers, and of which `wide` gets the room."""
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            ratio=1 if name == wide else None,
            no_wrap=name in right,
            overflow="fold",
        )
    made.expand = bool(wide)
    return made


def shown(text: str, longest: int = 300) -> Text:
    """Words of others: on one line, without what could command a terminal, not too long."""
    words = " ".join(clean(text).split())
    return Text(words if len(words) <= longest else f"{words[:longest]}…")


def bar(share: float, width: int, screen: Console) -> str:
    """A bar of at most `width` columns; something that is not nothing shows."""
    full = "█" if screen.encoding.lower().startswith("utf") else "#"
    return full * (max(1, round(share * width)) if share > 0 else 0)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def dollars(usd: float) -> str:
    """Cents matter here: most single answers cost less than one."""
    sign = "-" if usd < 0 else ""
    return f"{sign}${abs(usd):,.4f}" if abs(usd) < 1 else f"{sign}${abs(usd):,.2f}"


def write_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
