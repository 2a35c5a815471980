"""The `texts` group: an admin's own wording of the product's sentences."""

from __future__ import annotations

from typing import Any, cast

from pydantic import create_model

from core.settings.complaints import did_you_mean
from core.settings.draft import Draft
from core.settings.nodes import MapNode, ScalarNode, scalars
from core.settings.rules import Localized
from core.settings.schema import Business
from core.settings.texts import PLACEHOLDER, SENTENCES, Texts
from core.settings.types import Strict

_FIELDS: Any = dict.fromkeys(SENTENCES, (Localized | None, None))
TextSettings = cast(type[Strict], create_model("TextSettings", __base__=Strict, **_FIELDS))


def texts(draft: Draft, business: Business | None) -> Texts:
    """The sentences in force; complains about names and placeholders that do not exist."""
    validated = draft.validated(TextSettings, ["texts"])
    own: dict[str, dict[str, str]] = validated.model_dump(exclude_none=True) if validated else {}
    for path, node in scalars(draft.root.items.get("texts", MapNode(0))):
        _check_placeholders(draft, path.partition(".")[0], node)
    return Texts(own, business.languages[0] if business else "en")


def _check_placeholders(draft: Draft, name: str, node: ScalarNode) -> None:
    allowed = SENTENCES[name].placeholders if name in SENTENCES else frozenset()
    for found in PLACEHOLDER.findall(node.text) if name in SENTENCES else ():
        if found not in allowed:
            hint = did_you_mean(found, allowed) or "this sentence has none"
            draft.complain(node.index, f"{{{found}}} has no value in this sentence", hint)
