"""The command `frontdesk doctor`: look at the real platforms, and say what is wrong with what.

Nothing is changed by it: no webhook is set or deleted, no message is confirmed, nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime

import connectors
from core import machine
from core.app import secrets_in, utc_now
from core.errors import ModelError, ModelRefused
from core.findings import Examination, Finding, Mark, Patient
from core.models import Embedder
from core.redact import RedactingFormatter
from core.settings import Settings
from core.store import health

_WIDTH = 8  # of the column of parts


def doctor(settings: Settings, tell: Callable[[str], None]) -> int:
    """`tell` gets a line a finding; the exit code is 0 when none is a fault."""
    clean = RedactingFormatter(secrets_in(settings)).clean
    counts = dict.fromkeys(Mark, 0)

    async def show() -> None:
        async for finding in examine(settings, utc_now):
            counts[finding.mark] += 1
            tell(f"{finding.mark} {finding.part:{_WIDTH}} {clean(str(finding))}")

    asyncio.run(show())
    tell(_verdict(counts))
    return 1 if counts[Mark.FAULT] else 0


async def examine(settings: Settings, now: Callable[[], datetime]) -> AsyncIterator[Finding]:
    """All findings, part by part. The parts are examined side by side."""
    running, findings = await _service(settings)
    patient = Patient(settings, now, running)
    parts = [*_parts(settings)]  # imports what is heavy, before anybody waits for an answer
    examined = [asyncio.create_task(_all(part, look, patient)) for part, look in parts]
    for finding in findings:
        yield finding
    for task in examined:
        for finding in await task:
            yield finding


async def _service(settings: Settings) -> tuple[Mapping[str, str] | None, list[Finding]]:
    timeout = settings.timeouts.platform.total_seconds()
    told = await machine.ask_service(settings, timeout)
    process = health.holder(settings.store.url)
    if not isinstance(told, Finding):
        if process:
            return told, machine.told(told)
        return _whose(settings, told)
    if process:
        # It is somebody of ours, so it may poll; only its address is another one.
        what = f"process {process} has the store open, and does not answer at server.port"
        return {}, [
            Finding(Mark.DOUBT, "service", what, "was server.port changed since its start?")
        ]
    return None, [told]


def _whose(
    settings: Settings, told: Mapping[str, str]
) -> tuple[Mapping[str, str] | None, list[Finding]]:
    """A frontdesk answers at our port, and nobody is seen to have our store open."""
    if health.is_file(settings.store.url):
        what = "the frontdesk at server.port is another one: it does not have this store open"
        cure = "end it or change server.port; was doctor started where the service is?"
        return None, [Finding(Mark.FAULT, "service", what, cure)]
    what = "whether the frontdesk at server.port is the one of this store cannot be told"
    return told, [Finding(Mark.DOUBT, "service", what), *machine.told(told)]


def _parts(settings: Settings) -> Iterator[tuple[str, Examination]]:
    yield "machine", machine.examine_clock
    yield "machine", machine.examine_files
    yield "store", health.examine
    for name, path in connectors.EXAMINED.items():
        off = settings.why_off(path)
        yield name, _off(name, off) if off else connectors.examination(name)
    if off := settings.why_off("desk"):
        yield "desk", _off("desk", off)
    off = settings.why_off("gpt")
    yield "gpt", _off("gpt", off) if off else _gpt()


def _off(part: str, why: str) -> Examination:
    async def examine(_patient: Patient) -> AsyncIterator[Finding]:
        yield Finding(Mark.OFF, part, f"off: {why}")

    return examine


async def _try_vectors(embedder: Embedder) -> None:
    """One of a single word, which costs next to nothing. Raises ModelError."""
    try:
        await embedder.embed(["hello"])
    finally:
        await embedder.close()


def _gpt() -> Examination:
    from core.embedder import OpenAIEmbedder
    from core.gpt import OpenAIModel  # only where GPT is on: the client is heavy

    async def examine(patient: Patient) -> AsyncIterator[Finding]:
        gpt, seconds = patient.settings.gpt, patient.timeout
        key = gpt.api_key.get_secret_value()
        model = OpenAIModel(key, gpt.base_url, gpt.model, total=seconds, silence=seconds)
        try:
            await model.check()
            yield Finding(Mark.FINE, "gpt", f"{gpt.base_url} takes the key for {gpt.model}")
            if gpt.embeddings_model:
                await _try_vectors(
                    OpenAIEmbedder(key, gpt.base_url, gpt.embeddings_model, seconds)
                )
                yield Finding(Mark.FINE, "gpt", f"{gpt.embeddings_model} makes vectors")
        except ModelRefused as error:
            yield Finding(Mark.FAULT, "gpt", str(error))
        except ModelError as error:
            cure = "is gpt.base_url right, and the way open?"
            yield Finding(Mark.FAULT, "gpt", str(error), cure)
        finally:
            await model.close()

    return examine


async def _all(part: str, look: Examination, patient: Patient) -> list[Finding]:
    found: list[Finding] = []
    try:
        async for finding in look(patient):
            found.append(finding)
    except Exception as error:
        what = f"could not be examined further: {type(error).__name__}"
        found.append(Finding(Mark.FAULT, part, what, "this is a fault of frontdesk's: report it"))
    return found


def _verdict(counts: Mapping[Mark, int]) -> str:
    faults, doubts = counts[Mark.FAULT], counts[Mark.DOUBT]
    if not faults and not doubts:
        return "nothing is wrong"
    told = [_count(faults, "fault")] if faults else []
    told += [_count(doubts, "doubt")] if doubts else []
    return ", ".join(told)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
