"""Describe settings.yaml to editors, which then complete keys and mark mistakes as they are typed.

An editor can tell less than `check`: it does not see the environment, and it does not know what
rules and sentences mean. So whatever `check` lets pass must fit this schema, and the schema says
no more than it can be sure of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, create_model
from pydantic.json_schema import GenerateJsonSchema

from core.settings.include import KEYS
from core.settings.rules import RuleSettings
from core.settings.schema import Groups
from core.settings.texts import SENTENCES
from core.settings.types import Strict, format_duration
from core.settings.wording import TextSettings

DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that every editor understands
REFERENCE = {"type": "string", "pattern": r"\$\{"}
"""`${NAME}`, or a text with one in it, where not any text will do."""

Schema = dict[str, Any]

_PRECISE = {"integer", "number", "boolean"}
_NOISE = ("title", "format", "writeOnly", "description")  # written for the models' readers


def json_schema(
    channels: Mapping[str, type[BaseModel]],
    sections: Mapping[str, type[BaseModel]],
    meanings: Mapping[str, str],
) -> Schema:
    """The JSON Schema of a settings file, without references inside.

    `channels` and `sections` are as for `load`; `meanings` gives the sentence that an editor
    shows for a key, by dotted path; a rule's keys stand under `quick_replies`.
    """
    raw = _file(channels, sections).model_json_schema(schema_generator=_Generator)
    whole = _resolved(raw, raw.pop("$defs"))
    texts = {f"texts.{name}": f"Said when {text.when}." for name, text in SENTENCES.items()}
    _describe(whole, "", {**texts, **meanings})
    return {"$schema": DIALECT, "title": "frontdesk's settings", **whole}


def rules_schema(whole: Schema) -> Schema:
    """The JSON Schema of a file of rules, from that of a settings file."""
    kept = {name: whole["properties"][name] for name in KEYS}
    return {**whole, "title": "Rules of frontdesk", "properties": kept}


def _file(
    channels: Mapping[str, type[BaseModel]], sections: Mapping[str, type[BaseModel]]
) -> type[BaseModel]:
    """One model of the whole file; a group whose lines are all commented out is empty."""
    groups = {name: field.annotation for name, field in Groups.model_fields.items()}
    all_channels = _model("Channels", channels)
    top = {**groups, **sections, "channels": all_channels, "texts": TextSettings}
    lists = {"include": tuple[str, ...], "quick_replies": tuple[RuleSettings, ...]}
    return _model("File", {**top, **lists})


def _model(name: str, parts: Mapping[str, Any]) -> type[BaseModel]:
    fields: Any = {part: (kind | None, None) for part, kind in parts.items()}
    model: type[BaseModel] = create_model(name, __base__=Strict, **fields)
    return model


class _Generator(GenerateJsonSchema):
    """Writes durations as the file writes them."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return format_duration(dft)
        return super().encode_default(dft)


def _resolved(schema: Any, definitions: Mapping[str, Schema]) -> Any:
    """`schema` with every reference replaced by what it refers to, and without noise."""
    if isinstance(schema, list):
        return [_resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return _resolved(
            {**target, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions
        )
    plain = {
        key: _properties(value, definitions)
        if key == "properties"
        else _resolved(value, definitions)
        for key, value in schema.items()
        if key not in _NOISE and not (key == "default" and value is None)
    }
    return _or_reference(plain)


def _properties(properties: Schema, definitions: Mapping[str, Schema]) -> Schema:
    return {name: _resolved(schema, definitions) for name, schema in properties.items()}


def _or_reference(schema: Schema) -> Schema:
    """Numbers, switches and choices may come from the environment as well."""
    is_precise = schema.get("type") in _PRECISE or {"enum", "const", "pattern"} & schema.keys()
    if not is_precise or schema == REFERENCE:
        return schema
    outside = {"default": schema["default"]} if "default" in schema else {}
    inside = {key: value for key, value in schema.items() if key != "default"}
    return {**outside, "anyOf": [inside, dict(REFERENCE)]}


def _describe(schema: Schema, path: str, meanings: Mapping[str, str]) -> None:
    """Put the meaning of each key in; items of a list have the path of the list."""
    for name, part in schema.get("properties", {}).items():
        inner = f"{path}.{name}".lstrip(".")
        if inner in meanings:
            part["description"] = meanings[inner]
        _describe(part, inner, meanings)
    inside = [schema["items"]] if "items" in schema else schema.get("anyOf", ())
    for part in inside:
        _describe(part, path, meanings)
