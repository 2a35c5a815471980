"""Where a process of the service kills itself: boundaries that cannot be seen from outside.

A point is a moment of the store (before or after the commit that writes something), or the call
of a function. The product knows nothing of this: what is wrapped is wrapped here, in the process
of the test's runner.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import wraps
from importlib import import_module
from typing import Any, Literal

STATEMENT = "schema statement"

When = Literal["before", "after"]
Write = tuple[str, str, Mapping[str, Any]]  # verb, table, values
Many = Callable[[str, list[tuple[Any, ...]]], object]


@dataclass(frozen=True, slots=True)
class Point:
    """The process dies `when` the `number`th commit that writes `what` (a key of WRITES).

    `what` may also be "module:Class.method" or "module:function": then it dies before the call;
    and STATEMENT: then it dies before the `number`th statement that makes a table or an index.
    """

    what: str
    when: When = "before"
    number: int = 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def before(what: str, number: int = 1) -> Point:
    return Point(what, "before", number)


def after(what: str, number: int = 1) -> Point:
    return Point(what, "after", number)


def _adds(table: str, **wanted: str) -> Callable[[Write], bool]:
    def writes(write: Write) -> bool:
        verb, where, values = write
        return (verb, where) == ("insert", table) and _has(values, wanted)

    return writes


def _sets(table: str, **wanted: str) -> Callable[[Write], bool]:
    def writes(write: Write) -> bool:
        verb, where, values = write
        return (verb, where) == ("update", table) and _has(values, wanted)

    return writes


def _has(values: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """`wanted` are patterns for whole values."""
    return all(re.fullmatch(p, str(values.get(name, ""))) for name, p in wanted.items())


def _moves_cursor(pattern: str) -> Callable[[Write], bool]:
    def writes(write: Write) -> bool:
        _verb, where, values = write
        name = str(values.get("of", values.get("name", "")))
        return where == "cursors" and re.fullmatch(pattern, name) is not None

    return writes


WRITES: dict[str, Callable[[Write], bool]] = {
    "customer message": _adds("messages", author_kind="customer"),
    "answer": _adds("messages", author_kind="bot"),
    "sentence": _adds("messages", author_kind="system"),
    "agent reply": _adds("messages", author_kind="agent"),
    "turn claimed": _sets("conversations", attempts="[1-9].*"),
    "case opened": _adds("cases"),
    "case ref": _sets("cases", thread=".+"),
    "case closed": _sets("cases", closed_at=r"(?!None).+"),
    "delivery queued": _adds("deliveries"),
    "delivery sending": _sets("deliveries", state="sending"),
    "delivery doubted": _sets("deliveries", uncertain="1|True"),
    "delivery sent": _sets("deliveries", state="sent"),
    "telegram offset": _moves_cursor("telegram:.*:offset"),
    "slack cursor": _moves_cursor("slack:.*"),
}


class Watch:
    """Notes what each transaction under way writes, and knows when it is the one.

    Readers' transactions run beside the writer's, hence one note for each connection.
    """

    def __init__(self, point: Point) -> None:
        self._point = point
        self._fits = WRITES[point.what]
        self._left = point.number
        self._hit: set[int] = set()

    def begun(self, connection: object) -> None:
        self._hit.discard(id(connection))

    def wrote(self, connection: object, write: Write) -> None:
        if self._fits(write):
            self._hit.add(id(connection))

    def committing(self, connection: object) -> None:
        if id(connection) not in self._hit:
            return
        self._left -= 1
        if self._left == 0 and self._point.when == "before":
            die()

    def committed(self) -> None:
        if self._left <= 0:
            die()


def die() -> None:
    """SIGKILL: nothing is cleaned up, no buffer is written."""
    os.kill(os.getpid(), signal.SIGKILL)


def install(point: Point) -> None:
    """Have this process die at `point`."""
    if ":" in point.what:
        _install_call(point)
    elif point.what == STATEMENT:
        _install_statement(point)
    else:
        _install_commit(Watch(point))


def _install_call(point: Point) -> None:
    module, _, path = point.what.partition(":")
    *outer, name = path.split(".")
    owner: Any = import_module(module)
    for part in outer:
        owner = getattr(owner, part)
    original = getattr(owner, name)
    calls = 0

    @wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == point.number:
            die()
        return original(*args, **kwargs)

    setattr(owner, name, called)


def _install_statement(point: Point) -> None:
    from sqlalchemy import Engine, event

    left = point.number

    @event.listens_for(Engine, "before_cursor_execute")
    def executing(
        _connection: Any, _cursor: Any, _sql: str, _given: Any, context: Any, _many: bool
    ) -> None:
        nonlocal left
        left -= bool(context.isddl)
        if left == 0:
            die()


def _install_commit(watch: Watch) -> None:
    from sqlalchemy import Connection, Engine, event

    import core.store.store
    import core.store.work
    from core.store.units import Unit
    from core.store.writer import Batch, Writer

    class DyingWriter(Writer):
        async def _attempt(self, batch: Sequence[Unit]) -> Batch:
            done = await super()._attempt(batch)
            watch.committed()  # on disk, and nobody has been told
            return done

    vars(core.store.store)["Writer"] = DyingWriter

    work = vars(core.store.work)
    work["writer"] = _watched(work["writer"], watch)

    @event.listens_for(Engine, "begin")
    def begun(connection: Connection) -> None:
        watch.begun(connection)

    @event.listens_for(Engine, "commit")
    def committing(connection: Connection) -> None:
        watch.committing(connection)

    @event.listens_for(Engine, "before_cursor_execute")
    def executing(
        connection: Any, _cursor: Any, _sql: str, _given: Any, context: Any, _many: bool
    ) -> None:
        for write in _writes(context):
            watch.wrote(connection, write)


def _watched(writer: Callable[..., Many], watch: Watch) -> Callable[..., Many]:
    """What goes past SQLAlchemy is seen as well."""

    def watched(connection: object) -> Many:
        many = writer(connection)

        def run(statement: str, rows: list[tuple[Any, ...]]) -> object:
            for write in _written_by_hand(statement, rows):
                watch.wrote(connection, write)
            return many(statement, rows)

        return run

    return watched


def _writes(context: Any) -> list[Write]:
    if context.compiled is None:
        return _written_by_hand(context.statement, context.parameters)
    if not (context.isinsert or context.isupdate):
        return []
    verb = "insert" if context.isinsert else "update"
    table = str(context.compiled.statement.table.name)
    return [(verb, table, values) for values in context.compiled_parameters]


def _written_by_hand(statement: str, rows: Sequence[Any]) -> list[Write]:
    """What a statement writes that went past SQLAlchemy's expressions."""
    found = re.match(r"INSERT INTO (\w+) \(([^)]*)\) VALUES \(([^)]*)\)", statement)
    if found is None:
        return []
    columns, places = found[2].split(", "), found[3].split(", ")
    return [("insert", found[1], _values(columns, places, row)) for row in rows]


def _values(columns: Sequence[str], places: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    given = iter(row)
    said = (next(given) if place.startswith(("?", "$")) else place.strip("'") for place in places)
    return dict(zip(columns, said, strict=True))
