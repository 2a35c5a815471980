"""Say whether a feature is on, and if it is not, which setting would switch it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from core.settings.types import Switchable


def why_off(settings: Any, path: str) -> str:
    """A few words naming the empty setting or variable; "" when everything needed is there."""
    group = _at(settings, path)
    if getattr(group, "enabled", True) is False:
        return f"{path}.enabled is false"
    empty = list(dict.fromkeys(_empty(settings, group)))
    if len(empty) > 1:
        return f"{', '.join(empty[:-1])} and {empty[-1]} are empty"
    return f"{empty[0]} is empty" if empty else ""


def _empty(settings: Any, group: Any) -> Iterator[str]:
    for path in group.needs() if isinstance(group, Switchable) else ():
        value = _at(settings, path)
        if isinstance(value, Switchable):
            yield from _empty(settings, value)
        elif _is_empty(value):
            yield settings.variables.get(path, path)


def _is_empty(value: Any) -> bool:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text is None or (isinstance(text, str) and not text.strip())


def _at(settings: Any, path: str) -> Any:
    first, *rest = path.split(".")
    found = settings.sections.get(first) if first in settings.sections else None
    found = getattr(settings, first) if found is None else found
    for name in rest:
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return found
