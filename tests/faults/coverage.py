"""Which test shows what becomes of which failure: a promise without a test is only a hope.

A test names the rows it covers at the beginning of its docstring, `D11: …` or `C03, C07: …`; a
parametrized one may also name them in its cases, `"Y01 tab indent"`. `python -m
tests.faults.coverage` writes the table anew, and with `--check` only looks whether it is current.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
TABLE = TESTS / "faults" / "COVERAGE.md"

ROWS: dict[str, dict[str, str]] = {
    "Killed at any moment": {
        "C01": "After a request was read and before anything was done about it.",
        "C02": "While a customer's line is written, before the commit.",
        "C03": "A line is stored, but its sender was not told so and sends it again.",
        "C04": "A line is acknowledged, and nobody has begun to answer it.",
        "C05": "A rule has matched, and its answer is not stored yet.",
        "C06": "A question to GPT is under way.",
        "C07": "GPT has said half of its answer.",
        "C08": "GPT's whole answer is known to the process and to nobody else.",
        "C09": "An answer is stored, and nobody has begun to deliver it.",
        "C10": "A part is marked as being sent, and not a byte of it has left.",
        "C11": "A platform takes a part only after the next start.",
        "C12": "A platform took a part, and its answer was not noted.",
        "C13": "Between two parts of a long answer.",
        "C14": "A case is open, and its thread is not there yet.",
        "C15": "A thread is there, and we do not know that it is ours.",
        "C16": "An agent's reply is stored, and Slack was not told so.",
        "C17": "An agent's reply is on its way to the customer.",
        "C18": "An agent closes a case while its customer writes.",
        "C19": "At any statement of a change of the database's schema.",
        "C20": "While new settings take the place of the old ones.",
        "C21": "Asked to end (SIGTERM) while a hundred answers are under way.",
        "C24": "At random, again and again, under load.",
    },
    "Others fail": {
        "D01": "Slack asks for a pause: a short one, none, a senseless one, an hour.",
        "D02": "Slack fails in a way that leaves open whether it posted.",
        "D03": "Slack posts, and its answer is lost or never comes.",
        "D04": "Slack refuses until an admin mends something.",
        "D05": "Slack's socket is lost, falls silent, or cannot be opened again.",
        "D06": "Slack's events come repeatedly, late and in the wrong order.",
        "D07": "We are slow to take an event, so Slack sends it again.",
        "D08": "One message comes in many events.",
        "D09": "Agents reply while we are down.",
        "D10": "Agents edit and delete replies, or a whole thread.",
        "D11": "Telegram asks for a pause in one chat.",
        "D12": "Telegram fails before or after it took a message.",
        "D13": "Telegram dislikes how a message is formatted, or that it says nothing.",
        "D14": "A customer has blocked the bot or is gone, or a group has moved.",
        "D15": "Somebody else polls Telegram with our token.",
        "D16": "A webhook is set where we poll or the reverse; the token is another bot's.",
        "D17": "Thousands of messages have waited while we were down.",
        "D18": "Telegram's numbers begin anew.",
        "D19": "GPT refuses: too often, no quota, wrong key, too long, filtered.",
        "D20": "GPT hangs before or in its answer, or says a byte now and then.",
        "D21": "GPT's answer is broken, empty, endless, or calls what nobody offered.",
        "D22": "GPT is down for long.",
        "D23": "Another program holds the database locked.",
        "D24": "The disk is full, broken, or may not be written.",
        "D25": "The database is deleted, replaced, damaged, or lacks its log.",
        "D26": "A second process is started on the same database.",
        "D29": "The machine's clock jumps.",
    },
    "Many at once": {
        "L01": "More browsers connect at once than there are places.",
        "L02": "All browsers come back at once, and each has missed something.",
        "L03": "Browsers that never read what they are sent.",
        "L04": "Connections whose other end has vanished without a word.",
        "L05": "Requests that come a byte at a time or never end.",
        "L06": "One customer writes without a pause.",
        "L07": "A crowd asks for a person in the same minute.",
        "L10": "Many agents reply in one thread at once.",
    },
    "Bad input": {
        "B01": "JSON that is broken, deep, odd or huge.",
        "B02": "Bytes that are no text, and half a surrogate pair.",
        "B03": "Frames against the protocol, and floods of small ones.",
        "B04": "Frames that are too large, or would be once unpacked.",
        "B05": "HTTP requests made to cost us much: bombs, parts, chunks, heads, cookies.",
        "B06": "Messages that show nothing, or only an emoji.",
        "B07": "Characters that hide, reverse or forge text, beside every ordinary script.",
        "B08": "Answers that are longer than a platform takes.",
        "B09": "A customer writes what means something to Slack.",
        "B10": "Names, pages, files and GPT say what means something to a platform.",
        "B11": "Markup, scripts and links that would run in the chat.",
        "B12": "Characters that mean something to Telegram, in every field.",
        "B13": "Files that are empty, endless, packed, disguised or oddly named.",
        "B14": "Addresses of files that lead to other machines.",
        "B15": "Customers who give GPT orders, and a GPT that obeys.",
        "B16": "Events of bots, workflows and Slack itself.",
        "B17": "Agents who write where no customer hears them, or must not.",
        "B18": "Notes that agents write for each other.",
        "B19": "The same words twice.",
    },
    "A broken settings.yaml": {
        "Y01": "A tab indents a line.",
        "Y02": "A quote is never closed.",
        "Y03": "A bracket is never closed.",
        "Y04": "A line is indented wrongly.",
        "Y05": "A colon is missing.",
        "Y06": "A text has a colon in it.",
        "Y07": "A text begins with a character that means something.",
        "Y08": "A text has a backslash that means something.",
        "Y09": "An alias of nothing.",
        "Y10": "A tag, also of a Python object.",
        "Y11": "A second document.",
        "Y12": "A key that is a list.",
        "Y13": "Nothing at all.",
        "Y14": "No keys, but a text or a list.",
        "Y15": "A key that is there twice.",
        "Y16": "A key that nobody knows.",
        "Y17": "A value of another type, and plain words that look like one.",
        "Y18": "Something necessary is missing or empty.",
        "Y19": "A regular expression that does not work.",
        "Y20": "Rules of the same name, or that can never answer.",
        "Y21": "A day that does not exist.",
        "Y22": "A control character.",
        "Y23": "Another encoding.",
        "Y24": "Anchors that contain themselves or explode.",
        "Y25": "Too deep, or too large.",
        "Y26": "A variable that is not set, a secret in the file, a senseless URL or number.",
        "Y27": "The file is half written, renamed, deleted, unreadable, or no file.",
        "Y28": "Saved often, saved badly, or bad from the start.",
    },
    "Who may do what": {
        "A01": "Requests that Slack did not sign, or somebody changed.",
        "A02": "Signatures and times that cannot even be read.",
        "A03": "A signed request is played again.",
        "A04": "Requests that Slack makes without a message.",
        "A05": "A flood of forged requests.",
        "A06": "Events of another workspace or app.",
        "A07": "Requests to Telegram's webhook that do not know its secret.",
        "A08": "Pages of other sites open the chat's socket.",
        "A09": "Visitors with tokens that are made up, expired or another's.",
        "A10": "Somebody plants a token and waits for a customer to use it.",
        "A11": "Somebody pretends to be a known customer.",
        "A12": "One visitor in many tabs.",
        "A13": "A visitor pretends to come from elsewhere.",
        "A14": "Strangers ask for what is meant for admins.",
        "A15": "Two workspaces have a channel and a time in common.",
        "A16": "Any error, with every secret we know near it.",
        "A17": "Other sites make requests with a visitor's browser.",
    },
    "Running it": {
        "O01": "Something is missing or wrong when the service starts.",
        "O02": "A database of an older or a newer version.",
        "O04": "A backup is put back.",
        "O06": "Every library logs all it knows.",
        "O07": "The first answer after a kill, with much in the database.",
    },
}
NAMES = {name: what for rows in ROWS.values() for name, what in rows.items()}

_TEST = re.compile("test_")
_ID = r"[A-Z]\d\d?"
_CLAIM = re.compile(rf"({_ID}(?:,\s+{_ID})*)(?=:)")
_CASE = re.compile(rf"({_ID}) ")


def collected(tests: Path = TESTS) -> dict[str, list[tuple[Path, str]]]:
    """The tests of each row that any test names, as (file, name), in the order of the files."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        cases = dict(_cases(module))
        for test in _tests(module):
            for row in sorted({*_claimed(test), *_carried(test, cases)}):
                found.setdefault(row, []).append((path, test.name))
    return found


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _TEST.match(node.name):
            yield node


def _claimed(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    claim = _CLAIM.match(ast.get_docstring(test) or "")
    return re.findall(_ID, claim[1]) if claim else []


def _cases(module: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """The rows that the keys of a module's dictionaries begin with."""
    for node in module.body:
        match node:
            case ast.AnnAssign(ast.Name(name), value=ast.Dict(keys=keys)):
                yield name, _rows(keys)
            case ast.Assign([ast.Name(name)], ast.Dict(keys=keys)):
                yield name, _rows(keys)
            case _:
                pass


def _rows(keys: list[ast.expr | None]) -> set[str]:
    texts = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
    return {case[1] for text in texts if (case := _CASE.match(text))}


def _carried(
    test: ast.FunctionDef | ast.AsyncFunctionDef, cases: dict[str, set[str]]
) -> Iterator[str]:
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Name):
                yield from cases.get(node.id, ())


def table() -> str:
    """The whole of COVERAGE.md."""
    found = collected()
    parts = [_HEAD]
    for title, rows in ROWS.items():
        parts.append(f"\n## {title}\n\n| row | what goes wrong | tests |\n|---|---|---|\n")
        for row, what in rows.items():
            links = "<br>".join(_link(path, name) for path, name in found.get(row, []))
            parts.append(f"| {row} | {what} | {links} |\n")
    return "".join(parts)


def _link(path: Path, name: str) -> str:
    place = path.relative_to(TESTS)
    there = place.relative_to("faults") if place.parts[0] == "faults" else Path("..", place)
    return f"[{place.as_posix()}::{name}]({there.as_posix()})"


_HEAD = """# What goes wrong, and the tests that see to it

Written by `python -m tests.faults.coverage` from the docstrings of the tests. Numbers that are
missing belong to parts that frontdesk does not have, or to what `make bench`, the soak and the
mutations of this folder look at.
"""


def main(arguments: list[str]) -> int:
    fresh = table()
    if "--check" not in arguments:
        TABLE.write_text(fresh, encoding="utf-8")
        return 0
    if TABLE.exists() and TABLE.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write(f"{TABLE} is stale: run `python -m tests.faults.coverage`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
