"""Tell whether a text may hold somebody's personal data, so that it is not kept for others.

The guess errs towards yes: a text taken for personal costs one more call of GPT, the other mistake
would show one customer's data to another. Names of people who are not known cannot be told from
other words, and are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.folding import MAX_CHARS, fold, words

_SIGNS = re.compile(
    r"""
    [\w.+-]{0,64}@\w[\w.-]*                  # an e-mail address, a name on a platform
    | \d(?:[\s().\-/+]{0,3}\d){3,}           # an order, a telephone, an account, a date of birth
    | [零〇一二三四五六七八九]{5,}
    | (?<![a-z0-9])(?=[a-z0-9]*[a-z])(?:[a-z0-9]*?\d){3}[a-z0-9]*
    | \b(?:https?://|www\.)\S+
    """,
    re.VERBOSE,
)
_TELLING = re.compile(
    r"\b(?:my name|name is|name's|i am called|i'm called|call me|regards|sincerely|yours truly"
    r"|i live|my address|my account|my password|my order"
    r"|mein name|ich heisse|ich heiße|ich wohne|meine adresse|mfg|gruessen|grüßen"
    r"|je m'appelle|mon nom|j'habite|mon adresse|me llamo|mi nombre|vivo en)\b"
    r"|меня зовут|мой адрес|我叫|我姓|我的名字|姓名|地址|我住|住在|密码|身份证|护照"
)
_SHORTEST_NAME = 2


def is_personal(text: str, *, names: Iterable[str] = (), public: str = "") -> bool:
    """`names` are the customer's own. What looks personal and stands in `public` too, such as the
    business's telephone number, is not."""
    if len(text) > MAX_CHARS:  # folding looks at no more
        return True
    folded, known = fold(text), _folded(public)
    found = (match[0].strip(".,;:!?()") for match in _SIGNS.finditer(folded))
    if any(sign not in known for sign in found) or _TELLING.search(folded):
        return True
    said = set(words(text))
    return any(_occurs(name, said, folded) for name in names)


def _folded(text: str) -> str:
    starts = range(0, len(text), MAX_CHARS)
    return "".join(fold(text[start : start + MAX_CHARS]) for start in starts)


def _occurs(name: str, said: set[str], folded: str) -> bool:
    parts = words(name)
    if all(len(part) == 1 for part in parts):  # a script without spaces
        return len(parts) >= _SHORTEST_NAME and "".join(parts) in "".join(folded.split())
    return any(len(part) >= _SHORTEST_NAME and part in said for part in parts)
