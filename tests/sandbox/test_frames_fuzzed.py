"""Whatever bytes come out of a cell: a value or a report, or the one named error, for memory and steps in proportion.

No test has a deadline: steps are the calls the interpreter makes, Python's and C's (``sys.setprofile``), memory is the
peak that ``tracemalloc`` sees, and both depend on the bytes alone, never on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import errno
import math
import struct
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.cell_client import CellClient, Readiness
from sandbox.frames import (
    CONTROL,
    CONTROL_MAGIC,
    END_BODY,
    RESULT_HEAD,
    VERSION,
    Kind,
    Stop,
    Unconfined,
    pack_header,
    pack_result,
    read_result,
    result_length,
    unpack_end,
    unpack_header,
)
from sandbox.outcome import finished
from sandbox.protocol import Ending, Job, Limits, Program, Report, SandboxFault
from sandbox.values import ITEM_SIZE, MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_TEXT, FrameError, TensorValue, decode, encode


@st.composite
def tensors(draw: st.DrawFn) -> TensorValue:
    dtype = draw(st.sampled_from(sorted(ITEM_SIZE)))
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    size = math.prod(shape) * ITEM_SIZE[dtype]
    return TensorValue(dtype, shape, draw(st.binary(min_size=size, max_size=size)))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**4000), 2**4000) | st.floats() | TEXT | st.binary() | tensors(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
PLAIN = VALUES.filter(lambda value: _depth(value) <= MAX_DEPTH)
FAILURES = st.none() | st.fixed_dictionaries(
    {"stage": TEXT, "type": TEXT, "message": TEXT},
    optional={"line": st.none() | st.integers(), "names": st.lists(TEXT, max_size=12), "trial": st.integers()},
)
RESULTS = st.fixed_dictionaries(
    {"trials": st.lists(st.dictionaries(TEXT, st.integers() | st.floats() | tensors(), max_size=3), max_size=3)},
    optional={"failure": FAILURES},
).map(encode)
HEADERS = st.builds(pack_header, st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.integers(0, MAX_BYTES))
ENDS = st.builds(
    lambda stop, status, *rest: END_BODY.pack(stop, status, *rest),
    st.sampled_from(Stop),
    st.sampled_from([0, 9, 1 << 8, 11, 127]) | st.integers(-(2**31), 2**31 - 1),
    *[st.integers(0, 2**63 - 1)] * 4,
    *[st.integers(0, 2**32 - 1)] * 3,
    st.integers(0, 255),
)
HEADS = st.integers(0, MAX_BYTES).map(lambda length: RESULT_HEAD.pack(b"GRAD", VERSION, length))


def _depth(value: object) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inside)) if inside else int(isinstance(value, (dict, list)))


@st.composite
def spoiled(draw: st.DrawFn, valid: st.SearchStrategy[bytes]) -> bytes:
    """A valid form with bits flipped, ends cut off, parts doubled, and lengths written over it."""
    raw = bytearray(draw(valid))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        match draw(st.sampled_from(["flip", "cut", "double", "length", "insert"])):
            case "flip" if raw:
                raw[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del raw[at:]
            case "double":
                raw[at:at] = raw[at : at + draw(st.integers(1, 20))]
            case "length":
                raw[at : at + 4] = struct.pack("<I", draw(st.sampled_from([0, 1, len(raw), 2**31, 2**32 - 1])))
            case "insert":
                raw[at:at] = draw(st.binary(max_size=8))
    return bytes(raw)


def _finish(raw: bytes) -> Report:
    return finished(raw, "", 1.0)


READERS: dict[str, tuple[Callable[[bytes], object], st.SearchStrategy[bytes]]] = {
    "decode": (decode, PLAIN.map(encode)),
    "read_result": (read_result, RESULTS),
    "finished": (_finish, RESULTS),
    "unpack_end": (unpack_end, ENDS),
    "unpack_header": (unpack_header, HEADERS),
    "result_length": (result_length, HEADS),
}
EVERY_READER = pytest.mark.parametrize(("read", "valid"), READERS.values(), ids=READERS)


class Cost(NamedTuple):
    """What reading took: bytes of memory at most, and calls."""

    peak: int
    steps: int


def read_counted(read: Callable[[bytes], object], raw: bytes) -> Cost:
    """What ``read(raw)`` costs. Any error but FrameError comes through."""
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    tracemalloc.start()
    sys.setprofile(count)
    try:
        read(raw)
    except FrameError:
        pass
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return Cost(peak, steps)


def within(cost: Cost, size: int) -> bool:
    # A tensor without dimensions takes 4 bytes in a frame, about 100 in memory, and 21 calls.
    return cost.peak <= 40 * size + 64_000 and cost.steps <= 16 * size + 100


@EVERY_READER
@given(data=st.data())
@settings(max_examples=200)
def test_arbitrary_bytes_and_spoiled_frames_are_read_or_refused_by_name(
    read: Callable[[bytes], object], valid: st.SearchStrategy[bytes], data: st.DataObject
) -> None:
    raw = data.draw(st.binary(max_size=400) | spoiled(valid))
    assert within(read_counted(read, raw), len(raw))


@EVERY_READER
@given(data=st.data())
@settings(max_examples=50)
def test_what_is_spoiled_above_is_read_when_whole(
    read: Callable[[bytes], object], valid: st.SearchStrategy[bytes], data: st.DataObject
) -> None:
    raw = data.draw(valid)
    if valid is ENDS and struct.unpack_from("<i", raw, 1)[0] & 0x7F == 0x7F:
        return  # a process that was stopped has not ended
    read(raw)


@given(PLAIN)
@settings(max_examples=200)
def test_every_plain_value_survives_the_round_trip(value: object) -> None:
    raw = encode(value)  # type: ignore[arg-type]
    # Its bytes too, which tell True from 1, 1 from 1.0, and one NaN or zero from another.
    assert encode(decode(raw)) == raw
    assert repr(decode(raw)) == repr(value)


def _repeated(item: bytes, count: int) -> bytes:
    return b"l" + struct.pack("<I", count) + item * count


COSTLY = {
    "as many items as may be": _repeated(b"N", MAX_ITEMS),
    "as many empty dicts as may be": _repeated(b"d\0\0\0\0", MAX_ITEMS),
    "as many tensors as may be": _repeated(b"t\0\0\1", MAX_ITEMS),
    "as many items as may be and one more": _repeated(b"N", MAX_ITEMS + 1),
    "a list that says it is long": b"l\xff\xff\xff\xff" + b"N" * 100,
    "lists that each say they are long": b"l\x09\0\0\0" + (b"l" + struct.pack("<I", 1000)) * MAX_DEPTH,
    "nested without end": b"l\1\0\0\0" * 100_000 + b"N",
    "one tensor of all there may be": b"t\1\1" + struct.pack("<Q", MAX_BYTES - 64) + bytes(MAX_BYTES - 64),
    "text whose one wide letter makes all wide": _repeated(
        b"s" + struct.pack("<I", MAX_TEXT) + "𝄞".encode() + b"x" * (MAX_TEXT - 4), 2000
    ),
    "text that is no UTF-8": _repeated(b"s" + struct.pack("<I", MAX_TEXT) + b"\xff" * MAX_TEXT, 2000),
    "one key again and again": b"d" + struct.pack("<I", MAX_ITEMS) + b"\1\0\0\0kN" * MAX_ITEMS,
    "a shape without elements": b"t\1\2" + struct.pack("<QQ", 2**63 - 1, 0),
    "a shape beyond any": b"t\1\10" + struct.pack("<8Q", *[2**64 - 1] * 8),
    "more than may be": bytes(MAX_BYTES + 1),
}


@pytest.mark.parametrize("raw", COSTLY.values(), ids=COSTLY)
def test_the_dearest_bytes_cost_memory_and_steps_in_proportion(raw: bytes) -> None:
    cost = read_counted(decode, raw)
    # Every item a value at most, and text four times its bytes where one letter is beyond 16 bits.
    assert cost.peak <= 5 * len(raw) + 2_000_000
    assert cost.steps <= 24 * MAX_ITEMS + 100


REFUSED = {
    "a control header cut short": (unpack_header, pack_header(Kind.END, 1, 0)[:-1]),
    "a result header cut short": (result_length, RESULT_HEAD.pack(b"GRAD", VERSION, 0)[:-1]),
    "a kind there is none of": (unpack_header, CONTROL.pack(CONTROL_MAGIC, VERSION, 99, 1, 0)),
    "an end of a process that was only stopped": (unpack_end, END_BODY.pack(0, 0x137F, 0, 0, 0, 0, 0, 0, 0, 0)),
    "a dimension that no machine can count to": (decode, b"t\1\2" + struct.pack("<QQ", 2**64 - 1, 0)),
}


@pytest.mark.parametrize(("read", "raw"), REFUSED.values(), ids=REFUSED)
def test_is_refused_by_name(read: Callable[[bytes], object], raw: bytes) -> None:
    with pytest.raises(FrameError):
        read(raw)


class Hostile:
    """A cell's streams whose other end says what it likes."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader = reader

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...

    async def promote(self) -> None: ...

    async def kill(self) -> None: ...

    def diagnostics(self) -> str:
        return ""


LIMITS = Limits(wall_ms=60_000, output_bytes=300, result_bytes=2_000)
JOB = Job(Program.ANSWER, "def f(x): return x", "f", trials=({"x": 1},), limits=LIMITS)
STEPS = 5_000


async def told(reader: asyncio.StreamReader) -> list[Report | SandboxFault]:
    """What comes of two jobs and a ping in a cell that has said all it will say; fails when it is waited for."""
    client = CellClient(Hostile(reader), Readiness(0, 0, Unconfined(0)))
    came: list[Report | SandboxFault] = []
    for asked in (client.run(JOB), client.run(JOB), client.ping(), client.kill()):
        task = asyncio.ensure_future(asked)
        for _ in range(STEPS):
            if task.done():
                break
            await asyncio.sleep(0)
        assert task.done()
        if fault := task.exception():
            assert isinstance(fault, SandboxFault)
            came.append(fault)
        elif report := task.result():
            came.append(report)
    return came


def said(*parts: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    for part in parts:
        reader.feed_data(part)
    reader.feed_eof()
    return reader


def frame(kind: Kind, body: bytes, job: int = 1) -> bytes:
    return pack_header(kind, job, len(body)) + body


WHOLE = pack_result({"trials": [{"result": 1}]})
DIED = END_BODY.pack(Stop.EXITED, 11, 1, 1, 0, 1, 1, 0, 0, 0)
FRAMES = st.builds(
    frame,
    st.sampled_from(Kind),
    st.binary(max_size=40) | st.sampled_from([WHOLE, WHOLE[:9], WHOLE[9:], DIED]) | ENDS,
    st.sampled_from([1, 1, 1, 2, 0, 2**32 - 1]),
)
SPEECHES = st.lists(FRAMES, max_size=6).map(b"".join)


@given(SPEECHES | spoiled(SPEECHES) | st.binary(max_size=200))
@settings(max_examples=300)
async def test_a_hostile_cell_leads_to_a_report_or_a_fault_within_bounds(speech: bytes) -> None:
    for report in await told(said(speech)):
        if isinstance(report, Report):
            assert len(report.output) <= LIMITS.output_bytes
            assert len(encode(list(report.trials))) <= LIMITS.result_bytes + CONTROL.size


@given(ENDS)
@settings(max_examples=200)
async def test_whatever_end_a_cell_tells_of_is_a_report_or_a_fault(end: bytes) -> None:
    assert await told(said(frame(Kind.END, end)))


HONEST = [
    ([frame(Kind.RESULT, WHOLE)], Ending.COMPLETED),
    ([frame(Kind.OUTPUT, b"x" * 300), frame(Kind.RESULT, WHOLE[:9]), frame(Kind.RESULT, WHOLE[9:])], Ending.COMPLETED),
    ([frame(Kind.OUTPUT, b"so far"), frame(Kind.END, DIED)], Ending.CRASHED),
]


@pytest.mark.parametrize(("frames", "ending"), HONEST)
async def test_an_honest_cell_so_fed_is_understood(frames: Sequence[bytes], ending: Ending) -> None:
    first, *_ = await told(said(*frames))
    assert isinstance(first, Report)
    assert first.ending is ending


class Endless(asyncio.StreamReader):
    """Says ``frames`` and then the last of them without end; ``given`` counts bytes."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        super().__init__()
        self.given = 0
        self._parts = self._all(frames)
        self._left = b""

    @staticmethod
    def _all(frames: Sequence[bytes]) -> Iterator[bytes]:
        yield from frames
        while True:
            yield frames[-1]

    async def readexactly(self, n: int) -> bytes:
        while len(self._left) < n:
            self._left += next(self._parts)
        taken, self._left = self._left[:n], self._left[n:]
        self.given += n
        return taken


ENDLESS = {
    "prints without end": [frame(Kind.OUTPUT, b"x" * 70)],
    "prints nothing without end": [frame(Kind.OUTPUT, b"")],
    "returns without end": [frame(Kind.RESULT, WHOLE[:9]), frame(Kind.RESULT, b"x" * 70)],
    "returns nothing without end": [frame(Kind.RESULT, b"")],
    "returns again and again": [frame(Kind.RESULT, WHOLE)],
    "prints without end once it has returned": [frame(Kind.RESULT, WHOLE), frame(Kind.OUTPUT, b"x" * 70)],
    "prints nothing without end once it has returned": [frame(Kind.RESULT, WHOLE), frame(Kind.OUTPUT, b"")],
    "answers pings nobody sent": [frame(Kind.PONG, b"")],
    "is ready again and again": [frame(Kind.READY, bytes(16))],
    "ends again and again": [frame(Kind.END, DIED)],
}


@pytest.mark.parametrize("frames", ENDLESS.values(), ids=ENDLESS)
async def test_a_cell_that_never_falls_silent_is_lost_within_bounds(frames: Sequence[bytes]) -> None:
    reader = Endless(frames)
    came = await told(reader)
    assert any(isinstance(what, SandboxFault) for what in came)
    # A frame is a header and at least a byte, and the last one may be more than is left.
    most = (CONTROL.size + 1) * (LIMITS.output_bytes + LIMITS.result_bytes) + max(map(len, frames))
    assert reader.given <= 2 * most


BROKEN = [
    ConnectionResetError(errno.ECONNRESET, "reset"),
    OSError(errno.EHOSTUNREACH, "no route to the engine"),
    TimeoutError(errno.ETIMEDOUT, "the engine's machine is gone"),
    SandboxFault("a cell wrote to standard error"),
]


@pytest.mark.parametrize("error", BROKEN, ids=repr)
async def test_a_stream_that_breaks_is_a_fault_however_it_breaks(error: Exception) -> None:
    reader = asyncio.StreamReader()
    reader.set_exception(error)
    assert all(isinstance(what, SandboxFault) for what in await told(reader))
