import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from bot import secret_files
from bot.settings import SECRETS, Settings, SettingsError, load

HEAVY = ("rich", "prompt_toolkit", "pydantic", "sqlalchemy", "numpy", "structlog", "asyncio")


def chainrule(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input="",
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "CHAINRULE_HOME": str(home), **environment},
        check=False,
    )


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    script = f"import sys, bot.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert loaded.stdout == "[]\n"
    shown = chainrule("--help", home=tmp_path)
    assert shown.returncode == 0
    for command in ("backup", "check", "console", "doctor", "grade", "migrate", "new", "restore", "run"):
        assert command in shown.stdout


def test_the_version_is_shown(tmp_path: Path) -> None:
    shown = chainrule("--version", home=tmp_path)
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "chainrule")


@pytest.mark.parametrize("command", ["console", "doctor", "migrate", "check x.md", "grade x.md y.py", "new x"])
def test_a_bad_setting_ends_every_command_with_one_line(command: str, tmp_path: Path) -> None:
    done = chainrule(*command.split(), home=tmp_path, CHAINRULE_SANDBOX="none")
    assert done.returncode == 2
    assert done.stderr == (
        "chainrule: CHAINRULE_SANDBOX is 'none', but must be auto, docker or local. Change it or unset it.\n"
    )


def test_a_data_directory_that_cannot_be_made_is_named_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = chainrule("console", home=tmp_path / "file" / "home")
    assert done.returncode == 1
    assert done.stderr.startswith(f"chainrule: {tmp_path}/file/home cannot be written")
    assert "set CHAINRULE_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["file", "stderr"])
def test_logs_go_where_they_are_wanted(where: str, tmp_path: Path) -> None:
    fault = "import bot.store.migrating as it; it.needs_migration = None; from bot.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", fault, "migrate"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "CHAINRULE_HOME": str(tmp_path), "CHAINRULE_LOG": where},
        check=False,
    )
    log = tmp_path / "chainrule.log"
    assert "Something went wrong on our side. " in done.stderr
    assert (log.exists(), "a command failed" in done.stderr) == (where == "file", where == "stderr")
    assert where == "stderr" or "a command failed" in log.read_text()


def test_what_people_wrote_is_nobody_elses_on_the_machine(tmp_path: Path) -> None:
    assert chainrule("migrate", home=tmp_path / "home").returncode == 0
    assert (tmp_path / "home" / "chainrule.db").exists()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_a_backup_and_its_way_back_are_told_in_a_sentence_each(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", str(tmp_path / "a.backup")
    assert chainrule("backup", file, home=here).stderr.startswith("chainrule: There is no database at")
    assert chainrule("migrate", home=here).returncode == 0
    done = chainrule("backup", file, home=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file} holds all 0 rows of the database. Keep a copy of {here}/secret with it.\n"
    again = chainrule("backup", file, home=here)
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
    done = chainrule("restore", file, home=there)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"0 rows were restored. {there}/secret is missing: put there the one kept")
    broken = tmp_path / "broken"
    broken.write_bytes(Path(file).read_bytes()[:-20])
    done = chainrule("restore", str(broken), home=tmp_path / "nowhere")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Traceback" not in done.stderr


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


def test_an_empty_file_for_the_address_of_the_database_ends_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database_url").write_text("\n")
    done = chainrule("migrate", home=tmp_path / "home", DATABASE_URL="", DATABASE_URL_FILE=f"{tmp_path}/database_url")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"chainrule: DATABASE_URL_FILE is '{tmp_path}/database_url', which is empty. {FILL}\n"
    assert not (tmp_path / "home").exists()
    monkeypatch.setattr(secret_files, "MOUNTED", f"{tmp_path}/")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_URL_FILE", f"{tmp_path}/database_url")
    with pytest.raises(SettingsError, match=f"{FILL} With docker compose: it goes into secrets/database_url.$"):
        load()


FILL = "Fill it, or unset it."


def test_a_secret_that_an_editor_shut_away_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:  # root may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(secret_files, "read_file", refuse)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "/run/secrets/discord_token")
    with pytest.raises(SettingsError, match=r"may not read\. .* With docker compose: chmod 644 secrets/discord_token"):
        load()


PASSWORDS = ["s@cret", "s/cret", "s:cret", "s#cret", "s?cret", "s%cret", "@secret", "secret/", "s@c/r:e#t", "se%4"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("rest", ["", "/chainrule", "/chainrule?sslmode=require"])
def test_a_password_that_is_not_encoded_is_refused_and_no_part_of_the_address_is_shown(
    password: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://owner:{password}@server{rest}")
    with pytest.raises(SettingsError, match=r"^DATABASE_URL must be percent-encoded: ") as refused:
        load()
    said = str(refused.value)
    assert "\n" not in said
    assert not [part for part in ("owner", "server", "cret", "chainrule?", "sslmode") if part in said]


GOOD_ADDRESSES = [
    f"postgresql://owner:{quote(''.join(PASSWORDS), safe='')}@server:5432/chainrule?sslmode=require&sslrootcert=/a.pem",
    "postgresql://owner@server/chainrule",
    "postgresql://server/chainrule",
    "postgresql://owner:@[::1]:5432/chainrule",
    "postgresql+psycopg:///chainrule?host=/var/run/postgresql",
    "postgres://owner:pass word-_.~!$&'()*+,;=[]@server",
    "sqlite:////srv/some@where/#1/100%.db",
]


@pytest.mark.parametrize("address", GOOD_ADDRESSES)
def test_an_address_whose_password_is_encoded_is_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
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
