"""Keep people out of what becomes a rule: a rule is read by every customer, for years.

What is found is replaced where the shape is enough (a number, an address of e-mail), and where it
is not (a name), the text is not used at all. Where in doubt, a text is personal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.lexicon import lexicon

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@.])@\w{3,}")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'）)]+", re.IGNORECASE)
_TELLING_LINK = re.compile(r"[?#=@]|\d{4}")
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){5,}|\d{5,}")
_CODE = re.compile(r"\b(?=[A-Za-z-]*\d)(?=\d*-?[A-Za-z])[A-Za-z\d]*(?:-?[A-Za-z\d]+)*\d{3,}\w*")
_NUMBERED = re.compile(
    r"(?:#\s*|(?:\border|\bno\.?|\bnr\.?|\bnumber|\binvoice|\bticket|\bbooking|\bcustomer"
    r"|\bbestell\w*|\brechnung\w*|订单号?|单号|编号)\s*[:：#]?\s*)\d{3,}",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d+\w?\s+(?:\w+\s+){1,2}(?:street|st|road|rd|avenue|ave|lane|ln)\b"
    r"|\b\w+(?:straße|strasse|str\.|weg|platz|gasse)\s*\d+"
    r"|[路街道巷]\s*\d+\s*[号弄]",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?i:my name is|i am called|mein name ist|ich hei(?:ß|ss)e)\s+\w"
    r"|\b(?i:i am|i'm|i’m|this is|ich bin)\s+[A-ZÀ-Þ][\w'’-]+"
    r"|\b(?:Mr|Mrs|Ms|Dr|Herrn?|Frau)\.?\s+[A-ZÀ-Þ]\w+"
    r"|(?:我叫|名叫|我的名字)"
    r"|[\u4e00-\u9fff](?:先生|女士|小姐)"
)
_WORD = re.compile(r"[^\W\d_]+")
_ORDINARY = 2_000  # a word as common as that is no name when it is written small
_GREETED = re.compile(
    r"^\s*(?i:hi|hello|hey|dear|hallo|liebe[r]?|guten tag)(?:\s+(?i:there))?"
    r"(?:\s+[A-ZÀ-Þ][\w'’-]*){0,2}\s*[,!.–-]+\s*"
)
_SIGNED = re.compile(
    r"(?:^|(?<=[.!?。！])|\n)\s*(?i:all the best|best|(?:best |kind |warm )?(?:regards|wishes)"
    r"|cheers|greetings|yours|viele grüße|liebe grüße|lg|mfg)"
    r"[\s,!.]*(?:[A-ZÀ-Þ]\w*[\s.!]*){0,3}$"
)
_DIGIT = re.compile(r"\d")

_KINDS = (
    (_EMAIL, "an e-mail address"),
    (_HANDLE, "a name"),
    (_NUMBERED, "an order number"),
    (_LONG_NUMBER, "a long number"),
    (_CODE, "an order number"),
    (_STREET, "a postal address"),
    (_INTRODUCED, "a name"),
)


class Names:
    """The names of customers and agents, as far as the store knows them. Words of the `usual`
    text are what the business speaks of, as a flower shop does of lilies."""

    def __init__(self, people: Iterable[str] = (), usual: str = "") -> None:
        self._usual = words_of(usual)
        self._words: set[str] = set()
        self._whole: set[str] = set()
        for person in people:
            self._words |= words_of(person)
            if not person.isascii() and 2 <= len(person.strip()) <= 4:
                self._whole.add(person.strip())  # a name without spaces, as in Chinese

    def are_in(self, text: str, own: str = "") -> bool:
        """Whether somebody is named. Many names are ordinary words, too: such a one counts with a
        capital letter only, or when it is the name of the writer, `own`."""
        if any(name in text for name in self._whole):
            return True
        own_words = words_of(own)
        return any(self._is_name(word, own_words) for word in _WORD.findall(text))

    def _is_name(self, word: str, own: set[str]) -> bool:
        name = word.casefold()
        if name in own:
            return True
        if name not in self._words:
            return False
        return word[0].isupper() or not (name in self._usual or _is_ordinary(name))


def _is_ordinary(word: str) -> bool:
    rank = lexicon("en").rank(word)
    return rank is not None and rank < _ORDINARY


def words_of(name: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(name) if len(word) > 1}


def what_is_personal(text: str, names: Names, *, public: str = "", own: str = "") -> str:
    """What in `text` is somebody's, in two or three words; "" for nothing. What stands in
    `public`, the business's own words, is nobody's."""
    for found in _LINK.finditer(text):
        if _TELLING_LINK.search(found[0]) and found[0] not in public:
            return "a personal link"
    rest = _LINK.sub(" ", text)
    for pattern, kind in _KINDS:
        if any(found[0].strip() not in public for found in pattern.finditer(rest)):
            return kind
    return "a name" if names.are_in(rest, own) else ""


def anonymous(text: str, names: Names, own: str = "") -> str | None:
    """`text` with zeros for the digits of numbers and with examples for addresses; None where it
    tells of a person in another way."""
    if _STREET.search(text) or _INTRODUCED.search(text) or _HANDLE.search(_EMAIL.sub(" ", text)):
        return None
    text = _EMAIL.sub("name@example.com", _LINK.sub("https://example.com", text))
    for pattern in (_NUMBERED, _LONG_NUMBER, _CODE):
        text = pattern.sub(lambda found: _DIGIT.sub("0", found[0]), text)
    return None if names.are_in(text, own) else text


def impersonal(answer: str, agent: str = "") -> str:
    """An agent's answer without the names in its greeting and below it."""
    text = _GREETED.sub("", answer.strip())
    if agent.strip():
        name = r"(?:" + "|".join(map(re.escape, _forms(agent))) + r")"
        introduced = rf"(?i:i am|i'm|i’m|this is|my name is)\s+{name}\b[^.!?\n]*[.!?]\s*"
        text = re.sub(introduced, "", text, count=1)
        text = re.sub(rf"[\s,–—-]*\b{name}[\s.!]*$", "", text)
    text = _SIGNED.sub("", text).strip()
    return text[:1].upper() + text[1:]


def _forms(name: str) -> list[str]:
    """The longest first."""
    return sorted({name.strip(), *name.split()}, key=lambda form: (-len(form), form))
