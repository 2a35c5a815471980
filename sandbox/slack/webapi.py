"""The Web API's front: reads a call, checks token, limit, scope and arguments, and answers it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.journal import Journal
from sandbox.slack.arguments import checked
from sandbox.slack.doorway import Doorway
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Meter
from sandbox.slack.methods.method import Method, require_scope
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came in: nothing in it has been checked."""

    verb: str
    token: str
    content_type: str
    query: dict[str, Any]
    body: bytes
    form: dict[str, Any]


class WebApi:
    """Answers `POST /api/{method}`. Calls that are accepted are recorded in the journal."""

    def __init__(
        self,
        workspace: Workspace,
        methods: dict[str, Method],
        meter: Meter,
        journal: Journal,
        doorway: Doorway,
    ) -> None:
        self._workspace = workspace
        self._methods = methods
        self._meter = meter
        self._journal = journal
        self._doorway = doorway

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = await _read(request)
        return await self._doorway.answer(request, name, lambda: self._accept(name, call))

    def _accept(self, name: str, call: Call) -> web.Response:
        try:
            result = {"ok": True, **self._run(name, call)}
        except _Limited as limited:
            headers = {"Retry-After": str(limited.seconds)}
            return self._response({"ok": False, "error": "ratelimited"}, 429, headers)
        except SlackError as error:
            result = error.as_response()
        return self._response(result)

    def _run(self, name: str, call: Call) -> dict[str, Any]:
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if call.verb == "GET" and not method.reads:
            raise SlackError("insecure_request")
        given = _arguments(call, method)
        self._check_token(method, call.token or str(given.pop("token", "")))
        given.pop("token", None)
        wait = self._meter.take(name, method.tier, str(given.get("channel", "")))
        if wait is not None:
            raise _Limited(wait)
        self._check_team(given)
        self._check_scopes(method)
        arguments = checked(method.arguments, given)
        result = method.run(self._workspace, arguments)
        self._journal.record(name, arguments, {"ok": True, **result})
        return result

    def _check_token(self, method: Method, token: str) -> None:
        identity = self._workspace.identity
        if method.needs_no_token:
            return
        if not token:
            raise SlackError("not_authed")
        wanted = identity.app_token if method.needs_app_token else identity.bot_token
        if token != wanted:
            known = token in (identity.app_token, identity.bot_token)
            raise SlackError("not_allowed_token_type" if known else "invalid_auth")
        if identity.token_error is not None:
            raise SlackError(identity.token_error)

    def _check_team(self, given: dict[str, Any]) -> None:
        # Bolt's clients name the team in every call, and every method takes it.
        team = given.pop("team_id", None)
        if team not in (None, self._workspace.identity.team_id):
            raise SlackError("team_access_not_granted")

    def _check_scopes(self, method: Method) -> None:
        if not method.needs_app_token:
            require_scope(self._workspace, *method.scopes)
        elif "connections:write" not in self._workspace.identity.app_scopes:
            raise SlackError("missing_scope", needed="connections:write", provided="")

    def _response(
        self, body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        scopes = ",".join(sorted(self._workspace.identity.scopes))
        request_id = self._workspace.ids.new("req")
        return web.json_response(
            body,
            status=status,
            headers={
                "Date": formatdate(self._workspace.timestamps.now(), usegmt=True),
                "X-OAuth-Scopes": scopes,
                "X-Slack-Req-Id": request_id,
                **(headers or {}),
            },
        )


class _Limited(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def _read(request: web.Request) -> Call:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    form: dict[str, Any] = {}
    body = b""
    if request.content_type == "multipart/form-data":
        form = dict(await request.post())
    else:
        body = await request.read()
    return Call(
        request.method,
        token.strip() if scheme.lower() == "bearer" else "",
        request.content_type,
        dict(request.query),
        body,
        form,
    )


def _arguments(call: Call, method: Method) -> dict[str, Any]:
    query = {name: value for name, value in call.query.items() if name != "token"}
    if not call.body:
        return {**query, **call.form}
    match call.content_type:
        case "application/json":
            # Methods that read take no JSON: Slack overlooks the body, and so the arguments miss.
            return {**query, **({} if method.reads else _json(call.body))}
        case "application/x-www-form-urlencoded":
            return {**query, **_form(call.body)}
        case _:
            raise SlackError("invalid_post_type")


def _json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(given, dict):
        raise SlackError("json_not_object")
    return given


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"
        )
    except ValueError:
        raise SlackError("invalid_form_data") from None
    return dict(pairs)
