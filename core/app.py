"""The composition root: the only place that knows which classes stand behind the ports."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

import connectors
from core import folding, memory
from core.allocator import Allocator
from core.errors import FrontdeskError, Problem, SettingsError, StoreUnavailable
from core.models import Embedder, LanguageModel
from core.ports import AgentDesk, Connector, Services
from core.redact import set_up_logging
from core.service import Outward, Service
from core.settings import Settings, load
from core.shortage import Shortage

log = logging.getLogger(__name__)

_PATIENCE = timedelta(seconds=10)  # how long a stop waits for what is under way
_FILES_WANTED = 65_536
# PostgreSQL takes it as a parameter, too.
_PASSWORD = re.compile(r"(?:^|&)(?:ssl)?password=([^&]+)")
_WARNINGS_TOLD = 20


class Composition:
    """Makes what the settings ask for. The Slack app is one for the desk and the customers."""

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str],
        hide: Callable[[Iterable[str]], None] = lambda _secrets: None,
    ) -> None:
        """`hide` is told the secrets of each settings that load, before anybody uses them."""
        self._path = path
        self._hide = hide
        self._environ = environ
        self._slack: Any = None

    def load(self) -> Settings:
        settings = load(
            self._path,
            environ=self._environ,
            channels=connectors.SETTINGS,
            sections=connectors.SECTIONS,
        )
        self._hide(secrets_in(settings))
        return settings

    def outward(self) -> Outward:
        return Outward(self.channels, self.desk, self.model, self.load, self.embedder)

    def channels(self, settings: Settings, services: Services) -> Sequence[Connector]:
        on = [name for name in connectors.SETTINGS if not settings.why_off(f"channels.{name}")]
        for name in connectors.SETTINGS:
            if name not in on:
                log.info("%s is off: %s", name, settings.why_off(f"channels.{name}"))
        slack = self._slack_app(settings, services) if "slack" in on else None
        parts = connectors.Parts(settings, services, slack)
        return [connectors.build(name, parts) for name in on]

    def desk(self, settings: Settings, services: Services) -> AgentDesk | None:
        if why := settings.why_off("desk"):
            log.info("desk is off: %s", why)
            return None
        from bridge.desk import SlackDesk  # only where a desk is on: Slack's client is heavy

        return SlackDesk(self._slack_app(settings, services), settings.desk, services)

    def model(self, settings: Settings) -> LanguageModel | None:
        if why := settings.why_off("gpt"):
            log.info("gpt is off: %s", why)
            return None
        from core.gpt import OpenAIModel  # only where GPT is on: the client is heavy

        return OpenAIModel(
            settings.gpt.api_key.get_secret_value(),
            settings.gpt.base_url,
            settings.gpt.model,
            total=settings.timeouts.gpt_total.total_seconds(),
            silence=settings.timeouts.gpt_silence.total_seconds(),
            max_tokens=settings.gpt.max_answer_tokens,
        )

    def embedder(self, settings: Settings) -> Embedder | None:
        if settings.why_off("gpt") or not settings.gpt.embeddings_model:
            return None
        from core.embedder import OpenAIEmbedder  # only where it is on: the client is heavy

        return OpenAIEmbedder(
            settings.gpt.api_key.get_secret_value(),
            settings.gpt.base_url,
            settings.gpt.embeddings_model,
            total=settings.timeouts.gpt_total.total_seconds(),
        )

    def _slack_app(self, settings: Settings, services: Services) -> Any:
        if self._slack is None:
            from connectors.slack.app import SlackApp

            timeout = settings.timeouts.platform.total_seconds()
            self._slack = SlackApp(settings.section("slack"), now=services.now, timeout=timeout)
        return self._slack


def utc_now() -> datetime:
    return datetime.now(UTC)


def secrets_in(settings: Settings) -> Iterator[str]:
    """Every secret value of the settings, for the log to hide."""
    store = urlsplit(settings.store.url)
    written = [store.password or "", *_PASSWORD.findall(store.query)]
    for password in filter(None, written):
        yield password
        yield unquote(password)
    groups = [*settings.channels.values(), *settings.sections.values(), settings.server]
    for group in (*groups, settings.gpt):
        yield from _secrets_of(group)


def _secrets_of(group: BaseModel) -> Iterator[str]:
    for name in type(group).model_fields:
        value = getattr(group, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()


def raise_file_limit() -> None:
    """Every socket is an open file, and the usual limit of 1,024 is soon reached."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(path: Path) -> int:
    """The command `frontdesk run`: serve until a signal. The exit code."""
    composition = Composition(path, os.environ, set_up_logging(()).hide)
    allocator = Allocator()
    allocator.give_back(True)  # most of what it takes to read the settings is soon gone
    try:
        settings = composition.load()
    except SettingsError as error:
        sys.stderr.write(f"{error.report()}\n")
        return 2
    settings = _tidied(settings, allocator)
    _tell(settings.warnings)
    raise_file_limit()
    try:
        return asyncio.run(serve(settings, composition.outward(), allocator))
    except (FrontdeskError, OSError) as error:
        log.error("frontdesk could not start: %s", _told(error, settings))
        return 1


def _tidied(settings: Settings, allocator: Allocator) -> Settings:
    """The same, where thousands of rules are in nobody's way."""
    folding.forget()
    allocator.give_back(False)
    rules, places = memory.moved((settings.quick_replies, settings.places))
    allocator.give_back(True)
    return replace(settings, quick_replies=rules, places=places)


def _tell(warnings: Sequence[Problem]) -> None:
    for warning in warnings[:_WARNINGS_TOLD]:
        for line in warning.report().splitlines():
            log.warning("%s", line)
    if (more := len(warnings) - _WARNINGS_TOLD) > 0:
        log.warning("and %d more warnings; `frontdesk check` shows them all", more)


def _told(error: Exception, settings: Settings) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        cure = "change server.port or end the other program"
        return f"port {settings.server.port} is in use: {cure}"
    if isinstance(error, StoreUnavailable) and "store.url" not in str(error):
        return f"{error} (the store is what store.url names; frontdesk doctor looks closer)"
    return str(error)


async def serve(settings: Settings, outward: Outward, allocator: Allocator) -> int:
    """Run until SIGTERM or SIGINT; a second signal ends the process at once."""
    service = Service(settings, outward, now=utc_now, crowd=memory.Crowd(allocator))
    allocator.give_back(False)
    stopping = asyncio.Event()
    on_signals(stopping)
    asyncio.get_running_loop().set_exception_handler(Shortage())
    await service.start()
    memory.settle()
    log.info("ready at %s", service.url)
    await stopping.wait()
    log.info("stopping")
    await service.stop(_PATIENCE)
    return 0


def on_signals(stopping: asyncio.Event) -> None:
    """The first SIGTERM or SIGINT sets `stopping`, the second one ends the process."""

    def stop() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
