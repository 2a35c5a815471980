"""Files: the three-step upload, downloads, and files that people attach."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import SlackSandbox, Upload
from tests.sandbox.slack_apps import client_of, refusal, slack_sandbox, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with slack_sandbox() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return client_of(slack)


APP = {"Authorization": "Bearer xoxb-sandbox"}


async def fetched(url: str, headers: dict[str, str] = APP) -> tuple[str, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200
        return response.content_type, await response.read()


async def test_the_app_uploads_a_file_into_a_thread(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    desk = slack.add_channel("support")
    root = await slack.say(desk, slack.add_user("ann"), "send it")
    answer = await client.files_upload_v2(
        channel=desk,
        thread_ts=root,
        filename="log.txt",
        content="all of it",
        title="Log",
        initial_comment="Here",
    )
    await until(lambda: slack.thread(desk, root))
    (message,) = slack.thread(desk, root)
    assert (message.text, message.subtype, message.user) == (
        "Here",
        "file_share",
        slack.bot_user_id,
    )
    info = (await client.files_info(file=answer["files"][0]["id"]))["file"]
    assert (info["name"], info["title"], info["size"]) == ("log.txt", "Log", 9)
    assert info["shares"] == {"public": {desk: [{"ts": message.ts, "thread_ts": root}]}}
    assert (await fetched(info["url_private"]))[1] == b"all of it"


async def test_a_share_can_be_held_back(slack: SlackSandbox, client: AsyncWebClient) -> None:
    desk = slack.add_channel("support")
    slack.hold_shares()
    answer = await client.files_upload_v2(channel=desk, filename="log.txt", content="all of it")
    file = answer["files"][0]["id"]
    assert (await client.files_info(file=file))["file"]["shares"] == {}
    assert slack.messages(desk) == []
    slack.release_shares()
    (message,) = slack.messages(desk)
    assert message.files == [file]
    shares = (await client.files_info(file=file))["file"]["shares"]
    assert [share["ts"] for share in shares["public"][desk]] == [message.ts]


async def test_an_upload_must_be_as_long_as_announced_and_come_before_completion(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    promised = await client.files_getUploadURLExternal(filename="a.bin", length=3)
    entry = [{"id": promised["file_id"]}]
    answer = await refusal(client.files_completeUploadExternal(files=entry))
    assert answer["error"] == "file_not_found"
    async with aiohttp.ClientSession() as session:
        async with session.post(promised["upload_url"], data=b"four") as response:
            assert response.status == 400
        async with session.post(promised["upload_url"], data=b"abc") as response:
            assert (response.status, await response.text()) == (200, "OK - 3")
    assert (await client.files_completeUploadExternal(files=entry))["ok"]
    call = client.files_getUploadURLExternal(filename="a.bin", length=0)
    assert (await refusal(call))["error"] == "invalid_arguments"


async def test_a_persons_file_is_downloaded_with_the_apps_token_only(slack: SlackSandbox) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    ts = await slack.upload(desk, ann, "naïve plan.png", b"\x89PNG", "image/png", text="see")
    (file,) = slack.workspace.files_of(slack.message(desk, ts))
    assert (file["mimetype"], file["size"], file["name"]) == ("image/png", 4, "naïve plan.png")
    assert await fetched(file["url_private"]) == ("image/png", b"\x89PNG")
    assert await fetched(file["url_private_download"]) == ("image/png", b"\x89PNG")
    for headers in ({}, {"Authorization": "Bearer xoxb-other"}):
        kind, page = await fetched(file["url_private"], headers)
        assert (kind, b"Sign in" in page) == ("text/html", True)


async def test_a_file_shared_where_the_app_is_not_stays_unknown(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    ts = await slack.upload(elsewhere, slack.add_user("ann"), "a.txt", b"a")
    (file_id,) = slack.message(elsewhere, ts).files
    assert (await refusal(client.files_info(file=file_id)))["error"] == "file_not_found"


async def test_a_file_can_lie_about_where_it_lives(slack: SlackSandbox) -> None:
    desk, ann = slack.add_channel("support"), slack.add_user("ann")
    lie = Upload("a.txt", b"a", overrides={"url_private": "http://169.254.169.254/", "mode": "x"})
    ts = await slack.say(desk, ann, "", files=[lie])
    (file,) = slack.workspace.files_of(slack.message(desk, ts))
    assert (file["url_private"], file["mode"]) == ("http://169.254.169.254/", "x")
