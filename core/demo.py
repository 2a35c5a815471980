"""The command `frontdesk demo`: the real service with stand-ins in place of the platforms.

Only addresses and credentials differ from `frontdesk run`; everything between them is the same
code. What the demo keeps, it keeps in a temporary folder that goes when the demo goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from core.app import Composition, on_signals, raise_file_limit, utc_now
from core.errors import FrontdeskError
from core.messages import Answer, Turn
from core.models import LanguageModel
from core.ports import Route
from core.redact import set_up_logging
from core.service import Service
from core.settings import Settings
from core.settings.environment import environment
from core.settings.prices import price_of
from core.standins import HOST, StandIn, StandIns, with_knowledge
from core.tally import Estimate, Tallied, Tally
from sandbox.demo import Happening, Site, Stage, Ticker
from sandbox.slack import SlackSandbox

log = logging.getLogger(__name__)

_WRONG = 2  # the exit code for wrong usage
_PATIENCE = timedelta(seconds=3)
_PORTS_TRIED = 100
_USUAL = Path("settings.yaml")
_OWN = Path(str(resources.files("sandbox.demo") / "settings.yaml"))
_PLATFORMS = {"slack": "desk", "telegram": "channels.telegram"}
_VARIABLES = {
    "slack": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_DESK_CHANNEL"),
    "telegram": ("TELEGRAM_TOKEN",),
}

Hide = Callable[[Iterable[str]], None]


def demo(path: Path, *, port: int, real: frozenset[str]) -> int:
    """Serve the demo until a signal; the exit code. Raises SettingsError or FrontdeskError."""
    path = _settings_path(path)
    hide = set_up_logging((), level=logging.WARNING).hide
    settings = Composition(path, _environ(path, real), hide).load()
    if missing := _missing(settings, real):
        sys.stderr.write(f"{missing}\n")
        return _WRONG
    logging.getLogger("core.service").setLevel(logging.INFO)  # tells of reloaded settings
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="frontdesk-demo-") as folder:
        show = Show(path, settings, real, Path(folder), _free_port(port), hide)
        try:
            return asyncio.run(show.run(port))
        except OSError as error:
            raise FrontdeskError(f"the demo could not start: {error}") from None


class DemoComposition(Composition):
    """Loads the same settings, with the stand-ins' addresses over them, again at each change."""

    def __init__(
        self,
        path: Path,
        real: frozenset[str],
        overlay: Callable[[Settings], Settings],
        tally: Tally,
        hide: Hide,
    ) -> None:
        super().__init__(path, {}, hide)
        self._real = real
        self._overlay = overlay
        self._tally = tally

    def load(self) -> Settings:
        self._environ = _environ(self._path, self._real)
        return self._overlay(with_knowledge(super().load()))

    def model(self, settings: Settings) -> LanguageModel | None:
        model = super().model(settings)
        return None if model is None else _Metered(model, self._tally)


class Show:
    """One run of the demo: stand-ins, service and page."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        real: frozenset[str],
        folder: Path,
        port: int,
        hide: Hide,
    ) -> None:
        self._path = path
        self._hide = hide
        self._real = real
        self._folder = folder
        self._port = port
        self._real_gpt = not settings.why_off("gpt")
        self._stage = Stage(
            slack="slack" not in real,
            telegram="telegram" not in real,
            model=None if self._real_gpt else settings.gpt.model,
        )
        estimate = _estimate(settings)
        self._ticker = Ticker(estimate.basis())
        self._tally = Tally(self._tell, estimate, utc_now)

    async def run(self, wanted: int) -> int:
        stopping = asyncio.Event()
        on_signals(stopping)
        async with self._running() as service:
            sys.stdout.write(self._welcome(service.url, wanted))
            sys.stdout.flush()
            await stopping.wait()
            sys.stdout.write("\nstopping\n")
        return 0

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[Service]:
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._stage.stop)
            await self._stage.start()
            stand_ins = self._stand_ins()
            composition = DemoComposition(
                self._path,
                self._real,
                lambda found: stand_ins.put_into(found, self._folder, self._port),
                self._tally,
                self._hide,
            )
            settings = await asyncio.to_thread(composition.load)
            site = Site(self._stage, self._ticker, self._about())
            service = Service(settings, composition.outward(), now=utc_now, routes=_routes(site))
            await service.start()
            stack.push_async_callback(service.stop, _PATIENCE)
            stack.push_async_callback(site.close)
            service.store.subscribe(self._tally.committed)
            fading = asyncio.create_task(site.fade())
            stack.callback(fading.cancel)
            yield service

    def _stand_ins(self) -> StandIns:
        slack, phone, gpt = self._stage.slack, self._stage.telegram, self._stage.openai
        return StandIns(
            slack=None if slack is None else StandIn(slack.api_url, _slack_credentials(slack)),
            telegram=None if phone is None else StandIn(phone.api_url, {"token": phone.token}),
            gpt=None if gpt is None else StandIn(gpt.base_url, {"api_key": gpt.api_key}),
            desk=self._stage.desk,
        )

    # --- what is told ----------------------------------------------------------------------

    def _tell(self, line: Tallied) -> None:
        self._ticker.add(
            Happening(
                line.who,
                line.label,
                line.channel,
                line.at.timestamp(),
                line.question,
                line.answer,
                line.ms,
                line.dollars,
                line.saved,
            )
        )

    def _about(self) -> dict[str, Any]:
        real = {
            "web": True,
            "telegram": self._stage.telegram is None,
            "slack": self._stage.slack is None,
            "gpt": self._real_gpt,
        }
        return {"settings": str(self._path), "real": real}

    def _welcome(self, url: str, wanted: int) -> str:
        busy = f"   (port {wanted} is busy)" if wanted not in (0, self._port) else ""
        rows = [
            ("web chat", "real", ""),
            ("GPT", self._real_gpt, "canned answers; set OPENAI_API_KEY to use the real one"),
            ("Telegram", self._stage.telegram is None, "--real telegram uses your bot"),
            ("Slack", self._stage.slack is None, "--real slack uses your workspace"),
        ]
        lines = [
            f"  {name:<10}{'real' if is_real else 'stand-in':<10}{'' if is_real else cure}"
            for name, is_real, cure in rows
        ]
        table = "\n".join(line.rstrip() for line in lines)
        return (
            f"\nThe demo is at {url}{busy}\n\n{table}\n\n"
            "  The shop counts as always open, whatever business.hours say.\n"
            f"  The rules are in {self._path}: save it, and the new ones answer at once.\n"
            "  Ctrl-C ends the demo; nothing of it is kept.\n\n"
        )


class _Metered:
    """The language model, with what it used told to the tally."""

    def __init__(self, model: LanguageModel, tally: Tally) -> None:
        self._model = model
        self._tally = tally

    async def check(self, model: str = "") -> None:
        await self._model.check(model)

    async def answer(
        self,
        instructions: str,
        turns: Sequence[Turn],
        *,
        on_draft: Callable[[str], None],
        model: str = "",
    ) -> Answer:
        answer = await self._model.answer(instructions, turns, on_draft=on_draft, model=model)
        if answer.text:
            self._tally.used(answer.usage)
        return answer

    async def close(self) -> None:
        await self._model.close()


def _slack_credentials(slack: SlackSandbox) -> dict[str, str]:
    identity = slack.identity
    return {
        "bot_token": identity.bot_token,
        "app_token": identity.app_token,
        "signing_secret": identity.signing_secret,
    }


def _settings_path(path: Path) -> Path:
    """The file that was named; where there is none by the usual name, the demo's own."""
    return path if path.exists() or path != _USUAL else _OWN


def _environ(path: Path, real: frozenset[str]) -> dict[str, str]:
    """The environment, without the credentials of platforms that are not wanted for real."""
    values = environment(_USUAL if path == _OWN else path, os.environ)
    for platform, names in _VARIABLES.items():
        if platform not in real:
            values |= dict.fromkeys(names, "")
    return {"OPENAI_API_KEY": "", "PUBLIC_URL": "", **values}


def _missing(settings: Settings, real: frozenset[str]) -> str:
    """What a platform that is wanted for real still needs, a line each; "" for nothing."""
    reasons = {name: settings.why_off(_PLATFORMS[name]) for name in sorted(real)}
    # A setting has a dotted path, a variable's name has no dot.
    places = {True: settings.path, False: ".env or the environment"}
    return "\n".join(
        f"frontdesk: --real {name}: {why} (to be set in {places['.' in why]})"
        for name, why in reasons.items()
        if why
    )


def _estimate(settings: Settings) -> Estimate:
    price = price_of(settings.gpt.model, settings.gpt.prices)
    return Estimate() if price is None else Estimate(price.input, price.output)


def _routes(site: Site) -> list[Route]:
    return [Route(method, path, handler) for method, path, handler in site.routes()]


def _free_port(wanted: int) -> int:
    """`wanted`, or the next port that is free; 0 stays 0. Raises FrontdeskError."""
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port if wanted else 0
    raise FrontdeskError(f"no port is free from {wanted} on: name another with --port")
