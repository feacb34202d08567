"""What the environment may say, and what is said of it where it may not."""

from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from bot import secret_files
from bot.settings import SECRETS, Settings, SettingsError, load
from bot.store.address import conninfo

BAD = [
    ("CHAINRULE_SANDBOX", "podman", "auto, docker or local"),
    ("CHAINRULE_CELLS", "0", "a number from 1 to 64"),
    ("CHAINRULE_CELLS", "two", "a number from 1 to 64"),
    ("CHAINRULE_ZONE", "Mars/Olympus", "an IANA time zone"),
    ("CHAINRULE_ZONE", "../../etc/passwd", "an IANA time zone"),
    ("CHAINRULE_LOG_LEVEL", "loud", "debug, info, warning or error"),
    ("CHAINRULE_LOG", "syslog", "file or stderr"),
    ("CHAINRULE_NAME", "x" * 81, "a name for the board, of at most 80 characters"),
    ("CHAINRULE_HEALTH", "8080", "host:port to listen at"),
    ("CHAINRULE_HEALTH", "here:65536", "the port from 0 to 65535"),
    ("SLACK_HTTP", "http://here:80", "host:port to listen at"),
    ("SHARD_COUNT", "0", "a number from 1 to 16384"),
    ("SHARD_IDS", "0-2", "numbers below SHARD_COUNT, which must be set too"),
    ("CHAINRULE_HOME", "~nobody-of-this-name/x", "a directory"),
    ("CHAINRULE_SECRET_FILE", "/no/such/file", "the path of a file that this user can read, of 32 random bytes"),
    ("CHAINRULE_SECRET_FILE", "/dev/null", "of 32 random bytes or more"),
    ("DATABASE_URL", "mysql://x", "begins with sqlite:// or postgresql://"),
]


@pytest.mark.parametrize(("variable", "value", "allowed"), BAD)
def test_a_value_that_cannot_be_names_its_variable_and_what_it_may_be(
    variable: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).startswith(variable)
    assert allowed in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("ids", ["0-4", "3", "2-1", "zero", "1;2", "-1", ","])
def test_shards_that_cannot_be_are_one_line(ids: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARD_COUNT", "3")
    monkeypatch.setenv("SHARD_IDS", ids)
    with pytest.raises(SettingsError, match=r"^SHARD_IDS is '.*', but must be numbers below SHARD_COUNT"):
        load()


@pytest.mark.parametrize(
    ("ids", "meant"), [("0", (0,)), ("0,1,2", (0, 1, 2)), ("0-2", (0, 1, 2)), (" 7, 0 - 1,1", (0, 1, 7)), ("", ())]
)
def test_shards_are_named_one_by_one_or_from_to(
    ids: str, meant: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARD_COUNT", "8")
    monkeypatch.setenv("SHARD_IDS", ids)
    assert load().shards == meant


@pytest.mark.parametrize("address", ["0.0.0.0:8080", "localhost:0", "[::1]:65535", "bot.internal:80"])
def test_an_address_to_listen_at_is_a_host_and_a_port(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_HEALTH", address)
    assert load().health_address == address


def test_a_password_in_a_database_url_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresq://me:secret@host/db")
    with pytest.raises(SettingsError) as refused:
        load()
    assert "secret" not in str(refused.value)


def test_all_that_is_wrong_is_told_at_once_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {name: value for name, value, _ in BAD} | {"DISCORD_TOKEN_FILE": "/no/such/file"}
    for variable, value in wrong.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load()
    lines = str(refused.value).splitlines()
    assert {line.split()[0] for line in lines} == set(wrong)
    assert len(lines) == len(wrong)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_be_in_a_file_and_its_line_end_is_not_part_of_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text("postgresql://me:secret@host/db\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    (field,) = (field for field, info in Settings.model_fields.items() if info.validation_alias == name)
    value = getattr(load(), field)
    assert (value if isinstance(value, str) else value.get_secret_value()) == "postgresql://me:secret@host/db"
    (tmp_path / "secret").write_text("\n")
    if name != "DATABASE_URL":
        assert getattr(load(), field) == getattr(Settings(), field)  # an empty file is as good as none


def test_an_empty_file_for_the_address_of_the_database_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database_url").write_text("\n")
    monkeypatch.setattr(secret_files, "MOUNTED", f"{tmp_path}/")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_URL_FILE", f"{tmp_path}/database_url")
    with pytest.raises(SettingsError, match=r"With docker compose: it goes into secrets/database_url\.$"):
        load()


def test_a_secret_that_an_editor_shut_away_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:  # root may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(secret_files, "read_file", refuse)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "/run/secrets/discord_token")
    with pytest.raises(SettingsError, match=r"may not read\. .* With docker compose: chmod 644 secrets/discord_token"):
        load()


@pytest.mark.parametrize("password", ["s@cret", "@secret", "secret@", "s@c/r:e#t?", "s/c@r%et", "a?b@cret", "a#b@cret"])
@pytest.mark.parametrize("rest", ["", "/chainrule", "/chainrule?sslmode=require"])
def test_a_password_with_an_at_sign_is_refused_and_no_part_of_the_address_is_shown(
    password: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://owner:{password}@server{rest}")
    with pytest.raises(SettingsError, match=r"^DATABASE_URL must be percent-encoded: ") as refused:
        load()
    said = str(refused.value)
    assert "\n" not in said
    assert not [part for part in ("owner", "server", "cret", "chainrule?", "sslmode") if part in said]


PASSWORDS = {quote(each, safe=""): each for each in ("s@c/r:e#t?", "100%")} | {
    each: each for each in ("s/cret", "s:cret", "s#cret", "s?cret", "50%off", "pass word-_.~!$&'()*+,;=[]")
}


@pytest.mark.parametrize("written", PASSWORDS)
def test_a_password_without_one_is_what_it_says(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://owner:{written}@server:5432/chainrule?sslmode=require")
    used = make_url(load().database_url)
    assert (used.password, used.host, used.database) == (PASSWORDS[written], "server", "chainrule")
    assert conninfo_to_dict(conninfo(load().database_url))["password"] == PASSWORDS[written]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://owner@server/chainrule",
        "postgresql://server/chainrule?user=a%40b",
        "postgresql://owner:@[::1]:5432/chainrule",
        "postgresql+psycopg:///chainrule?host=/var/run/postgresql",
        "sqlite:////srv/some@where/#1/@100%.db",
    ],
)
def test_other_addresses_are_taken_as_they_are(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    assert load().database_url == address


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_wrong_with_a_secret_is_told_without_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    (tmp_path / "binary").write_bytes(b"hush\xff")
    (tmp_path / "long").write_text("hush" * 20_000)
    for place in ("nowhere", "binary", "long", "."):
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / place))
        with pytest.raises(SettingsError, match=f"^{name}_FILE is ") as refused:
            load()
        assert "\n" not in str(refused.value)
        assert "hush" not in str(refused.value)
    monkeypatch.setenv(name, "hush")
    with pytest.raises(SettingsError, match=f"^{name} and {name}_FILE are both set. Unset one of them.") as refused:
        load()
    assert "hush" not in str(refused.value)


def test_a_wrong_database_url_in_a_file_is_not_repeated_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("postgresq://me:secret@host/db")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(
        SettingsError, match=r"^DATABASE_URL_FILE names a file whose text must be a URL that"
    ) as refused:
        load()
    assert "secret" not in str(refused.value)


def test_the_secret_of_a_deployment_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))
    assert load().secret_path == tmp_path / "home" / "secret"
    (tmp_path / "named").write_bytes(bytes(range(32)))
    monkeypatch.setenv("CHAINRULE_SECRET_FILE", str(tmp_path / "named"))
    assert load().secret_path == tmp_path / "named"


def test_everything_lives_in_the_data_directory_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DATABASE_URL", "CHAINRULE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert load().data_dir == Path("/srv/data/chainrule")
    assert load().database_url == "sqlite:////srv/data/chainrule/chainrule.db"
    monkeypatch.setenv("CHAINRULE_HOME", "~/here")
    assert load().data_dir == Path.home() / "here"
    monkeypatch.setenv("CHAINRULE_HOME", "relative")
    assert load().data_dir == Path.cwd() / "relative"


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().cells = 3  # type: ignore[misc]
