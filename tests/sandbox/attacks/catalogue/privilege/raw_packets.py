# title = "listens to every packet, as root of a user namespace"
# defence = "both filters refuse socket() and unshare(); no NET_RAW"
# prelude = "syscalls"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import socket

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


def f(x):
    libc.unshare(NEW_USER | NEW_NETWORK)
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    return "won"
