"""Count what happens, under names that dashboards and alerts rely on.

The labels' values that are known beforehand are bound at the start, so that counting costs the hot
path no look-up, and so that a series exists before its first event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from core.budget import Step, Today
from core.messages import AuthorKind, ChannelName
from core.records import AnswerSource, Bill, Target
from core.timings import Timings

_ANSWERERS = ("rule", "gpt", "agent")
_TOKEN_KINDS = ("input", "cached_input", "output")
_ANSWER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_COMMIT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Everything that is counted, in a registry of its own: two services never share a number."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, channels: Iterable[str] = ()) -> None:
        """`channels`: those whose series exist from the start; others join when first seen."""
        registry = self._registry = CollectorRegistry()
        self._messages = Counter(
            "frontdesk_messages",
            "Lines stored in transcripts.",
            ("channel", "author"),
            registry=registry,
        )
        self._bound_messages = {
            (channel, author): self._messages.labels(channel, author.value)
            for channel in channels
            for author in AuthorKind
        }
        self._connections = Gauge(
            "frontdesk_connections", "Open sockets.", ("channel",), registry=registry
        )
        self._count_answers(registry)
        self._count_outbox(registry)
        self._count_gpt(registry)
        self._commit = Histogram(
            "frontdesk_commit_seconds",
            "How long a commit took.",
            buckets=_COMMIT_BUCKETS,
            registry=registry,
        )
        reloads = Counter(
            "frontdesk_settings_reloads", "Settings read anew.", ("result",), registry=registry
        )
        self._reloads = {True: reloads.labels("ok"), False: reloads.labels("error")}

    def _count_answers(self, registry: CollectorRegistry) -> None:
        answers = Counter("frontdesk_answers", "Answers to customers.", ("by",), registry=registry)
        self._answers = {by: answers.labels(by) for by in _ANSWERERS}
        self._answer_seconds = Timings(
            "frontdesk_answer_seconds",
            "From a customer's message to its answer.",
            "by",
            _ANSWERERS,
            _ANSWER_BUCKETS,
            registry,
        )

    def _count_outbox(self, registry: CollectorRegistry) -> None:
        pending = Gauge(
            "frontdesk_outbox_pending", "Deliveries that wait.", ("target",), registry=registry
        )
        self._pending = {target: pending.labels(target.value) for target in Target}
        self._failures = Counter(
            "frontdesk_outbox_failures",
            "Attempts to deliver that failed.",
            ("target", "class"),
            registry=registry,
        )

    def _count_gpt(self, registry: CollectorRegistry) -> None:
        tokens = Counter(
            "frontdesk_gpt_tokens", "Tokens that GPT was paid for.", ("kind",), registry=registry
        )
        self._tokens = {kind: tokens.labels(kind) for kind in _TOKEN_KINDS}
        self._cost = Counter(
            "frontdesk_gpt_cost_usd", "Estimated cost of GPT in US dollars.", registry=registry
        )
        sources = Counter(
            "frontdesk_gpt_answers",
            "Answers of GPT, by whether they were paid for.",
            ("source",),
            registry=registry,
        )
        self._sources = {source: sources.labels(source.value) for source in AnswerSource}
        self._used = Gauge(
            "frontdesk_gpt_budget_used", "Share of today's budget that is used.", registry=registry
        )
        steps = Gauge(
            "frontdesk_gpt_budget_step",
            "1 at the step of the budget's ladder that is taken now.",
            ("step",),
            registry=registry,
        )
        self._steps = {step: steps.labels(step.value) for step in Step}
        self._show_step(Step.FULL)

    def messages(self, channel: ChannelName, author: AuthorKind, count: int) -> None:
        """So many lines were stored."""
        bound = self._bound_messages.get((channel, author))
        if bound is None:
            bound = self._messages.labels(channel, author.value)
            self._bound_messages[channel, author] = bound
        bound.inc(count)

    def answered(self, by: str, waits: Sequence[float | None]) -> None:
        """Customers got an answer each from "rule", "gpt" or "agent", so many seconds after
        asking where that is known; anybody else, such as the product with its own sentences,
        gives no answer and is not counted."""
        if by in self._answers:
            self._answers[by].inc(len(waits))
            known = [max(seconds, 0.0) for seconds in waits if seconds is not None]
            self._answer_seconds.add(by, known)

    def outbox_pending(self, target: Target, deliveries: int) -> None:
        self._pending[target].set(deliveries)

    def outbox_failed(self, target: Target, kind: str) -> None:
        """An attempt failed; `kind` is the error's class name, never its text."""
        self._failures.labels(target.value, kind).inc()

    def gpt_used(self, bill: Bill) -> None:
        """A call of GPT was made, whatever became of its answer."""
        usage = bill.usage
        self._tokens["input"].inc(usage.input_tokens)
        self._tokens["cached_input"].inc(usage.cached_tokens)
        self._tokens["output"].inc(usage.output_tokens)
        self._cost.inc(bill.micro_usd / 1_000_000)

    def gpt_answered(self, source: AnswerSource) -> None:
        """A customer got an answer of GPT."""
        self._sources[source].inc()

    def gpt_budget(self, today: Today) -> None:
        self._used.set(today.used)
        self._show_step(today.step)

    def _show_step(self, step: Step) -> None:
        for each, gauge in self._steps.items():
            gauge.set(each is step)

    def watch_connections(self, channel: ChannelName, count: Callable[[], int]) -> None:
        """Ask `count` for the open sockets of `channel` whenever somebody looks."""
        self._connections.labels(channel).set_function(count)

    def commit(self, seconds: float) -> None:
        self._commit.observe(seconds)

    def settings_reloaded(self, *, ok: bool) -> None:
        self._reloads[ok].inc()

    def page(self) -> bytes:
        """Everything in Prometheus' text format, as `content_type` says."""
        from prometheus_client import generate_latest  # it brings along a server of its own

        return generate_latest(self._registry)
