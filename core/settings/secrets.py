"""Warn when a secret stands in the settings file itself, which gets copied and mailed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from core.settings.draft import Draft
from core.settings.nodes import ScalarNode, find, scalars

_SECRET = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|\bsk-[\w-]{16,}|\b\d{6,12}:[A-Za-z0-9_-]{30,}"
    r"|://[^:/@\s]+:[^@/\s$]+@|[?&](?:ssl)?password=[^&\s$]"
)

_VARIABLES = {"gpt.api_key": "OPENAI_API_KEY"}


def warn_about_secrets(draft: Draft, parts: Mapping[str, Any]) -> None:
    """Warn about what looks like a token anywhere, and about any literal value of a secret key."""
    literal = {path for path, node in scalars(draft.root) if _SECRET.search(node.text)}
    for path, part in parts.items():
        if isinstance(part, BaseModel):
            literal |= {found for found in _filled(path, part) if _is_literal(draft, found)}
    for path in literal:
        name = _VARIABLES.get(path) or re.sub(r"\W", "_", path.removeprefix("channels.")).upper()
        hint = f"put {name}=… into .env beside this file and write ${{{name}}} here"
        draft.warn_at(_loc(path), "a secret is written into this file", hint)


def _filled(path: str, part: BaseModel) -> Iterator[str]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield f"{path}.{name}"


def _is_literal(draft: Draft, path: str) -> bool:
    node = find(draft.root, _loc(path))
    return isinstance(node, ScalarNode) and "${" not in node.text


def _loc(path: str) -> list[int | str]:
    return [int(step) if step.isdigit() else step for step in path.split(".")]
