"""The running service: every part wired, in the order in which they start and stop.

Nothing outward is named here: the channels, the desk and the model come from `core.app`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import known_answers
from core.accounts import Accounts
from core.casework import Casework
from core.couriers import Couriers
from core.customers import Customers
from core.embeddings import Embeddings
from core.engine import Engine
from core.errors import SettingsError, StoreUnavailable
from core.files import StoredFiles
from core.knowledge.library import Library
from core.limits import CustomerRates
from core.memory import Crowd
from core.messages import ChannelName
from core.metrics import Metrics
from core.models import Embedder, LanguageModel
from core.outbox import Outbox
from core.policies import Policies
from core.policy import Policy
from core.ports import (
    AgentDesk,
    Connector,
    CountsConnections,
    Route,
    Services,
    SupportsFiles,
    SupportsLive,
    SupportsReadBack,
    SupportsRoutes,
)
from core.presence import Presence
from core.provider import Provider
from core.receipts import Receipts
from core.redact import hide_tokens
from core.reminders import Reminders
from core.replies import Replies
from core.settings import Settings
from core.settings.reload import SettingsWatcher
from core.starter import Starter
from core.store import Shelf, Store, StoredCases, StoredCursors, StoredTranscript
from core.tasks import Tasks
from core.telemetry import Telemetry
from core.turns import Turns
from core.web import WebServer

log = logging.getLogger(__name__)

_SWEEP_EVERY = 3600.0  # seconds
_COUNT_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Outward:
    """What only the composition root knows how to make. `desk`, `model` and `embedder` give None
    when the settings have no credentials for them."""

    channels: Callable[[Settings, Services], Sequence[Connector]]
    desk: Callable[[Settings, Services], AgentDesk | None]
    model: Callable[[Settings], LanguageModel | None]
    load: Callable[[], Settings]
    embedder: Callable[[Settings], Embedder | None]


class Service:
    """One frontdesk. `start` once, `stop` once. `routes` are served beside those of the parts;
    `crowd` is told how many are here."""

    def __init__(
        self,
        settings: Settings,
        outward: Outward,
        *,
        now: Callable[[], datetime],
        routes: Sequence[Route] = (),
        crowd: Crowd | None = None,
    ) -> None:
        self._settings = settings
        self._outward = outward
        self._now = now
        self._extra_routes = routes
        self._crowd = crowd or Crowd()
        self._policies = Policies(settings)
        self._tasks = Tasks()
        self.metrics = Metrics()

    # --- start -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Ready for customers on the web when this returns; other channels follow as they can.

        Raises StoreInUse, NewerDatabase, StoreUnavailable or OSError (the port is taken).
        """
        settings = self._settings
        self.store = await Store.open(
            settings.store.url, now=self._now, keep_files=settings.files.keep
        )
        try:
            await self._build()
            await self._begin()
        except BaseException:
            await self._tasks.close()
            await self.store.close()
            raise

    async def _build(self) -> None:
        settings, store = self._settings, self.store
        folder = store.files_path or settings.path.parent / "frontdesk-files"
        self.files = StoredFiles(store, folder, max_bytes=settings.files.max_mb * 1_000_000)
        services = Services(
            transcript=StoredTranscript(store),
            cursors=StoredCursors(store),
            files=self.files,
            cases=StoredCases(store),
            now=self._now,
        )
        self.desk = self._outward.desk(settings, services)
        connectors = self._outward.channels(settings, services)
        self.channels: Mapping[ChannelName, Connector] = {c.name: c for c in connectors}
        self._add_file_sources()
        self._wire()

    def _add_file_sources(self) -> None:
        for part in self._parts():
            if isinstance(part, SupportsFiles):
                self.files.add_source(part.name, part)

    def _replies(self, store: Store) -> Replies:
        channels = self.channels.items()
        return Replies(
            {name: channel.capabilities for name, channel in channels},
            relived=lambda: store.relived,
            read_again={n for n, channel in channels if isinstance(channel, SupportsReadBack)},
        )

    def _wire(self) -> None:
        store, settings = self.store, self._settings
        replies = self._replies(store)
        self.casework = Casework(replies, has_desk=self.desk is not None)
        self.customers = Customers(replies, self.casework, has_model=False)
        presence = Presence(self.channels)
        self.turns = Turns(
            store, self.customers, self.casework, replies, presence, self._tasks, self.policy
        )
        self.provider = Provider(
            self.turns, self.customers, self._tasks, self.policy, self._announce
        )
        self.embeddings = Embeddings(store, self._tasks, self._policies.embed)
        self._policies.serve(self.turns.recognition, self.embeddings)
        self._rates = CustomerRates(settings.limits.customer_per_minute, time.monotonic)
        self.engine = Engine(
            store,
            replies,
            self.casework,
            self.customers,
            self.turns,
            self._rates,
            self.policy,
            self._now,
        )
        self.outbox = Outbox(
            store,
            Couriers(store, self.channels, self.desk),
            Receipts(self.casework, self.policy, self._announce),
            self._tasks,
            self._now,
            attempt=lambda: self.policy().settings.timeouts.platform,
            failed=self.metrics.outbox_failed,
        )
        self.accounts = Accounts(store, self.policy, self.metrics.gpt_budget)
        self.reminders = Reminders(store, self.casework, self.policy, self._now)
        self.library = self.turns.calls.library = Library(
            Shelf(store), lambda: self.policy().settings, told=self._announce
        )

    async def _begin(self) -> None:
        self._listen()
        await self._open_kept_requests()
        self.provider.use(self._outward.model(self._settings))
        self.embeddings.replace(self._outward.embedder(self._settings))
        self.web = self._web_server()
        await self.web.start()
        self._tasks.keep(self.outbox.run, "outbox")
        self._tasks.keep(self.reminders.run, "reminders")
        self._tasks.keep(self._watch_settings, "settings watcher")
        self._tasks.keep(self.library.run, "knowledge files")
        self._tasks.keep(self._sweep, "sweep of what is old")
        self._tasks.keep(self.accounts.run, "accounts of what GPT costs")
        self._tasks.keep(self._count_pending, "count of pending deliveries")
        self._tasks.keep(self.store.follow_clock, "clock watch")
        await self.turns.resume()
        starter = Starter(self.engine, self._tasks)
        await starter.start(self._parts())
        if self.store.notice:
            self._announce(self.store.notice)

    def _listen(self) -> None:
        telemetry = Telemetry(self.metrics, self._now)
        self.store.commit_seconds = self.metrics.commit
        self.turns.used = self.embeddings.used = self.metrics.gpt_used
        self.turns.answered = self.metrics.gpt_answered
        self.turns.calls.announce = self._announce
        self.turns.budget.announce = self._announce
        self.turns.budget.looked = self.metrics.gpt_budget
        self.store.subscribe(telemetry.committed)
        for channel in self.channels.values():
            if isinstance(channel, CountsConnections):
                self.metrics.watch_connections(channel.name, channel.count_connections)
                channel.on_connection(self._crowd.grew)
            if isinstance(channel, SupportsLive):
                self.store.subscribe(channel.publish)
        self.store.on_work(self.outbox.wake)
        self.store.on_marks(self.outbox.wake_for)
        self.store.on_work(self.reminders.wake)

    async def _open_kept_requests(self) -> None:
        if self.desk is None:
            return
        opened = await self.store.write(self.casework.open_kept_requests)
        if opened:
            log.info("%d requests kept from the time without a desk get their threads", opened)

    def _web_server(self) -> WebServer:
        server = self._settings.server
        return WebServer(
            server.host,
            server.port,
            self._routes(),
            self.readiness,
            self.metrics,
            trusted_proxies=tuple(map(str, server.trusted_proxies)),
            metrics_token=server.metrics_token.get_secret_value(),
        )

    def _routes(self) -> list[Route]:
        """The desk and a channel may share an app, and with it a route. Whoever starts the service
        may put a page of their own in the place of ours."""
        routes: dict[tuple[str, str], Route] = {}
        for part in self._parts():
            if isinstance(part, SupportsRoutes):
                routes |= {(route.method, route.path): route for route in part.routes()}
        return list((routes | {(r.method, r.path): r for r in self._extra_routes}).values())

    def _parts(self) -> list[Connector | AgentDesk]:
        return [*self.channels.values(), *([self.desk] if self.desk is not None else [])]

    async def _count_pending(self) -> None:
        while True:
            if self._crowd.look(self._connections()):
                log.info("a crowd has gone: its memory was given back")
            try:
                counts = await self.store.read(lambda tx: tx.pending_counts())
            except StoreUnavailable:
                counts = {}  # what is shown stays until the store answers again
            for target, deliveries in counts.items():
                self.metrics.outbox_pending(target, deliveries)
            await asyncio.sleep(_COUNT_EVERY)

    def _connections(self) -> int:
        counted = (c for c in self.channels.values() if isinstance(c, CountsConnections))
        return sum(channel.count_connections() for channel in counted)

    async def _sweep(self) -> None:
        while True:
            try:
                await self.files.sweep()
                await self.store.write(lambda tx: known_answers.sweep(tx, self.policy()))
            except StoreUnavailable as error:
                log.warning("what is old is kept for now: %s", error)
            await asyncio.sleep(_SWEEP_EVERY)

    # --- settings --------------------------------------------------------------------------

    def policy(self) -> Policy:
        return self._policies.current

    async def _watch_settings(self) -> None:
        await self._policies.learn()
        await SettingsWatcher(
            self._settings,
            self._outward.load,
            on_loaded=self._use_settings,
            on_refused=self._keep_settings,
        ).run()

    async def _use_settings(self, settings: Settings, changes: str) -> None:
        old = self.policy().settings
        if (old.gpt, old.timeouts) != (settings.gpt, settings.timeouts):
            self.provider.replace(self._outward.model(settings))
            self.embeddings.replace(self._outward.embedder(settings))
        await self._policies.use(settings)
        if old.desk != settings.desk:
            self._tasks.start(self.reminders.reschedule(), "new waiting times")
        self._rates.per_minute = settings.limits.customer_per_minute
        self.library.wake()
        log.info("settings.yaml was loaded again: %s", changes)
        told = {warning.message for warning in old.warnings}
        for warning in settings.warnings:
            if warning.message not in told:
                _log_lines(logging.WARNING, warning.report())
        self.metrics.settings_reloaded(ok=True)
        self._announce(f"settings.yaml: {changes}")

    def _keep_settings(self, error: SettingsError) -> None:
        log.error("settings.yaml was not taken, the old settings stay:")
        _log_lines(logging.ERROR, error.report())
        self.metrics.settings_reloaded(ok=False)
        self._announce(
            f"settings.yaml was not taken, the old rules go on answering:\n{error.brief}"
        )

    def _announce(self, text: str) -> None:
        if self.desk is not None:
            self._tasks.start(self.desk.announce(text), "announcement")

    # --- state -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where this service is reached on this machine."""
        host = self._settings.server.host
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        return f"http://{host}:{self.web.port}"

    async def readiness(self) -> dict[str, Any]:
        """Whether the store takes messages and every channel is up, and which is not, and why."""
        trouble = {"store": await self._store_trouble()}
        for part in self._parts():
            # Platforms repeat the token they refuse, and this page is for everybody.
            why = hide_tokens(part.status.detail or "not started")
            trouble[part.name] = "" if part.status.ok else why
        return {
            "ready": not any(trouble.values()),
            "parts": {name: why or "ok" for name, why in trouble.items()},
        }

    async def _store_trouble(self) -> str:
        try:
            await self.store.check_writable()
        except Exception as error:
            return str(error) or type(error).__name__
        return ""

    async def stop(self, patience: timedelta) -> None:
        """Begin nothing more, let what is under way end for `patience`, then end."""
        seconds = patience.total_seconds()
        await asyncio.gather(self.turns.close(seconds), self.outbox.close(seconds))
        self.store.hurry()
        await asyncio.gather(*(part.stop() for part in self._parts()), return_exceptions=True)
        await self.web.stop()
        await self._tasks.close()
        await self.provider.close()
        await self.embeddings.close()
        await self.store.close()


def _log_lines(level: int, text: str) -> None:
    for line in text.splitlines():
        log.log(level, "%s", line)
