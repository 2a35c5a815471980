"""Who may import whom, and how long a file or function may grow: read from the source itself."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "connectors", "bridge", "sandbox")
OURS = (*PACKAGES, "tests", "setup")

PURE = (
    "core.conversation",
    "core.quick_replies",
    "core.handover",
    "core.hours",
    "core.prompt",
    "core.rendering",
    "core.language",
    "core.folding",
    "core.clean",
    "core.translations",
    "core.similarity",
    "core.knowledge.choice",
    "core.knowledge.citing",
    "core.knowledge.consulted",
    "core.knowledge.html",
    "core.knowledge.markdown",
    "core.knowledge.passages",
    "core.knowledge.ranking",
    "core.knowledge.table",
    "core.knowledge.words",
    "core.lab.asked",
    "core.lab.replay",
    "connectors.web.inbound",
    "connectors.web.outbound",
    "connectors.telegram.inbound",
    "connectors.telegram.outbound",
    "connectors.slack.inbound",
    "connectors.slack.outbound",
    "bridge.inbound",
    "bridge.outbound",
)
IMPURE_MODULES = {"asyncio", "time", "socket", "aiohttp", "sqlalchemy", "os", "random", "secrets"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
HOMES = {
    "openai": ("core.openai_client",),
    "sqlalchemy": ("core.store", "core.tables", "core.migrations"),
    "alembic": ("core.store", "core.migrations"),
    "aiosqlite": ("core.store",),
    "asyncpg": ("core.store",),
    "telegram": ("connectors.telegram",),
    "slack_bolt": ("connectors.slack", "bridge"),
    "slack_sdk": ("connectors.slack", "bridge"),
    "alembic.command": ("core.store",),
    "rich": ("core.lab",),
}
OUTWARD = (
    "core.app",
    "core.cli",
    "core.check",
    "core.explain",
    "core.demo",
    "core.doctor",
    "core.__main__",
)
LONGEST_FILE, MEDIAN_FUNCTION, P90_FUNCTION, LONGEST_FUNCTION = 400, 8, 25, 40


def files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, typing_too: bool = True) -> set[str]:
    """Every module that `path` imports, whole dotted names, wherever in the file."""
    found: set[str] = set()
    skipped = set() if typing_too else _only_for_types(tree(path))
    for node in ast.walk(tree(path)):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _only_for_types(source: ast.Module) -> set[ast.AST]:
    guarded = [
        node
        for node in ast.walk(source)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {child for node in guarded for child in ast.walk(node)}


def within(name: str, *homes: str) -> bool:
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def of(*homes: str) -> list[Path]:
    return [path for path in files() if within(module(path), *homes)]


def functions(paths: Iterator[Path]) -> Iterator[tuple[str, int]]:
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def test_messages_and_errors_need_nothing_but_the_standard_library_and_structs() -> None:
    for path in of("core.messages", "core.errors", "core.cases", "core.notices"):
        foreign = {
            name
            for name in imports(path)
            if name.partition(".")[0] not in sys.stdlib_module_names
            and not within(name, "core.messages", "core.errors", "msgspec")
        }
        assert not foreign, f"{module(path)} imports {foreign}"


def test_ports_know_only_values_and_errors() -> None:
    allowed = ("core.messages", "core.errors", "core.cases", "core.notices")
    for path in of("core.ports"):
        core = {name for name in imports(path) if within(name, *PACKAGES)}
        assert all(within(name, *allowed) for name in core), core


def test_pure_modules_do_no_io_and_read_no_clock() -> None:
    for path in of(*PURE):
        roots = {name.partition(".")[0] for name in imports(path)}
        assert not roots & IMPURE_MODULES, f"{module(path)} imports {roots & IMPURE_MODULES}"
        for node in ast.walk(tree(path)):
            assert not isinstance(node, ast.Await | ast.AsyncFunctionDef), f"{path} awaits"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                is_clock = node.func.attr in CLOCKS and called.split(".")[0] in (
                    "datetime",
                    "time",
                )
                assert not is_clock, f"{path}:{node.lineno} reads a clock"


@pytest.mark.parametrize("library", HOMES)
def test_each_library_of_a_platform_has_one_home(library: str) -> None:
    for path in files():
        if within(module(path), "sandbox", *HOMES[library]):
            continue
        assert not any(within(name, library) for name in imports(path)), (
            f"{module(path)} imports {library}"
        )


def test_connectors_know_neither_each_other_nor_the_engine() -> None:
    inner = ("core.engine", "core.store", "core.service", "core.app", "core.outbox", "bridge")
    for path in of("connectors"):
        name = module(path)
        if name == "connectors":
            continue
        own = ".".join(name.split(".")[:2])
        for imported in imports(path, typing_too=False):
            assert not within(imported, *inner), f"{name} imports {imported}"
            foreign = within(imported, "connectors") and not within(imported, own)
            assert not foreign, f"{name} imports {imported}"


def test_the_bridge_knows_only_ports_and_values() -> None:
    allowed = (
        "core.messages",
        "core.ports",
        "core.errors",
        "core.cases",
        "core.notices",
        "bridge",
    )
    helpers = ("core.tasks", "core.clean", "core.settings")
    for path in of("bridge"):
        for imported in imports(path, typing_too=False):
            if within(imported, "core", "connectors", "sandbox"):
                assert within(imported, *allowed, *helpers), f"{module(path)} imports {imported}"


def test_only_the_composition_root_and_the_commands_look_outward() -> None:
    for path in of("core"):
        if within(module(path), *OUTWARD):
            continue
        outward = {n for n in imports(path) if within(n, "connectors", "bridge", "sandbox")}
        assert not outward, f"{module(path)} imports {outward}"


def test_the_sandbox_knows_nothing_of_the_product() -> None:
    for path in of("sandbox"):
        product = {n for n in imports(path) if within(n, "core", "connectors", "bridge")}
        assert not product, f"{module(path)} imports {product}"


def test_only_the_demo_uses_the_sandbox() -> None:
    for path in of("core", "connectors", "bridge"):
        if module(path) != "core.demo":
            assert not any(within(name, "sandbox") for name in imports(path)), module(path)


def test_the_product_never_imports_tests_or_setup() -> None:
    for path in files():
        assert not any(within(name, "tests", "setup") for name in imports(path)), module(path)


def test_every_module_says_why_it_exists() -> None:
    silent = [str(p) for p in files() if not ast.get_docstring(tree(p)) and p.stat().st_size]
    assert not silent, silent


def test_files_stay_short() -> None:
    sources = [*files(), *(ROOT / "connectors" / "web" / "static").glob("*.*")]
    sources += (ROOT / "sandbox" / "demo").rglob("*.js")
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if path.suffix in (".py", ".js", ".css", ".html")
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long, long


def test_functions_stay_short() -> None:
    lengths = dict(functions(files()))
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION}
    assert not long, long
    ordered = sorted(lengths.values())
    assert statistics.median(ordered) <= MEDIAN_FUNCTION
    assert ordered[int(len(ordered) * 0.9)] <= P90_FUNCTION
