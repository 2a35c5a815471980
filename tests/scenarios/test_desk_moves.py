"""An admin moves the desk to another Slack channel while a customer waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bridge.desks import texts
from tests.scenarios.house import House, until


@pytest.mark.parametrize("archived", [False, True])
async def test_an_open_case_goes_on_in_the_new_channel_with_every_line(
    tmp_path: Path, archived: bool
) -> None:
    """D04, D09: and whoever answers in the old thread first still reaches the customer."""
    house = House(tmp_path)
    await house.open(gpt=False)
    try:
        async with house.visitor() as visitor:
            await visitor.say("a human please")
            await house.in_thread("a human please")
            old, root = house.desk, (await house.card()).ts
            await house.stop()
            said = await house.slack.say(old, house.mia, "One moment.", thread_ts=root)
            house.desk = house.environ["DESK"] = house.slack.add_channel("agents")
            if archived:
                house.slack.archive(old)
            await house.start()
        async with house.visitor(token=visitor.token) as visitor:
            await visitor.hears("One moment.")
            await visitor.say("Are you there?")
            await house.in_thread("Are you there?")
            thread = house.slack.thread(house.desk, (await house.card()).ts)
            everything = "\n".join(text for message in thread for text in texts(message))
            for line in ("a human please", "One moment.", "Are you there?"):
                assert everything.count(line) == 1
            new = (await house.card()).ts
            await house.slack.say(house.desk, house.mia, "Here I am.", thread_ts=new)
            await visitor.hears("Here I am.")
            if not archived:
                await until(
                    lambda: house.slack.message(old, said).reactions, "the fate of the first reply"
                )
            assert len(house.slack.messages(house.desk)) == 1
    finally:
        await house.close()
