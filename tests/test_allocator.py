"""Memory that a crowd took is given back, and blocks of both allocators may meet."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_FEW, _MB = 400, 60
_CROWD = f"""
import sys
from core.allocator import Allocator
from core.memory import trim

def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4 // 1024

allocator, before = Allocator(), rss()
allocator.give_back(sys.argv[1] == "yes")
crowd = [[number, str(number)] for number in range({_MB} * 5_000)]
allocator.give_back(False)
stay = crowd[:: len(crowd) // {_FEW}]
there = rss()
del crowd
trim()
print(there - before, rss() - before)
"""
_MIXTURE = """
from core.allocator import Allocator

allocator = Allocator()
kept = []
for number in range(20_000):
    allocator.give_back(number % 7 < 3)
    kept.append({number: [str(number)] * (number % 50)})
    kept[number // 2][number] = bytearray(number % 900)
    kept[number // 3].pop(number // 3, None)
    if number % 5 == 0:
        kept[number // 5] = {}
print(sum(map(len, kept)))
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives back")


def ran(source: str, *arguments: str, **environ: str) -> list[int]:
    """The numbers that a fresh interpreter prints."""
    told = subprocess.run(
        [sys.executable, "-c", source, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in told.stdout.split()]


@glibc
def test_what_a_crowd_took_is_given_back_though_a_few_stay() -> None:
    took, left = ran(_CROWD, "yes")
    assert took > _MB / 2
    assert left < took / 4


@glibc
def test_pythons_own_allocator_would_keep_it() -> None:
    """Else all of this could go."""
    took, left = ran(_CROWD, "no")
    assert left > took / 2


def test_blocks_of_both_allocators_may_grow_and_go_under_either() -> None:
    expected = ran(_MIXTURE, PYTHONMALLOC="pymalloc")
    assert ran(_MIXTURE) == expected


@pytest.mark.parametrize(
    "environ", [{"PYTHONMALLOC": "malloc"}, {"PYTHONDEVMODE": "1"}, {"PYTHONTRACEMALLOC": "1"}]
)
def test_an_allocator_that_is_not_pythons_own_is_left_alone(environ: dict[str, str]) -> None:
    assert ran(_MIXTURE, **environ) == ran(_MIXTURE)
