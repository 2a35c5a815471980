"""Turn the passage numbers in a model's answer into sources, and let nothing else pass for one.

The model writes [[1]] and never an address of a source: what the customer is shown comes from the
files themselves, so that a source cannot be invented.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.knowledge.document import Passage
from core.messages import Button

MOST_SOURCES = 2

_NUMBERS = r"\s*#?\d{1,3}(?:\s*[,;，、]\s*#?\d{1,3})*\s*"
_BLANKS = r"(?<![ \t])[ \t]"  # from the first one only: each of thousands would take its time
_MARK = re.compile(rf"{_BLANKS}*(?:\[\[{_NUMBERS}\]\]|【{_NUMBERS}】|\[({_NUMBERS})\](?![(\w]))")
_BEGUN = re.compile(r"(?<!\s)\s*(?:\[{1,2}|【)[\s\d#,;，、]*\]?$")  # what may yet become a mark
_LINK = re.compile(r"https?://[^\s\[\]<>\"'`{}|\\^，。；：！？、（）【】《》「」]+", re.IGNORECASE)
_NAMED_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^()\s]+)\)", re.IGNORECASE)
_NAMED = re.compile(r"(.*?)(https?://\S+)", re.IGNORECASE)
_AROUND = ".,;:!?)]*_"


def unmarked(text: str, count: int) -> str:
    """A draft as the customer may see it, when `count` passages were given."""
    return _BEGUN.sub("", _MARK.sub(lambda found: _kept(found, count), text))


def cited(text: str, passages: Sequence[Passage]) -> tuple[str, list[Passage]]:
    """The answer without its marks, and a passage for each source that it names."""
    numbers = [n for found in _MARK.finditer(text) for n in _numbers(found, len(passages))]
    bare = _MARK.sub(lambda found: _kept(found, len(passages)), text)
    used = [passages[number - 1] for number in dict.fromkeys(numbers) if number <= len(passages)]
    sources = {(p.title, p.url): p for p in used if not (p.url and p.url in bare)}
    return re.sub(rf"{_BLANKS}+(?=\n|$)", "", bare).strip(), list(sources.values())[:MOST_SOURCES]


def links_of(text: str, label: str) -> tuple[Button, ...]:
    """A button for each address in the lines that begin with `label`, named for its source."""
    found = (_NAMED.fullmatch(line) for line in text.split("\n") if line.startswith(label))
    lines = [match for match in found if match and label]
    return tuple(Button(m[1].removeprefix(label).strip() or m[2], url=m[2]) for m in lines)


def without_unknown_links(text: str, known: str) -> str:
    """`text` without addresses that stand nowhere in `known`, which is all that the model read."""
    named = _NAMED_LINK.sub(lambda found: found[0] if found[2] in known else found[1], text)
    return _LINK.sub(lambda found: _known_part(found[0], known), named)


def _known_part(link: str, known: str) -> str:
    bare = link.rstrip(_AROUND)
    return link if _is_known(bare, known) else link[len(bare) :]


def _is_known(link: str, known: str) -> bool:
    place = link.partition("://")[2].rstrip("/")
    whole = rf"(?<![\w.-]){re.escape(place)}(?![\w-]|[/.?#&=]\w)"
    return bool(place) and re.search(whole, known, re.IGNORECASE) is not None


def _kept(found: re.Match[str], count: int) -> str:
    """Single brackets may mean something else, such as [5] in a part's number."""
    return found[0] if found[1] and not _numbers(found, count) else ""


def _numbers(found: re.Match[str], count: int) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", found[0])]
    return [n for n in numbers if n > 0] if max(numbers) <= count or not found[1] else []
