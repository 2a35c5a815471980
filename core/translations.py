"""Pick the text a customer reads best, by the language tags platforms and browsers give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


def choose(texts: Mapping[str, T], language: str) -> T | None:
    """The text for `language`: exact, else its base ("zh-TW" reads "zh"), else a sister ("zh"
    reads "zh-CN"), else the one for every language (""), else English, else the first. None
    only when there is no text at all."""
    name = _chosen(tuple(texts), language)
    return None if name is None else texts[name]


@lru_cache(maxsize=4096)  # a few sets of names and the languages of strangers
def _chosen(names: tuple[str, ...], language: str) -> str | None:
    by_tag = {_tag(name): name for name in names}
    tag = _tag(language)
    sisters = (name for name in by_tag if name and name.split("-")[0] == tag.split("-")[0])
    for name in (*_bases(tag), *sisters, "", "en", *by_tag):
        if name in by_tag:
            return by_tag[name]
    return None


def is_there(texts: Mapping[str, T], language: str) -> bool:
    """Whether there is a text for `language`, or one for every language, or none at all."""
    bases = {_tag(name).split("-")[0] for name in texts}
    return not texts or "" in bases or _tag(language).split("-")[0] in bases


def speaks(language: str, wanted: Iterable[str]) -> bool:
    """Whether `language` is one of `wanted`, where "zh" stands for every kind of Chinese."""
    bases = set(_bases(_tag(language)))
    return any(_tag(name) in bases for name in wanted)


def _tag(language: str) -> str:
    return language.strip().replace("_", "-").lower()


def _bases(tag: str) -> list[str]:
    parts = tag.split("-") if tag else []
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
