"""`frontdesk doctor` beside platforms that are well, and beside each one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.findings import Mark
from tests.doctor.clinic import Change, Clinic, lines, wrong


async def test_where_all_is_well_each_part_says_so(clinic: Clinic) -> None:
    found = await clinic.findings()

    assert wrong(found) == []
    assert lines(found, "telegram") == [
        "✓ the token is the one of @fern_and_clay_bot",
        "✓ no webhook and no other program takes the messages",
    ]
    assert lines(found, "slack") == [
        "✓ the bot token is good in sandbox.slack.com",
        "✓ the app has every scope it needs",
        "✓ the app token opens sockets",
    ]
    assert lines(found, "desk") == ["✓ the bot is in #support-desk, and so are colleagues"]
    assert lines(found, "gpt") == [f"✓ {clinic.openai.base_url} takes the key for gpt-5-mini"]
    assert lines(found, "machine")[0] == "✓ the clock agrees with that of 127.0.0.1"
    assert lines(found, "store")[0].endswith("is not there yet: the first start makes it")


async def test_the_model_that_makes_vectors_is_tried_too(clinic: Clinic) -> None:
    clinic.say("model: gpt-5", "embeddings_model: text-embedding-3-small, model: gpt-5")
    fine = await clinic.findings()
    clinic.say("embedding-3-small", "embedding-9")
    (told,) = wrong(await clinic.findings())

    assert lines(fine, "gpt")[1] == "✓ text-embedding-3-small makes vectors"
    assert told == "✗ gpt: gpt.embeddings_model is not known there"


async def test_it_changes_nothing_and_sends_nothing(clinic: Clinic, tmp_path: Path) -> None:
    clinic.telegram.add_customer("Ann")
    clinic.write_settings()
    await clinic.findings()

    asked = {call.method for call in clinic.slack.journal} | {
        call.method for call in clinic.telegram.journal
    }
    assert asked == {
        *("auth.test", "apps.connections.open", "conversations.info", "conversations.members"),
        *("getMe", "getWebhookInfo", "getUpdates"),
    }
    (poll,) = clinic.telegram.journal.of("getUpdates")
    assert poll.arguments.keys() <= {"timeout", "limit"}
    assert [path.name for path in tmp_path.iterdir()] == ["settings.yaml"]


async def test_what_is_off_says_which_setting_is_empty(clinic: Clinic) -> None:
    clinic.environ.clear()

    found = await clinic.findings()

    assert wrong(found) == []
    assert lines(found, "telegram") == ["- off: TELEGRAM_TOKEN is empty"]
    assert lines(found, "slack") == ["- off: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are empty"]
    assert lines(found, "desk") == [
        "- off: SLACK_BOT_TOKEN, SLACK_APP_TOKEN and DESK are empty",
    ]
    assert lines(found, "gpt") == ["- off: OPENAI_API_KEY is empty"]
    assert lines(found, "machine", Mark.OFF) == [
        "- the clock was not compared: no platform is on, or none answers"
    ]


def _other_telegram_token(clinic: Clinic) -> None:
    clinic.environ["TELEGRAM_TOKEN"] = "110201543:wrong-wrong-wrong-wrong-wrong-wrong"


def _slack_app_without(*scopes: str) -> Change:
    def change(clinic: Clinic) -> None:
        clinic.slack.identity.scopes -= set(scopes)

    return change


def _other(name: str, value: str) -> Change:
    return lambda clinic: clinic.environ.update({name: value})


FAULTS: dict[str, tuple[Change, str]] = {
    "Telegram's token": (
        _other_telegram_token,
        "✗ telegram: Telegram does not know this token: copy it again from @BotFather into "
        "channels.telegram.token",
    ),
    "Telegram is down": (
        _other("TELEGRAM_URL", "http://127.0.0.1:9"),
        "✗ telegram: Telegram cannot be reached (is the way to the Internet open? see "
        "channels.telegram.api_url)",
    ),
    "Slack's bot token": (
        _other("SLACK_BOT_TOKEN", "xoxb-wrong-wrong-wrong"),
        "✗ slack: slack.bot_token: Slack refuses it (invalid_auth); set the Bot User OAuth Token "
        "(xoxb-…) of the installed app",
    ),
    "Slack's bot token was revoked": (
        lambda clinic: setattr(clinic.slack.identity, "token_error", "token_revoked"),
        "✗ slack: slack.bot_token: Slack refuses it (token_revoked); set the Bot User OAuth Token "
        "(xoxb-…) of the installed app",
    ),
    "Slack is down": (
        _other("SLACK_URL", "http://127.0.0.1:9/api/"),
        "✗ slack: Slack cannot be reached",
    ),
    "Slack's app token": (
        _other("SLACK_APP_TOKEN", "xapp-wrong-wrong-wrong"),
        "✗ slack: slack.app_token: Slack refuses it (invalid_auth); set an app-level token "
        "(xapp-…) with the scope connections:write",
    ),
    "the app token's scope": (
        lambda clinic: setattr(clinic.slack.identity, "app_scopes", frozenset()),
        "✗ slack: slack.app_token: Slack refuses it (missing_scope); set an app-level token "
        "(xapp-…) with the scope connections:write",
    ),
    "a scope of the app": (
        _slack_app_without("reactions:write"),
        "✗ slack: the app lacks the scope reactions:write (paste `frontdesk manifest` under App "
        "Manifest, then reinstall the app)",
    ),
    "scopes of the app": (
        _slack_app_without("users:read", "chat:write.customize"),
        "✗ slack: the app lacks the scopes chat:write.customize, users:read (paste `frontdesk "
        "manifest` under App Manifest, then reinstall the app)",
    ),
    "no such channel": (
        _other("DESK", "#nowhere"),
        "✗ desk: the bot sees no channel #nowhere (create it, or invite the bot)",
    ),
    "no such id of a channel": (
        _other("DESK", "C0NOWHERE0"),
        "✗ desk: desk.channel C0NOWHERE0: the Slack channel is gone (is the id or name right?)",
    ),
    "not a member": (
        lambda clinic: clinic.slack.remove_bot(clinic.desk),
        "✗ desk: the bot is not in #support-desk (write `/invite` and its name in #support-desk)",
    ),
    "an archived channel": (
        lambda clinic: clinic.slack.archive(clinic.desk),
        "✗ desk: #support-desk is archived (restore it, or set desk.channel to another one)",
    ),
    "nobody to answer": (
        lambda clinic: clinic.environ.update({"DESK": clinic.slack.add_channel("empty")}),
        "! desk: nobody but the bot is in #empty (let those who answer customers join it)",
    ),
    "GPT's key": (
        _other("OPENAI_API_KEY", "sk-wrong-wrong-wrong-wrong"),
        "✗ gpt: ",
    ),
    "GPT is down": (
        _other("OPENAI_URL", "http://127.0.0.1:9/v1"),
        "✗ gpt: ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_one_line_with_its_cure(fault: str, clinic: Clinic) -> None:
    change, expected = FAULTS[fault]
    change(clinic)

    (told,) = wrong(await clinic.findings())

    assert told.startswith(expected)
    for secret in clinic.environ.values():
        assert not secret.startswith(("xox", "xapp", "sk-", "1102")) or secret not in told


async def test_slack_over_http_must_be_called_by_https(clinic: Clinic) -> None:
    clinic.environ["SLACK_RECEIVE"] = "http"
    assert lines(await clinic.findings(), "slack", Mark.FAULT) == [
        "✗ Slack cannot call server.public_url (set server.public_url to https://…, or "
        "slack.receive to socket)"
    ]
    clinic.say("{port: 0}", "{port: 0, public_url: 'https://chat.example.com'}")
    (doubt,) = lines(await clinic.findings(), "slack", Mark.DOUBT)
    assert doubt.startswith("! Slack must be told to call https://chat.example.com/slack/events")
