# title = "opens a socket to a service of the host"
# defence = "both filters refuse socket()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned won"

import socket


def f(x):
    socket.socket(socket.AF_UNIX)
    return "won"
