"""Reading a call: clients send forms, multipart or JSON, and the methods want typed values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.telegram.refusal import bad_request
from sandbox.telegram.schema import METHODS, Kind

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call as it came: values still strings or JSON, and its files by part name."""

    values: Mapping[str, Any]
    uploads: Mapping[str, Upload]

    def typed(self, method: str) -> dict[str, Any]:
        """The values as `method` wants them; raises Refusal for what it would not take."""
        known = METHODS[method]
        for name in self.values:
            if name not in known:
                raise bad_request(f'{method} has no parameter "{name}"')
        found: dict[str, Any] = {}
        for name, parameter in known.items():
            value = self._value(name, parameter.kind)
            if value is not None:
                found[name] = value
            elif parameter.missing:
                raise bad_request(parameter.missing)
        self._refuse_strays(known, found)
        return found

    def attached(self, reference: str) -> Upload:
        """The file behind `attach://part`."""
        part = reference.removeprefix("attach://")
        if part not in self.uploads:
            raise bad_request(f'there is no part "{part}" in the request')
        return self.uploads[part]

    def _value(self, name: str, kind: Kind) -> Any:
        if kind is Kind.FILE and name in self.uploads:
            return self.uploads[name]
        raw = self.values.get(name)
        if raw is None or (raw == "" and kind is not Kind.FLAG):
            return None
        if kind is Kind.FILE and isinstance(raw, str) and raw.startswith("attach://"):
            return self.attached(raw)
        return _READERS[kind](name, raw)

    def _refuse_strays(self, known: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        named = json.dumps([value for value in found.values() if isinstance(value, (list, dict))])
        used = {value for value in self.values.values() if isinstance(value, str)}
        for part in self.uploads:
            reference = f"attach://{part}"
            if part not in known and reference not in used and reference not in named:
                raise bad_request(f'the file "{part}" belongs to no parameter')


async def read(request: web.Request) -> Arguments:
    """What `request` carries, in the query and in the body."""
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        values |= _document(await request.read())
        return Arguments(values, uploads)
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            data = part.file.read()
            part.file.close()
            uploads[name] = Upload(part.filename, part.content_type, data)
        else:
            values[name] = part if isinstance(part, str) else bytes(part).decode()
    return Arguments(values, uploads)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(document, dict):
        raise bad_request("can't parse JSON object")
    return document


def _text(name: str, raw: Any) -> str:
    if not isinstance(raw, str):
        raise bad_request(f'parameter "{name}" must be a string')
    return raw


def _integer(name: str, raw: Any) -> int:
    try:
        if isinstance(raw, (bool, float)):
            raise ValueError
        return int(raw)
    except (TypeError, ValueError):
        raise bad_request(f'parameter "{name}" must be an integer') from None


def _flag(name: str, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).lower() not in _FLAGS:
        raise bad_request(f'parameter "{name}" must be true or false')
    return _FLAGS[str(raw).lower()]


def _chat(name: str, raw: Any) -> int | str:
    text = str(raw)
    return text if text.startswith("@") else _integer(name, raw)


def _structure(wanted: type) -> Callable[[str, Any], Any]:
    def read_structure(name: str, raw: Any) -> Any:
        try:
            value = json.loads(raw) if isinstance(raw, str) else raw
        except ValueError:
            raise bad_request(f'can\'t parse "{name}" as JSON') from None
        if not isinstance(value, wanted):
            noun = "Array" if wanted is list else "Object"
            raise bad_request(f'{noun} expected as "{name}"')
        return value

    return read_structure


_READERS: dict[Kind, Callable[[str, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.FILE: _text,
    Kind.INTEGER: _integer,
    Kind.FLAG: _flag,
    Kind.CHAT: _chat,
    Kind.LIST: _structure(list),
    Kind.OBJECT: _structure(dict),
}
