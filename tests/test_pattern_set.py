"""One search finds what a search for each pattern would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.folding import plain
from core.quick_replies.pattern_set import PatternSet
from core.quick_replies.patterns import Pattern

SOURCES = [r"order\s+#?(?P<order>\d{6})", "refund|money back", "运费", r"^hi\b", "a.c", "ﬁ"]
PATTERNS = [Pattern(source) for source in SOURCES]
ALL = PatternSet(PATTERNS)
PIECES = ["Order #123456", "MONEY BACK", "运费多少", "hi", "abc", "fi", " ", "\n", "é", "0"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6))
def test_nothing_is_missed_and_nothing_else_is_found(pieces: list[str]) -> None:
    text = plain("".join(pieces)).encode()
    single = [pattern for pattern in PATTERNS if pattern.search(text) is not None]
    found = ALL.found(text)
    assert found is not None
    assert sorted(found, key=PATTERNS.index) == single


def test_of_patterns_that_are_too_large_together_nothing_is_told() -> None:
    """To find nothing would be to answer nobody; each is searched by itself then."""
    large = [Pattern(f"[a-q][^u-z]{{{n}}}x") for n in range(10, 18)]
    assert PatternSet(large, max_memory=20_000).found(b"nothing of that") is None
    assert PatternSet(large).found(b"nothing of that") == []


def test_without_patterns_nothing_is_found() -> None:
    assert PatternSet([]).found(b"hello") == []
