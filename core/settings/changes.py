"""Say in one line what a new settings file changes, and what of it needs a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from core.quick_replies import Rule
from core.settings.schema import Groups, Settings

_NEEDS_RESTART = (
    "server",
    "store",
    "channels",
    "slack",
    "desk.channel",
    "desk.note_prefix",
    "files",
    "limits.message_chars",
    "limits.socket_frame_bytes",
    "limits.connections",
    "timeouts.platform",
)


NOTHING = "nothing changed"


def summary(old: Settings, new: Settings, started_with: Settings | None = None) -> str:
    """One line for people: rules added, removed and changed, other keys, and restarts.

    `started_with` (`old` unless given) is what the process runs with in all that needs a restart:
    a key that was changed and set back again needs none.
    """
    parts = [*_rules(old.quick_replies, new.quick_replies)]
    changed = changed_keys(old, new)
    restart = [key for key in changed_keys(started_with or old, new) if _needs_restart(key)]
    groups = (
        ("changed", [key for key in changed if not _needs_restart(key)]),
        ("needs a restart:", restart),
        (
            "needs no restart any more:",
            [key for key in changed if _needs_restart(key) and key not in restart],
        ),
    )
    parts += [f"{words} {', '.join(keys)}" for words, keys in groups if keys]
    return "; ".join(parts) or NOTHING


def changed_keys(old: Settings, new: Settings) -> list[str]:
    """Dotted paths of the settings that differ, the rules aside."""
    found = [
        *_differences("channels", dict(old.channels), dict(new.channels)),
        *_differences("", dict(old.sections), dict(new.sections)),
    ]
    for name in Groups.model_fields:
        found += _differences(name, getattr(old, name), getattr(new, name))
    return found + (["texts"] if old.texts != new.texts else [])


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, BaseModel) and type(old) is type(new):
        old, new = dict(old), dict(new)
    elif not (isinstance(old, dict) and isinstance(new, dict) and path in ("", "channels")):
        if old != new:
            yield path
        return
    for key in sorted(old.keys() | new.keys()):
        yield from _differences(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))


def _rules(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> Iterator[str]:
    before = {rule.id: rule for rule in old}
    after = {rule.id: rule for rule in new}
    groups = (
        ("added", [name for name in after if name not in before]),
        ("removed", [name for name in before if name not in after]),
        ("changed", [name for name in after if name in before and after[name] != before[name]]),
    )
    for word, names in groups:
        if names:
            yield f"{len(names)} rule{'s' if len(names) > 1 else ''} {word} ({_some(names)})"
    if not any(names for _, names in groups) and list(before) != list(after):
        yield "rules in another order"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _needs_restart(key: str) -> bool:
    return any(key == start or key.startswith(f"{start}.") for start in _NEEDS_RESTART)
