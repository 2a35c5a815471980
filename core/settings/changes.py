"""Say in one line what a new settings file changes, and what of it needs a restart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from core.quick_replies import Rule
from core.settings.schema import Groups, Settings
from core.settings.texts import SENTENCES

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
_SHOWN = 5  # names of each kind
_LONGEST_NAME = 40

NOTHING = "nothing changed"


def summary(old: Settings, new: Settings, started_with: Settings | None = None) -> str:
    """One line for people: rules added, removed, changed and moved, other keys, and restarts.

    `started_with` (`old` unless given) is what the process runs with in all that needs a restart:
    a key that was changed and set back again needs none.
    """
    parts = [_rules(old.quick_replies, new.quick_replies)]
    keys = changed_keys(old, new)
    restart = [key for key in changed_keys(started_with or old, new) if _needs_restart(key)]
    free = [key for key in keys if _needs_restart(key) and key not in restart]
    at_once = [key for key in keys if not _needs_restart(key)]
    parts.append(f"{_some(at_once)} changed" if at_once else "")
    parts.append(_gpt(old.why_off("gpt"), new.why_off("gpt")))
    parts.append(f"needs a restart: {_some(restart)}" if restart else "")
    parts.append(f"needs no restart any more: {_some(free)}" if free else "")
    return "; ".join(filter(None, parts)) or NOTHING


def _gpt(was_off: str, is_off: str) -> str:
    if bool(was_off) == bool(is_off):
        return ""
    return f"GPT is off now ({is_off})" if is_off else "GPT is on now"


def changed_keys(old: Settings, new: Settings) -> list[str]:
    """Dotted paths of the settings that differ, the rules aside."""
    found = [
        *_differences("channels", dict(old.channels), dict(new.channels)),
        *_differences("", dict(old.sections), dict(new.sections)),
    ]
    for name in Groups.model_fields:
        found += _differences(name, getattr(old, name), getattr(new, name))
    differing = (name for name in SENTENCES if old.texts.own(name) != new.texts.own(name))
    return found + [f"texts.{name}" for name in differing]


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, BaseModel) and type(old) is type(new):
        old, new = dict(old), dict(new)
    elif not (isinstance(old, dict) and isinstance(new, dict) and path in ("", "channels")):
        if old != new:
            yield path
        return
    for key in sorted(old.keys() | new.keys()):
        yield from _differences(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))


def _rules(old: Sequence[Rule], new: Sequence[Rule]) -> str:
    before = {rule.id: rule for rule in old}
    after = {rule.id: rule for rule in new}
    groups = {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": [name for name in after if name in before and after[name] != before[name]],
        "moved": _moved([*before], [*after]),
    }
    told: list[str] = []
    for word, names in groups.items():
        if names:
            noun = "" if told else " rule" if len(names) == 1 else " rules"
            told.append(f"{len(names)}{noun} {word} ({_some(names)})")
    return ", ".join(told)


def _moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The fewest names whose moves made the one order the other."""
    place = {name: number for number, name in enumerate(before)}
    kept = [name for name in after if name in place]
    # What stays is the longest run of places that rises. `lowest` has, for each length, the
    # lowest place in which such a run can end, and `ends` where in `kept` that is.
    lowest: list[int] = []
    ends: list[int] = []
    former: list[int] = []
    for number, name in enumerate(kept):
        length = bisect_left(lowest, place[name])
        former.append(ends[length - 1] if length else -1)
        lowest[length : length + 1] = [place[name]]
        ends[length : length + 1] = [number]
    stays: set[int] = set()
    number = ends[-1] if ends else -1
    while number >= 0:
        stays.add(number)
        number = former[number]
    return [name for number, name in enumerate(kept) if number not in stays]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(_short(name) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _needs_restart(key: str) -> bool:
    return any(key == start or key.startswith(f"{start}.") for start in _NEEDS_RESTART)
