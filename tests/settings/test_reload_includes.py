"""Included files are watched like settings.yaml: a good save counts, a bad one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.settings.test_reload import Watched


def rule(id: str, reply: str = "one") -> str:
    return f"quick_replies:\n- id: {id}\n  when: {{any: [{id}]}}\n  reply: {reply}\n"


def _watched(folder: Path, include: str = "r/*.yaml", **files: str) -> Watched:
    (folder / "r").mkdir()
    for name, text in files.items():
        (folder / "r" / f"{name}.yaml").write_text(text)
    (folder / "settings.yaml").write_text(f"include: ['{include}']\n")
    return Watched(folder / "settings.yaml")


def _ids(file: Watched) -> list[str]:
    return [rule.id for rule in file.loaded[-1].quick_replies] if file.loaded else []


async def test_a_save_of_an_included_file_takes_effect_within_a_second(tmp_path: Path) -> None:
    async with _watched(tmp_path, a=rule("a")).watched() as file:
        (tmp_path / "r" / "a.yaml").write_text(rule("a", "two"))

        assert await file.until(file.reply) < 1
        assert file.reply() == "two"
        assert file.summaries == ["1 rule changed (a)"]


async def test_a_new_file_that_fits_is_taken_and_one_that_goes_is_missed(tmp_path: Path) -> None:
    async with _watched(tmp_path, b=rule("b")).watched() as file:
        (tmp_path / "r" / "a.yaml").write_text(rule("a"))
        await file.until(lambda: _ids(file) == ["a", "b"])
        (tmp_path / "r" / "c.yaml").write_text(rule("c"))
        await file.until(lambda: _ids(file) == ["a", "b", "c"])
        (tmp_path / "r" / "a.yaml").rename(tmp_path / "r" / "d.yaml")
        await file.until(lambda: _ids(file) == ["b", "c", "a"])
        (tmp_path / "r" / "b.yaml").unlink()
        await file.until(lambda: _ids(file) == ["c", "a"])

    assert file.summaries == [
        "1 rule added (a)",
        "1 rule added (c)",
        "1 rule moved (a)",
        "1 rule removed (b)",
    ]


async def test_when_no_file_fits_any_more_the_old_rules_stay(tmp_path: Path) -> None:
    async with _watched(tmp_path, a=rule("a")).watched() as file:
        (tmp_path / "r" / "a.yaml").unlink()
        await file.until(lambda: file.refused)
        (tmp_path / "r" / "b.yaml").write_text(rule("b"))
        await file.until(lambda: file.loaded)

    assert "there is no file like" in str(file.refused[0])
    assert file.summaries == ["the file is fine again; 1 rule added (b), 1 removed (a)"]


async def test_a_bad_new_file_is_refused_and_seen_when_it_is_mended(tmp_path: Path) -> None:
    """Though no settings that loaded ever named it."""
    async with _watched(tmp_path, a=rule("a")).watched() as file:
        (tmp_path / "elsewhere.yaml").write_text("quick_replies: [\n")
        file.path.write_text("include: ['r/*.yaml', elsewhere.yaml, absent.yaml]\n")
        await file.until(lambda: file.refused)
        (tmp_path / "elsewhere.yaml").write_text(rule("b"))
        await file.until(lambda: len(file.refused) == 2)
        (tmp_path / "absent.yaml").write_text(rule("c"))
        await file.until(lambda: _ids(file) == ["a", "b", "c"])

    missing, broken = map(str, file.refused[0].problems)
    assert f"{tmp_path}/elsewhere.yaml:1:16: this [ is not closed" in broken
    assert f"settings.yaml:1:39: there is no file {tmp_path}/absent.yaml" in missing


async def test_a_file_that_is_included_later_is_watched_from_then_on(tmp_path: Path) -> None:
    async with _watched(tmp_path, a=rule("a")).watched() as file:
        (tmp_path / "later.yaml").write_text(rule("b"))
        file.path.write_text("include: [later.yaml]\n")
        await file.until(lambda: _ids(file) == ["b"])
        (tmp_path / "later.yaml").write_text(rule("c"))
        await file.until(lambda: _ids(file) == ["c"])


async def test_what_is_included_by_an_included_file_is_watched_too(tmp_path: Path) -> None:
    watched = _watched(tmp_path, a="include: [deep/*.yml]\n" + rule("a"))
    deep = tmp_path / "r" / "deep"
    deep.mkdir()
    (deep / "b.yml").write_text(rule("b"))
    async with watched.watched() as file:
        (deep / "b.yml").write_text(rule("c"))
        await file.until(lambda: _ids(file) == ["a", "c"])
        (deep / "d.yml").write_text(rule("d"))
        await file.until(lambda: _ids(file) == ["a", "c", "d"])


def _linked(path: Path) -> None:
    target = path.with_name("target")
    target.write_text(rule("a", "two"))
    fresh = path.with_name("fresh")
    fresh.symlink_to(target)
    fresh.rename(path)


def _renamed(path: Path) -> None:
    fresh = path.with_name("fresh")
    fresh.write_text(rule("a", "two"))
    fresh.rename(path)


@pytest.mark.parametrize("save", [_linked, _renamed])
async def test_however_an_included_file_is_replaced_it_is_seen(
    save: Callable[[Path], None], tmp_path: Path
) -> None:
    """Y27: as careful editors and deployments do it."""
    async with _watched(tmp_path, "r/a.yaml", a=rule("a")).watched() as file:
        save(tmp_path / "r" / "a.yaml")

        await file.until(lambda: file.reply() == "two")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


SPOILT: dict[str, Callable[[Path], object]] = {
    "this file is empty": lambda path: path.write_text(""),
    "this [ is not closed": lambda path: path.write_text("quick_replies: [\n"),
    "there is no file": lambda path: path.unlink(),
    "this is a directory": _directory,
    "this file cannot be read": _loop,
}


@pytest.mark.parametrize("reason", SPOILT)
async def test_whatever_becomes_of_an_included_file_the_old_rules_stay(
    reason: str, tmp_path: Path
) -> None:
    """Y27, Y28: it is told once, with the place, and a good file is taken afterwards."""
    path = tmp_path / "r" / "a.yaml"
    async with _watched(tmp_path, "r/a.yaml", a=rule("a")).watched() as file:
        SPOILT[reason](path)
        await file.until(lambda: file.refused)
        reads = file.reads
        file.path.write_text(f"{file.path.read_text()}# saved again\n")
        await file.until(lambda: file.reads > reads)
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_text(rule("a", "two"))
        await file.until(lambda: file.reply() == "two")

    # A look between the removal and the writing finds no file at all, and that is told, too.
    told = [problem.message for refused in file.refused for problem in refused.problems]
    assert told[0].startswith(reason)
    assert sum(message.startswith(reason) for message in told) == 1


async def test_fifty_saves_of_several_files_end_in_the_last_ones(tmp_path: Path) -> None:
    """Y28: a third of them are bad."""
    async with _watched(tmp_path, a=rule("a"), b=rule("b")).watched() as file:
        for number in range(50):
            path = tmp_path / "r" / f"{'ab'[number % 2]}.yaml"
            good = rule(path.stem, f"no. {number}")
            path.write_text(good if number % 3 else "quick_replies: [")
            await asyncio.sleep(0.02)
        (tmp_path / "r" / "a.yaml").write_text(rule("a", "no. 50"))

        replies = {"a": "no. 50", "b": "no. 49"}
        assert await file.until(lambda: _replies(file) == replies) < 1


def _replies(file: Watched) -> dict[str, str]:
    return {r.id: r.reply[""] for r in file.loaded[-1].quick_replies} if file.loaded else {}
