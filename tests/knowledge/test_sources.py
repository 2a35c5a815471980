"""Patterns lead to files, and what they lead to in vain is said."""

from __future__ import annotations

import os

import pytest

from core.errors import Problem
from core.knowledge import sources
from core.knowledge.survey import survey
from tests.knowledge.conftest import Shop


def found(shop: Shop) -> list[str]:
    return [file.name for file in sources.find(shop.settings()).files]


def told(shop: Shop, problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem).removeprefix(f"{shop.folder}/") for problem in problems]


async def test_patterns_and_names_lead_to_each_file_once(shop: Shop) -> None:
    for name in ("docs/b.md", "docs/a.TXT", "docs/in/c.html", "docs/.hidden.md", "docs/in/x.htm"):
        shop.write(name, "text")
    shop.knowledge = ["docs/*.md", "docs/**/*", "docs/b.md", f"{shop.folder}/docs/in/c.html"]
    assert found(shop) == ["docs/a.TXT", "docs/b.md", "docs/in/c.html", "docs/in/x.htm"]
    shop.knowledge = ["docs/in/../b.md", "docs/.hidden.md"]
    assert found(shop) == ["docs/.hidden.md", "docs/b.md"]


async def test_brackets_in_the_folders_own_name_are_no_pattern(shop: Shop) -> None:
    shop.folder = shop.folder / "[shop]*"
    shop.write("docs/a.md", "text")
    shop.knowledge = ["docs/*"]
    assert found(shop) == ["docs/a.md"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("none/*.md", "none/*.md matches no file (paths are relative to this file; take the"),
        ("docs", "docs is a folder (write docs/* for the files in it)"),
        ("a.pdf", "a.pdf is of a kind that is not read (save its text as Markdown or HTML)"),
        ("a.exe", "a.exe is of a kind that is not read (only .md, .markdown, .txt, .html, .htm"),
    ],
)
async def test_what_leads_nowhere_is_said_at_its_place(shop: Shop, name: str, line: str) -> None:
    shop.write("docs/a.md", "text")
    shop.write("a.pdf", "%PDF")
    shop.write("a.exe", "MZ")
    shop.knowledge = ["docs/*", name]
    looked = sources.find(shop.settings())
    assert [file.name for file in looked.files] == ["docs/a.md"]
    (problem,) = told(shop, looked.errors)
    assert problem.startswith(f"settings.yaml:5:7: {line}")


async def test_other_files_that_a_pattern_meets_are_only_mentioned(shop: Shop) -> None:
    for name in ("docs/a.md", "docs/logo.png", "docs/x.js", "docs/y.js", "docs/z.js"):
        shop.write(name, "x")
    shop.knowledge = ["docs/*"]
    looked = sources.find(shop.settings())
    assert looked.errors == ()
    (warning,) = told(shop, looked.warnings)
    assert "docs/* also matches docs/logo.png, docs/x.js, docs/y.js and 1 more (only" in warning


async def test_a_link_that_a_pattern_meets_is_not_followed_out_of_its_place(shop: Shop) -> None:
    """Who may write into the folder may not be one who may read the whole disk."""
    shop.folder = shop.folder / "home"
    shop.write("docs/..data/a.md", "text")
    outside = shop.write("../secret.md", "password")
    for name, target in (
        ("docs/a.md", "..data/a.md"),
        ("docs/evil.md", str(outside)),
        ("docs/loop.md", "loop.md"),
    ):
        os.symlink(target, shop.folder / name)
    shop.knowledge = ["docs/*.md"]
    looked = sources.find(shop.settings())
    assert [file.name for file in looked.files] == ["docs/a.md", "docs/loop.md"]
    assert "docs/evil.md, a link to elsewhere" in looked.warnings[0].message
    shop.knowledge = ["docs/evil.md", "../*.md"]
    assert [file.name for file in sources.find(shop.settings()).files] == [
        "../secret.md",
        "docs/evil.md",
    ]


async def test_links_that_lead_back_into_their_folder_bring_nothing_twice(shop: Shop) -> None:
    """Two of them are more ways than anybody could walk."""
    shop.write("docs/in/a.md", "text")
    os.symlink(".", shop.folder / "docs/one")
    os.symlink("..", shop.folder / "docs/in/two")
    shop.knowledge = ["docs/**/*.md"]
    assert found(shop) == ["docs/in/a.md"]
    for name in ("**", "**/in/**", "**/**/*.md", "docs/*/**/a.*"):
        shop.knowledge = [name]
        assert "docs/in/a.md" in found(shop)
    shop.knowledge = ["docs/**/*.csv"]
    assert found(shop) == []


async def test_a_survey_reads_everything_and_says_what_is_wrong_where(shop: Shop) -> None:
    shop.write("docs/a.md", "# A\n\none\n\n# B\n\ntwo\n")
    shop.write("docs/broken.md", b"\n\xff")
    shop.write("docs/empty.md", " \n")
    shop.write("faq.csv", "question,answer\na,\n")
    looked = survey(shop.settings())
    assert (looked.files, looked.passages) == (4, 2)
    assert told(shop, looked.errors) == [
        "docs/broken.md:2:1: this text is not UTF-8 (save it as UTF-8)"
    ]
    assert told(shop, looked.warnings) == [
        "docs/empty.md:1:1: there is no text in this file",
        "faq.csv:2:1: this row has no answer (it is left out)",
    ]


async def test_a_table_without_answers_is_not_told_row_by_row(shop: Shop) -> None:
    shop.write("faq.csv", "question,answer\n" + "Open?,\n" * 50_000)
    looked = survey(shop.settings())
    *first, last = told(shop, looked.warnings)
    assert [line.partition(" ")[0] for line in first] == [f"faq.csv:{n}:1:" for n in range(2, 12)]
    assert last == (
        "faq.csv:12:1: and 49,990 more rows have such faults, from this one on "
        "(are these the right columns?)"
    )


async def test_there_is_an_end_to_files_and_passages(shop: Shop) -> None:
    for number in range(3):
        shop.write(f"docs/{number}.csv", "question,answer\n" + "q,a\n" * 4_000)
    shop.knowledge = ["docs/*"]
    looked = survey(shop.settings())
    assert looked.passages == 8_000
    assert (
        "docs/2.csv:1:1: this file is left out: there are more than 10000"
        in told(shop, looked.errors)[0]
    )
    for number in range(1_001):
        shop.write(f"docs/{number:04}.txt", "x")
    files = sources.find(shop.settings())
    assert len(files.files) == sources.MAX_FILES
    assert "names 1004 files; only 1000 are read" in files.errors[0].message
