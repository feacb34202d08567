# title = "writes the frames of the first process to every descriptor it has"
# defence = "every descriptor but its own pipes is closed before any source"
# without = ["closed descriptors"]
# holds = "returned an ordinary result"
# falls = "lost cell"

import os

from sandbox.frames import END_BODY, READY_BODY, Kind, pack_header


def f(x):
    end = END_BODY.pack(0, 0, 0, 0, 0, 0, 0, 1, 1, True)
    forged = [
        pack_header(Kind.READY, 0, READY_BODY.size) + READY_BODY.pack(1, 1, 1, 31),
        pack_header(Kind.PONG, 1, 0),
        pack_header(Kind.END, 1, len(end)) + end,
    ]
    for descriptor in {*range(64)} - {4}:
        for frame in forged:
            try:
                os.write(descriptor, frame)
            except OSError:
                break
    return "an ordinary result"
