# title = "opens the kernel's own ciphers, a way to root more than once; reached where it has none"
# defence = "both filters refuse socket()"
# without = ["filter"]
# holds = "raised PermissionError"
# falls = "returned reached"

import errno
import socket


def f(x):
    try:
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as digest:
            digest.bind(("hash", "sha256"))
    except OSError as error:
        if error.errno != errno.EAFNOSUPPORT:
            raise
    return "reached"
