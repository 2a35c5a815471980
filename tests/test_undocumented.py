"""Without its texts, a library does what it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIBRARY = '''"""A library."""

class Shop:
    """A shop."""

    def open(self):
        """Open it."""
        return "open"

    @property
    def name(self):
        """Its name."""
        return "Fern"

def same():
    "twice"
    return "twice"

def outer():
    """Of outer."""
    def inner(word="inner"):
        """Of inner."""
        return word
    return inner

def plain(): return "no text"
first = lambda: "first"
several = list(word for word in ("a", "b"))
joined = ["-".join(("x", str(n))) for n in range(2)]

async def later():
    """Of later."""
    yield "later"

def strict(number):
    """Checks."""
    assert number, "not none"

class Kept:
    """Used."""
    word = "Used."

class Made:
    __doc__ = "-".join(("made", "here"))

def wrong():
    """One
    text."""
    return 1 / 0
'''
USE = """
import asyncio, sys, traceback
from core.undocumented import leave_out_docs
{leave}
import library as l
inner = l.outer()
async def all_of(those): return [one async for one in those]
print(l.Shop().open(), l.Shop().name, l.same(), inner(), l.plain(), l.first(), l.several, l.joined)
print(asyncio.run(all_of(l.later())), l.Kept.word, l.Made.__doc__)
try: l.strict(0)
except AssertionError as error: print(error)
try: l.wrong()
except ZeroDivisionError: print(traceback.format_exc())
print("texts:", l.__doc__, l.Shop.__doc__, l.same.__doc__, l.outer.__doc__, inner.__doc__,
      l.Shop.open.__doc__, l.Shop.name.__doc__, l.later.__doc__, l.wrong.__doc__)
"""


def said(folder: Path, leave: str) -> tuple[str, str]:
    """What a fresh interpreter prints, and which texts it has."""
    if not (folder / "library.py").exists():
        (folder / "library.py").write_text(LIBRARY, "utf-8")
    told = subprocess.run(
        [sys.executable, "-c", USE.format(leave=leave)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    rest, _, texts = told.stdout.partition("texts: ")
    return rest, texts.strip()


def test_all_works_and_the_texts_are_gone(tmp_path: Path) -> None:
    usual, texts = said(tmp_path, "")
    assert "Of inner." in texts
    rest, left = said(tmp_path, "leave_out_docs()")
    assert rest == usual
    assert left == "… … twice … … … … … …"


def test_the_second_time_the_compiled_file_is_used_and_stays_whole(tmp_path: Path) -> None:
    said(tmp_path, "leave_out_docs()")
    (compiled,) = (tmp_path / "__pycache__").iterdir()
    made = compiled.stat().st_mtime_ns
    assert "Of inner." in said(tmp_path, "")[1]
    assert "Of inner." not in said(tmp_path, "leave_out_docs()")[1]
    assert compiled.stat().st_mtime_ns == made


def test_no_library_of_ours_insists_on_its_texts() -> None:
    """Whatever a service may come to load."""
    source = """
from core.undocumented import leave_out_docs
leave_out_docs()
import alembic.command, alembic.operations, alembic.autogenerate
import asyncpg, sqlalchemy.ext.asyncio, sqlalchemy.dialects.postgresql.asyncpg
import numpy, prometheus_client.exposition, jwt, aiohttp.client, openai.types, openai.resources
import numpy.ma  # which some functions of numpy's load when they are first called
from core.similarity import Similar
like = Similar.compile([["where is my order", "has it left"], ["a fern", "a pot of clay"]])
assert like.nearest("where is my pot of clay")
import core.gpt, core.embedder, core.app, bridge.desk, connectors
for name in ("web", "telegram", "slack"):
    __import__(f"connectors.{name}.connector")
print(sqlalchemy.select.__doc__)
"""
    told = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.stderr, told.stdout) == ("", "…\n")
