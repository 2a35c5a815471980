"""Load a settings file as a whole, or say everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from core.errors import Problem
from core.hours import BadHours, OpeningHours
from core.settings.document import parse
from core.settings.draft import Draft
from core.settings.environment import dotenv_path, environment
from core.settings.include import KEYS, Book
from core.settings.money import warn_about_money
from core.settings.nodes import MapNode, find, plain, scalars
from core.settings.places import Place
from core.settings.replies import compiled
from core.settings.saves import state_of
from core.settings.schema import Business, Groups, Settings
from core.settings.secrets import warn_about_secrets
from core.settings.source import read
from core.settings.wording import texts


def load(
    path: Path | str,
    *,
    environ: Mapping[str, str],
    channels: Mapping[str, type[BaseModel]],
    sections: Mapping[str, type[BaseModel]] = MappingProxyType({}),
) -> Settings:
    """The settings in the file at `path`, `${NAME}` filled from `environ` and `.env` beside it.

    `channels` and `sections` give the models of `channels.<name>` and of further top-level keys.
    Reads files, so call it off the event loop. Raises SettingsError with every problem found.
    """
    path = Path(path)
    states = [state_of(path), state_of(dotenv_path(path))]
    source = read(path)
    draft = Draft(source, *parse(source))
    values = environment(path, environ)
    variables = draft.fill(values)
    parts = _parts(draft, channels, sections)
    book = Book(draft, path, values)
    business = parts.get("business")
    spoken = business.languages if business else ()
    rules, places = compiled(book.drafts, channels, spoken)
    wording = texts(draft, business)
    hours = _hours(draft, business)
    warnings = _warnings(book, parts)
    return Settings(
        path=path,
        quick_replies=rules,
        texts=wording,
        hours=hours,
        warnings=warnings,
        variables=variables,
        places=replace(places, files=_knowledge(draft)),
        inputs=tuple(book.inputs),
        states=frozenset(states + book.states),
        channels=MappingProxyType({name: parts[f"channels.{name}"] for name in channels}),
        sections=MappingProxyType({name: parts[name] for name in sections}),
        **{name: parts[name] for name in Groups.model_fields},
    )


def _parts(
    draft: Draft, channels: Mapping[str, type[BaseModel]], sections: Mapping[str, type[BaseModel]]
) -> dict[str, Any]:
    """Every validated group by its dotted path; those with problems are missing."""
    groups = {name: _model(field.annotation) for name, field in Groups.model_fields.items()}
    models: dict[str, type[BaseModel]] = {**groups, **sections}
    draft.only([], [*models, *KEYS, "channels", "texts"])
    draft.allow_empty(draft.root, [*models, "channels", "texts"])
    node = draft.root.items.get("channels")
    if node is not None and not isinstance(node, MapNode):
        draft.complain(node.index, "a group of keys is expected here", "like web: {}")
    draft.only(["channels"], list(channels))
    draft.allow_empty(node, channels)
    models |= {f"channels.{name}": model for name, model in channels.items()}
    found = {path: draft.validated(model, path.split(".")) for path, model in models.items()}
    return {path: part for path, part in found.items() if part is not None}


def _knowledge(draft: Draft) -> list[Place]:
    return [
        Place(draft.source, node.index, {})
        for path, node in scalars(draft.root)
        if path.startswith("gpt.knowledge.")
    ]


def _model(annotation: Any) -> type[BaseModel]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"{annotation!r} is not a group of settings")
    return annotation


def _hours(draft: Draft, business: Business | None) -> OpeningHours:
    if business is None:  # for another fault: those of the hours are wanted all the same
        node = find(draft.root, ["business", "hours"])
        hours, zone = plain(node) if isinstance(node, MapNode) else None, "UTC"
    else:
        hours, zone = business.hours, business.timezone
    try:
        return OpeningHours.parse(hours or None, zone)
    except BadHours as error:
        for fault in error.faults:
            draft.complain_at(["business", *fault.path], fault.reason, fault.hint)
        return OpeningHours()


def _warnings(book: Book, parts: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Those of all files. Raises SettingsError when there are problems."""
    main, *included = book.drafts
    warn_about_secrets(main, parts)
    warn_about_money(main, parts.get("gpt"))
    for draft in included:
        warn_about_secrets(draft, {})
    return book.finish()
