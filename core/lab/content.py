"""Which words of a question say what it is about, and which stand in every other one as well."""

from __future__ import annotations

import re

from core.folding import words

SMALL = frozenset(
    re.findall(
        r"\S+",
        "a about all also am an and any are as at be been but by can could did do does for from "
        "get good had has have hello help hey hi how i if in is it its just like me my need no "
        "not of off ok okay on or our out please so some thank thanks thx that the there they "
        "this to too us was we were what when where which who why will with would yes you your "
        "的 了 吗 呢 我 你 您 们 是 请 问 在 有 好 么 什 怎 可 以 能 要 想 谢 个 这 那 "
        "ich du sie wir ist sind der die das und ein eine wie was wo wann kann können bitte "
        "danke hallo mit für auf",
    )
)

ADDRESS = re.compile(r"\S+@\S+|\b\w+://\S+|\bwww\.\S+")


def content(text: str) -> list[str]:
    """The words of `text` that say what it is about."""
    return [word for word in words(text) if word not in SMALL and not word[0].isdigit()]


def typical(text: str) -> list[str]:
    """The words of `text` as others would have them: any number is 0, and addresses are gone."""
    return [_numberless(word) for word in words(ADDRESS.sub(" ", text))]


def _numberless(word: str) -> str:
    return "0" if word[0] in "0123456789" else word
