"""The filters that are shipped are the ones the readable list makes."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from sandbox import seccomp_policy

SANDBOX = Path(seccomp_policy.__file__).parent


def test_the_containers_profile_is_the_one_the_list_makes() -> None:
    assert json.loads((SANDBOX / "seccomp.json").read_text()) == seccomp_policy.container_profile()


@pytest.mark.parametrize("architecture", seccomp_policy.ARCHITECTURES)
def test_the_childrens_program_is_the_one_the_list_makes(architecture: str) -> None:
    shipped = (SANDBOX / "cell" / f"child.{architecture}.bpf").read_bytes()
    assert shipped == seccomp_policy.child_program(architecture)


def test_this_machines_architecture_has_a_program() -> None:
    assert platform.machine() in seccomp_policy.ARCHITECTURES


def test_every_rule_says_why_and_none_is_doubled() -> None:
    assert all(rule.why for rule in seccomp_policy.RULES)
    rules = [(call, rule.flags) for rule in seccomp_policy.RULES if not rule.first for call in rule.calls.split()]
    assert len(rules) == len(set(rules))
