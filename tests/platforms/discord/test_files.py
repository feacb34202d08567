import aiohttp
import pytest

from tests.platforms.discord.conftest import Server
from tests.platforms.discord.test_exchanges import learner, post


@pytest.mark.parametrize("fault", [aiohttp.ServerDisconnectedError(), ConnectionResetError(), TimeoutError()])
async def test_a_connection_that_breaks_while_a_file_is_read_loses_nothing_of_the_form(
    server: Server, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def breaks(_url: str) -> bytes:
        raise fault

    await post(server)
    opened = await server.ada.click(server.channel.last_message, label="Answer")
    monkeypatch.setattr(server.env.backend.cdn, "get", breaks)
    await server.ada.submit_modal(opened, {"text": "mine", "file": ("a.py", b"x")})
    (_, seen) = await learner(server).sees()
    assert "Send it again, or paste its text." in seen.text
    assert "mine" in seen.text
    assert seen.buttons == ("Fix and retry",)
