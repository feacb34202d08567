# title = "asks for a lease by its abstract name; it would reach a namespace where there is none"
# defence = "both filters refuse socket(); behind it, a network namespace with names of its own"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "raised ConnectionRefusedError"

import socket


def f(x):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lease:
        for number in range(3):
            lease.connect(f"\0chainrule-slot-{number}")
    return "won"
