"""Files of every kind come to passages with their headings, titles and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.knowledge.document import BadFile, Document
from core.knowledge.reading import MAX_BYTES, read_bytes, read_document


def read(name: str, text: str | bytes) -> Document:
    data = text.encode() if isinstance(text, str) else text
    return read_document(Path("docs") / name, data)


def told(document: Document) -> list[tuple[str, str]]:
    """(heading path, text) of each section."""
    return [(" / ".join(s.headings), s.text) for s in document.sections]


def test_markdown_is_cut_at_its_headings_of_both_kinds() -> None:
    document = read(
        "pots.md",
        "Before all.\n\n# Our *pots*\nClay.\n\nGlazes\n------\nNo lead.\n\n### Blue ###\n"
        "Like the sea.\n\n## [Frost](#frost) {#f}\n- feet\n- snowflake\n",
    )
    assert told(document) == [
        ("", "Before all."),
        ("Our pots", "Clay."),
        ("Our pots / Glazes", "No lead."),
        ("Our pots / Glazes / Blue", "Like the sea."),
        ("Our pots / Frost", "- feet\n- snowflake"),
    ]


def test_what_looks_like_a_heading_in_code_or_in_a_comment_is_none() -> None:
    document = read(
        "a.md", "# A\n```sh\n# make\n```\n<!--\n# hidden\n-->\n~~~\n## no\n~~~\n| a |\n|---|\n"
    )
    assert [heading for heading, _ in told(document)] == ["A"]
    assert "hidden" not in document.sections[0].text


def test_front_matter_names_title_and_address_and_is_no_text() -> None:
    document = read(
        "a.md",
        '---\nlayout: page\ntitle: "Care: a guide"\nurl: https://x.example/a\n---\nWater.\n',
    )
    assert (document.title, document.url) == ("Care: a guide", "https://x.example/a")
    assert told(document) == [("", "Water.")]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "/help",
        "https://",
        "https://a b.example",
        "ftp://x.example",
        "https:///x",
        'https://x.example/"onclick',
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    document = read("a.md", f"---\ntitle: A\nurl: {url}\n---\nWater.\n")
    assert document.url == ""
    assert [(f.line, f.message) for f in document.faults] == [
        (3, "this url is no http(s) address")
    ]
    assert read("a.html", f"<link rel=canonical href='{url}'><p>Water.").url == ""


def test_a_file_without_a_title_is_called_by_its_name() -> None:
    assert read("plant-care_2.txt", "Water.").title == "Plant care 2"
    assert read("faq.md", "Water.").title == "FAQ"
    assert read("a.md", "# Water\n\nOften.").title == "Water"


def test_of_a_web_page_only_what_it_is_about_is_read() -> None:
    document = read(
        "a.html",
        """<!doctype html><!-- saved from url=(0026)https://x.example/old -->
        <html><head><meta charset=utf-8><title>Our  pots &amp; more</title>
        <link href="https://x.example/pots" rel="Canonical">
        <script>var a = "<h1>no</h1>";</script><style>p{}</style></head>
        <body><nav><ul><li>Home</nav><div>Cookies?</div><main>
        <h1>Pots</h1><p>We <b>throw</b> them.<br>All of them.
        <ul><li>small<li>large</ul>
        <h2>Prices</h2><table><tr><th>Size<th>Price<tr><td>small<td>9&nbsp;€</table>
        <svg><title>logo</title></svg></main><footer>Imprint</footer></body></html>""",
    )
    assert (document.title, document.url) == ("Our pots & more", "https://x.example/pots")
    assert told(document) == [
        ("Pots", "We throw them.\nAll of them.\n- small\n- large"),
        ("Pots / Prices", "Size | Price\nsmall | 9 €"),
    ]


def test_a_saved_page_knows_where_it_came_from() -> None:
    saved = "<html><!-- saved from url=(0022)https://x.example/help --><body><p>Hi"
    assert read("a.html", saved).url == "https://x.example/help"


@pytest.mark.parametrize(
    "broken", ["<p>a<b>c<![CDATA[x", "<", "<h1>a<h2>b", "</main></p>x", "<title>a", "<nav>" * 999]
)
def test_no_page_is_too_broken(broken: str) -> None:
    read("a.htm", broken)


@pytest.mark.parametrize("endless", ["<!--", "<![CDATA[", "<a b='", "<script>", "</a", "<?", "<!"])
def test_what_never_ends_takes_no_hours(endless: str) -> None:
    read("a.html", "<p>Water.</p>" + endless * 60_000)
    read("a.html", f"<p>Water.</p>{endless * 30_000}>")


def test_each_row_of_a_table_is_a_section_with_its_own_address() -> None:
    document = read(
        "faq.csv",
        '\ufeffID;Question;Answer;URL\r\n1;Open?;"Yes; \r\ndaily";https://x.example\r\n;;;\r\n'
        "2;Dogs?;Yes;\r\n",
    )
    assert told(document) == [("Open?", "Yes; \ndaily"), ("Dogs?", "Yes")]
    assert [s.url for s in document.sections] == ["https://x.example", ""]
    assert document.title == "FAQ"
    assert read("f.csv", "问题,回答\n有茶吗？,有\n").sections[0].headings == ("有茶吗？",)


def test_rows_that_say_nothing_are_named_by_their_lines() -> None:
    document = read("f.csv", 'question,answer\n"a\nb",c\nd,\n,e\nf,g\n')
    assert [(f.line, f.message) for f in document.faults] == [
        (4, "this row has no answer"),
        (5, "this row has no question"),
    ]
    assert len(document.sections) == 2


@pytest.mark.parametrize(
    ("name", "data", "line", "message"),
    [
        ("a.md", b"a\nb\xff", 2, "this text is not UTF-8"),
        ("a.txt", b"a\nb\n\0", 3, "this is not a text"),
        ("f.csv", b"q;antworten\n", 1, 'there is no column "answer"'),
        ("f.csv", b'question,answer\na,"b\nc,d\n', 2, "this is no CSV: unexpected end of data"),
        ("a.html", b"<meta charset=nonsense>\n\xff", 2, "this text is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    name: str, data: bytes, line: int, message: str
) -> None:
    with pytest.raises(BadFile) as bad:
        read(name, data)
    assert (bad.value.line, bad.value.message) == (line, message)


def test_other_encodings_are_read_where_they_are_declared() -> None:
    assert read("a.txt", "Größe".encode("utf-16")).sections[0].text == "Größe"
    page = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>退货'
    assert read("a.html", page.encode("gb2312")).sections[0].text == "退货"


def test_what_is_no_file_or_too_large_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "big.md").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(BadFile, match="larger than 2 MB"):
        read_bytes(tmp_path / "big.md")
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        read_bytes(tmp_path / "none.md")
    import os

    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(BadFile, match="this is not a file"):
        read_bytes(tmp_path / "pipe.md")
