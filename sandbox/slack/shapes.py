"""Checks of nested JSON that point at what is wrong, as Slack's own messages do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str, list[str]], None]


def fault(faults: list[str], message: str, at: str) -> None:
    faults.append(f"[ERROR] {message} [json-pointer:{at}]")


def text(longest: int, *, shortest: int = 1, only: tuple[str, ...] = ()) -> Check:
    """A plain string of a length, or one of `only`."""

    def check(value: Any, at: str, faults: list[str]) -> None:
        if not isinstance(value, str):
            fault(faults, "must provide a string", at)
        elif only and value not in only:
            fault(faults, f"must be one of: {', '.join(only)}", at)
        elif len(value) < shortest:
            fault(faults, f"must be more than {shortest - 1} characters", at)
        elif len(value) > longest:
            fault(faults, f"must be less than {longest + 1} characters", at)

    return check


def flag(value: Any, at: str, faults: list[str]) -> None:
    if not isinstance(value, bool):
        fault(faults, "must provide a boolean", at)


def number(value: Any, at: str, faults: list[str]) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        fault(faults, "must provide an integer", at)


def anything(value: Any, at: str, faults: list[str]) -> None:
    """For what Slack takes as it comes."""


def items(check: Check, most: int, *, least: int = 1) -> Check:
    """A list of `least` to `most` values that each satisfy `check`."""

    def check_items(value: Any, at: str, faults: list[str]) -> None:
        if not isinstance(value, list):
            fault(faults, "must provide an array", at)
            return
        if len(value) < least:
            fault(faults, f"no fewer than {least} items allowed", at)
        if len(value) > most:
            fault(faults, f"no more than {most} items allowed", at)
        for index, item in enumerate(value):
            check(item, f"{at}/{index}", faults)

    return check_items


def fields(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with the `needed` fields, perhaps the `optional` ones, and no others."""
    known = {**needed, **(optional or {})}

    def check(value: Any, at: str, faults: list[str]) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", at)
            return
        for name in needed:
            if name not in value:
                fault(faults, f"missing required field: {name}", at)
        for name, content in value.items():
            if name in known:
                known[name](content, f"{at}/{name}", faults)
            else:
                fault(faults, f"unknown field: {name}", f"{at}/{name}")

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` decides what else it must be."""

    def check(value: Any, at: str, faults: list[str]) -> None:
        if not isinstance(value, dict):
            fault(faults, "must provide an object", at)
        elif value.get("type") not in kinds:
            fault(faults, f"unsupported type: {value.get('type')}", f"{at}/type")
        else:
            kinds[value["type"]](value, at, faults)

    return check
