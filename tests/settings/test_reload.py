"""A save takes effect within a second; a bad save, whatever it is, changes nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings
from core.settings.reload import SettingsWatcher
from tests.settings.loading import load_file

GOOD = "business: {name: Fern}\nquick_replies:\n- id: a\n  when: {any: [x]}\n  reply: one\n"
BETTER = GOOD.replace("one", "two")
BAD = GOOD.replace("reply", "repyl")


class Watched:
    """A settings file under watch, and what was told about it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.loaded: list[Settings] = []
        self.summaries: list[str] = []
        self.refused: list[SettingsError] = []
        self.reads = 0
        self.fail_once = False

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Watched]:
        watcher = SettingsWatcher(
            load_file(self.path),
            self._read,
            on_loaded=self._take,
            on_refused=self.refused.append,
        )
        task = asyncio.create_task(watcher.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _read(self) -> Settings:
        self.reads += 1
        return load_file(self.path)

    async def _take(self, settings: Settings, summary: str) -> None:
        if self.fail_once:
            self.fail_once = False
            raise RuntimeError("a listener with a bug")
        self.loaded.append(settings)
        self.summaries.append(summary)

    async def until(self, condition: Callable[[], object]) -> float:
        """Wait for a condition; gives the seconds it took."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > 5:
                raise AssertionError(f"waited in vain: {self.summaries} {self.refused}")
            await asyncio.sleep(0.01)
        return time.monotonic() - begun

    def reply(self) -> str:
        return self.loaded[-1].quick_replies[0].reply[""] if self.loaded else ""


def _file(folder: Path, text: str = GOOD) -> Watched:
    path = folder / "settings.yaml"
    path.write_text(text)
    return Watched(path)


async def test_a_save_takes_effect_within_a_second(tmp_path: Path) -> None:
    async with _file(tmp_path).watched() as file:
        file.path.write_text(BETTER)

        assert await file.until(file.reply) < 1
        assert file.reply() == "two"
        assert file.summaries == ["1 rule changed (a)"]


async def test_a_save_between_the_first_load_and_the_watch_is_not_missed(tmp_path: Path) -> None:
    file = _file(tmp_path)
    async with file.watched():
        file.path.write_text(BETTER)  # before the watcher's first look

        await file.until(lambda: file.reply() == "two")


async def test_what_the_service_started_with_is_not_loaded_again(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("quick_replies: []\n")
    (tmp_path / ".env").write_text("A=b\n")
    file = _file(tmp_path, f"include: ['m*.yaml']\n{GOOD}")
    async with file.watched():
        await asyncio.sleep(0.7)  # two looks
        assert not file.reads

        (tmp_path / ".env").unlink()
        await file.until(lambda: file.reads)


async def test_a_file_that_goes_before_the_first_look_is_missed(tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("quick_replies: []\n")
    file = _file(tmp_path, f"include: ['m*.yaml']\n{GOOD}")
    async with file.watched():
        more.unlink()

        await file.until(lambda: file.refused)


async def test_a_failing_listener_does_not_end_the_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = _file(tmp_path)
    file.fail_once = True
    async with file.watched():
        file.path.write_text(BETTER)
        await file.until(lambda: not file.fail_once)
        file.path.write_text(BETTER.replace("two", "three"))
        await file.until(lambda: file.reply() == "three")

    assert "the old ones stay in force" in caplog.text


async def test_a_bad_save_is_refused_once_and_the_next_good_one_is_loaded(tmp_path: Path) -> None:
    """Y28: bad, bad in the same way, good, bad again; what is new is told once."""
    async with _file(tmp_path).watched() as file:
        file.path.write_text(BAD)
        await file.until(lambda: file.refused)
        reads = file.reads
        file.path.write_text(BAD + "\n")
        os.utime(file.path, (1, 1))
        await file.until(lambda: file.reads > reads)
        file.path.write_text(GOOD)
        await file.until(lambda: file.loaded)
        assert len(file.refused) == 1
        file.path.write_text(BAD)
        await file.until(lambda: len(file.refused) == 2)

        assert str(file.refused[0]).endswith(':5:3: unknown key "repyl" (did you mean "reply"?)')
        assert file.summaries == ["the file is fine again; nothing changed"]
        assert file.reply() == "one"


async def test_a_refused_file_that_is_fine_again_is_told_once_with_what_it_changes(
    tmp_path: Path,
) -> None:
    async with _file(tmp_path).watched() as file:
        file.path.write_text(BAD)
        await file.until(lambda: file.refused)
        file.path.write_text(BETTER)
        await file.until(lambda: file.loaded)
        file.path.write_text(GOOD)
        await file.until(lambda: len(file.loaded) == 2)

    assert file.summaries == [
        "the file is fine again; 1 rule changed (a)",
        "1 rule changed (a)",
    ]


def _more_than(number: int, items: list[Settings]) -> bool:
    return len(items) > number


async def test_what_is_set_back_to_what_runs_needs_no_restart_any_more(tmp_path: Path) -> None:
    moved = GOOD + "server: {port: 1}\n"
    async with _file(tmp_path).watched() as file:
        for number, text in enumerate((moved, moved.replace("one", "two"), moved, GOOD, BETTER)):
            file.path.write_text(text)
            await file.until(partial(_more_than, number, file.loaded))

    assert file.summaries == [
        "needs a restart: server.port",
        "1 rule changed (a); needs a restart: server.port",
        "1 rule changed (a); needs a restart: server.port",
        "needs no restart any more: server.port",
        "1 rule changed (a)",
    ]


async def test_a_save_that_changes_nothing_says_nothing_of_a_restart_either(
    tmp_path: Path,
) -> None:
    moved = GOOD + "server: {port: 1}\n"
    async with _file(tmp_path).watched() as file:
        file.path.write_text(moved)
        await file.until(lambda: file.loaded)
        reads = file.reads
        file.path.write_text(moved + "# a comment\n")
        await file.until(lambda: file.reads > reads)
        file.path.write_text(moved.replace("one", "two"))
        await file.until(lambda: file.reply() == "two")

    assert len(file.loaded) == 2


async def test_a_file_renamed_over_the_old_one_is_seen(tmp_path: Path) -> None:
    """Y27: as careful editors save."""
    async with _file(tmp_path).watched() as file:
        fresh = tmp_path / "fresh"
        fresh.write_text(BETTER)
        fresh.rename(file.path)

        await file.until(lambda: file.reply() == "two")


async def test_a_swapped_link_is_seen(tmp_path: Path) -> None:
    """Y27: as deployments with a folder for each version do it."""
    for name, text in (("one", GOOD), ("two", BETTER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "settings.yaml").write_text(text)
    link = tmp_path / "current"
    link.symlink_to(tmp_path / "one")
    async with Watched(link / "settings.yaml").watched() as file:
        other = tmp_path / "other"
        other.symlink_to(tmp_path / "two")
        other.rename(link)

        await file.until(lambda: file.reply() == "two")


async def test_a_deleted_file_and_a_directory_in_its_place_change_nothing(tmp_path: Path) -> None:
    """Y27: each is told, and a good file is taken afterwards."""
    async with _file(tmp_path).watched() as file:
        file.path.unlink()
        await file.until(lambda: len(file.refused) == 1)
        file.path.mkdir()
        await file.until(lambda: len(file.refused) == 2)
        file.path.rmdir()
        file.path.write_text(BETTER)
        await file.until(lambda: file.reply() == "two")

        assert "there is no such file" in str(file.refused[0])
        assert "this is a directory" in str(file.refused[1])


async def test_a_half_written_file_ends_in_the_whole_one(tmp_path: Path) -> None:
    """Y27: as careless editors save."""
    async with _file(tmp_path).watched() as file:
        with file.path.open("w") as half:
            for char in BETTER:
                half.write(char)
                half.flush()
                await asyncio.sleep(0.005)

        await file.until(lambda: file.reply() == "two")


async def test_fifty_saves_in_a_second_end_in_the_last_one(tmp_path: Path) -> None:
    """Y28: a third of them are bad."""
    async with _file(tmp_path).watched() as file:
        for number in range(50):
            file.path.write_text(GOOD.replace("one", f"no. {number}") if number % 3 else BAD)
            await asyncio.sleep(0.02)

        assert await file.until(lambda: file.reply() == "no. 49") < 1


async def test_dotenv_beside_the_file_is_watched_too(tmp_path: Path) -> None:
    async with _file(tmp_path, 'business: {name: "${NAME:-Fern}"}\n').watched() as file:
        (tmp_path / ".env").write_text("NAME=Clay\n")
        await file.until(lambda: file.loaded)

        assert file.loaded[-1].business.name == "Clay"
        assert file.summaries == ["business.name changed"]
