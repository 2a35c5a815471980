"""Measure what examples answer: how many of the questions that have a rule, at how many mistakes.

    python -m tests.intents --train T.csv --test E.csv --examples 20 [--rules 50] [--seed 0]
                            [--embeddings-url URL] [--json]
    python -m tests.intents --scale 1000

The CSV files have the columns text and category. From T.csv the examples are drawn, and the
categories that get a rule; all questions of E.csv are asked. One whose category has no rule is a
mistake when it is answered. Coverage at a precision is the best a threshold could do on E.csv;
what the shipped threshold really does, which no question of E.csv has chosen, stands below it.
Every figure is the median of three draws. `--scale` measures instead what many rules cost.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import core.one_thread  # noqa: F401 - the service's numpy has one thread, too
from tests.intents.questions import Drawn, Question, read
from tests.intents.scale import measured

if TYPE_CHECKING:
    from tests.intents.curve import Judge

_DRAWS = 3
_PRECISIONS = (0.98, 0.95)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.intents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--train", type=Path, metavar="T.csv")
    parser.add_argument("--test", type=Path, metavar="E.csv")
    parser.add_argument("--examples", type=int, default=20, help="of each rule (20)")
    parser.add_argument("--rules", type=int, help="so many categories get a rule (all)")
    parser.add_argument("--seed", type=int, default=0, help="of the first draw (0)")
    parser.add_argument("--embeddings-url", metavar="URL", help="ask this server for embeddings")
    parser.add_argument("--embeddings-model", metavar="NAME", default="text-embedding-3-small")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    parser.add_argument("--scale", type=int, metavar="RULES", help="measure speed and memory")
    options = parser.parse_args()
    if options.scale is None and not (options.train and options.test):
        parser.error("give --train and --test, or --scale")
    return options


def _coverage(options: argparse.Namespace) -> dict[str, float]:
    # Imported late, so that --scale sees what loading the matcher costs.
    from tests.intents.curve import ask, coverage, shipped

    train, test = read(options.train), read(options.test)
    draws = []
    for seed in range(options.seed, options.seed + _DRAWS):
        drawn = Drawn.of(train, options.rules, options.examples, seed)
        draws.append(ask(_judge(options, drawn, test), drawn.categories, test))
    figures = {
        f"coverage_at_{wanted}": median(coverage(one, wanted) for one in draws)
        for wanted in _PRECISIONS
    }
    figures["shipped_precision"] = median(shipped(one)[0] for one in draws)
    figures["shipped_coverage"] = median(shipped(one)[1] for one in draws)
    return {name: round(figure, 4) for name, figure in figures.items()}


def _judge(options: argparse.Namespace, drawn: Drawn, asked: Sequence[Question]) -> Judge:
    if options.embeddings_url:
        from tests.intents.embedded import Embedded

        return Embedded.of(drawn, asked, options.embeddings_url, options.embeddings_model)
    from core.similarity import Similar
    from tests.intents.curve import Local

    return Local(Similar.compile(drawn.examples))


def main() -> None:
    options = _options()
    figures = measured(options.scale, options.seed) if options.scale else _coverage(options)
    for name, figure in figures.items():
        sys.stdout.write(f"{name:20} {figure}" + "\n")
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
