# title = "opens a socket to the machine under this machine, for which there are no namespaces; it says nothing there"
# defence = "both filters refuse socket()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import errno
import socket


def f(x):
    try:
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    except OSError as error:
        if error.errno != errno.EAFNOSUPPORT:
            raise
    return "reached"
