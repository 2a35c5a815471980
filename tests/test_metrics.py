"""The names that dashboards rely on."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.messages import AuthorKind, ChannelName, Usage
from core.metrics import Metrics
from core.records import Bill, Target

WEB = ChannelName("web")


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.page().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return samples(metrics)[name, tuple(sorted(labels.items()))]


def test_every_promised_name_is_there_before_anything_happened() -> None:
    metrics = Metrics(["web"])
    metrics.watch_connections(WEB, lambda: 0)
    metrics.outbox_failed(Target.DESK, "SendLater")
    names = {name for name, _ in samples(metrics)}
    assert names >= {
        "frontdesk_messages_total",
        "frontdesk_answers_total",
        "frontdesk_answer_seconds_bucket",
        "frontdesk_outbox_pending",
        "frontdesk_outbox_failures_total",
        "frontdesk_gpt_tokens_total",
        "frontdesk_gpt_cost_usd_total",
        "frontdesk_connections",
        "frontdesk_commit_seconds_bucket",
        "frontdesk_settings_reloads_total",
    }


def test_messages_are_counted_by_channel_and_author() -> None:
    metrics = Metrics(["web"])
    for channel in ("web", "web", "fax"):
        metrics.messages(ChannelName(channel), AuthorKind.CUSTOMER, 1)
    assert value(metrics, "frontdesk_messages_total", channel="web", author="customer") == 2
    assert value(metrics, "frontdesk_messages_total", channel="web", author="bot") == 0
    assert value(metrics, "frontdesk_messages_total", channel="fax", author="customer") == 1


@pytest.mark.parametrize("by", ["rule", "gpt", "agent"])
def test_answers_are_counted_and_timed_by_who_gave_them(by: str) -> None:
    metrics = Metrics()
    metrics.answered(by, [0.02, None, 0.025, 7_200, -1])
    assert value(metrics, "frontdesk_answers_total", by=by) == 5
    assert value(metrics, "frontdesk_answer_seconds_count", by=by) == 4
    found = {
        le: value(metrics, "frontdesk_answer_seconds_bucket", by=by, le=le)
        for le in ("0.005", "0.01", "0.025", "1800.0", "+Inf")
    }
    assert found == {"0.005": 1, "0.01": 1, "0.025": 3, "1800.0": 3, "+Inf": 4}
    assert value(metrics, "frontdesk_answer_seconds_sum", by=by) == pytest.approx(7_200.045)
    assert value(metrics, "frontdesk_answer_seconds_created", by=by) > 0


@pytest.mark.parametrize("by", ["", "texts"])
def test_the_products_own_sentences_are_no_answers(by: str) -> None:
    metrics = Metrics()
    before = samples(metrics)
    metrics.answered(by, [1.0])
    assert samples(metrics) == before


def test_the_rest_is_counted_as_it_is_told() -> None:
    metrics = Metrics()
    open_sockets = 3
    metrics.watch_connections(WEB, lambda: open_sockets)
    metrics.outbox_pending(Target.DESK, 4)
    metrics.outbox_failed(Target.CUSTOMER, "SendLater")
    metrics.gpt_used(Bill("gpt-5", Usage(100, 20, 30), 500_000))
    metrics.commit(0.003)
    metrics.settings_reloaded(ok=False)
    assert value(metrics, "frontdesk_connections", channel="web") == 3
    assert value(metrics, "frontdesk_outbox_pending", target="desk") == 4
    assert (
        value(
            metrics,
            "frontdesk_outbox_failures_total",
            **{"target": "customer", "class": "SendLater"},
        )
        == 1
    )
    assert value(metrics, "frontdesk_gpt_tokens_total", kind="input") == 100
    assert value(metrics, "frontdesk_gpt_tokens_total", kind="output") == 20
    assert value(metrics, "frontdesk_gpt_tokens_total", kind="cached_input") == 30
    assert value(metrics, "frontdesk_gpt_cost_usd_total") == 0.5
    assert value(metrics, "frontdesk_commit_seconds_count") == 1
    assert value(metrics, "frontdesk_settings_reloads_total", result="error") == 1


def test_two_services_in_one_process_share_no_number() -> None:
    one, two = Metrics(), Metrics()
    one.gpt_used(Bill("gpt-5", Usage(1, 1)))
    assert value(two, "frontdesk_gpt_tokens_total", kind="input") == 0
