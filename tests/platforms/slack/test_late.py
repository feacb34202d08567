"""An answer that comes later than Slack waits for it."""

from __future__ import annotations

import pytest

from bot.platforms.slack_chat.app import Chat
from tests.platforms.slack.fake import FakeService
from tests.slack_stand_in import Channel, Person, StandIn
from tests.slack_stand_in.people import fields


async def test_a_refusal_that_comes_late_leaves_the_form_open_with_what_is_written_in_it(
    slack: StandIn,
    chat: Chat,
    service: FakeService,
    ada: Person,
    general: Channel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.platforms.slack_chat.app.ANSWER_SECONDS", 0.05)
    await ada.slash(general, "/grad", "answer")
    view = await ada.is_shown("of the squares")
    service.pause = 0.3
    await ada.submit({"Your answer": "store gone"})
    assert "press Submit again" in view.errors["field"]
    await slack.until(lambda: not chat.tasks)
    assert fields(view)["Your answer"] == "store gone"
    service.pause = 0
    await ada.submit({"Your answer": "fine"})
    await ada.is_shown("Running")
    assert [*service.stored.values()] == ["fine"]
