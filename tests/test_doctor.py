import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.doctor import asks_others, weighed
from bot.cli.engine_findings import engine_findings
from bot.cli.local_findings import local_findings
from bot.core.findings import Finding, State
from bot.settings import Settings
from sandbox.engine_facts import EngineFacts, EngineStatus
from sandbox.frames import Unconfined
from tests.databases import Databases

OK, WARNING, MISSING = State.OK, State.WARNING, State.MISSING
SERVER = "postgresql://chainrule@db/chainrule"


@pytest.mark.parametrize(
    ("sandbox", "docker", "torch", "local", "said"),
    [
        ("auto", OK, OK, OK, (OK, OK, OK)),
        ("auto", WARNING, OK, WARNING, (WARNING, OK, WARNING)),
        ("auto", MISSING, OK, OK, (WARNING, OK, OK)),
        ("auto", MISSING, OK, WARNING, (WARNING, OK, WARNING)),
        ("auto", OK, MISSING, MISSING, (OK, WARNING, WARNING)),
        ("auto", WARNING, OK, MISSING, (WARNING, OK, WARNING)),
        ("auto", MISSING, OK, MISSING, (MISSING, OK, MISSING)),
        ("auto", MISSING, MISSING, MISSING, (MISSING, MISSING, MISSING)),
        ("docker", MISSING, OK, OK, (MISSING, OK, OK)),
        ("docker", MISSING, MISSING, MISSING, (MISSING, WARNING, WARNING)),
        ("docker", OK, MISSING, MISSING, (OK, WARNING, WARNING)),
        ("local", MISSING, OK, WARNING, (WARNING, OK, WARNING)),
        ("local", OK, OK, MISSING, (OK, OK, MISSING)),
        ("local", OK, MISSING, MISSING, (OK, MISSING, MISSING)),
    ],
)
def test_a_missing_cell_is_a_warning_only_where_another_one_that_was_asked_for_works(
    sandbox: str, docker: State, torch: State, local: State, said: tuple[State, State, State]
) -> None:
    found = (Finding("Docker", docker, "a"), Finding("torch", torch, "b"), Finding("local cell", local, "c", "d"))
    weighty = weighed(sandbox, *found)
    assert tuple(finding.state for finding in weighty) == said
    assert [(f.name, f.found, f.advice) for f in weighty] == [(f.name, f.found, f.advice) for f in found]


@pytest.mark.parametrize(
    ("judges", "url", "sandbox", "expected"),
    [
        ("auto", SERVER, "auto", True),
        ("auto", SERVER, "docker", False),
        ("child", SERVER, "auto", False),
        ("auto", "sqlite:///x.db", "auto", False),
    ],
)
def test_who_queues_code_needs_no_cell(judges: str, url: str, sandbox: str, expected: bool) -> None:
    named = {"CHAINRULE_JUDGES": judges, "DATABASE_URL": url, "CHAINRULE_SANDBOX": sandbox, "CHAINRULE_RUNTIME": ""}
    assert asks_others(Settings.model_validate(named)) is expected


def test_doctor_fails_with_advice_where_no_cell_can_start(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home", CHAINRULE_SANDBOX="local", CHAINRULE_SANDBOX_PYTHON=str(tmp_path / "nowhere"))
    assert done.returncode == 1, done.stdout
    assert "No such file or directory" in done.stdout
    assert "make demo" in done.stdout
    assert done.stderr == ""


SOUND = EngineFacts("6.1.0-13-amd64", ("runc", "runsc"), "runc", frozenset({"seccomp"}), ())
BARE = frozenset[str]()


@pytest.mark.parametrize(
    ("facts", "runtime", "line", "state", "found", "advice"),
    [
        (SOUND, "", "runtime", OK, "runc, the engine's default", ""),
        (SOUND, "runsc", "runtime", OK, "runsc, as CHAINRULE_RUNTIME says", ""),
        (SOUND, "kata", "runtime", WARNING, "kata, which the engine does not know", "see Docker"),
        (SOUND, "", "seccomp", OK, "applies our list", ""),
        (replace(SOUND, security=BARE), "", "seccomp", WARNING, "cannot filter", "CONFIG_SECCOMP_FILTER"),
        (SOUND, "", "limits", OK, "memory, swap, processes, processor time", ""),
        (replace(SOUND, unlimited=("swap",)), "", "limits", WARNING, "no limit of swap", "swapaccount=1"),
        (replace(SOUND, unlimited=("memory",)), "", "limits", WARNING, "of memory", "cgroup_enable=memory"),
        (replace(SOUND, unlimited=("processes",)), "", "limits", WARNING, "of processes", "CONFIG_CGROUP_PIDS"),
        (replace(SOUND, unlimited=("processor time",)), "", "limits", WARNING, "of proc", "CONFIG_CFS_BANDWIDTH"),
        (
            replace(SOUND, unlimited=("memory", "swap"), security=frozenset({"seccomp", "rootless"})),
            "",
            "limits",
            WARNING,
            "no limit of memory, swap",
            "delegate the controllers",
        ),
        (SOUND, "", "users", OK, "not remapped", ""),
        (
            replace(SOUND, security=frozenset({"userns"})),
            "",
            "users",
            OK,
            "1100000 ids in its lines of /etc/subuid",
            "",
        ),
        (replace(SOUND, security=frozenset({"rootless"})), "", "users", OK, "1100000 ids in its lines", ""),
        (SOUND, "", "kernel", OK, "6.1.0-13-amd64, which can collapse", ""),
        (replace(SOUND, kernel="10.0"), "", "kernel", OK, "huge pages", ""),
        (replace(SOUND, kernel="5.15.0-91-generic"), "", "kernel", WARNING, "5.15.0-91-generic", "Linux 6.1 or newer"),
        (replace(SOUND, kernel="6.0.19"), "", "kernel", WARNING, "6.0.19", "Linux 6.1 or newer"),
        (replace(SOUND, kernel=""), "", "kernel", WARNING, "unknown", "Linux 6.1 or newer"),
    ],
)
def test_each_thing_an_engine_lacks_is_a_line_that_says_what_to_do(
    facts: EngineFacts, runtime: str, line: str, state: State, found: str, advice: str
) -> None:
    (finding,) = (finding for finding in engine_findings(facts, runtime) if finding.name == f"Docker {line}")
    assert (finding.state, found in finding.found, bool(finding.advice)) == (state, True, bool(advice))
    assert advice in finding.advice


def doctor(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CHAINRULE_HOME": str(home), "COLUMNS": "400", **settings}
    command = (sys.executable, "-m", "bot", "doctor")
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


def on(engine: EngineStatus, sandbox: str, **settings: str) -> dict[str, str]:
    return {"DOCKER_HOST": engine.host, "CHAINRULE_IMAGE": engine.image, "CHAINRULE_SANDBOX": sandbox, **settings}


def test_doctor_tells_of_a_real_engine_line_by_line(tmp_path: Path, engine: EngineStatus) -> None:
    done = doctor(tmp_path, **on(engine, "docker", CHAINRULE_RUNTIME="runc"))
    assert done.returncode == 0, done.stdout
    names = ("Docker ", "Docker runtime", "Docker seccomp", "Docker limits", "Docker users", "Docker kernel")
    assert [name for name in names if name not in done.stdout] == []
    assert "runc, as CHAINRULE_RUNTIME says" in done.stdout


def test_doctor_fails_where_the_engine_does_not_know_the_runtime_asked_for(
    tmp_path: Path, engine: EngineStatus
) -> None:
    done = doctor(tmp_path, **on(engine, "auto", CHAINRULE_RUNTIME="nope"))
    assert done.returncode == 1, done.stdout
    assert 'knows no runtime "nope"' in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("unconfined", "lines"),
    [
        (Unconfined(0), {"local memory": "for each process"}),
        (Unconfined.SYSCALLS, {"local memory": "for each process"}),
        (Unconfined.UID, {"local memory": "for each process", "local users": "can signal the cell's own processes"}),
        (
            Unconfined.UID | Unconfined.PROCESSES,
            {"local memory": "for each process", "local users": "can signal every process of yours"},
        ),
    ],
)
def test_each_thing_a_local_cell_cannot_hold_is_a_line_that_says_what_can(
    unconfined: Unconfined, lines: dict[str, str]
) -> None:
    findings = list(local_findings(unconfined))
    assert [finding.name for finding in findings] == list(lines)
    for finding in findings:
        assert finding.state is WARNING
        assert lines[finding.name] in finding.found
        assert "use Docker" in finding.advice


@pytest.mark.parametrize("sandbox", ["local", "auto"])
def test_doctor_tells_what_local_cells_cannot_hold_where_code_would_run_in_them(
    tmp_path: Path, sandbox_python: Path, sandbox: str
) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/no.sock", "CHAINRULE_SANDBOX_PYTHON": str(sandbox_python)}
    done = doctor(tmp_path, CHAINRULE_SANDBOX=sandbox, **nowhere)
    assert done.returncode == 0, done.stdout
    assert "local memory" in done.stdout
    assert ("local users" in done.stdout) == (os.getuid() != 0)


@pytest.mark.parametrize("sandbox", ["auto", "docker"])
def test_doctor_is_silent_about_what_local_cells_cannot_hold_where_code_runs_in_docker(
    tmp_path: Path, sandbox_python: Path, engine: EngineStatus, sandbox: str
) -> None:
    done = doctor(tmp_path, **on(engine, sandbox, CHAINRULE_SANDBOX_PYTHON=str(sandbox_python)))
    assert done.returncode == 0, done.stdout
    assert "with all of its walls" in done.stdout
    assert ("local cell" in done.stdout) == ("torch" in done.stdout) == (sandbox == "auto")
    assert "local memory" not in done.stdout


def test_doctor_asks_for_no_cell_where_all_code_is_queued(tmp_path: Path, postgres: Databases) -> None:
    nowhere = f"unix://{tmp_path}/no.sock"
    done = doctor(tmp_path, DATABASE_URL=postgres("migrated"), CHAINRULE_JUDGES="queue", DOCKER_HOST=nowhere)
    assert done.returncode == 0, done.stdout
    assert "judges take code from the queue" in done.stdout
    assert "start Docker" not in done.stdout
