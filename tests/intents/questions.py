"""Questions of which somebody said what they mean, and a draw of rules from them."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Question(NamedTuple):
    text: str
    category: str


def read(path: Path) -> list[Question]:
    """A CSV file with the columns text and category."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames is None or not {"text", "category"} <= set(rows.fieldnames):
            raise SystemExit(f"{path}: the first line must name the columns text and category")
        return [Question(row["text"], row["category"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some categories as rules, some of their questions as examples, and the rest."""

    categories: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    rest: tuple[Question, ...]

    @classmethod
    def of(
        cls, questions: Sequence[Question], rules: int | None, examples: int, seed: int
    ) -> Drawn:
        chance = random.Random(seed)  # noqa: S311
        texts: defaultdict[str, list[str]] = defaultdict(list)
        for question in questions:
            texts[question.category].append(question.text)
        names = sorted(texts)
        chosen = tuple(names if rules is None else chance.sample(names, min(rules, len(names))))
        picked = tuple(
            tuple(chance.sample(texts[name], min(examples, len(texts[name])))) for name in chosen
        )
        used = {(text, name) for name, of in zip(chosen, picked, strict=True) for text in of}
        return cls(chosen, picked, tuple(one for one in questions if one not in used))
