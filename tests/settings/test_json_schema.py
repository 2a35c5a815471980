"""The schema that editors get agrees with what `check` says, as far as an editor can know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors import SECTIONS, SETTINGS
from core.errors import SettingsError
from core.settings import load
from core.settings.document import parse
from core.settings.nodes import plain
from core.settings.source import read
from setup import schema as shipping

ROOT = Path(__file__).parents[2]
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
KNOWN = {
    *("$schema", "title", "description", "default", "type", "properties", "required", "anyOf"),
    *("additionalProperties", "items", "enum", "const", "pattern", "minItems", "minLength"),
    *("maxLength", "minimum", "maximum"),
}


def shipped() -> Any:
    return json.loads(shipping.SHIPPED.read_text(encoding="utf-8"))


def faults(schema: Any, value: Any, path: str = "") -> Iterator[str]:
    """Where `value` does not fit `schema`; knows the words that our schema uses, and no others."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    branches = schema.get("anyOf")
    if branches and all(list(faults(branch, value)) for branch in branches):
        yield path
    kind = schema.get("type")
    if kind and not _is_a(kind, value):
        yield path
        return
    if not _is_allowed(schema, value):
        yield path
    if isinstance(value, dict):
        yield from _faults_of_keys(schema, value, path)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from faults(schema.get("items", {}), item, f"{path}[{number}]")


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _is_allowed(schema: Any, value: Any) -> bool:
    size = len(value) if isinstance(value, str | list) else 0
    number = value if isinstance(value, int | float) else 0
    low = schema.get("minItems", schema.get("minLength", 0))
    return (
        value in schema.get("enum", [value])
        and value == schema.get("const", value)
        and (not isinstance(value, str) or bool(re.search(schema.get("pattern", ""), value)))
        and (not isinstance(value, str | list) or low <= size <= schema.get("maxLength", size))
        and schema.get("minimum", number) <= number <= schema.get("maximum", number)
    )


def _faults_of_keys(schema: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{key}" for key in schema.get("required", ()) if key not in value)
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, part in value.items():
        if key in known:
            yield from faults(known[key], part, f"{path}.{key}")
        elif others is False:
            yield f"{path}.{key}"
        elif others is not True:
            yield from faults(others, part, f"{path}.{key}")


def values(path: Path) -> Any:
    """A settings file as an editor sees it, with nothing filled in."""
    root, problems = parse(read(path))
    assert not list(problems)
    return plain(root)


def test_the_shipped_schema_is_what_the_models_and_readme_say() -> None:
    cure = "write it anew: .venv/bin/python -m setup.schema"

    for path, text in shipping.generated().items():
        assert path.read_text(encoding="utf-8") == text, cure


@pytest.mark.parametrize("name", ["settings.yaml", "sandbox/demo/settings.yaml"])
def test_the_files_we_ship_fit_the_schema(name: str) -> None:
    assert list(faults(shipped(), values(ROOT / name))) == []


def test_the_first_line_of_settings_yaml_leads_editors_to_the_schema() -> None:
    first = (ROOT / "settings.yaml").read_text(encoding="utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=core/settings/settings.schema.json"
    assert ROOT / first.partition("=")[2] == shipping.SHIPPED


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("quick_replies: [{id: a, when: {any: [a]}, reply: x}]", True),
        ("include: [more/*.yaml]\nquick_replies:\n", True),
        ("quick_replies: [{id: a, when: {any: [a]}, repyl: x}]", False),
        ("gpt: {model: x}", False),
        ("- {id: a, when: {any: [a]}, reply: x}", False),
        ("include: rules.yaml", False),
    ],
)
def test_a_file_of_rules_has_a_schema_of_its_own(text: str, fits: bool, tmp_path: Path) -> None:
    schema = json.loads(shipping.SHIPPED_RULES.read_text(encoding="utf-8"))

    assert (not list(faults(schema, YAML(typ="safe").load(text)))) == fits


@pytest.mark.parametrize(
    "text",
    [
        "server: {prot: 8080}",
        "server: {port: many}",
        "chanels: {}",
        "channels: {web: {color: green}}",
        "channels: {telegram: {receive: pigeon}}",
        "desk: {remind_after: 5}",
        "desk: {remind_after: soon}",
        "gpt: {debounce: 5}",
        "business: {hours: {mon: 9}}",
        "business: {languages: []}",
        "quick_replies: [{id: a, when: {any: refund}, reply: x}]",
        "quick_replies: [{id: a, when: {any: [a]}, reply: [x]}]",
        "quick_replies: [{id: a, when: {any: [a]}, reply: x, then: sleep}]",
        "quick_replies: [{when: {any: [a]}, reply: x}]",
        "quick_replies: [{id: a, when: {any: [a]}, reply: x, buttons: [{label: [b], say: b}]}]",
        "quick_replies: [{id: a, when: {any: [a]}, reply: x, "
        "buttons: [{label: {en: 1}, say: b}]}]",
        "texts: {handovr: x}",
        "include: rules.yaml",
    ],
)
def test_an_editor_marks_what_is_surely_wrong(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")

    assert list(faults(shipped(), values(path)))
    with pytest.raises(SettingsError):
        _load(path)


@pytest.mark.parametrize(
    "text",
    [
        "business:\nchannels:\n  web:\nquick_replies:\ntexts:\n",
        "server: {port: '${PORT:-8080}'}",
        "channels: {slack: {enabled: '${SLACK:-false}'}}",
        "channels: {web: {greeting: Hello, color: '${COLOR}'}}",
        "gpt: {debounce: '${SECONDS}s', daily_budget_usd: 2.5}",
        "desk: {remind_after: never, give_up_after: 1.5h}",
        "business: {hours: {mon-fri: ['09:00-12:00', '13:00-18:00'], sun: closed}}",
        "business: {hours: {mon: '09:00-17:00', holidays: 2026-12-25}}",
        "texts: {handover: {en: One moment., de: Moment.}}",
        "handover: {ask: {de: [mensch]}}",
        "quick_replies: [{id: a, when: {hours: open}, then: gpt}]",
        "quick_replies: [{id: a, when: {any: [a]}, reply: x, "
        "buttons: [{label: {en: b, zh: 乙}, say: {zh: 丙}}, {label: c, url: 'tel:1'}]}]",
    ],
)
def test_an_editor_is_silent_about_what_is_right(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")

    assert list(faults(shipped(), values(path))) == []
    _load(path)


def _load(path: Path) -> None:
    environ = {"COLOR": "#fff", "SECONDS": "2"}
    load(path, environ=environ, channels=SETTINGS, sections=SECTIONS)


def test_every_key_has_a_sentence_for_the_reader_who_points_at_it() -> None:
    assert not list(_silent(shipped(), ""))


def _silent(schema: Any, path: str) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        inner = f"{path}.{name}".lstrip(".")
        yield from _silent(part, inner)
        is_group = any("properties" in branch for branch in part.get("anyOf", ()))
        if not is_group and not part.get("description") and inner != "quick_replies":
            yield inner
    parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    for part in parts:
        yield from _silent(part, path)
