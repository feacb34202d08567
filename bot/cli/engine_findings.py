"""What ``chainrule doctor`` says of an engine that answers: which walls and limits of a cell it can build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core.findings import Finding, State
from sandbox.engine_facts import EngineFacts
from sandbox.frames import UIDS_PER_CELL
from sandbox.slots import FIRST_UIDS, MAX_SLOTS

_COLLAPSES = (6, 1)
_LIMIT_ADVICE = {
    "memory": "boot the host with cgroup_enable=memory",
    "swap": "boot the host with swapaccount=1, or turn swap off",
    "processes": "use a kernel with CONFIG_CGROUP_PIDS",
    "processor time": "use a kernel with CONFIG_CFS_BANDWIDTH",
}
_USER_IDS = FIRST_UIDS["docker"] + MAX_SLOTS * UIDS_PER_CELL
_MAPPED = f"cells need {_USER_IDS} ids in its lines of /etc/subuid and /etc/subgid"


def engine_findings(facts: EngineFacts, runtime: str) -> Iterator[Finding]:
    """A line for each thing looked at; ``runtime`` is the one asked for, or empty. Nothing here is ever missing."""
    yield _runtime(facts, runtime)
    yield _filter(facts)
    yield _limits(facts)
    yield _users(facts)
    yield _kernel(facts)


def _runtime(facts: EngineFacts, asked: str) -> Finding:
    if not asked:
        advice = "a runtime with a kernel of its own (CHAINRULE_RUNTIME) is one more wall"
        return Finding("Docker runtime", State.OK, f"{facts.runtime}, the engine's default; {advice}")
    if facts.may_know(asked):
        return Finding("Docker runtime", State.OK, f"{asked}, as CHAINRULE_RUNTIME says")
    return Finding("Docker runtime", State.WARNING, f"{asked}, which the engine does not know", "see Docker")


def _filter(facts: EngineFacts) -> Finding:
    if "seccomp" in facts.security:
        return Finding("Docker seccomp", State.OK, "the engine applies our list of system calls")
    advice = "use a kernel with CONFIG_SECCOMP_FILTER and an engine built with seccomp"
    return Finding("Docker seccomp", State.WARNING, "the engine cannot filter system calls", advice)


def _limits(facts: EngineFacts) -> Finding:
    if not facts.unlimited:
        return Finding("Docker limits", State.OK, ", ".join(_LIMIT_ADVICE))
    advice = "; ".join(_LIMIT_ADVICE[name] for name in facts.unlimited)
    if "rootless" in facts.security:
        advice = "let systemd delegate the controllers memory, pids and cpu to the engine's user (Delegate=)"
    return Finding("Docker limits", State.WARNING, f"no limit of {', '.join(facts.unlimited)}", advice)


def _users(facts: EngineFacts) -> Finding:
    if "rootless" in facts.security:
        return Finding("Docker users", State.OK, f"rootless: root of a cell is an ordinary user; {_MAPPED}")
    if "userns" in facts.security:
        return Finding("Docker users", State.OK, f"remapped: root of a cell is nobody on the host; {_MAPPED}")
    found = "not remapped: a cell's first process is root with two capabilities; submissions never are"
    return Finding("Docker users", State.OK, found)


def _kernel(facts: EngineFacts) -> Finding:
    release = re.match(r"(\d+)\.(\d+)", facts.kernel)
    if release and tuple(map(int, release.groups())) >= _COLLAPSES:
        return Finding("Docker kernel", State.OK, f"{facts.kernel}, which can collapse a cell's memory into huge pages")
    found = f"{facts.kernel or 'unknown'}: a fork copies small pages, so that verdicts take longer"
    return Finding("Docker kernel", State.WARNING, found, "Linux 6.1 or newer makes them fast")
