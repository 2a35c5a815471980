"""What can happen to the file itself while a service runs, or before it starts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.cli import main
from tests.faults.ordinary import frontdesk
from tests.faults.points import Point
from tests.faults.process import Frontdesk, Nursery, until
from tests.scenarios.house import SETTINGS, House
from tests.scenarios.visitor import Visitor

PLAIN = """\
server:
  port: %s
store: {url: "sqlite:///%s"}
quick_replies: [{id: hello, when: {any: [hello]}, reply: %s}]
"""


def _loop(path: Path) -> None:
    path.rmdir()
    path.symlink_to(path)


SPOILT: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "half": lambda path: path.write_text(SETTINGS[: SETTINGS.index("model: gpt")]),
    "gone": lambda path: path.unlink(),
    "a directory": lambda path: path.mkdir(),
    "a link to itself": _loop,
}
REASONS = {
    "empty": "this file is empty",
    "half": "this { is not closed",
    "gone": "there is no such file",
    "a directory": "this is a directory",
    "a link to itself": "this file cannot be read",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.close()


def _settings(folder: Path, reply: str = "one", port: str = "0") -> Path:
    path = folder / "settings.yaml"
    path.write_text(PLAIN % (port, folder / "frontdesk.db", reply))
    return path


async def _answer(url: str, text: str = "hello") -> str:
    visitor = Visitor(url)
    await visitor.arrive()
    try:
        await visitor.say(text)
        frame = await visitor.see(
            lambda f: f["type"] == "message" and f["author"]["kind"] != "customer", "an answer"
        )
    finally:
        await visitor.leave()
    return str(frame["text"])


async def test_customers_are_answered_by_the_old_rules_whatever_becomes_of_the_file(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Y27, Y28: empty, half written, deleted, a directory, a bad link, and good again."""
    caplog.set_level(logging.INFO, "core.service")
    await house.open(slack=False, gpt=False)
    for state, spoil in SPOILT.items():
        caplog.clear()
        spoil(house.settings_path)
        await until(lambda state=state: REASONS[state] in caplog.text, state)  # type: ignore[misc]
        assert await _answer(house.service.url, "shipping") == "Shipping takes 3 days."
    house.settings_path.unlink()
    house.write_settings(SETTINGS.replace("3 days", "2 days"))
    await until(lambda: "was loaded again" in caplog.text, "the good file")
    assert await _answer(house.service.url, "shipping") == "Shipping takes 2 days."


async def test_a_file_that_may_not_be_read_any_more_changes_nothing(tmp_path: Path) -> None:
    """Y27: the right is taken away, then given back with other rules."""
    path = _settings(tmp_path)
    async with frontdesk("run", "--settings", str(path)) as service:
        await until(lambda: service.url, "a service")
        path.chmod(0)
        await until(lambda: "settings.yaml:1:1: this file may not be read" in service.log, "why")
        assert await _answer(service.url) == "one"
        path.chmod(0o600)
        _settings(tmp_path, "two")
        await until(lambda: "loaded again" in service.log, "the new rules")
        assert await _answer(service.url) == "two"


async def test_a_file_that_may_not_be_read_ends_a_cold_start_with_2(tmp_path: Path) -> None:
    """Y27: with the place, and what to do."""
    path = _settings(tmp_path)
    path.chmod(0)
    async with frontdesk("run", "--settings", str(path)) as service:
        assert await service.ended() == 2
        assert service.log == f"{path}:1:1: this file may not be read (give this user the right)\n"


async def test_an_included_file_that_may_not_be_read_any_more_changes_nothing(
    tmp_path: Path,
) -> None:
    """Y27: told with its own path; given back, it is read again."""
    path = _settings(tmp_path)
    rules = tmp_path / "rules.yaml"
    rules.write_text("quick_replies: [{id: bye, when: {any: [bye]}, reply: one}]\n")
    path.write_text(f"include: [rules.yaml]\n{path.read_text()}")
    async with frontdesk("run", "--settings", str(path)) as service:
        await until(lambda: service.url, "a service")
        rules.chmod(0)
        await until(lambda: f"{rules}:1:1: this file may not be read" in service.log, "why")
        assert await _answer(service.url, "bye") == "one"
        rules.chmod(0o600)
        rules.write_text("quick_replies: [{id: bye, when: {any: [bye]}, reply: two}]\n")
        await until(lambda: "loaded again" in service.log, "the new rules")
        assert await _answer(service.url, "bye") == "two"


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "there is no such file": lambda path: None,
    "this is a directory": lambda path: path.mkdir(),
    "this file cannot be read": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("reason", UNREADABLE)
def test_a_file_that_is_none_ends_a_cold_start_with_2(
    reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Y27, Y28: a clear end, and no database is made."""
    path = tmp_path / "settings.yaml"
    UNREADABLE[reason](path)

    assert main(["run", "--settings", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:1:1: {reason}")
    assert not (tmp_path / "frontdesk.db").exists()


@pytest.mark.parametrize(
    "call", ["core.policy:Asks.__init__", "core.service:Service._use_settings"]
)
async def test_a_kill_while_new_rules_are_put_in_force_leaves_valid_rules(
    call: str, nursery: Nursery, tmp_path: Path
) -> None:
    """C20: the next start has the new file's rules, whole; nothing of the old ones is mixed in."""
    path = _settings(tmp_path, port="${PORT}")
    await nursery.empty_database(tmp_path / "frontdesk.db")
    service = Frontdesk(nursery, path, {})
    # The first start compiles rules too.
    starts = 1 if call.startswith("core.policy") else 0
    await service.start(Point(call, number=starts + 1))
    try:
        assert await _answer(service.url) == "one"
        _settings(tmp_path, "two", "${PORT}")
        assert await service.ended() < 0
        await service.start()
        assert await _answer(service.url) == "two"
    finally:
        service.kill()
        await service.ended()


async def test_a_kill_of_whoever_writes_the_file_never_leaves_a_service_without_rules(
    nursery: Nursery, tmp_path: Path
) -> None:
    """C20, Y27: half a file is refused by the service that runs, and at the next start with 2."""
    path = _settings(tmp_path, port="${PORT}")
    await nursery.empty_database(tmp_path / "frontdesk.db")
    service = Frontdesk(nursery, path, {})
    await service.start()
    try:
        whole = path.read_text()
        path.write_text(whole[: whole.index("reply")])
        await until(lambda: "was not taken" in service.log, "the refusal")
        assert await _answer(service.url) == "one"
        service.kill()
        await service.ended()
        await service.start(ready=False)
        assert await service.ended() == 2
        assert f"{path}:4:" in service.log.splitlines()[-3]
        path.write_text(whole)
        await service.start()
        assert await _answer(service.url) == "one"
    finally:
        service.kill()
        await service.ended()
