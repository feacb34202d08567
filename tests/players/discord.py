"""A person on Discord: presses, types and looks by way of simcord."""

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import discord
import simcord

from tests.players import Seen, ShownForm

_FENCE = re.compile(r"```[\w+#.-]*\n(.*?)\n```", re.DOTALL)
_CODE = re.compile(r"``\s(.*?)\s``|`([^`]*)`", re.DOTALL)
_MARKUP = re.compile(
    r"^(?:#{1,3} |-# |> )|\[((?:\\.|[^\]\\])*)\]\(<[^>]*>\)|<(https?://[^>]*)>|\*{1,3}|~~|\\(.)", re.MULTILINE
)
_NO_WIDTH = "\u200b"


def plain(text: str) -> str:
    """What Discord shows of ``text``, as words."""
    pieces, end = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [_prose(text[end : fence.start()]), fence[1]]
        end = fence.end()
    return "".join([*pieces, _prose(text[end:])]).replace(_NO_WIDTH, "")


def _prose(text: str) -> str:
    pieces, end = [], 0
    for code in _unescaped_code(text):
        pieces += [_unmarked(text[end : code.start()]), code[1] or code[2] or ""]
        end = code.end()
    return "".join([*pieces, _unmarked(text[end:])])


def _unescaped_code(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while code := _CODE.search(text, position):
        backslashes = len(text[: code.start()]) - len(text[: code.start()].rstrip("\\"))
        if backslashes % 2:
            position = code.start() + 1
        else:
            yield code
            position = code.end()


def _unmarked(text: str) -> str:
    return _MARKUP.sub(lambda found: _unmarked(found[1]) if found[1] else found[2] or found[3] or "", text)


def texts(components: list[dict[str, Any]]) -> Iterator[str]:
    """Every text of a message or form, in order."""
    for component in components:
        if "content" in component:
            yield component["content"]
        yield from texts(component.get("components", []))


def buttons(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every button of a message, in order."""
    for component in components:
        if component["type"] == discord.ComponentType.button.value:
            yield component
        yield from buttons(component.get("components", []))


class DiscordPlayer:
    """``member`` in ``channel``. ``settled`` waits until nothing is pending any more."""

    def __init__(
        self,
        env: simcord.Env,
        member: simcord.MemberActor,
        channel: simcord.ChannelHandle,
        settled: Callable[[], Awaitable[None]],
    ) -> None:
        self._env, self._member, self._channel, self._settled = env, member, channel, settled
        self._seen: dict[int, Seen] = {}
        self._open: simcord.InteractionResult | None = None

    async def says(self, words: str, file: str = "") -> None:
        """Give a slash command; what is left of ``words`` goes into its first option of text."""
        if words.startswith("gradadmin") and not self._is_shown("gradadmin"):
            await self._show_admin_commands()
        path, rest = self._split(words)
        root, *names = path.split()
        command: Any = self._env.bot.tree.get_command(root)  # type: ignore[attr-defined]
        for name in names:
            command = command.get_command(name)
        options: dict[str, Any] = {}
        for parameter in command.parameters:
            if parameter.type is discord.AppCommandOptionType.attachment and file:
                options[parameter.display_name] = ("file.txt", file.encode())
            elif parameter.type is discord.AppCommandOptionType.string and rest:
                options[parameter.display_name] = rest
        self._keep(await self._member.slash(self._channel, path, **options))

    def _split(self, words: str) -> tuple[str, str]:
        said = words if words.startswith("gradadmin ") else f"grad {words}"
        for path in sorted(self._member.available_commands(self._channel), key=len, reverse=True):
            if said == path or said.startswith(f"{path} "):
                return path, said[len(path) :].strip()
        raise AssertionError(f"Discord does not show this person any command in {words!r}")

    def _is_shown(self, root: str) -> bool:
        return any(path.startswith(root) for path in self._member.available_commands(self._channel))

    async def _show_admin_commands(self) -> None:
        """A server's own settings can show a command to anybody; whether they may use it is for us to say."""
        commands = await self._env.bot.tree.fetch_commands()  # type: ignore[attr-defined]
        (admin,) = (command for command in commands if command.name == "gradadmin")
        self._env.guild.set_command_permissions(admin, {self._member: True})

    async def presses(self, label: str) -> None:
        """Press the first button so labelled of the newest message that has one."""
        await self._settled()
        for message in reversed(list(self._messages())):
            for button in buttons(message.components):
                if button["label"].startswith(label):
                    self._keep(await self._member.click(message, custom_id=button["custom_id"]))
                    return
        raise AssertionError(f"no message this person can see has a button {label!r}")

    async def form(self) -> ShownForm:
        """The open form."""
        modal: Any = self._opened().modal
        field = next(part["component"] for part in modal["components"] if "component" in part)
        return ShownForm(modal["title"], plain("\n".join(texts(modal["components"]))), field.get("value") or "")

    async def fills(self, text: str, file: str = "") -> None:
        """Submit the open form, with a file where it takes one."""
        opened, self._open = self._opened(), None
        values: dict[str, Any] = {"text": text}
        if file:
            values["file"] = ("file.txt", file.encode())
        self._keep(await self._member.submit_modal(opened, values))

    async def sees(self) -> list[Seen]:
        """What is new or changed, oldest message first."""
        await self._settled()
        fresh = []
        for message in self._messages():
            shown = self._read(message)
            if message.components and self._seen.get(message.id) != shown:
                self._seen[message.id] = shown
                fresh.append(shown)
        return fresh

    def _keep(self, result: simcord.InteractionResult) -> None:
        if result.modal is not None:
            self._open = result

    def _opened(self) -> simcord.InteractionResult:
        assert self._open is not None, "no form is open"
        return self._open

    def _read(self, message: simcord.ResponseMessage) -> Seen:
        labels = tuple(button["label"] for button in buttons(message.components))
        private = message.ephemeral or message.channel_id != self._channel.id
        return Seen("private" if private else "public", plain("\n".join(texts(message.components))), labels)

    def _messages(self) -> Iterator[simcord.ResponseMessage]:
        """What this person can see in the channel and in private, oldest first."""
        backend = self._env.backend
        direct = backend.dm_channels.get(self._member.id)
        for channel in filter(None, (self._channel.id, direct)):
            for message in sorted(backend.messages[channel].values(), key=lambda message: message.id):
                if message.visible_to(self._member.id):
                    yield simcord.ResponseMessage(self._env, message)
