"""What the command prints, and how it exits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli import main


@pytest.fixture
def usual_logging() -> Iterator[None]:
    """The command silences everybody, and other tests want to hear."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("usual_logging")
def test_the_command_prints_a_line_a_finding_and_exits_with_0_or_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"store: {{url: 'sqlite:///{tmp_path}/x.db'}}\nserver: {{port: 0}}\n")
    assert main(["doctor", "--settings", str(path)]) == 0
    *told, last = capsys.readouterr().out.splitlines()
    assert all(line[0] in "✓!-" and line[1] == " " for line in told)
    assert last == "nothing is wrong"

    path.write_text("server: {port: 0}\nstore: {url: 'sqlite:////nowhere/at/all/x.db'}\n")
    assert main(["doctor", "--settings", str(path)]) == 1
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "1 fault"

    path.write_text("gtp: {}\n")
    assert main(["doctor", "--settings", str(path)]) == 2
