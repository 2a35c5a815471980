"""The lab's commands as far as their arguments go; imported at every start, so it stays light."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.lab.since import Since, since

Command = Callable[[argparse.Namespace], int]

_USUAL = Path("settings.yaml")


def add_replay(commands: Any, command: Command) -> None:
    about = (
        "Put the customers' messages of the past to today's rules and to new ones, and print "
        "what differs: changed answers, newly answered, newly lost, calls of GPT and money saved. "
        "Each message is asked in the channel, language, hours and name it came with, and only "
        "those count that came while the bot was responsible. It reads the store of today's "
        "settings beside the running service, asks nobody and changes nothing."
    )
    parser = commands.add_parser("replay", help="try new rules on the past", description=about)
    parser.add_argument(
        "--settings", type=Path, required=True, metavar="NEW", help="the file with the new rules"
    )
    parser.add_argument(
        "--against",
        type=Path,
        default=_USUAL,
        metavar="TODAY",
        help="the file that answers today, as given to run; its store is read, and whether there "
        "is GPT is its say (default: settings.yaml)",
    )
    _add_span(parser)
    _add_json(parser)
    parser.set_defaults(command=command)


def add_stats(commands: Any, command: Command) -> None:
    about = (
        "Count what answered customers: rules, GPT and people, what GPT cost, and what each rule "
        "saved. Below that are the questions that no rule answered, those alike together: the "
        "next rules to write. It reads the store beside the running service and changes nothing."
    )
    parser = commands.add_parser("stats", help="see what answers and costs", description=about)
    _add_settings(parser)
    _add_span(parser)
    _add_json(parser)
    parser.set_defaults(command=command)


def add_suggest(commands: Any, command: Command) -> None:
    about = (
        "Print rules to paste, made of what agents have answered and of what GPT answers again "
        "and again: words from the customers' questions, the reply, and tests from real questions "
        "that must and must not match. They pass `check` as they are. Numbers and addresses of "
        "customers are replaced; what names a person is left out. Read a reply before you use "
        "it: only you know whether it is still true."
    )
    parser = commands.add_parser("suggest", help="propose rules to paste", description=about)
    _add_settings(parser)
    _add_span(parser)
    parser.set_defaults(command=command)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings",
        type=Path,
        default=_USUAL,
        help="the settings file, whose store is read (default: settings.yaml)",
    )


def _add_span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since",
        type=since,
        default=Since(),
        metavar="7d",
        help="only what came since: a span like 12h, 7d or 4w, or a date like 2026-11-01 "
        "(default: all there is)",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, with all details")
