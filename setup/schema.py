"""Writes the JSON Schemas of settings.yaml and of files of rules anew.

Shapes are from the models, sentences from README: its tables are where each key is explained, so
that editors and readers are told the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from connectors import SECTIONS, SETTINGS
from core.settings.json_schema import Schema, json_schema, rules_schema

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SHIPPED = ROOT / "core" / "settings" / "settings.schema.json"
SHIPPED_RULES = SHIPPED.with_name("rules.schema.json")

_CELL = re.compile(r"(?<!\\)\|")


def tables(text: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Each table of a Markdown text: the head of its first column, and its rows."""
    lines = iter(text.splitlines())
    for line in lines:
        if not line.startswith("|"):
            continue
        next(lines)  # the ruler
        rows = []
        for row in lines:
            if not row.startswith("|"):
                break
            rows.append(_cells(row))
        yield _cells(line)[0], rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]


def rows_of(name: str, text: str) -> list[list[str]]:
    """The rows of the table whose first column has this head."""
    return next(rows for head, rows in tables(text) if head == name)


def meanings(text: str) -> dict[str, str]:
    """What README says of every key, by dotted path."""
    settings = {row[0].strip("`"): row[2] for row in rows_of("key", text)}
    rules = {f"quick_replies.{row[0].strip('`')}": row[1] for row in rows_of("rule key", text)}
    return {**settings, **rules}


def generated() -> dict[Path, str]:
    """Each whole file, as it should be shipped."""
    whole = json_schema(SETTINGS, SECTIONS, meanings(README.read_text(encoding="utf-8")))
    return {SHIPPED: _written(whole), SHIPPED_RULES: _written(rules_schema(whole))}


def _written(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)} is written\n")


if __name__ == "__main__":
    main()
