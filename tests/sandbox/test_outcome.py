"""Whose failure it was: the table of crash versus fault, without a cell."""

from __future__ import annotations

import signal

import pytest

from sandbox.frames import RESULT_HEAD, End, Stop, pack_result
from sandbox.outcome import Starved, Struck, ended, finished
from sandbox.protocol import Ending, Limits

END = End(
    Stop.EXITED, 0, 900, cpu_us=800, run_delay_us=0, max_rss_kb=1, faults=1, oom_kills=0, children=1, leftovers=False
)

LIMITS = Limits(wall_ms=1)

TABLE = [
    (END, Ending.CRASHED, "status 0"),
    (END._replace(status=7 << 8), Ending.CRASHED, "status 7"),
    (END._replace(status=signal.SIGSEGV), Ending.CRASHED, "SIGSEGV"),
    (END._replace(stop=Stop.RESULT, status=signal.SIGKILL), Ending.CRASHED, "SIGKILL"),
    (END._replace(status=signal.SIGKILL, oom_kills=1), Ending.MEMORY_LIMIT, ""),
    (END._replace(status=signal.SIGXCPU), Ending.TIME_LIMIT, ""),
    (END._replace(status=signal.SIGSYS), Ending.FORBIDDEN, ""),
    (END._replace(stop=Stop.WALL, status=signal.SIGKILL), Ending.TIME_LIMIT, ""),
    (END._replace(stop=Stop.OUTPUT, status=signal.SIGKILL), Ending.OUTPUT_LIMIT, ""),
    (END._replace(stop=Stop.BAD_RESULT, status=signal.SIGKILL), Ending.CRASHED, "result"),
    (END._replace(stop=Stop.WALL, run_delay_us=890, cpu_us=5, leftovers=True), Ending.TIME_LIMIT, ""),
    (END._replace(stop=Stop.WALL, run_delay_us=890, cpu_us=800), Ending.TIME_LIMIT, ""),
    (END._replace(stop=Stop.WALL, wall_us=1_200, cpu_us=5), Ending.TIME_LIMIT, ""),
    (END._replace(stop=Stop.WALL, wall_us=5_000, cpu_us=5, leftovers=True), Ending.TIME_LIMIT, ""),
    (END._replace(stop=Stop.WALL, wall_us=5_000, cpu_us=4_000), Ending.TIME_LIMIT, ""),
]


@pytest.mark.parametrize(("end", "ending", "detail"), TABLE)
def test_reads_how_a_child_ended(end: End, ending: Ending, detail: str) -> None:
    report = ended(end, LIMITS, "out", 1.0)
    assert report.ending is ending
    assert detail in report.detail
    assert report.output == "out"


IN_DOUBT = [
    (END._replace(stop=Stop.WALL, run_delay_us=890, cpu_us=5), Starved, Ending.TIME_LIMIT),
    # The timer itself slept: a frame that came in time may not have been looked at.
    (END._replace(stop=Stop.WALL, wall_us=5_000, cpu_us=5), Starved, Ending.TIME_LIMIT),
    (END._replace(status=signal.SIGKILL), Struck, Ending.CRASHED),
    (END._replace(status=signal.SIGTERM), Struck, Ending.CRASHED),
]


@pytest.mark.parametrize(("end", "doubt", "ending"), IN_DOUBT)
def test_what_may_be_the_doing_of_others_is_in_doubt_and_says_what_it_would_be(
    end: End, doubt: type[Starved | Struck], ending: Ending
) -> None:
    with pytest.raises(doubt) as raised:
        ended(end, LIMITS, "out", 1.0)
    assert raised.value.report.ending is ending
    assert raised.value.report.output == "out"


@pytest.mark.parametrize(
    ("failure", "ending"),
    [
        ({"type": "MemoryError", "message": ""}, Ending.MEMORY_LIMIT),
        ({"type": "RuntimeError", "message": "DefaultCPUAllocator: can't allocate"}, Ending.MEMORY_LIMIT),
        ({"type": "RuntimeError", "message": "shape"}, Ending.COMPLETED),
        ({"type": "MemoryError", "message": "", "stage": "compile"}, Ending.COMPLETED),
    ],
)
def test_running_out_of_memory_is_known_by_its_exception(failure: dict[str, str], ending: Ending) -> None:
    frame = pack_result({"trials": [], "failure": {"stage": "call"} | failure})
    assert finished(frame[RESULT_HEAD.size :], "", 1.0).ending is ending


@pytest.mark.parametrize("body", [b"", b"N", b"garbage", b"d\x00\x00\x00\x00"])
def test_an_unreadable_result_is_the_learners_crash_and_not_our_fault(body: bytes) -> None:
    assert finished(body, "", 1.0).ending is Ending.CRASHED
