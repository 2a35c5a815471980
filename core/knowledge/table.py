"""Questions and answers from a spreadsheet: a CSV file with a row for each."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from core.knowledge.document import BadFile, Document, Section, web_address

_NAMES = {
    "question": ("question", "questions", "q", "问题", "問題", "frage"),
    "answer": ("answer", "answers", "a", "回答", "答案", "antwort"),
    "url": ("url", "link", "链接"),
    "title": ("title", "标题"),
}
_LONGEST_CELL = 100_000


def read_table(text: str, name: str) -> Document:
    """Raises BadFile when it has no such columns, or is no CSV at all."""
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        return Document(name, "", ())
    columns = _columns(first[1])
    sections: list[Section] = []
    faults: list[BadFile] = []
    for line, row in rows:
        cells = {key: row[at].strip() for key, at in columns.items() if at < len(row)}
        question, answer = cells.get("question", ""), cells.get("answer", "")
        if question and answer:
            url = web_address(cells.get("url", ""))
            sections.append(Section((question,), answer, cells.get("title", ""), url))
            if cells.get("url") and not url:
                faults.append(BadFile("this url is no http(s) address", "", line))
        elif any(cell.strip() for cell in row):
            missing = "answer" if question else "question"
            faults.append(BadFile(f"this row has no {missing}", "it is left out", line))
    return Document(name, "", tuple(sections), tuple(faults))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text), strict=True)
    csv.field_size_limit(_LONGEST_CELL)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "a quote inside a quoted cell is written twice"
            raise BadFile(f"this is no CSV: {error}", hint, line) from None
        yield line, row
        line = reader.line_num + 1


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _columns(head: list[str]) -> dict[str, int]:
    found = {}
    for key, names in _NAMES.items():
        at = next((at for at, cell in enumerate(head) if cell.strip().lower() in names), None)
        if at is not None:
            found[key] = at
    for key in ("question", "answer"):
        if key not in found:
            hint = "the first line names the columns: question,answer and if you like url,title"
            raise BadFile(f'there is no column "{key}"', hint)
    return found
