"""What README says is held against what the code does, so that neither can drift."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from ruamel.yaml import YAML

from bridge.commands import COMMANDS, HELP
from connectors import SECTIONS, SETTINGS
from connectors.web import frames
from core.check import failed_tests
from core.messages import AuthorKind, ChannelName
from core.metrics import Metrics
from core.settings import load, rules
from core.settings.schema import Groups
from core.settings.types import format_duration
from setup.schema import README, ROOT, rows_of

TEXT = README.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """The fenced blocks of this kind, without the indentation of a list."""
    found = []
    for indent, info, body in _BLOCK.findall(TEXT):
        if info == kind:
            found.append("".join(line.removeprefix(indent) for line in body.splitlines(True)))
    return found


def frontdesk(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    script = "import sys; from core.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, *arguments]
    environ = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


# --- commands ------------------------------------------------------------------------------


def commands() -> set[str]:
    listed = frontdesk("--help").stdout.partition("commands:")[2].partition("exit codes")[0]
    return set(re.findall(r"^    (\w+)  ", listed, re.MULTILINE))


def test_every_command_is_in_readme_and_no_other() -> None:
    typed = re.findall(r"^frontdesk (\w+)", "".join(blocks("sh")), re.MULTILINE)

    assert {*typed, *re.findall(r"`frontdesk (\w+)", TEXT)} == commands()


def test_the_table_of_commands_names_every_option() -> None:
    shared = {"--help", "--settings"}
    for name, does in rows_of("command", TEXT):
        command = name.strip("`").split()[1]
        known = set(re.findall(r"--\w+", frontdesk(command, "--help").stdout)) - shared
        assert set(re.findall(r"--\w+", does)) == known, command


def test_readme_begins_with_make_run_and_make_test() -> None:
    assert re.findall(r"^make (\w+)", blocks("sh")[0], re.MULTILINE) == ["run", "test"]


def test_every_make_target_is_in_readme_and_no_other() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):.*## ", makefile, re.MULTILINE))

    assert {row[0].strip("`") for row in rows_of("target", TEXT)} == {f"make {t}" for t in targets}
    assert set(re.findall(r"`make (\w+)", TEXT)) == targets


def test_agents_read_of_every_word_they_can_say() -> None:
    for word in (*COMMANDS, HELP):
        assert f"`{word}`" in TEXT


# --- settings ------------------------------------------------------------------------------


def defaults() -> dict[str, Any]:
    """Every key of a settings file and its default, the rules' aside."""
    models: dict[str, Any] = {name: f.annotation for name, f in Groups.model_fields.items()}
    models |= SECTIONS
    models |= {f"channels.{name}": model for name, model in SETTINGS.items()}
    found = {
        f"{path}.{name}": written(field.get_default(call_default_factory=True))
        for path, model in models.items()
        for name, field in model.model_fields.items()
    }
    return {**found, "texts": {}, "include": []}


def written(value: Any) -> Any:
    """A default as a settings file would have it."""
    match value:
        case timedelta():
            return format_duration(value)
        case SecretStr():
            return value.get_secret_value()
        case Enum():
            return value.value
        case tuple():
            return list(value)
        case _:
            return value


def test_every_setting_is_in_readme_with_its_default_and_no_other() -> None:
    yaml = YAML(typ="safe")
    documented = {row[0].strip("`"): yaml.load(row[1].strip("`")) for row in rows_of("key", TEXT)}

    assert documented == defaults()


def test_every_key_of_a_rule_is_in_readme_and_no_other() -> None:
    parts: dict[str, type[BaseModel]] = {
        "": rules.RuleSettings,
        "when.": rules.WhenSettings,
        "buttons.": rules.ButtonSettings,
        "tests.": rules.TestSettings,
    }
    keys = {f"{path}{name}" for path, model in parts.items() for name in model.model_fields}

    assert {row[0].strip("`") for row in rows_of("rule key", TEXT)} == keys


def test_every_variable_of_the_shipped_settings_is_in_readme() -> None:
    shipped = (ROOT / "settings.yaml").read_text(encoding="utf-8")
    for name in re.findall(r"\$\{(\w+):-\}", shipped):
        assert name == "NAME" or name in TEXT, name


@pytest.mark.parametrize("block", blocks("yaml"))
def test_readmes_settings_load_and_its_rules_hold_their_tests(block: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(block, encoding="utf-8")
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), "filled-in")

    settings = load(path, environ=environ, channels=SETTINGS, sections=SECTIONS)

    assert settings.warnings == ()
    assert failed_tests(settings) == ()


def test_the_broken_file_of_readme_gets_just_the_complaints_it_shows(tmp_path: Path) -> None:
    (broken,) = blocks("yaml broken")
    (tmp_path / "settings.yaml").write_text(broken, encoding="utf-8")

    done = frontdesk("check", folder=tmp_path)

    assert done.returncode == 2
    assert done.stderr in blocks("text")


def test_trying_a_message_on_readmes_rules_says_what_it_shows(tmp_path: Path) -> None:
    (rules_shown,) = (block for block in blocks("yaml") if "shipping-cost" in block)
    (tmp_path / "settings.yaml").write_text(rules_shown, encoding="utf-8")
    tried = re.findall(r'rules above, `frontdesk try "([^"]+)"`', TEXT)

    assert frontdesk("try", *tried, folder=tmp_path).stdout in blocks("text")


def test_every_option_of_the_embedding_tag_is_in_readme() -> None:
    loader = (ROOT / "connectors/web/static/loader.js").read_text(encoding="utf-8")
    options = set(re.findall(r'option\("(\w+)"\)', loader))

    assert set(re.findall(r"`data-(\w+)", TEXT)) - {"identity"} == options


# --- the wire ------------------------------------------------------------------------------


def endpoints() -> set[str]:
    """Every route, read from the source: `Route(method, path, …)` and the server's own."""
    sources = [*(ROOT / "connectors").rglob("*.py"), *(ROOT / "bridge").rglob("*.py")]
    return {route for path in (*sources, ROOT / "core" / "web.py") for route in _routes(path)}


def _routes(path: Path) -> Iterator[str]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called == "Route":
            method, where = (_value(argument, module) for argument in node.args[:2])
            yield f"{method} {where}"
        elif called.endswith("router.add_get"):
            yield f"GET {_value(node.args[0], module)}"


def _value(node: ast.expr, module: str) -> str:
    if isinstance(node, ast.Name):
        return str(getattr(importlib.import_module(module), node.id))
    return str(ast.literal_eval(node))


def test_every_endpoint_is_in_readme_and_no_other() -> None:
    assert {row[0].strip("`") for row in rows_of("path", TEXT)} == endpoints()


def test_every_metric_is_in_readme_and_no_other() -> None:
    metrics = Metrics([ChannelName("web")])
    metrics.messages(ChannelName("web"), AuthorKind.CUSTOMER, 1)
    types = re.findall(r"^# TYPE (\w+)", metrics.page().decode(), re.MULTILINE)
    names = {name for name in types if not name.endswith("_created")}

    assert {row[0].strip("`") for row in rows_of("metric", TEXT)} == names


def test_every_frame_of_the_socket_is_in_readme() -> None:
    protocol = TEXT.partition("The WebSocket speaks")[2].partition("| metric |")[0]
    kinds = {
        kind.__struct_config__.tag
        for kind in vars(frames).values()
        if isinstance(kind, type) and issubclass(kind, frames.Frame) and kind is not frames.Frame
    }
    for kind in kinds:
        assert re.search(rf"\b{kind}\b", protocol), kind


# --- the page itself -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "settings.yaml"])
def test_no_mark_of_two_texts_that_were_put_together_is_left(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    marks = ("<<<<<<< ", ">>>>>>> ", "||||||| ")
    assert [line for line in lines if line.startswith(marks)] == []


def test_no_link_is_dead() -> None:
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", TEXT)
    for link in (one or other for one, other in links):
        if link.startswith("#"):
            assert link[1:] in anchors(), link
        elif not link.startswith("https://"):
            assert (ROOT / link).exists(), link


def anchors() -> set[str]:
    """What the headings are called in an address."""
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_library_that_is_installed_to_run_has_its_licence_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[^\w.-]", name)[0].lower() for name in project["dependencies"]}
    named = {name.lower() for row in rows_of("library", TEXT) for name in row[0].split(", ")}

    assert named == wanted


def test_readme_can_be_read_in_one_sitting() -> None:
    assert len(TEXT.splitlines()) <= 640
