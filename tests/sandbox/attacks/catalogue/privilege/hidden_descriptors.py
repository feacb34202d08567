# title = "keeps more files open than it may by putting them in flight in a pair of sockets"
# defence = "both filters refuse socketpair() and sendmsg()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import os
import resource
import socket


def f(x):
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_flight = 0
    while in_flight < allowed:
        opened = [os.dup(0) for _ in range(20)]
        socket.send_fds(here, [b"x"], opened)
        in_flight += len(opened)
        for descriptor in opened:
            os.close(descriptor)
    return "won"
