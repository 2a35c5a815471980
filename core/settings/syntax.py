"""Say in an admin's words what a YAML parser means, and point to where the mistake began.

A parser notices an unclosed quote or bracket only where the text ends; the reader needs the place
where it was opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from core.errors import Problem
from core.settings.source import Source

_HAS_COLON = re.compile(r":(\s|$)")
_BEGINNINGS = (
    "expected alphabetic or numeric character",
    "expected chomping or indentation indicators",
    "mapping keys are not allowed",
    "sequence entries are not allowed",
)


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What the parser said: `at` is where it gave up, `began` where the thing at hand began."""

    source: Source
    text: str
    context: str
    at: int
    began: int


def explained(source: Source, error: MarkedYAMLError, opened: int | None) -> Problem:
    """The parser's complaint as a problem with a cure.

    `opened` is where the innermost list or group that was still open began.
    """
    problem, context = error.problem_mark, error.context_mark
    at = problem or context
    began = context or problem
    complaint = _Complaint(
        source,
        error.problem or "",
        error.context or "",
        at.index if at else 0,
        began.index if began else 0,
    )
    for explain in (_character, _quote, _escape, _beginning, _colon, _block):
        if found := explain(complaint):
            return found
    return _bracket(complaint, opened) or source.problem(
        complaint.at, complaint.text or "this is not YAML"
    )


def _character(said: _Complaint) -> Problem | None:
    found = re.match(r"found character (.+) that cannot start any token", said.text)
    if not found:
        return None
    if found[1] == r"'\t'":
        return said.source.problem(said.at, "a tab cannot indent a line", "use spaces")
    return _cannot_begin(said, said.at)


def _cannot_begin(said: _Complaint, index: int) -> Problem:
    char = said.source.text[index]
    return said.source.problem(
        index, f"a text cannot begin with {char}", f"put the text in quotes: '{char} …'"
    )


def _quote(said: _Complaint) -> Problem | None:
    if "quoted scalar" not in said.context or not said.text.startswith("found unexpected"):
        return None
    quote = said.source.text[said.began]
    hint = f"add {quote} at the end of the text"
    return said.source.problem(said.began, f"this {quote} is never closed", hint)


def _escape(said: _Complaint) -> Problem | None:
    if "quoted scalar" not in said.context:
        return None
    hint = r"""use single quotes, in which \ is only a \: '\d+'"""
    index = said.source.text.rfind("\\", 0, said.at + 1)
    return said.source.problem(index, r"\ has a meaning of its own in this text", hint)


def _beginning(said: _Complaint) -> Problem | None:
    if not said.text.startswith(_BEGINNINGS):
        return None
    index = said.began
    while index > 0 and said.source.text[index] not in "*&>|?-!":
        index -= 1
    return _cannot_begin(said, index)


def _colon(said: _Complaint) -> Problem | None:
    if "could not find expected ':'" in said.text:
        hint = "write key: value, or check the line above"
        return said.source.problem(said.began, "a colon is missing after this", hint)
    if "mapping values are not allowed" not in said.text:
        return None
    above = _line_above(said)
    if above is not None:
        hint = "write key: value, with a space after the colon"
        return said.source.problem(above, "a colon is missing in this line", hint)
    hint = 'put the text in quotes ("like: this"), or mend the indentation'
    return said.source.problem(said.at, "a colon cannot stand here", hint)


def _line_above(said: _Complaint) -> int | None:
    """Where the line above begins, when it has no colon and so ran on into this one."""
    text = said.source.text
    start = text.rfind("\n", 0, said.at) + 1
    if _HAS_COLON.search(text, start, said.at):
        return None
    above = text[:start].rstrip()
    begins = above.rfind("\n") + 1
    line = above[begins:]
    if not line.strip() or line.lstrip().startswith(("#", "- ")) or _HAS_COLON.search(line):
        return None
    return begins + len(line) - len(line.lstrip())


def _block(said: _Complaint) -> Problem | None:
    if "expected <block end>" not in said.text:
        return None
    if "scalar" in said.text or "found ','" in said.text:
        before = said.source.text[: said.at].rstrip()[-1:]
        hint = "put the whole text in quotes"
        if before == "'":
            hint = "inside '…' write two '' for one, or put the text in \"…\""
        return said.source.problem(said.at, "there is something after the end of the text", hint)
    line, column = said.source.position(said.began)
    hint = f"the lines it could belong with began on line {line}, column {column}"
    return said.source.problem(said.at, "this does not line up with the lines above", hint)


def _bracket(said: _Complaint, opened: int | None) -> Problem | None:
    index = said.began if opened is None else opened
    close = {"[": "]", "{": "}"}.get(said.source.text[index : index + 1])
    if close is None:
        return None
    line, column = said.source.position(said.at)
    hint = f"a {close} or a comma is missing before line {line}, column {column}"
    if "${" in said.source.text[index : said.at + 1]:
        hint = 'inside { } and [ ], a ${NAME} needs quotes: "${NAME}"'
    message = f"this {said.source.text[index]} is not closed"
    return said.source.problem(index, message, hint)
