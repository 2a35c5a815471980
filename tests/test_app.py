"""The service as a process: what it loads, how it starts, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from sandbox.openai import OpenAISandbox
from sandbox.slack import SlackSandbox
from sandbox.telegram import TelegramSandbox
from tests.scenarios.visitor import Visitor

ROOT = Path(__file__).parent.parent
HEAVY = ("openai", "telegram", "slack_bolt", "slack_sdk", "alembic", "playwright", "jwt")
UNUSED = ("aiohttp.client", "prometheus_client.exposition")
QUIET = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TELEGRAM", "SLACK", "OPENAI", "PYTEST"))
}
SETTINGS = """
server: {port: 0}
store: {url: "sqlite:///STORE"}
channels: {web: {}}
quick_replies: [{id: hello, when: {any: [hello]}, reply: Hello there}]
"""
LIKE = """{id: refund, reply: Three days., when: {examples: [I would like my money back please,
       "Can you pay me back what I paid?", How do I get my money back?]}}"""
KNOWING = """{api_key: "${OPENAI_API_KEY}", base_url: URL, model: gpt-5-mini, debounce: 100ms,
      knowledge: [ferns.html]}"""


def settings(folder: Path, more: str = "") -> Path:
    path = folder / "settings.yaml"
    store = str(folder / "frontdesk.db")
    path.write_text(SETTINGS.replace("STORE", store) + more, encoding="utf-8")
    return path


@asynccontextmanager
async def running(path: Path, **environ: str) -> AsyncIterator[tuple[Process, str, list[str]]]:
    """The command `frontdesk run`: the process, its address, and its log so far."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "core", "run", "--settings", str(path)),
        cwd=path.parent,  # a relative path in the settings must not lead into the project
        env=QUIET | {"PYTHONPATH": str(ROOT)} | environ,
        stderr=PIPE,
    )
    assert process.stderr is not None
    log: list[str] = []
    try:
        async with asyncio.timeout(20):
            while not (found := re.search(r"ready at (http://\S+)", log[-1] if log else "")):
                line = await process.stderr.readline()
                assert line, f"it ended: {log}"
                log.append(line.decode())
        yield process, found[1], log
    finally:
        if process.returncode is None:
            process.kill()
        log.append((await process.stderr.read()).decode())
        await process.wait()


async def get_json(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, json.loads(await response.text())


async def test_it_runs_with_nothing_but_the_shipped_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    shipped = (ROOT / "settings.yaml").read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^(\s*)port: \d+", r"\1port: 0", shipped), encoding="utf-8")
    async with running(path) as (_, url, log):
        status, answer = await get_json(f"{url}/readyz")
        assert (status, answer["ready"]) == (200, True)
    assert any("telegram is off: TELEGRAM_TOKEN is empty" in line for line in log)
    assert any("gpt is off: OPENAI_API_KEY is empty" in line for line in log)


async def test_it_runs_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    path = settings(tmp_path)
    store = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    path.write_text(path.read_text().replace(store, postgres_database), encoding="utf-8")
    for _start in ("makes the tables", "finds them"):
        async with running(path) as (process, url, log):
            status, answer = await get_json(f"{url}/readyz")
            assert (status, answer["ready"]) == (200, True), log
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await process.wait() == 0


async def test_examples_answer_and_knowledge_is_read_in_the_real_process(tmp_path: Path) -> None:
    """It loads libraries in a way of its own, and some of them only when they are first used."""
    openai = OpenAISandbox()
    await openai.start()
    (tmp_path / "ferns.html").write_text("<h1>Ferns</h1><p>Ferns love the shade of a wall.</p>")
    path = settings(tmp_path, f"  - {LIKE}\ngpt: {KNOWING.replace('URL', openai.base_url)}\n")
    path.write_text(path.read_text().replace("[{id: hello", "\n  - {id: hello").replace("}]", "}"))
    async with running(path, OPENAI_API_KEY=openai.api_key) as (_, url, log):
        visitor = Visitor(url)
        await visitor.arrive()
        await visitor.say("please, I would like to have my money back")
        await visitor.hears("Three days.", "bot")
        openai.script("In the shade.")
        await visitor.say("what do ferns love?")
        await visitor.hears("In the shade.", "bot")
        await visitor.leave()
    (asked,) = openai.journal.of("chat.completions")
    assert "the shade of a wall" in str(asked.arguments["messages"][0])
    assert not [line for line in log if "Traceback" in line]
    await openai.stop()


async def test_sigterm_ends_it_with_0(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as (process, _, _):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_a_second_process_on_the_same_store_is_refused_by_name(tmp_path: Path) -> None:
    path = settings(tmp_path)
    async with running(path) as (process, _, _):
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "core", "run", "--settings", str(path)),
            cwd=ROOT,
            env=QUIET,
            stderr=PIPE,
        )
        _, error = await second.communicate()
        assert second.returncode == 1
        assert str(process.pid) in error.decode()


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as (_, url, _):
        other = tmp_path / "other"
        other.mkdir()
        path = settings(other)
        port = url.rpartition(":")[2]
        path.write_text(path.read_text().replace("port: 0", f"port: {port}"), encoding="utf-8")
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "core", "run", "--settings", str(path)),
            cwd=ROOT,
            env=QUIET,
            stderr=PIPE,
        )
        _, error = await second.communicate()
        assert second.returncode == 1
        cure = "change server.port or end the other program"
        (line,) = (line for line in error.decode().splitlines() if "could not start" in line)
        assert line.endswith(f"port {port} is in use: {cure}")
        assert "Traceback" not in error.decode()


async def test_no_platforms_library_is_loaded_while_its_channel_is_off(tmp_path: Path) -> None:
    path = settings(tmp_path)
    async with running(path):
        pass  # the first start makes the database, which takes a library of its own
    source = f"""
import logging, os, signal, sys
from core.__main__ import main

class Ready(logging.Handler):
    def emit(self, record):
        if "ready" in record.getMessage():
            os.kill(os.getpid(), signal.SIGTERM)

logging.getLogger("core.app").addHandler(Ready())
sys.argv[1:] = ["run", "--settings", {str(path)!r}]
code = main()
print(*[name for name in {HEAVY + UNUSED!r} if name in sys.modules])
sys.exit(code)
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, cwd=ROOT, env=QUIET, stdout=PIPE
    )
    output, _ = await process.communicate()
    assert (process.returncode, output.decode().split()) == (0, [])


async def test_it_raises_its_own_limit_of_open_files(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as (process, _, _):
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
        soft, hard = re.search(r"Max open files\s+(\d+)\s+(\d+)", limits).groups()  # type: ignore[union-attr]
        assert int(soft) == min(int(hard), 65_536)


async def test_no_secret_is_in_the_log_with_everything_on(tmp_path: Path) -> None:
    slack, telegram, openai = SlackSandbox(), TelegramSandbox(), OpenAISandbox()
    await asyncio.gather(slack.start(), telegram.start(), openai.start())
    try:
        desk = slack.add_channel("desk")
        more = f"""
slack: {{bot_token: "${{SLACK_BOT_TOKEN}}", app_token: "${{SLACK_APP_TOKEN}}",
         api_url: "{slack.api_url}"}}
desk: {{channel: {desk}}}
gpt: {{api_key: "${{OPENAI_API_KEY}}", base_url: "{openai.base_url}", model: gpt-5-mini}}
"""
        path = settings(tmp_path, more)
        text = path.read_text(encoding="utf-8")
        bot = f'telegram: {{token: "${{TELEGRAM_TOKEN}}", api_url: "{telegram.api_url}"}}'
        path.write_text(text.replace("{web: {}}", f"{{web: {{}}, {bot}}}"), encoding="utf-8")
        secrets = {
            "SLACK_BOT_TOKEN": slack.identity.bot_token,
            "SLACK_APP_TOKEN": slack.identity.app_token,
            "TELEGRAM_TOKEN": telegram.token,
            "OPENAI_API_KEY": openai.api_key,
        }
        async with running(path, **secrets) as (_, url, log):
            status, _ = await get_json(f"{url}/readyz")
            assert status == 200, log
        assert not any(secret in line for secret in secrets.values() for line in log)
    finally:
        await asyncio.gather(slack.stop(), telegram.stop(), openai.stop())
