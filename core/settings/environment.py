"""Fill `${NAME}` from the environment, so that no secret has to stand in the settings file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from core.errors import Problem, SettingsError
from core.settings.nodes import ScalarNode

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}?")
_INSIDE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-)(.*))?", re.DOTALL)
_WHOLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^{}]*)?\}")


def dotenv_path(settings: Path) -> Path:
    """Where the `.env` of a settings file lies."""
    return settings.parent / ".env"


def environment(settings: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` over what `.env` beside the settings file says. Raises SettingsError."""
    path = dotenv_path(settings)
    try:
        beside = dotenv_values(path, interpolate=False) if path.is_file() else {}
    except (OSError, UnicodeDecodeError):
        problem = Problem(str(path), 1, 1, "this file cannot be read", "save it as UTF-8")
        raise SettingsError([problem]) from None
    return {name: value for name, value in beside.items() if value is not None} | dict(environ)


def expand(
    node: ScalarNode, values: Mapping[str, str], complain: Callable[[int, str, str], None]
) -> None:
    """Replace every reference in a text; `complain(index, message, hint)` about each bad one.

    `$${` stands for a plain `${`.
    """
    if not isinstance(node.value, str) or "${" not in node.value:
        return
    if whole := _WHOLE.fullmatch(node.value):
        node.variable = whole[1]

    def fill(found: re.Match[str]) -> str:
        return _value(found, node, values, complain)

    node.value = _REFERENCE.sub(fill, node.value)


def _value(
    found: re.Match[str],
    node: ScalarNode,
    values: Mapping[str, str],
    complain: Callable[[int, str, str], None],
) -> str:
    if found[0] == "$${":
        return "${"
    inside = _INSIDE.fullmatch(found[1])
    if inside is None or not found[0].endswith("}"):
        hint = "write ${NAME} or ${NAME:-default}, and $${ for a plain ${"
        complain(node.index, "this ${ does not name a variable", hint)
        return ""
    name, has_default, default = inside.groups()
    if _is_no_text(values.get(name, "")):
        hint = "set it as UTF-8"
        complain(node.index, f"the environment variable {name} is not text", hint)
        return ""
    if has_default:
        return values.get(name) or default
    if name not in values:
        hint = f"set it, put it into .env beside this file, or write ${{{name}:-}} to go without"
        complain(node.index, f"the environment variable {name} is not set", hint)
    return values.get(name, "")


def _is_no_text(value: str) -> bool:
    """Bytes that are not UTF-8 come as halves of surrogate pairs."""
    return any("\ud800" <= character <= "\udfff" for character in value)
