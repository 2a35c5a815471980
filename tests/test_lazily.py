"""A library that is loaded in part is still the whole library to whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def said(source: str, *folders: Path) -> list[str]:
    """The words that a fresh interpreter prints."""
    told = subprocess.run(
        [sys.executable, "-c", source],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split()


def test_the_server_comes_without_the_client() -> None:
    source = """
import sys
from core.lazily import lazily
lazily("aiohttp")
from aiohttp import web
print("aiohttp.client" in sys.modules, "aiohttp.connector" in sys.modules)
import aiohttp
print(aiohttp.ClientSession.__module__, aiohttp.hdrs.__name__, aiohttp.WSMsgType.TEXT.name)
print(hasattr(aiohttp, "Nonsense"), "ClientSession" in aiohttp.__all__)
"""
    expected = "False False aiohttp.client aiohttp.hdrs TEXT False True"
    assert said(source) == expected.split()


def test_gpt_comes_with_the_few_types_it_needs() -> None:
    source = """
import sys
import core.gpt, core.embedder
print(sum(name.startswith("openai.types.responses") for name in sys.modules) < 50)
from openai.types.responses import Response
from openai import types
print(Response.__module__, types.Batch.__name__)
"""
    assert said(source) == ["True", "openai.types.responses.response", "Batch"]


CATALOGUE = '''"""A catalogue."""
from __future__ import annotations
from typing import TYPE_CHECKING
from . import first as first
from .second import Two as Zwei
if TYPE_CHECKING:
    from .third import Three
__version__ = "1.0"
__all__: tuple[str, ...] = ("Zwei",)
'''
ASKED = """
import sys
from core.lazily import lazily
{before}
lazily("shop.goods")
import shop.goods
print("shop.goods.second" in sys.modules)
print(shop.goods.Zwei, shop.goods.first.ONE, shop.goods.__version__, *shop.goods.__all__)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place with the package `shop.goods`."""
    goods = tmp_path / "shop" / "goods"
    goods.mkdir(parents=True)
    (goods.parent / "__init__.py").touch()
    (goods / "__init__.py").write_text(CATALOGUE, "utf-8")
    (goods / "first.py").write_text("ONE = 1\n", "utf-8")
    (goods / "second.py").write_text("Two = 2\n", "utf-8")
    return tmp_path


def test_a_name_is_loaded_when_somebody_asks_for_it(folder: Path) -> None:
    assert said(ASKED.format(before=""), folder) == ["False", "2", "1", "1.0", "Zwei"]


@pytest.mark.parametrize("more", ["print('done')", "first.ONE = 1", "TWICE = 2 * 2"])
def test_a_package_that_does_more_is_run_as_ever(folder: Path, more: str) -> None:
    with (folder / "shop" / "goods" / "__init__.py").open("a") as file:
        file.write(more + "\n")
    assert "True" in said(ASKED.format(before=""), folder)


def test_what_is_loaded_already_stays(folder: Path) -> None:
    assert said(ASKED.format(before="import shop.goods"), folder)[0] == "True"


def test_what_is_not_there_is_still_missing_where_it_is_imported() -> None:
    source = """
from core.lazily import lazily
lazily("nothing_of_that_name", "nothing_of_that_name.inside")
try:
    import nothing_of_that_name
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert said(source) == ["nothing_of_that_name"]
