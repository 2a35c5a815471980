"""The commands, as far as their arguments and exit codes go; the work is done elsewhere.

What a command does not need is not imported for it, so that each starts quickly and `check`
works where a channel's library is missing.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FrontdeskError, SettingsError
from core.lab.arguments import add_replay, add_stats, add_suggest
from core.settings import Settings

if TYPE_CHECKING:
    from core.knowledge.survey import Survey

FINE, FAILED, WRONG = 0, 1, 2
UNREAD = 141  # what a shell calls the end by SIGPIPE

_EPILOG = """\
exit codes: 0 fine, 1 failed while running, 2 wrong usage or settings
start with:  frontdesk demo
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    try:
        try:
            return _ran(arguments)
        finally:
            sys.stdout.flush()  # here, where a reader who has gone is expected
    except BrokenPipeError:
        return _unread()


def _ran(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese, say
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.version:
        return _version()
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return WRONG
    return _guarded(command, options)


def _guarded(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return command(options)
    except SettingsError as error:
        print(error.report(), file=sys.stderr)
        return WRONG
    except FrontdeskError as error:
        print(f"frontdesk: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FINE


def _unread() -> int:
    """Whoever read the output has seen enough, as `head` does."""
    with open(os.devnull, "w") as nowhere:  # Python flushes once more at its end
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere.fileno(), stream.fileno())
    return UNREAD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frontdesk",
        description="Answers customers on the web, Telegram and Slack: rules first, then GPT, "
        "then a person in a Slack thread.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="command")
    _add_run(commands)
    _add_demo(commands)
    _add_check(commands)
    _add_try(commands)
    add_replay(commands, _replay)
    add_stats(commands, _stats)
    add_suggest(commands, _suggest)
    _add_doctor(commands)
    _add_manifest(commands)
    return parser


Commands = argparse._SubParsersAction  # the type of add_subparsers has no public name


def _add_run(commands: Commands[argparse.ArgumentParser]) -> None:
    about = "Run the service: every channel that has credentials, the engine and the desk."
    parser = commands.add_parser("run", help="run the service", description=about)
    _add_settings(parser)
    parser.set_defaults(command=_run)


def _add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    about = (
        "Run the service without any account. Stand-ins play Slack, Telegram and, unless "
        "OPENAI_API_KEY is set, GPT. One page shows a shop with the chat, a phone and the "
        "agents' Slack channel."
    )
    parser = commands.add_parser("demo", help="try everything, no account", description=about)
    parser.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="where the page is; a busy port gives way to the next free one (default: 8080)",
    )
    parser.add_argument(
        "--real",
        type=_platforms,
        default=frozenset(),
        metavar="slack,telegram",
        help="platforms to use for real, with the credentials in .env or the environment",
    )
    _add_settings(parser)
    parser.set_defaults(command=_demo)


def _add_check(commands: Commands[argparse.ArgumentParser]) -> None:
    about = "Validate the settings and run the rules' own tests. Exit code 0 or 2."
    parser = commands.add_parser("check", help="validate the settings", description=about)
    about_file = "the file to check (default: settings.yaml)"
    parser.add_argument("file", nargs="?", type=Path, metavar="settings", help=about_file)
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="the same, as for other commands"
    )
    parser.set_defaults(command=_check)


def _add_try(commands: Commands[argparse.ArgumentParser]) -> None:
    about = "Say what would answer a message, and why. It costs nothing and sends nothing."
    parser = commands.add_parser("try", help="see what would answer", description=about)
    parser.add_argument("text", help='the customer\'s message, like "where is my order 123456"')
    parser.add_argument("--channel", default="web", help="where it comes from (default: web)")
    parser.add_argument(
        "--language", default="", help="the customer's language (default: as the text looks)"
    )
    _add_settings(parser)
    parser.set_defaults(command=_try)


def _add_doctor(commands: Commands[argparse.ArgumentParser]) -> None:
    about = (
        "Look at the real platforms: tokens, scopes, channels, clashes, clock, store. A line a "
        "finding, with its cure; nothing is changed. Exit code 0, 1 for a "
        "fault, 2 for wrong settings."
    )
    parser = commands.add_parser("doctor", help="see what is wrong where", description=about)
    _add_settings(parser)
    parser.set_defaults(command=_doctor)


def _add_manifest(commands: Commands[argparse.ArgumentParser]) -> None:
    about = "Print the manifest of the Slack app, for https://api.slack.com/apps, as YAML."
    parser = commands.add_parser("manifest", help="print the Slack app", description=about)
    _add_settings(parser)
    parser.set_defaults(command=_manifest)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings",
        type=Path,
        default=Path("settings.yaml"),
        help="the settings file (default: settings.yaml)",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _platforms(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := names - {"slack", "telegram"}:
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: slack or telegram only")
    return names


def _loaded(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    from connectors import SECTIONS, SETTINGS
    from core.settings import load

    return load(path, environ=environ, channels=SETTINGS, sections=SECTIONS)


def _version() -> int:
    from importlib.metadata import version

    print(f"frontdesk {version('frontdesk')}")
    return FINE


def _run(options: argparse.Namespace) -> int:
    from core.app import run

    return run(options.settings) or FINE


def _demo(options: argparse.Namespace) -> int:
    from core.demo import demo

    return demo(options.settings, port=options.port, real=options.real) or FINE


def _check(options: argparse.Namespace) -> int:
    from core.check import tried, verdict

    path = options.settings or options.file or Path("settings.yaml")
    if options.file not in (None, path):
        print(f"frontdesk: check {options.file} or {path}, one at a time", file=sys.stderr)
        return WRONG
    settings = _loaded(path)
    failed, doubtful = tried(settings)
    for warning in (*settings.warnings, *doubtful):
        print(warning.report(" [warning]"))
    failures, known = [*failed], _surveyed(settings)
    if known is not None:
        failures += known.errors
        for warning in known.warnings:
            print(warning.report(" [warning]"))
    for failure in failures:
        print(failure.report(), file=sys.stderr)
    if failures:
        return WRONG
    for line in verdict(settings, known):
        print(line)
    return FINE


def _surveyed(settings: Settings) -> Survey | None:
    if not settings.gpt.knowledge:
        return None
    from core.knowledge.survey import survey

    return survey(settings)


def _try(options: argparse.Namespace) -> int:
    from core.explain import Situation, explain, impossible, unheard_of
    from core.language import guess_language

    if not options.text.strip():
        print("frontdesk: try needs a message, like “where is my order”", file=sys.stderr)
        return WRONG
    settings = _loaded(options.settings)
    if why := impossible(settings, options.channel, options.language):
        print(f"frontdesk: {why}", file=sys.stderr)
        return WRONG
    text = options.text.encode("utf-8", "replace").decode("utf-8")
    if options.language and unheard_of(settings, options.language):
        note = (
            f"frontdesk: nobody here has heard of a language {options.language!r}; taken as it is"
        )
        print(note, file=sys.stderr)
    known = options.language.replace("_", "-")
    language = guess_language(text, known=known, spoken=settings.business.languages)
    is_open = settings.hours.is_open(datetime.now(UTC))
    for line in explain(settings, Situation(text, options.channel, language, is_open)):
        print(line)
    return FINE


def _replay(options: argparse.Namespace) -> int:
    from core.lab.commands import replay
    from core.settings.environment import environment

    # The new file may lie elsewhere, without a .env of its own.
    environ = environment(options.against, os.environ)
    today, new = _loaded(options.against), _loaded(options.settings, environ)
    return replay(today, new, options.since, as_json=options.json)


def _stats(options: argparse.Namespace) -> int:
    from core.lab.commands import stats

    return stats(_loaded(options.settings), options.since, as_json=options.json)


def _suggest(options: argparse.Namespace) -> int:
    from core.lab.commands import suggest

    return suggest(_loaded(options.settings), options.since)


def _doctor(options: argparse.Namespace) -> int:
    from core.doctor import doctor
    from core.redact import set_up_logging

    set_up_logging((), level=logging.CRITICAL)  # the libraries' own words would be in between
    return doctor(_loaded(options.settings), partial(print, flush=True))


def _manifest(options: argparse.Namespace) -> int:
    from ruamel.yaml import YAML

    from connectors.slack.manifest import manifest

    settings = _loaded(options.settings)
    yaml = YAML()
    yaml.dump(manifest(settings), sys.stdout)
    if settings.section("slack").receive == "http" and not settings.server.public_url:
        print(
            "frontdesk: server.public_url is empty: set it and print the manifest again, or put "
            "your address in the place of YOUR-PUBLIC-URL",
            file=sys.stderr,
        )
    return FINE
